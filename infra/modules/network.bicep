// The network of an installation that is closed to outside, or that has a file share: one part for the Container Apps environment, one for
// private endpoints.
param location string
param tags object
param suffix string

resource network 'Microsoft.Network/virtualNetworks@2025-01-01' = {
  name: 'vnet-${suffix}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.60.0.0/16'] }
    subnets: [
      {
        name: 'apps'
        properties: {
          addressPrefix: '10.60.0.0/23'
          // By which a file share knows who asks.
          serviceEndpoints: [{ service: 'Microsoft.Storage' }]
          delegations: [{ name: 'apps', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: '10.60.2.0/24' }
      }
    ]
  }

  resource apps 'subnets' existing = { name: 'apps' }

  resource endpoints 'subnets' existing = { name: 'endpoints' }
}

output networkId string = network.id
output infrastructureSubnetId string = network::apps.id
output endpointSubnetId string = network::endpoints.id
