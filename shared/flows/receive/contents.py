"""The content of a rich notification, for its handlers alone.

It is journaled as Graph encrypted it and opened anew each time that a handler runs: at rest nobody reads it without the
certificate's key, and a retry has it all the same.
"""

from collections.abc import Mapping

from shared.domain.events.notifications import Notification
from shared.domain.events.rich import Unopened, encrypted_in, read_content
from shared.ports import Certificates


async def content_of(notification: Notification, certificates: Certificates | None) -> Mapping[str, object] | None:
    """None where there is none that Graph's validationTokens vouched for. Raises Unopened."""
    if "encryptedcontent" not in notification.body.lower():
        return None
    encrypted = encrypted_in(notification.body)
    if encrypted is None:
        return None
    if certificates is None:
        raise Unopened("the app has no certificate: ENCRYPTION_CERTIFICATES is not set")
    return read_content(await certificates.open(encrypted))
