"""Starts Azurite on the ports of a local cloud: keyless under TLS, or plain http with the well-known account key."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from twin.addresses import Addresses
from twin.azurite.node import Node, find_node

ACCOUNT = "devstoreaccount1"
# Azurite's documented key, the same on every machine: https://learn.microsoft.com/azure/storage/common/storage-use-azurite
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
SCRIPT = Path(__file__).parent / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
KINDS = ("blob", "queue", "table")


class AzuriteError(Exception):
    """Azurite isn't installed, died at start or didn't open its ports. The message says which, with its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Azurite:
    """A running Azurite. `log` holds what it printed."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self, patience_s: float = 5) -> None:
        """End it, by force when it doesn't go in `patience_s` seconds. Harmless when it is gone already."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience_s)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def start_azurite(
    addresses: Addresses,
    folder: Path,
    certificate: Path | None,
    key: Path | None,
    *,
    oauth: bool = True,
    patience_s: float = 30,
) -> Azurite:
    """Start it with its log in `folder` and return once its three ports accept. Its data ends with it: it is in memory.

    On disk it writes all of its tables anew every five seconds: with 300 MiB in them calls wait for seconds meanwhile.
    With `oauth` it serves https only and takes tokens (keyless); without, give no certificate for plain http.
    """
    node = find_node()
    if node is None or not SCRIPT.is_file():
        raise AzuriteError(f"Azurite needs {'node' if node is None else SCRIPT}: run `make setup`")
    numbers = [addresses.storage_port(kind) for kind in KINDS]
    if taken := [str(number) for number in numbers if is_open(number)]:
        raise AzuriteError(f"Azurite can't have port {', '.join(taken)}: another program listens there")
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "azurite.log"
    options = (*ports(addresses), "--inMemoryPersistence", *security(certificate, key, oauth=oauth))
    azurite = Azurite(process=launch(node, options, log), log=log)
    wait_until_open(azurite, numbers, patience_s)
    return azurite


def connection_string(addresses: Addresses) -> str:
    """What AzureWebJobsStorage holds when Azurite was started over plain http."""
    endpoints = "".join(
        f"{kind.capitalize()}Endpoint=http://127.0.0.1:{addresses.storage_port(kind)}/{ACCOUNT};" for kind in KINDS
    )
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};{endpoints}"


def ports(addresses: Addresses) -> list[str]:
    return [text for kind in KINDS for text in (f"--{kind}Port", str(addresses.storage_port(kind)))]


def security(certificate: Path | None, key: Path | None, *, oauth: bool) -> list[str]:
    tls = ["--cert", str(certificate), "--key", str(key)] if certificate and key else []
    return [*tls, *(["--oauth", "basic"] if oauth else [])]


def launch(node: Node, options: Iterable[str], log: Path) -> subprocess.Popen[bytes]:
    """A new session of its own: Ctrl-C in the terminal reaches us alone, and we end our children in order."""
    command = [str(node.executable), str(SCRIPT), "--silent", "--skipApiVersionCheck", "--disableTelemetry", *options]
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=node.environment(os.environ),
            start_new_session=True,
        )


def wait_until_open(azurite: Azurite, numbers: Iterable[int], patience_s: float) -> None:
    last = time.monotonic() + patience_s
    waiting = list(numbers)
    while waiting := [number for number in waiting if not is_open(number)]:
        if azurite.process.poll() is not None or time.monotonic() > last:
            azurite.stop()
            printed = azurite.log.read_text(errors="replace").strip()[-2000:]
            raise AzuriteError(f"Azurite did not open port {waiting[0]}: {printed or 'it printed nothing'}")
        time.sleep(0.05)


def is_open(number: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", number), timeout=1):
        return True
    return False
