// A network that the app joins, with private endpoints for its storage, the dead letters' account and its vault.
param name string
param location string
param tags object
param storageId string
param deadLettersId string
param vaultId string

var zoneNames = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  vault: 'privatelink.vaultcore.azure.net'
}
var kinds = [ 'blob', 'queue', 'table', 'vault' ]

// Two accounts have blobs, and a zone is there once: hence an endpoint names its zone by its place in `kinds`.
var endpoints = [
  {
    name: 'blob'
    kind: 'blob'
    zone: 0
    target: storageId
  }
  {
    name: 'queue'
    kind: 'queue'
    zone: 1
    target: storageId
  }
  {
    name: 'table'
    kind: 'table'
    zone: 2
    target: storageId
  }
  {
    name: 'vault'
    kind: 'vault'
    zone: 3
    target: vaultId
  }
  {
    name: 'dead-letters'
    kind: 'blob'
    zone: 0
    target: deadLettersId
  }
]

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [ '10.0.0.0/16' ]
    }
    subnets: [
      {
        name: 'private-endpoints'
        properties: {
          addressPrefix: '10.0.1.0/24'
        }
      }
      {
        name: 'app'
        properties: {
          addressPrefix: '10.0.2.0/24'
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
    ]
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for kind in kinds: {
  name: zoneNames[kind]
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (kind, i) in kinds: {
  parent: zones[i]
  name: '${name}-${kind}'
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: network.id
    }
  }
}]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [for endpoint in endpoints: {
  name: 'pe-${name}-${endpoint.name}'
  location: location
  tags: tags
  properties: {
    subnet: {
      id: '${network.id}/subnets/private-endpoints'
    }
    privateLinkServiceConnections: [
      {
        name: endpoint.name
        properties: {
          privateLinkServiceId: endpoint.target
          groupIds: [ endpoint.kind ]
        }
      }
    ]
  }
}]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [for (endpoint, i) in endpoints: {
  parent: privateEndpoints[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: endpoint.kind
        properties: {
          privateDnsZoneId: zones[endpoint.zone].id
        }
      }
    ]
  }
}]

output appSubnetId string = '${network.id}/subnets/app'
