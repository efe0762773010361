// One silo: a container app of one replica. Orleans' silos talk to each other one by one, and in a Container Apps environment a replica has no
// address of its own that others could use; an app has. So each silo is an app, reached by the app's name at ports that no other app has.
param location string
param tags object

@description('Name of the app, by which the other silos reach this one.')
param name string

@description('cpu: holds grains, answers HTTP, trains nothing. gpu: trains.')
@allowed(['cpu', 'gpu'])
param role string

param image string
param environmentName string
param workloadProfile string
param registryServer string

@description('Identity as which it pulls the image, and reads and writes the store and the tables of the cluster.')
param identityName string

param storageAccount string

@description('Application of Entra ID that stands for the dashboard: for it must be issued what opens it.')
param signInClientId string

@description('Port for other silos; its own among all apps of the environment.')
param siloPort int

@description('Port for clients; its own among all apps of the environment.')
param gatewayPort int

@description('Virtual processors.')
param cpu string

param memory string

@description('What of the store may lie in the cache.')
param cacheSize string

@description('File share of the environment on which the cache lies; empty for the local disk.')
param cacheStorage string = ''

param minReplicas int

@description('What brings the silo up, and down again; empty where it is always there.')
param scaleRules array = []

var http = 8080

resource environment 'Microsoft.App/managedEnvironments@2026-07-01' existing = {
  name: environmentName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

var common = [
  { name: 'AZURE_CLIENT_ID', value: identity.properties.clientId }
  { name: 'AZURE_STORAGE_ACCOUNT', value: storageAccount }
  { name: 'TAGGING_CACHE', value: '/cache' }
  { name: 'TAGGING_CACHE_SIZE', value: cacheSize }
  { name: 'Tagging__Store', value: 'azure:tagging' }
  { name: 'Tagging__Role', value: role }
  { name: 'Tagging__SiloPort', value: string(siloPort) }
  { name: 'Tagging__GatewayPort', value: string(gatewayPort) }
  { name: 'Tagging__HttpUrl', value: 'http://0.0.0.0:${http}' }
  { name: 'Tagging__Entra__Authority', value: '${az.environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0' }
  { name: 'Tagging__Entra__Audience', value: signInClientId }
  { name: 'Tagging__Cluster__Id', value: 'tagging' }
  { name: 'Tagging__Cluster__ServiceId', value: 'tagging' }
  { name: 'Tagging__Cluster__Enabled', value: 'true' }
  { name: 'Tagging__Cluster__Address', value: name }
  { name: 'Tagging__Cluster__ListenOnAll', value: 'true' }
]
// The console that is run beside the silo finds the cluster and the store by itself.
var ofCpu = [
  { name: 'TAGGING_STORE', value: 'azure:tagging' }
  { name: 'TAGGING_CONNECT', value: 'azure' }
]
// The one GPU of the profile, named so that nothing need be asked for it.
var ofGpu = [
  { name: 'Tagging__CudaDevices__0', value: '0' }
  { name: 'Tagging__CpuSlots', value: '0' }
]

resource app 'Microsoft.App/containerApps@2026-07-01' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    environmentId: environment.id
    workloadProfileName: workloadProfile
    configuration: {
      activeRevisionsMode: 'Single'
      maxInactiveRevisions: 2
      registries: [{ server: registryServer, identity: identity.id }]
      ingress: role == 'cpu'
        ? {
            external: true
            transport: 'auto'
            targetPort: http
            allowInsecure: false
            additionalPortMappings: [
              { external: false, targetPort: siloPort, exposedPort: siloPort }
              { external: false, targetPort: gatewayPort, exposedPort: gatewayPort }
            ]
          }
        : {
            external: false
            transport: 'tcp'
            targetPort: siloPort
            exposedPort: siloPort
            additionalPortMappings: [{ external: false, targetPort: gatewayPort, exposedPort: gatewayPort }]
          }
    }
    template: {
      // A new share belongs to root, and the silo is not root.
      initContainers: empty(cacheStorage)
        ? []
        : [
            {
              name: 'cache'
              image: 'busybox:1.37.0'
              command: ['chown', '10001:10001', '/cache']
              resources: { cpu: json('0.25'), memory: '0.5Gi' }
              volumeMounts: [{ volumeName: 'cache', mountPath: '/cache' }]
            }
          ]
      // Jobs are given back and Trainers leave their checkpoints, which takes up to half a minute.
      terminationGracePeriodSeconds: 60
      containers: [
        {
          name: 'silo'
          image: image
          env: concat(common, role == 'cpu' ? ofCpu : ofGpu)
          resources: { cpu: json(cpu), memory: memory }
          volumeMounts: [
            { volumeName: 'cache', mountPath: '/cache' }
            { volumeName: 'tmp', mountPath: '/tmp' }
          ]
          probes: [
            {
              type: 'Startup'
              httpGet: { path: '/health/live', port: http }
              periodSeconds: 5
              timeoutSeconds: 5
              failureThreshold: 48
            }
            {
              type: 'Liveness'
              httpGet: { path: '/health/live', port: http }
              periodSeconds: 15
              timeoutSeconds: 10
              failureThreshold: 6
            }
            // The others must reach a silo that joins before it is a member, so that this asks for the port alone.
            { type: 'Readiness', tcpSocket: { port: siloPort }, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 12 }
          ]
        }
      ]
      volumes: [
        union(
          { name: 'cache', storageType: empty(cacheStorage) ? 'EmptyDir' : 'NfsAzureFile' },
          empty(cacheStorage) ? {} : { storageName: cacheStorage }
        )
        { name: 'tmp', storageType: 'EmptyDir' }
      ]
      scale: { minReplicas: minReplicas, maxReplicas: 1, rules: scaleRules, pollingInterval: 30, cooldownPeriod: 300 }
    }
  }
}
