"""What people and tests can turn while the twin runs: the awkward truths and the unknowns of the real cloud.

Each field names the behaviour when it is set; the default is what the documentation says or, where it is silent, the
plainest reading. The control API reads and sets them by name.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

from twin.switch_rules import fault_of


@dataclass(slots=True)
class Switches:
    outlook_cap_minutes: int = 10_070  # documented 10,080; the live service is reported to allow 10,070
    announce: bool = True  # False: changes happen and nobody is told, as if Graph had dropped the notification
    duplicate_percent: float = 0.0  # of the deliveries, sent twice under the same id
    shuffle: bool = False  # deliveries leave in random order
    graph_down: bool = False  # every Graph call answers 503
    partner_authorized: bool = True  # Graph may create partner topics in the demo's resource group from the start
    topic_activation_days: int = 7  # a partner topic never activated is deleted after; Graph's period is not documented
    keep_before_activation: bool = False  # events from before activation are delivered after it instead of lost
    dead_letter_delay_minutes: float = 5.0  # from giving up to the blob, as documented; 0: at once
    delayed_delivery_minutes: float = (
        0.0  # nothing for so long to an endpoint after ten failures; undocumented how long
    )
    deliver_arrays: bool = False  # a delivery without batching is an array of one, not a bare object
    normalize_change_types: bool = True  # 409 also where changeType differs in order or case; unknown which
    accept_unlisted_resources: bool = False  # let in resources that the Event Grid table does not list (chats, teams)
    notification_url_max: int = 0  # 400 above this length; 0: no limit, as none is documented
    subscription_not_found_code: str = "ResourceNotFound"  # 404 on /subscriptions; the code is undocumented
    quota_code: str = "Forbidden"  # 403 for an exceeded quota; the code is undocumented
    subscriptions_page_size: int = 100  # of GET /subscriptions; undocumented
    reauthorize_at_percent: int = 25  # of the life left when reauthorizationRequired comes by itself; 0: never
    reauthorization_type: str = "Microsoft.Graph.SubscriptionReauthorizationRequired"  # the doc has it in lower case
    removed_type: str = "Microsoft.Graph.SubscriptionRemoved"  # undocumented over Event Grid; "": never sent
    missed_type: str = "Microsoft.Graph.Missed"  # undocumented over Event Grid; "": never sent
    lifecycle_data_without: str = ""  # members left out of lifecycle data: lifecycleEvent,clientState,tenantId
    lifecycle_pascal_case: bool = False  # lifecycle data as SubscriptionId, LifecycleEvent …
    message_updated_type: str = ""  # another CloudEvent type for updated messages; "": Microsoft.Graph.MessageUpdated
    message_deleted_type: str = ""  # the same for deleted ones; "": Microsoft.Graph.MessageDeleted
    outlook_camel_case: bool = False  # Outlook's data as subscriptionId, changeType …, as the directory writes it
    sequence_number_as_text: bool = False  # newer samples of the directory's events have text
    client_state_null_in_events: bool = False  # delivered with clientState null, as reported for some tenants
    moves_keep_ids: bool = False  # True: also where a call does not prefer IdType="ImmutableId"
    empty_delta_pages: bool = True  # every third page of a delta round is empty and has a nextLink
    delta_replays: bool = False  # each delta round tells its first change twice
    mail_sync_lost_status: int = 410  # of a delta link of mail that is no longer known: 410, or another 40x
    # Graph's subscriptions
    event_before_create_answer: bool = False  # a change reaches the subscriber before its POST has been answered
    later_etags: bool = False  # events leave with the next second and carry the etag that the item has by then
    announce_twice: bool = False  # one change, two events with an id each
    ghost_deliveries_s: int = 0  # for how long after its DELETE a subscription's events still come
    spacing_breaks: bool = True  # PATCH and reauthorize within ten minutes: listed, but it never delivers again
    client_state_missing_in_events: bool = False  # events have no clientState at all
    client_state_foreign_in_events: bool = False  # events carry somebody else's
    outlook_old_form: bool = False  # Outlook's data as its doc page has it: retired REST form, absolute URLs
    outlook_misspelled_id: bool = False  # and in it od@ata.id, as some versions of the page spell it
    outlook_expiry_in_utc: bool = False  # Outlook's expiry with Z instead of a local offset
    rich_over_event_grid: str = "refused"  # undocumented: refused, plain, encrypted, or with_tokens
    validation_tokens: str = "v2"  # v2, v1, none; wrong ones: expired, other_audience, other_caller, bad_signature
    expiry_too_far_code: str = "ExtensionError"  # 400 above the cap; ErrorInvalidParameter was seen too
    expiry_cut_to_cap: bool = False  # an expiry above the cap is cut to it: refusing is documented as future behaviour
    meeting_cap_minutes: int = 4_230  # of call events; documented both as 4,320 and as 4,230
    permission_denied_code: str = "Authorization_RequestDenied"  # 403 on /subscriptions; the code is undocumented
    wrapped_errors: bool = False  # such a 403 as ExtensionError: "Operation: Create; Exception: [Status Code: …]"
    partner_refusal_status: int = 0  # of a POST that Event Grid refuses (no authorization, topic limit): 400, 403, 409
    partner_refusal_code: str = ""  # and its code; "": as Event Grid says
    foreign_azure_subscription_refused: bool = False  # 400 where it is not the tenant's; undocumented
    azure_role_required: bool = False  # 403 at POST for lack of an Azure role; undocumented
    event_grid_handshake_type: str = ""  # a CloudEvent of this type is sent at POST; "": none, as none is documented
    token_minutes: int = 0  # life of the access token behind a subscription, documented as about 60; 0: endless
    revoked_consent: str = ""  # permissions that an admin has taken away: Mail.Read,User.Read.All or *
    reauthorize_every_minutes: int = 0  # challenges come again until they are answered; 0: once
    missed_after_loss: bool = True  # Outlook's subscriptions hear `missed` once when notifications were lost
    removed_after_days_down: int = 0  # Graph drops a subscription whose webhook failed so long; 0: never
    webhook_items_per_post: int = 10  # one POST may mix subscriptions; how many is undocumented
    webhook_state: str = ""  # of every webhook: well, slow or drop; "": as measured
    webhook_state_answers: int = 10  # fewer answers in ten minutes make nobody slow; undocumented
    webhook_403_ends: bool = False  # a webhook's 403 is final, as operators report, instead of retried
    webhook_lifecycle_organization_id: bool = False  # lifecycle items with organizationId instead of tenantId
    user_token_s: int = 3599  # life of people's access tokens, documented as 60 to 90 minutes; 0: over at once
    sign_ins_revoked: bool = False  # refresh tokens are refused, as after a change of password
    signalr_offline: bool = False  # SignalR refuses calls, negotiations and new sockets with 503; old sockets stay
    signalr_drop_percent: float = 0.0  # of the pushes that SignalR accepts, how many reach nobody
    signalr_close_allows_reconnect: bool = True  # whether a client closed over REST may come back; undocumented

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def turn(self, settings: dict[str, Any]) -> None:
        """Set several at once. ValueError names every switch that does not exist or cannot have its value."""
        kinds = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        looked = [
            fault_of(name, value, kinds[name]) if name in kinds else f"{name}: no such switch"
            for name, value in settings.items()
        ]
        if faults := [fault for fault in looked if fault]:
            raise ValueError("; ".join(faults))
        for name, value in settings.items():
            setattr(self, name, value)
