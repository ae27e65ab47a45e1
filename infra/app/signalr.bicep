// SignalR in serverless mode: the app pushes, browsers listen. Without upstream, for clients send nothing through it.
param name string
param location string
param tags object

@allowed([ 'Free_F1', 'Standard_S1', 'Premium_P1' ])
param skuName string

@description('Who may push and hand out tokens: { principalId, roleId }')
param grants array

resource signalR 'Microsoft.SignalRService/signalR@2024-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'SignalR'
  sku: {
    name: skuName
    capacity: 1
  }
  properties: {
    disableLocalAuth: true
    features: [
      {
        flag: 'ServiceMode'
        value: 'Serverless'
      }
    ]
    serverless: {
      connectionTimeoutInSeconds: 30
    }
  }
}

resource roleAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for grant in grants: {
  name: guid(signalR.id, grant.principalId, grant.roleId)
  scope: signalR
  properties: {
    principalId: grant.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.roleId)
  }
}]

output serviceUri string = 'https://${signalR.properties.hostName}'
