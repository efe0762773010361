// A file share for what GPU silos have fetched of the store: a replica's own disk is smaller than a packed dataset of FSDKaggle2019's size. NFS,
// since Container Apps would mount SMB with the account's key alone; who may mount it is decided by the network.
param location string
param tags object

@minLength(5)
param suffix string

@description('Size of the share in GiB, and what is paid for; the least is 100.')
param sizeGiB int

@description('Subnet of the Container Apps environment: from there alone the share is reached.')
param subnetId string

param environmentName string

resource environment 'Microsoft.App/managedEnvironments@2026-07-01' existing = {
  name: environmentName
}

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: 'nfs${suffix}'
  location: location
  tags: tags
  kind: 'FileStorage'
  sku: { name: 'Premium_LRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    // NFS has no HTTPS; its packets stay in the network.
    supportsHttpsTrafficOnly: false
    networkAcls: { bypass: 'None', defaultAction: 'Deny', virtualNetworkRules: [{ id: subnetId, action: 'Allow' }] }
  }

  resource files 'fileServices' = {
    name: 'default'

    resource share 'shares' = {
      name: 'cache'
      properties: { enabledProtocols: 'NFS', rootSquash: 'NoRootSquash', shareQuota: sizeGiB }
    }
  }
}

resource mounted 'Microsoft.App/managedEnvironments/storages@2026-07-01' = {
  parent: environment
  name: 'cache'
  properties: {
    nfsAzureFile: {
      server: '${account.name}.file.${az.environment().suffixes.storage}'
      shareName: '/${account.name}/${account::files::share.name}'
      accessMode: 'ReadWrite'
    }
  }
}

output storageName string = mounted.name
