// The images. Whoever pulls them does so as an identity; there is no administrator's password.
param location string
param tags object
@minLength(5)
param suffix string

@description('Principals that may pull.')
param pullers string[]

@description('Subnet of the private endpoint; empty for none.')
param endpointSubnetId string

param networkId string

var isPrivate = !empty(endpointSubnetId)
var pullRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d') // AcrPull

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  name: 'cr${suffix}'
  location: location
  tags: tags
  // Private endpoints need the largest of the three.
  sku: { name: isPrivate ? 'Premium' : 'Basic' }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    // azd pushes from outside; what is pushed is read with a role alone.
    publicNetworkAccess: 'Enabled'
  }
}

resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (puller, index) in pullers: {
  scope: registry
  name: guid(registry.id, pullRole, string(index))
  properties: { roleDefinitionId: pullRole, principalId: puller, principalType: 'ServicePrincipal' }
}]

module endpoint 'privateEndpoint.bicep' = if (isPrivate) {
  params: {
    location: location
    tags: tags
    name: 'pe-registry-${suffix}'
    serviceId: registry.id
    part: 'registry'
    zoneName: 'privatelink${az.environment().suffixes.acrLoginServer}'
    subnetId: endpointSubnetId
    networkId: networkId
  }
}

output loginServer string = registry.properties.loginServer
