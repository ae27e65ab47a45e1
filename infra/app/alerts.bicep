// Alert rules and the workbook. The queries were written against the documented tables and never ran.
// What the app logs is one line per outcome: `subscription.renew spec=… fault=…`, `event.rejected reason=…`.
// ItemCount undoes sampling.
param name string
param actionGroupName string
param location string
param tags object
param workspaceId string
param email string

@description('Empty: the partner configuration is not ours')
param partnerAuthorizedUntil string

var rules = [
  {
    name: 'renewal'
    severity: 1
    description: 'A subscription could not be renewed, made or resynced three times in an hour. Renewal is due at 75 % of its life, so a quarter is left.'
    query: '''
AppTraces
| where Message startswith "subscription." and Message has "fault="
| extend spec = extract(@"spec=(\S+)", 1, Message)
| summarize faults = sum(ItemCount) by spec
| where faults >= 3
'''
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT15M'
    window: 'PT1H'
  }
  {
    name: 'life-left'
    severity: 1
    description: 'A subscription has less than a quarter of its life left: its renewal was due, and did not come.'
    query: '''
AppTraces
| where Message startswith "fleet.life"
| extend left = toint(extract(@"least_percent=(-?\d+)", 1, Message))
| where left < 25
'''
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT15M'
    window: 'PT30M'
  }
  {
    name: 'timer-silent'
    severity: 1
    description: 'keep_alive ticks every five minutes; for half an hour it did not once succeed. Nothing is renewed meanwhile.'
    query: '''
AppRequests
| where OperationName == "keep_alive" and Success
'''
    operator: 'LessThan'
    threshold: 1
    frequency: 'PT15M'
    window: 'PT30M'
  }
  {
    name: 'deliveries-failing'
    severity: 2
    description: 'A tenth of Event Grid\'s deliveries failed for half an hour. They are delivered again for a day, then become dead letters.'
    query: '''
AppRequests
| where OperationName == "receive_graph_event"
| summarize deliveries = sum(ItemCount), failed = sumif(ItemCount, not(Success))
| where failed > 5 and failed * 10 > deliveries
'''
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT15M'
    window: 'PT30M'
  }
  {
    name: 'dead-letters'
    severity: 1
    description: 'Event Grid gave up on events and wrote them to the container deadletter.'
    query: '''
StorageBlobLogs
| where Category == "StorageWrite" and ObjectKey has "deadletter" and toint(StatusCode) < 300
'''
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT15M'
    window: 'PT15M'
  }
  {
    name: 'forged'
    severity: 1
    description: 'Somebody sends events that this app\'s subscriptions did not ask for: their client_state, tenant, resource, tokens or signature are wrong.'
    query: '''
AppTraces
| where Message startswith "event.rejected"
| extend reason = extract(@"reason=(\w+)", 1, Message)
| where reason in ("client_state", "foreign_tenant", "foreign_resource", "denied", "validation_tokens", "content")
'''
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT15M'
    window: 'PT15M'
  }
  {
    name: 'quarantine'
    severity: 2
    description: 'Events were rejected for what they are, not for who sent them: unreadable, too old, given up, or for a subscription that nobody wants.'
    query: '''
AppTraces
| where Message startswith "event.rejected"
| extend reason = extract(@"reason=(\w+)", 1, Message)
| where reason in ("unreadable", "not_wanted", "too_old", "from_the_future", "undelivered", "given_up")
'''
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT15M'
    window: 'PT15M'
  }
  {
    name: 'throttled'
    severity: 2
    description: 'Graph answered more than a tenth of what keep_alive wrote in an hour with 429.'
    query: '''
AppTraces
| where Message matches regex @"^subscription\.(create|renew|recreate|remove|resync) spec="
| summarize written = sum(ItemCount), throttled = sumif(ItemCount, Message has "fault=" and Message has "429")
| where throttled > 5 and throttled * 10 > written
'''
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT15M'
    window: 'PT1H'
  }
  {
    name: 'late'
    severity: 2
    description: 'Notifications came later than Graph documents as the most for their resource, ten of them in half an hour.'
    query: '''
AppTraces
| where Message startswith "event.late"
| summarize late = sum(ItemCount)
| where late >= 10
'''
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT15M'
    window: 'PT30M'
  }
  {
    name: 'behind'
    severity: 1
    description: 'Graph said that it missed notifications or removed a subscription, and a quarter of an hour later its changes were not caught up.'
    query: '''
AppTraces
| where Message startswith "subscription.behind" or (Message startswith "subscription.resync" and not(Message has "fault="))
| extend spec = extract(@"spec=(\S+)", 1, Message)
| summarize asked = maxif(TimeGenerated, Message startswith "subscription.behind"), done = maxif(TimeGenerated, Message startswith "subscription.resync") by spec
| where isnotnull(asked) and asked < ago(15m) and (isnull(done) or done < asked)
'''
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT5M'
    window: 'PT2H'
  }
  {
    name: 'settings'
    severity: 1
    description: 'The app does not start: a setting or subscriptions.toml is wrong. Its log names every fault.'
    query: '''
union isfuzzy=true
(AppTraces | where Message startswith "app.misconfigured"),
(AppExceptions | where strcat(OuterMessage, " ", InnermostMessage) has_any ("InvalidSettings", "InvalidWatch"))
'''
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT15M'
    window: 'PT15M'
  }
]
var partnerRules = empty(partnerAuthorizedUntil) ? [] : [
  {
    name: 'partner-authorization'
    severity: 2
    description: 'Graph\'s authorization as Event Grid partner ends within 30 days. `azd provision` extends it.'
    query: 'print TimeGenerated = now() | where TimeGenerated > datetime(${partnerAuthorizedUntil}) - 30d'
    operator: 'GreaterThan'
    threshold: 0
    frequency: 'PT6H'
    window: 'P1D'
  }
]

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'graph-pulse'
    enabled: true
    emailReceivers: [
      {
        name: 'mail'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in concat(rules, partnerRules): {
  name: 'graph-pulse-${name}-${rule.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Graph Pulse ${name}: ${rule.name}'
    description: rule.description
    severity: rule.severity
    enabled: true
    autoMitigate: true
    scopes: [ workspaceId ]
    skipQueryValidation: true // a table is made by its first row
    evaluationFrequency: rule.frequency
    windowSize: rule.window
    criteria: {
      allOf: [
        {
          query: rule.query
          timeAggregation: 'Count'
          operator: rule.operator
          threshold: rule.threshold
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: empty(email) ? [] : [ actionGroup!.id ]
    }
  }
}]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspaceId, 'graph-pulse')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    category: 'workbook'
    displayName: 'Graph Pulse ${name}'
    sourceId: workspaceId
    serializedData: loadTextContent('./workbook.json')
  }
}

@description('Empty: nobody is told')
output actionGroupId string = empty(email) ? '' : actionGroup!.id
