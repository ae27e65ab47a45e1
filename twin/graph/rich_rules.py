"""Which subscriptions may carry resource data, and what of the query options in `resource` they may use.

https://learn.microsoft.com/graph/change-notifications-with-resource-data and
https://learn.microsoft.com/graph/outlook-change-notifications-overview.
"""

from twin.graph.errors import invalid_request
from twin.graph.rich_content import Certificate
from twin.graph.watched import Watched
from twin.switches import Switches

NOT_IN_OUTLOOK = ("$top", "$skip", "$orderby")
NEVER_SENT = frozenset({"body", "uniquebody"})


def check_rich(switches: Switches, what: Watched, certificate: Certificate | None, *, to_event_grid: bool) -> None:
    """GraphError 400 where this resource cannot be watched so."""
    if what.kind.select_required:
        _check_options(what)
    if certificate is None:
        if what.kind.rich_required:
            raise invalid_request("includeResourceData and an encryptionCertificate are required for this resource.")
        return
    if to_event_grid and switches.rich_over_event_grid == "refused":
        raise invalid_request("Resource data is not supported with Event Grid delivery.")
    if what.kind.rich_max_minutes is None:
        raise invalid_request("Resource data is not supported for this resource.")
    if what.kind.select_required:
        _check_select(what)


def _check_options(what: Watched) -> None:
    refused = [name for name, _ in what.query if name in NOT_IN_OUTLOOK]
    if refused:
        raise invalid_request(f"{', '.join(refused)} cannot be used in the resource of a subscription.")


def _check_select(what: Watched) -> None:
    if not what.selected:
        raise invalid_request("$select is required in the resource of a subscription with resource data.")
    if NEVER_SENT.intersection(name.lower() for name in what.selected):
        raise invalid_request("body and uniqueBody cannot be selected.")
