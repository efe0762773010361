// Azure Managed Redis: membership and reminders. Access keys are off; a silo signs in as its identity.
param location string
param tags object
param suffix string
param sku string
param highAvailability bool

@description('Principals of the silos.')
param members string[]

@description('Subnet of the private endpoint; empty for none.')
param endpointSubnetId string

param networkId string

var isPrivate = !empty(endpointSubnetId)
var port = 10000

resource cluster 'Microsoft.Cache/redisEnterprise@2025-07-01' = {
  name: 'amr-${suffix}'
  location: location
  tags: tags
  sku: { name: sku }
  properties: {
    highAvailability: highAvailability ? 'Enabled' : 'Disabled'
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }

  resource database 'databases' = {
    name: 'default'
    properties: {
      port: port
      clientProtocol: 'Encrypted'
      accessKeysAuthentication: 'Disabled'
      // One address for all: what the silos keep is little, and a hash of it must be on one node.
      clusteringPolicy: 'EnterpriseCluster'
      evictionPolicy: 'NoEviction'
      // What it held is there again after a restart.
      persistence: { aofEnabled: true, aofFrequency: '1s', rdbEnabled: false }
    }

    @batchSize(1)
    resource access 'accessPolicyAssignments' = [for (member, index) in members: {
      name: 'silo${index}'
      properties: { accessPolicyName: 'default', user: { objectId: member } }
    }]
  }
}

module endpoint 'privateEndpoint.bicep' = if (isPrivate) {
  params: {
    location: location
    tags: tags
    name: 'pe-redis-${suffix}'
    serviceId: cluster.id
    part: 'redisEnterprise'
    zoneName: 'privatelink.redis.azure.net'
    subnetId: endpointSubnetId
    networkId: networkId
  }
}

@description('As StackExchange.Redis takes it. There is no password in it, for there is none.')
output server string = '${cluster.properties.hostName}:${port},ssl=true,abortConnect=false'
