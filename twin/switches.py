"""What people and tests can turn while the twin runs: the awkward truths and the unknowns of the real cloud.

Each field names the behaviour when it is set; the default is what the documentation says or, where it is silent, the
plainest reading. The control API reads and sets them by name.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any


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
    moves_keep_ids: bool = True  # as under Prefer: IdType="ImmutableId"; False: a moved message gets a new id
    empty_delta_pages: bool = True  # every third page of a delta round is empty and has a nextLink
    mail_sync_lost_status: int = 410  # of a delta link of mail that is no longer known: 410, or another 40x
    signalr_offline: bool = False  # SignalR refuses calls, negotiations and new sockets with 503; old sockets stay
    signalr_drop_percent: float = 0.0  # of the pushes that SignalR accepts, how many reach nobody
    signalr_close_allows_reconnect: bool = True  # whether a client closed over REST may come back; undocumented

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def turn(self, settings: dict[str, Any]) -> None:
        """Set several at once. ValueError names every switch that does not exist or has another type."""
        kinds = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        faults = [
            f"{name}: no such switch" if name not in kinds else f"{name}: want {kinds[name].__name__}"
            for name, value in settings.items()
            if name not in kinds or not isinstance(value, (int, float) if kinds[name] is float else kinds[name])
        ]
        if faults:
            raise ValueError("; ".join(faults))
        for name, value in settings.items():
            setattr(self, name, value)
