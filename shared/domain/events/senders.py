"""Who speaks, by the claims of a token of Entra's that was verified. Pure."""

from collections.abc import Mapping

EVENT_GRID = "4962773b-9cdb-44cf-a8bf-237846a00ab7"  # Microsoft.EventGrid in the public cloud
CHANGE_TRACKING = "0bf30f3b-4a52-48df-9a82-234910c4a086"  # Microsoft Graph Change Tracking
BEARER = "bearer "


class KeysMissing(Exception):
    """A token can't be judged now: the keys of its issuer are out of reach. It must be sent again."""


def app_of(claims: Mapping[str, object]) -> str:
    """The id of the app that speaks for itself, lower case; empty for a token that speaks for a person.

    v1.0 tokens name it `appid`, v2.0 tokens `azp`: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    """
    if "scp" in claims:
        return ""
    named = claims.get("azp" if claims.get("ver") == "2.0" else "appid")
    return named.lower() if isinstance(named, str) else ""


def bearer_of(authorization: str) -> str:
    """The token in an Authorization header, empty when there is none."""
    return authorization[len(BEARER) :].strip() if authorization[: len(BEARER)].lower() == BEARER else ""


def audiences_of(client_id: str) -> tuple[str, ...]:
    """The forms in which a token may name an app registration as the one it is for; none without a registration."""
    return (client_id, f"api://{client_id}") if client_id else ()
