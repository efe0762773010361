// The silos that train: apps of one replica each, which come up as jobs wait for a GPU and go when there is nothing left for them.
@description('Name of the azd environment.')
param environmentName string

param location string = resourceGroup().location

@description('The image that azd has pushed.')
param imageName string

param containerAppsEnvironment string
param registryServer string
param identityName string
param storageAccount string

@description('Application of Entra ID that stands for the dashboard (infra/sign-in.sh makes it).')
@minLength(36)
param signInClientId string

@description('Silos at most, each with one GPU: what the quota allows.')
@minValue(1)
@maxValue(32)
param gpuSilos int = 1

@description('GPU of the profile that main.bicep has made.')
@allowed(['Consumption-GPU-NC8as-T4', 'Consumption-GPU-NC24-A100'])
param gpuProfile string = 'Consumption-GPU-NC8as-T4'

@description('GiB of the file share that main.bicep has made for what is fetched of the store; 0 where there is none.')
param cacheShareGiB int = 0

var sizes = {
  'Consumption-GPU-NC8as-T4': { cpu: '8.0', memory: '56Gi' }
  'Consumption-GPU-NC24-A100': { cpu: '24.0', memory: '220Gi' }
}
var firstSiloPort = 11112
var firstGatewayPort = 30001

resource environment 'Microsoft.App/managedEnvironments@2026-07-01' existing = {
  name: containerAppsEnvironment
}

module silos 'modules/silo.bicep' = [for number in range(0, gpuSilos): {
  params: {
    location: location
    // azd looks for the service in one app alone.
    tags: union({ 'azd-env-name': environmentName }, number == 0 ? { 'azd-service-name': 'gpu' } : {})
    name: 'gpu-${number}'
    role: 'gpu'
    image: imageName
    environmentName: containerAppsEnvironment
    workloadProfile: 'gpu'
    registryServer: registryServer
    identityName: identityName
    storageAccount: storageAccount
    signInClientId: signInClientId
    siloPort: firstSiloPort + number
    gatewayPort: firstGatewayPort + number
    cpu: sizes[gpuProfile].cpu
    memory: sizes[gpuProfile].memory
    // Of the share, a tenth stays free for what is being fetched; a replica's own disk has 8 GiB.
    cacheSize: cacheShareGiB > 0 ? '${cacheShareGiB * 9 / 10}G' : '6G'
    cacheStorage: cacheShareGiB > 0 ? 'cache' : ''
    minReplicas: 0
    scaleRules: [
      {
        name: 'jobs'
        custom: {
          type: 'metrics-api'
          metadata: {
            // Jobs that wait for CUDA or hold it, beyond those for which the apps before this one are there; a silo that has a job stays.
            url: 'https://cpu.${environment.properties.defaultDomain}/health/queue?accelerator=cuda&beyond=${number}&siloPort=${firstSiloPort + number}'
            valueLocation: 'jobs'
            targetValue: '1'
          }
        }
      }
    ]
  }
}]
