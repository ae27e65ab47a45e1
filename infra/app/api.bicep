// The function app on Flex Consumption, its settings, and App Service authentication in front of it.
param name string
param planName string
param location string
param tags object
param identityId string
param identityClientId string
param storageName string
param componentName string
param vaultName string
param signalRUri string
param subnetId string
param signInClientId string
param partnerTopic string
param watchedUsers string
param logLanes int
param deadLettersUri string
param summaries bool
param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReady int
param httpConcurrency int

@description('Who delivers to /api/events: the app id of Microsoft.EventGrid, in the public cloud by default')
param eventSenders string = '4962773b-9cdb-44cf-a8bf-237846a00ab7'

@description('Name of the vault secret with the private keys for rich notifications (docs/webhooks.md); empty: none')
param encryptionCertificatesSecret string = ''

// Callers that can't sign in to Entra as a person: Event Grid, Graph, probes. The functions behind them trust nobody.
var openPaths = [ '/runtime/webhooks/*', '/api/notifications', '/api/lifecycle', '/api/events', '/api/health' ]
var azureCli = '04b07795-8ddb-461a-bbee-02f9e1bf7b46' // `pulse --app` signs in through it

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  kind: 'functionapp,linux'
  tags: union(tags, {
    'azd-service-name': 'api'
  })
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}deployment'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady == 0 ? [] : [
          {
            name: 'function:receive_graph_event'
            instanceCount: alwaysReady
          }
        ]
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
    }
  }

  // FUNCTIONS_* and WEBSITE_* settings don't belong on Flex Consumption.
  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union({
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identityClientId
      AzureWebJobsStorage__blobServiceUri: storage.properties.primaryEndpoints.blob
      AzureWebJobsStorage__queueServiceUri: storage.properties.primaryEndpoints.queue
      AzureWebJobsStorage__tableServiceUri: storage.properties.primaryEndpoints.table
      APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
      AZURE_TENANT_ID: tenant().tenantId
      AZURE_CLIENT_ID: identityClientId
      AZURE_SUBSCRIPTION_ID: subscription().subscriptionId
      RESOURCE_GROUP: resourceGroup().name
      PARTNER_TOPIC: partnerTopic
      PARTNER_TOPIC_LOCATION: location
      WATCHED_USERS: watchedUsers
      LOG_LANES: string(logLanes)
      SUMMARIES: summaries ? 'on' : 'off'
      DEAD_LETTERS_CONTAINER: deadLettersUri
      EVENT_SENDERS: eventSenders
      CLIENT_STATE_KEYS: '@Microsoft.KeyVault(SecretUri=${vault.properties.vaultUri}secrets/client-state-keys)'
    }, empty(signalRUri) ? {} : {
      AzureSignalRConnectionString__serviceUri: signalRUri
      AzureSignalRConnectionString__credential: 'managedidentity'
      AzureSignalRConnectionString__clientId: identityClientId
    }, empty(encryptionCertificatesSecret) ? {} : {
      ENCRYPTION_CERTIFICATES: '@Microsoft.KeyVault(SecretUri=${vault.properties.vaultUri}secrets/${encryptionCertificatesSecret})'
    }, empty(signInClientId) ? {} : {
      OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identityClientId
      SIGN_IN_CLIENT_ID: signInClientId
      AZURE_AUTHORITY_HOST: environment().authentication.loginEndpoint
    })
  }

  // Signs people in by the identity's federated credential instead of a client secret:
  // https://learn.microsoft.com/azure/app-service/configure-authentication-provider-aad (2026-11)
  resource authentication 'config' = if (!empty(signInClientId)) {
    name: 'authsettingsV2'
    dependsOn: [ appSettings ]
    properties: {
      platform: {
        enabled: true
      }
      globalValidation: {
        requireAuthentication: true
        unauthenticatedClientAction: 'RedirectToLoginPage'
        redirectToProvider: 'azureactivedirectory'
        excludedPaths: openPaths
      }
      httpSettings: {
        requireHttps: true
      }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: signInClientId
            clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
            openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
          }
          login: {
            // The token that the store keeps is for this app: mail exchanges it for one for Graph (on-behalf-of).
            loginParameters: [ 'scope=openid profile email offline_access api://${signInClientId}/access' ]
          }
          validation: {
            allowedAudiences: [ signInClientId, 'api://${signInClientId}' ]
            defaultAuthorizationPolicy: {
              allowedApplications: [ signInClientId, azureCli ]
            }
          }
        }
      }
      login: {
        tokenStore: {
          enabled: true
        }
      }
    }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }
}

output id string = app.id
output name string = app.name
output uri string = 'https://${app.properties.defaultHostName}'
