// Allows Microsoft Graph to make a partner topic in this resource group, until a day. A PUT replaces the whole list, so
// leave it out (AUTHORIZE_PARTNER=false) where other partners stand in it, and use `az eventgrid partner configuration authorize`.
@minValue(1)
@maxValue(365)
param days int
param authorizedUntil string

@description('Seen in six public repositories, in no text of Microsoft: check with `az eventgrid partner verified-partner list`')
param registrationId string = 'c02e0126-707c-436d-b6a1-175d2748fb58'

resource configuration 'Microsoft.EventGrid/partnerConfigurations@2025-02-15' = {
  name: 'default'
  location: 'global'
  properties: {
    partnerAuthorization: {
      defaultMaximumExpirationTimeInDays: days
      authorizedPartnersList: [
        {
          partnerName: 'MicrosoftGraphAPI'
          partnerRegistrationImmutableId: registrationId
          authorizationExpirationTimeInUtc: authorizedUntil
        }
      ]
    }
  }
}
