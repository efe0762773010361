// As whom the silos of a role act. Neither has a password or a key.
param location string
param tags object
param suffix string

resource cpu 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-cpu-${suffix}'
  location: location
  tags: tags
}

resource gpu 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-gpu-${suffix}'
  location: location
  tags: tags
}

output cpuName string = cpu.name
output cpuPrincipalId string = cpu.properties.principalId
output gpuName string = gpu.name
output gpuPrincipalId string = gpu.properties.principalId
