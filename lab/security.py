"""Attacks on every way in. Let through is one that reaches the journal, a handler or a browser, or a secret that stays.

Each family begins with its control, which must pass: a door that refuses everything would prove nothing.
"""

import base64
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from functions import events, notifications
from lab.doors import SPEC, Doors, posted, rich
from lab.forgeries import EVENT_GRID, forged_tokens
from lab.overheard import Overheard
from lab.wrong import CANARY, foreign, touched, wrong_states
from twin.entra.tokens import GRAPH_CHANGE_TRACKING

CONTENT = {"subject": f"{CANARY}-content"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
type Attack = Callable[[], Awaitable[object]]


class _Ear(logging.Handler):
    """Hears every log line of every library."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.exc_info}")


async def rows() -> list[dict[str, object]]:
    ear, root, ours = _Ear(), logging.getLogger(), logging.getLogger("graph_pulse")
    levels = root.level, ours.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    ours.setLevel(logging.DEBUG)
    try:
        tried, through = await _all(ear)
    finally:
        root.removeHandler(ear)
        root.setLevel(levels[0])
        ours.setLevel(levels[1])
    note = "; ".join(through) or "all refused, no secret kept"
    return [{"name": "security", "value": len(through), "unit": "attacks let through", "n": tried, "note": note}]


async def _all(ear: _Ear) -> tuple[int, list[str]]:
    tried, through = 0, []
    for family in (_states, _denied, _event_tokens, _validation_tokens, _contents, _large, _echoes):
        doors, overheard = Doors(), Overheard()
        overheard.listen_to(doors.app)
        async for name, attack in family(doors):
            tried += 1
            before = await _reached(doors)
            said = await attack()
            await doors.work_all()
            if said is True or (said is not False and await _reached(doors) != before):
                through.append(f"{family.__name__[1:]}: {name}")
        kept = doors.stored() + "\n".join(ear.lines) + overheard.text()
        secrets = [doors.state, CANARY, *_parts(doors)]
        through += [f"{family.__name__[1:]}: kept {secret[:12]}…" for secret in secrets if secret in kept]
        tried += len(secrets)
    return tried, through


async def _reached(doors: Doors) -> tuple[int, int]:
    return await doors.journaled(), len(doors.effects)


def _parts(doors: Doors) -> Iterator[str]:
    """What may be found nowhere: parts of genuine tokens and states."""
    ring = doors.app.settings.key_ring
    yield from (base64.b64encode(key).decode() for key in ring.keys.values())
    yield doors.state.rpartition(".")[2]


async def _control(doors: Doors, act: Attack) -> bool:
    """True, a failure, unless one event arrived."""
    before = await _reached(doors)
    await act()
    await doors.work_all()
    after = await _reached(doors)
    return (after[0] - before[0], after[1] - before[1]) != (1, 1)


async def _states(doors: Doors) -> AsyncIterator[tuple[str, Attack]]:
    """Wrong states, and genuine ones on events that are not of their subscription, through every door."""
    for number, (way, deliver) in enumerate(_ways(doors).items()):
        yield (
            f"control {way}",
            partial(_control, doors, partial(deliver, {}, number=number)),
        )
        for name, state in wrong_states(doors).items():
            for lifecycle in ("", "missed", "reauthorizationRequired", "subscriptionRemoved"):
                wrong = {"clientState": state, "lifecycle": lifecycle}
                yield f"{name} {lifecycle} {way}", partial(deliver, wrong)
        for name, change in foreign(doors).items():
            yield f"{name} {way}", partial(deliver, change)


def _ways(doors: Doors) -> Mapping[str, Callable[..., Awaitable[object]]]:
    async def trigger(change: Mapping[str, Any], number: int = 7) -> None:
        await doors.app.receive(json.dumps(doors.event(number=number, **change)))

    async def batch(change: Mapping[str, Any], number: int = 7) -> None:
        text = json.dumps([doors.event(number=number, **change)])
        await doors.knock(events.receive_event_batch, body=text, headers=_signed(doors))

    def webhook(door: Any) -> Callable[..., Awaitable[object]]:
        async def post(change: Mapping[str, Any], number: int = 7) -> None:
            doors.clock.time += timedelta(minutes=1)  # so that quarantine's allowance lasts
            await doors.knock(door, body=posted(doors.item(number=number, **change)))

        return post

    return {
        "trigger": trigger,
        "batch": batch,
        "notifications": webhook(notifications.receive_notifications),
        "lifecycle": webhook(notifications.receive_lifecycle),
    }


def _signed(doors: Doors, token: str | None = None) -> dict[str, str]:
    entra = doors.world.entra
    genuine = entra.issue(f"api://{doors.world.api_app_id}", subject=EVENT_GRID, appid=EVENT_GRID)
    return {"authorization": f"Bearer {genuine if token is None else token}", **BATCH}


async def _denied(doors: Doors) -> AsyncIterator[tuple[str, Attack]]:
    """A genuine state that a person has denied."""
    await doors.app.receive.denied.deny([1], [SPEC.key])
    for way, deliver in _ways(doors).items():
        for lifecycle in ("", "missed", "subscriptionRemoved"):
            yield f"{lifecycle} {way}", partial(deliver, {"lifecycle": lifecycle})


async def _event_tokens(doors: Doors) -> AsyncIterator[tuple[str, Attack]]:
    forged = forged_tokens(doors.world, audience=f"api://{doors.world.api_app_id}", app_id=EVENT_GRID)

    async def post(headers: Mapping[str, str], number: int) -> None:
        await doors.knock(events.receive_event_batch, body=json.dumps([doors.event(number=number)]), headers=headers)

    yield "control", partial(_control, doors, partial(post, _signed(doors), 1))
    for number, (name, token) in enumerate(forged.items(), start=2):
        yield name, partial(post, _signed(doors, token), number)
    for name, headers in {"no header": BATCH, "basic": {"authorization": "Basic eDp5", **BATCH}}.items():
        yield name, partial(post, headers, 999)


async def _validation_tokens(doors: Doors) -> AsyncIterator[tuple[str, Attack]]:
    forged = forged_tokens(doors.world, audience=doors.world.app_id, app_id=GRAPH_CHANGE_TRACKING)
    good = doors.world.entra.validation_token(doors.world.app_id)

    async def post(number: int, **members: Any) -> None:
        doors.clock.time += timedelta(minutes=2)
        body = posted(rich(doors.item(number=number), CONTENT), **members)
        await doors.knock(notifications.receive_notifications, body=body)

    yield "control", partial(_control, doors, partial(post, 1, validationTokens=[good]))
    v1 = doors.world.entra.validation_token(doors.world.app_id, version=1)
    yield "control v1", partial(_control, doors, partial(post, 2, validationTokens=[good, v1]))
    for number, (name, token) in enumerate(forged.items(), start=3):
        yield name, partial(post, number, validationTokens=[token])
        yield (
            f"{name} after a good one",
            partial(post, number, validationTokens=[good, token]),
        )
    for name, tokens in {"null": None, "none": [], "a text": good, "65": [good] * 65, "nested": [[good]]}.items():
        yield name, partial(post, 998, validationTokens=tokens)
    yield "left out", partial(post, 999)


async def _contents(doors: Doors) -> AsyncIterator[tuple[str, Attack]]:
    """Content that was touched, or that nobody vouched for. Its event must not be handled with content."""
    good = doors.world.entra.validation_token(doors.world.app_id)
    item = doors.item

    async def post(number: int, **changes: Any) -> None:
        doors.clock.time += timedelta(minutes=2)
        body = posted(rich(item(number=number), CONTENT, **changes), validationTokens=[good])
        await doors.knock(notifications.receive_notifications, body=body)

    yield "control", partial(_control, doors, partial(post, 1))
    whole = rich(item(), CONTENT)["encryptedContent"]
    number = 2
    for part in ("data", "dataSignature", "dataKey"):
        for name, wrong in touched(whole[part]).items():
            yield f"{part} {name}", partial(post, number, **{part: wrong})
            number += 1
    for certificate in (None, "", "gone", 7):
        yield f"certificate {certificate}", partial(post, 996, encryptionCertificateId=certificate)

    async def unvouched() -> bool:
        """By Event Grid nothing vouches for content: the event counts, its content is not handed on."""
        event = doors.event(number=997)
        event["verifiedcontent"] = True  # as if it had come our own way
        event["data"] = rich(event["data"], CONTENT)
        await doors.app.receive(json.dumps(event))
        return doors.contents[-1] is not None

    yield "content by Event Grid", unvouched


async def _large(doors: Doors) -> AsyncIterator[tuple[str, Attack]]:
    """Bodies beyond the limits, genuine but for their size."""
    filler = "x" * (4 * 1024 * 1024)
    for name, door in {
        "notifications": notifications.receive_notifications,
        "lifecycle": notifications.receive_lifecycle,
    }.items():
        yield name, partial(doors.knock, door, body=posted(doors.item(), filler=filler))
    text = json.dumps([doors.event(), filler])
    yield "batch", partial(doors.knock, events.receive_event_batch, body=text, headers=_signed(doors))


async def _echoes(doors: Doors) -> AsyncIterator[tuple[str, Attack]]:
    """What a browser could be made to take for a page, and who could be made a receiver of somebody's events."""
    doors_of_graph = (notifications.receive_notifications, notifications.receive_lifecycle)
    for door in doors_of_graph:
        for token in ("<script>alert(1)</script>", "<", "a>b", "x" * 3_000, "a\r\nSet-Cookie: x", "\0", "\u2028", ""):
            yield f"echo {token[:9]!r}", partial(_is_echoed, doors, door, token)
        yield "plain", partial(_is_no_text, doors, door)
    for origin in ("evil.example", "eventgrid.azure.net.evil.example", "*", "", "null", "https://eventgrid.azure.net"):
        yield f"origin {origin}", partial(_is_welcome, doors, origin)


async def _is_echoed(doors: Doors, door: Any, token: str) -> bool:
    return bool((await doors.knock(door, validationToken=token)).status_code != 400)


async def _is_no_text(doors: Doors, door: Any) -> bool:
    answer = await doors.knock(door, validationToken="Validation: x&y")
    safe: bool = answer.mimetype == "text/plain" and answer.headers["X-Content-Type-Options"] == "nosniff"
    return not (safe and bytes(answer.get_body()) == b"Validation: x&y")


async def _is_welcome(doors: Doors, origin: str) -> bool:
    headers = {"webhook-request-origin": origin}
    answer = await doors.knock(events.receive_event_batch, method="OPTIONS", headers=headers)
    return answer.status_code == 200 or "WebHook-Allowed-Origin" in answer.headers
