// What azd provision makes: all but the silos themselves, which azd deploy makes from cpu.bicep and gpu.bicep with the images that it built.
targetScope = 'subscription'

@minLength(1)
@maxLength(32)
@description('Name of the installation: of its resource group and of the cluster. azd gives the name of its environment.')
param environmentName string

@minLength(1)
@description('Azure region. It must have the GPU profile, and your subscription a quota for it.')
param location string

@description('Object id of whoever deploys: may read and write the store, so that datasets can be imported from here. Empty: nobody but the silos.')
param principalId string = ''

@description('Whether principalId is a person or an application.')
@allowed(['User', 'ServicePrincipal'])
param principalType string = 'User'

@description('GPU of the silos that train, billed by the second while one runs: a T4 with 16 GB, or an A100 with 80 GB.')
@allowed(['Consumption-GPU-NC8as-T4', 'Consumption-GPU-NC24-A100'])
param gpuProfile string = 'Consumption-GPU-NC8as-T4'

@description('Redundancy of the store.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS'])
param storageSku string = 'Standard_LRS'

@description('Days for which a deleted blob, or an overwritten state, can be had back.')
@minValue(1)
@maxValue(365)
param storageRetentionDays int = 7

@description('Days for which logs and traces are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Whether storage and the registry are reached through private endpoints in a virtual network, and by nobody outside it. It cannot be changed later: the network of a Container Apps environment stays as it was made.')
param privateEndpoints bool = false

@description('GiB of a file share on which all GPU silos keep what they have fetched of the store, 100 at least; 0: each keeps it on its own disk, which takes a few GiB. A dataset of FSDKaggle2019\'s size needs the share. It puts the environment into a network, which cannot be changed later.')
@minValue(0)
@maxValue(102400)
param cacheShareGiB int = 0

var inNetwork = privateEndpoints || cacheShareGiB > 0
var tags = { 'azd-env-name': environmentName }
var suffix = uniqueString(subscription().id, environmentName, location)

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  scope: group
  params: { location: location, tags: tags, suffix: suffix }
}

module network 'modules/network.bicep' = if (inNetwork) {
  scope: group
  params: { location: location, tags: tags, suffix: suffix }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: { location: location, tags: tags, suffix: suffix, retentionDays: logRetentionDays }
}

module registry 'modules/registry.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    suffix: suffix
    pullers: [identities.outputs.cpuPrincipalId, identities.outputs.gpuPrincipalId]
    endpointSubnetId: privateEndpoints ? network!.outputs.endpointSubnetId : ''
    networkId: privateEndpoints ? network!.outputs.networkId : ''
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    suffix: suffix
    sku: storageSku
    retentionDays: storageRetentionDays
    silos: [identities.outputs.cpuPrincipalId, identities.outputs.gpuPrincipalId]
    principalId: principalId
    principalType: principalType
    endpointSubnetId: privateEndpoints ? network!.outputs.endpointSubnetId : ''
    networkId: privateEndpoints ? network!.outputs.networkId : ''
  }
}

module environment 'modules/environment.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    suffix: suffix
    gpuProfile: gpuProfile
    workspaceName: monitoring.outputs.workspaceName
    insightsName: monitoring.outputs.insightsName
    infrastructureSubnetId: inNetwork ? network!.outputs.infrastructureSubnetId : ''
  }
}

module cache 'modules/cache.bicep' = if (cacheShareGiB > 0) {
  scope: group
  params: {
    location: location
    tags: tags
    suffix: suffix
    sizeGiB: cacheShareGiB
    subnetId: network!.outputs.infrastructureSubnetId
    environmentName: environment.outputs.name
  }
}

@description('The resource group, where azd deploys the silos.')
output AZURE_RESOURCE_GROUP string = group.name

@description('The registry to which azd pushes the images.')
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = registry.outputs.loginServer

@description('The Container Apps environment.')
output AZURE_CONTAINER_APPS_ENVIRONMENT_NAME string = environment.outputs.name

@description('The GPU profile of the silos that train.')
output TAGGING_GPU_PROFILE string = gpuProfile

@description('The storage account of the store.')
output TAGGING_STORAGE_ACCOUNT string = storage.outputs.accountName

@description('GiB of the file share that the GPU silos keep what they have fetched on; 0 where there is none.')
output TAGGING_CACHE_SHARE_GIB int = cacheShareGiB

@description('The identity of the silos that hold grains.')
output TAGGING_CPU_IDENTITY string = identities.outputs.cpuName

@description('The identity of the silos that train.')
output TAGGING_GPU_IDENTITY string = identities.outputs.gpuName

@description('Where the dashboard will be, once azd deploy has made the silo.')
output TAGGING_DASHBOARD string = 'https://cpu.${environment.outputs.defaultDomain}'

@description('What connects the console: a shell of it in the cloud, beside the silo.')
output TAGGING_CONSOLE string = 'az containerapp exec --resource-group ${group.name} --name cpu --command "tagging console"'
