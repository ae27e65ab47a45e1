// Custom topics that routes.toml forwards to. Without keys: the app sends with its identity.
param names array
param location string
param tags object

@description('Who may send: { principalId, roleId }')
param grants array

resource topics 'Microsoft.EventGrid/topics@2025-02-15' = [for name in names: {
  name: name
  location: location
  tags: tags
  properties: {
    inputSchema: 'CloudEventSchemaV1_0'
    disableLocalAuth: true
    publicNetworkAccess: 'Enabled'
  }
}]

resource roleAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (grant, i) in grants: if (!empty(names)) {
  name: guid(resourceGroup().id, grant.principalId, grant.roleId)
  properties: {
    principalId: grant.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.roleId)
  }
}]
