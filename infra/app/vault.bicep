// Key Vault for the master keys of client_state. The postprovision hook writes the first one; a deployment never does.
param name string
param location string
param tags object

@allowed([ 'default', 'recover' ])
param createMode string
param isPrivate bool

@description('With isPrivate: the one public address from which secrets may still be written')
param deployerIp string
param workspaceId string

@description('Who may do what with secrets: { principalId, principalType, roleId }')
param grants array

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    createMode: createMode
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enablePurgeProtection: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7 // the least: a lost key costs new subscriptions and a resync, not data
    publicNetworkAccess: isPrivate && empty(deployerIp) ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
      ipRules: empty(deployerIp) ? [] : [
        {
          value: deployerIp
        }
      ]
    }
  }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
  }
}

resource roleAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for grant in grants: {
  name: guid(vault.id, grant.principalId, grant.roleId)
  scope: vault
  properties: {
    principalId: grant.principalId
    principalType: grant.principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.roleId)
  }
}]

output id string = vault.id
output name string = vault.name
output uri string = vault.properties.vaultUri
