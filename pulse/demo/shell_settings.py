"""The twin's addresses and an app's settings as a file that a shell can read: `. .demo/twin.env`."""

import os
import shlex
from pathlib import Path

from twin.world import World

FILE = "twin.env"


def write_shell_settings(folder: Path, world: World, environment: dict[str, str]) -> Path:
    """For the owner's eyes only: the header that proves the app's identity is in it."""
    file = folder / FILE
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as output:
        trust = {"CURL_CA_BUNDLE": environment["SSL_CERT_FILE"]}
        for name, value in (environment | trust | addresses(world)).items():
            print(f"export {name}={shlex.quote(value)}", file=output)
    draft.replace(file)
    return file


def addresses(world: World) -> dict[str, str]:
    where = world.addresses
    group = f"/subscriptions/{world.azure_subscription_id}/resourceGroups/{world.resource_group}"
    topic = f"azuresubscriptionid={world.azure_subscription_id}&resourcegroup={world.resource_group}"
    return {
        "ARM_URL": where.arm,
        "CONTROL_URL": where.control,
        "EVENT_GRID_URL": where.event_grid,
        "TOPIC_ID": f"{group}/providers/Microsoft.EventGrid/partnerTopics/{world.topic_name}",
        "TOPIC_URL": f"EventGrid:?{topic}&partnertopic={world.topic_name}&location={world.location}",
        "FUNCTION_APP_ID": f"{group}/providers/Microsoft.Web/sites/{world.function_app_name}",
        **{f"USER_{person.alias.upper()}": person.id for person in world.people},
    }
