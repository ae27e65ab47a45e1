// A storage account without keys and without public blobs.
param name string
param location string
param tags object
param containers array

@allowed([ 'public', 'trusted', 'private' ])
@description('public: from anywhere with a token. trusted: only Azure services that Microsoft trusts, as Event Grid is. private: only private endpoints')
param access string

@description('Days after which blobs are deleted; 0 keeps them')
param keptDays int = 0

@description('Log Analytics workspace to which each write is reported; empty for none')
param workspaceId string = ''

@description('Who may do what with the data: { principalId, roleId }')
param grants array

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: access == 'private' ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: access == 'public' ? 'Allow' : 'Deny'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource blobContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [for container in containers: {
  parent: blobs
  name: container
  properties: {
    publicAccess: 'None'
  }
}]

resource retention 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = if (keptDays > 0) {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-old'
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: [ 'blockBlob', 'appendBlob' ]
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: keptDays
                }
              }
            }
          }
        }
      ]
    }
  }
}

resource writes 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(workspaceId)) {
  name: 'writes'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageWrite'
        enabled: true
      }
    ]
  }
}

resource roleAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for grant in grants: {
  name: guid(account.id, grant.principalId, grant.roleId)
  scope: account
  properties: {
    principalId: grant.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.roleId)
  }
}]

output id string = account.id
output name string = account.name
output blobUri string = account.properties.primaryEndpoints.blob
