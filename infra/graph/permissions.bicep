// Graph permissions of the app's identity by the Microsoft Graph extension, in place of the postprovision hook's grants.
// Stands apart from main.bicep, because building it restores the extension over the network. Bicep 0.36.1 or later.
//   az deployment group create -g RG -f infra/graph/permissions.bicep -p principalId=… roles='["Mail.Read"]'
extension microsoftGraphV1

@description('Object id of the app\'s identity: APP_IDENTITY_PRINCIPAL_ID')
param principalId string

@description('Names of application permissions: python -m infra.entra permissions')
param roles array

resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000003-0000-0000-c000-000000000000'
}

resource grants 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for role in roles: {
  appRoleId: filter(graph.appRoles, r => r.value == role)[0].id
  principalId: principalId
  resourceId: graph.id
}]
