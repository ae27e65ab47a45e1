// Everything that Graph Pulse needs in Azure but the partner topic: Graph makes that one when the app creates its
// first subscription, and `pulse link` activates it. Written in the subset of Bicep that tree-sitter-bicep reads.
targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Name of the azd environment; part of every name')
param environmentName string

@description('A region with Flex Consumption, as its name (westeurope), for Graph wants the same word')
@metadata({
  azd: {
    type: 'location'
  }
})
param location string

@description('Object id of who deploys: may write the secret that the postprovision hook makes')
param principalId string

@allowed([ 'User', 'Group', 'ServicePrincipal' ])
param principalType string = 'User'

@description('Client id of the app registration that people sign in to; the preprovision hook makes it. Empty: nobody can sign in')
param signInClientId string = ''

@description('Name of the vault secret with the private keys for rich notifications; empty: none are expected')
param encryptionCertificatesSecret string = ''

@description('Object ids of the people whose mail is watched, comma between them')
param watchedUsers string = ''

@minValue(1)
@maxValue(64)
param logLanes int = 1

@description('Subjects, senders and names stand in the feed, and so in the journal, for nine days')
param summaries bool = true

@allowed([ 512, 2048, 4096 ])
param instanceMemoryMB int = 2048

@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 100

@minValue(0)
@description('Instances that always stand ready for events; each costs also when nothing happens')
param alwaysReady int = 0

@minValue(1)
@maxValue(1000)
@description('HTTP requests that one instance takes at a time')
param httpConcurrency int = 16

@description('Off: leave the partner configuration alone. A PUT replaces its whole list of authorized partners')
param authorizePartner bool = true

@minValue(1)
@maxValue(365)
param partnerAuthorizationDays int = 365

param signalREnabled bool = true

@allowed([ 'Free_F1', 'Standard_S1', 'Premium_P1' ])
param signalRSku string = 'Free_F1'

@description('Private endpoints for storage and Key Vault; the app joins the network')
param vnetEnabled bool = false

@description('With vnetEnabled: the public address from which the hook writes the secret')
param deployerIp string = ''

@allowed([ 'default', 'recover' ])
@description('recover: bring back the vault of an environment that was torn down, as purge protection keeps its name')
param vaultCreateMode string = 'default'

@description('Names of custom topics that routes.toml forwards to, comma between them; each is made')
param customTopics string = ''

@description('Empty: alerts only show in the portal')
param alertEmail string = ''

@description('Only the default of a parameter may call utcNow')
param now string = utcNow('yyyy-MM-ddTHH:mm:ssZ')

var abbreviations = loadJsonContent('./abbreviations.json')
var roles = loadJsonContent('./roles.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = {
  'azd-env-name': environmentName
}
var partnerTopic = '${abbreviations.partnerTopics}${token}'
var partnerAuthorizedUntil = dateTimeAdd(now, 'P${partnerAuthorizationDays}D', 'yyyy-MM-ddTHH:mm:ssZ')

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: '${abbreviations.resourcesResourceGroups}${environmentName}'
  location: location
  tags: tags
}

module appIdentity './app/identity.bicep' = {
  name: 'app-identity'
  scope: group
  params: {
    name: '${abbreviations.managedIdentityUserAssignedIdentities}app-${token}'
    location: location
    tags: tags
  }
}

// The partner topic's own identity: it can write dead letters and nothing else.
module topicIdentity './app/identity.bicep' = {
  name: 'topic-identity'
  scope: group
  params: {
    name: '${abbreviations.managedIdentityUserAssignedIdentities}topic-${token}'
    location: location
    tags: tags
  }
}

module monitoring './app/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: '${abbreviations.operationalInsightsWorkspaces}${token}'
    componentName: '${abbreviations.insightsComponents}${token}'
    location: location
    tags: tags
    grants: [
      {
        principalId: appIdentity.outputs.principalId
        roleId: roles.monitoringMetricsPublisher
      }
    ]
  }
}

module storage './app/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: '${abbreviations.storageStorageAccounts}${token}'
    location: location
    tags: tags
    containers: [ 'deployment' ]
    access: vnetEnabled ? 'private' : 'public'
    grants: [
      {
        principalId: appIdentity.outputs.principalId
        roleId: roles.storageBlobDataOwner
      }
      {
        principalId: appIdentity.outputs.principalId
        roleId: roles.storageQueueDataContributor
      }
      {
        principalId: appIdentity.outputs.principalId
        roleId: roles.storageTableDataContributor
      }
    ]
  }
}

