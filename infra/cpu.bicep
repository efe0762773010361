// The silo that holds the grains and answers HTTP. azd deploy makes it, with the image that it has pushed; main.bicep has made the rest.
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

@description('Virtual processors of the silo. It trains nothing, but ranks all clips of a round.')
@allowed(['0.5', '1.0', '2.0', '4.0'])
param cpu string = '1.0'

module silo 'modules/silo.bicep' = {
  params: {
    location: location
    tags: { 'azd-env-name': environmentName, 'azd-service-name': 'cpu' }
    name: 'cpu'
    role: 'cpu'
    image: imageName
    environmentName: containerAppsEnvironment
    workloadProfile: 'Consumption'
    registryServer: registryServer
    identityName: identityName
    storageAccount: storageAccount
    signInClientId: signInClientId
    siloPort: 11111
    gatewayPort: 30000
    cpu: cpu
    memory: '${int(split(cpu, '.')[0]) * 2 + (cpu == '0.5' ? 1 : 0)}Gi'
    // The local disk grows with the processors: 4 GiB beside one.
    cacheSize: '2G'
    minReplicas: 1
  }
}
