"""`validationTokens`: how Graph proves itself beside rich notifications, one token for each app that is told.

https://learn.microsoft.com/graph/change-notifications-with-resource-data: signed by Entra, `aud` is the app, the caller
0bf30f3b-4a52-48df-9a82-234910c4a086 stands in azp (v2.0) or appid (v1.0).
"""

import time

from twin.world import World, made_up_id

TOKEN_LIFE_S = 3600
STRANGER = made_up_id("another-app")


class ValidationTokens:
    """Each is used for half of its life, as a signature costs more than a delivery."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tokens: dict[tuple[str, str], tuple[float, str]] = {}

    def of(self, app_ids: set[str]) -> list[str] | None:
        """None where Graph has no role at an app that demands one (appRoleAssignmentRequired)."""
        form = self._world.switches.validation_tokens
        return None if form == "none" else [self._token(app_id, form) for app_id in sorted(app_ids)]

    def _token(self, app_id: str, form: str) -> str:
        good_until, token = self._tokens.get((app_id, form), (0.0, ""))
        if time.monotonic() >= good_until:
            token = self._issue(app_id, form)
            self._tokens[app_id, form] = time.monotonic() + TOKEN_LIFE_S / 2, token
        return token

    def _issue(self, app_id: str, form: str) -> str:
        """Right ones as v2 or v1, and wrong ones that nobody may believe."""
        entra = self._world.entra
        match form:
            case "v1":
                return entra.validation_token(app_id, version=1)
            case "expired":
                return entra.validation_token(app_id, lifetime_s=-TOKEN_LIFE_S)
            case "other_audience":
                return entra.validation_token(STRANGER)
            case "other_caller":
                return entra.issue(app_id, subject=STRANGER, azp=STRANGER, iss=entra.v2_issuer, ver="2.0")
            case "bad_signature":
                head, claims, _ = entra.validation_token(app_id).split(".")
                return ".".join([head, claims, entra.validation_token(STRANGER).rpartition(".")[2]])
            case _:
                return entra.validation_token(app_id)