// An account of its own, so that reading dead letters (personal data) is a right apart and each write can be alarmed.
module deadLetters './app/storage.bicep' = {
  name: 'dead-letters'
  scope: group
  params: {
    name: '${abbreviations.storageStorageAccounts}dl${token}'
    location: location
    tags: tags
    containers: [ 'deadletter' ]
    access: vnetEnabled ? 'trusted' : 'public'
    keptDays: 30
    workspaceId: monitoring.outputs.workspaceId
    grants: [
      {
        principalId: topicIdentity.outputs.principalId
        roleId: roles.storageBlobDataContributor
      }
      {
        principalId: appIdentity.outputs.principalId // takes them in again, then deletes them
        roleId: roles.storageBlobDataContributor
      }
    ]
  }
}

module vault './app/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: '${abbreviations.keyVaultVaults}${token}'
    location: location
    tags: tags
    createMode: vaultCreateMode
    isPrivate: vnetEnabled
    deployerIp: deployerIp
    workspaceId: monitoring.outputs.workspaceId
    grants: [
      {
        principalId: appIdentity.outputs.principalId
        principalType: 'ServicePrincipal'
        roleId: roles.keyVaultSecretsUser
      }
      {
        principalId: principalId
        principalType: principalType
        roleId: roles.keyVaultSecretsOfficer
      }
    ]
  }
}

module signalR './app/signalr.bicep' = if (signalREnabled) {
  name: 'signalr'
  scope: group
  params: {
    name: '${abbreviations.signalRServiceSignalR}${token}'
    location: location
    tags: tags
    skuName: signalRSku
    grants: [
      {
        principalId: appIdentity.outputs.principalId
        roleId: roles.signalRServiceOwner
      }
    ]
  }
}

// The role reaches every topic of the group; there is none but these.
module topics './app/topics.bicep' = if (!empty(customTopics)) {
  name: 'topics'
  scope: group
  params: {
    names: split(customTopics, ',')
    location: location
    tags: tags
    grants: [
      {
        principalId: appIdentity.outputs.principalId
        roleId: roles.eventGridDataSender
      }
    ]
  }
}

module network './app/network.bicep' = if (vnetEnabled) {
  name: 'network'
  scope: group
  params: {
    name: '${abbreviations.networkVirtualNetworks}${token}'
    location: location
    tags: tags
    storageId: storage.outputs.id
    deadLettersId: deadLetters.outputs.id
    vaultId: vault.outputs.id
  }
}

module partner './app/partner.bicep' = if (authorizePartner) {
  name: 'partner'
  scope: group
  params: {
    days: partnerAuthorizationDays
    authorizedUntil: partnerAuthorizedUntil
  }
}

module api './app/api.bicep' = {
  name: 'api'
  scope: group
  params: {
    name: '${abbreviations.webSitesFunctions}${token}'
    planName: '${abbreviations.webServerFarms}${token}'
    location: location
    tags: tags
    identityId: appIdentity.outputs.id
    identityClientId: appIdentity.outputs.clientId
    storageName: storage.outputs.name
    componentName: monitoring.outputs.componentName
    vaultName: vault.outputs.name
    signalRUri: signalREnabled ? signalR!.outputs.serviceUri : ''
    subnetId: vnetEnabled ? network!.outputs.appSubnetId : ''
    signInClientId: signInClientId
    encryptionCertificatesSecret: encryptionCertificatesSecret
    partnerTopic: partnerTopic
    watchedUsers: watchedUsers
    logLanes: logLanes
    deadLettersUri: '${deadLetters.outputs.blobUri}deadletter'
    summaries: summaries
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReady: alwaysReady
    httpConcurrency: httpConcurrency
  }
}

module alerts './app/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    name: environmentName
    actionGroupName: '${abbreviations.insightsActionGroups}${token}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    email: alertEmail
    partnerAuthorizedUntil: authorizePartner ? partnerAuthorizedUntil : ''
  }
}

// What the hooks and `pulse` read as environment variables. Never AZURE_CLIENT_ID: azure-identity would take it for
// the identity of who deploys.
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output RESOURCE_GROUP string = group.name
output PARTNER_TOPIC string = partnerTopic
output PARTNER_TOPIC_LOCATION string = location
output FUNCTION_APP string = api.outputs.name
output FUNCTION_APP_ID string = api.outputs.id
output PULSE_APP string = api.outputs.uri
output PULSE_CLIENT_ID string = signInClientId
output APP_IDENTITY_PRINCIPAL_ID string = appIdentity.outputs.principalId
output TOPIC_IDENTITY_ID string = topicIdentity.outputs.id
output DEAD_LETTER_STORAGE_ID string = deadLetters.outputs.id
output LOG_WORKSPACE_ID string = monitoring.outputs.workspaceId
output ACTION_GROUP_ID string = alerts.outputs.actionGroupId
output KEY_VAULT_URI string = vault.outputs.uri
