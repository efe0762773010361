// The store: artifacts, states and checkpoints, in one container; and beside it the tables in which the silos keep the members of their cluster
// and its reminders, and which they make themselves. Shared keys are off, so that only identities get in.
param location string
param tags object
@minLength(5)
param suffix string
param sku string
param retentionDays int

@description('Principals of the silos.')
param silos string[]

param principalId string
param principalType string

@description('Subnet of the private endpoint; empty for none.')
param endpointSubnetId string

param networkId string

var isPrivate = !empty(endpointSubnetId)
var blobRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe') // Storage Blob Data Contributor
var tableRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3') // Storage Table Data Contributor

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: 'st${suffix}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: { bypass: 'None', defaultAction: isPrivate ? 'Deny' : 'Allow' }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: retentionDays }
      containerDeleteRetentionPolicy: { enabled: true, days: retentionDays }
    }

    resource store 'containers' = {
      name: 'tagging'
      properties: { publicAccess: 'None' }
    }
  }
}

resource siloRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (silo, index) in silos: {
  scope: account
  name: guid(account.id, blobRole, string(index))
  properties: { roleDefinitionId: blobRole, principalId: silo, principalType: 'ServicePrincipal' }
}]

resource siloTableRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (silo, index) in silos: {
  scope: account
  name: guid(account.id, tableRole, string(index))
  properties: { roleDefinitionId: tableRole, principalId: silo, principalType: 'ServicePrincipal' }
}]

resource ownRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(principalId)) {
  scope: account
  name: guid(account.id, blobRole, principalId)
  properties: {
    roleDefinitionId: blobRole
    principalId: principalId
    principalType: principalType == 'User' ? 'User' : 'ServicePrincipal'
  }
}

module endpoints 'privateEndpoint.bicep' = [for part in ['blob', 'table']: if (isPrivate) {
  params: {
    location: location
    tags: tags
    name: 'pe-${part}-${suffix}'
    serviceId: account.id
    part: part
    zoneName: 'privatelink.${part}.${az.environment().suffixes.storage}'
    subnetId: endpointSubnetId
    networkId: networkId
  }
}]

output accountName string = account.name
