"""Bugs to plant in the shipped code, so that the simulation can be seen to find them; see `planted`."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from shared.domain.events.notifications import Reading
from shared.domain.journal.cursor import Cursor
from shared.domain.watching.subscriptions import Act
from shared.flows import receive
from shared.flows.catch_up import CatchUp
from shared.flows.catch_up.findings import CaughtUp
from shared.flows.journal import commit, lane
from shared.flows.keep_alive import KeepAlive
from shared.flows.receive import Receive, handling

type Patch = Callable[[Any], Any]  # the shipped function → the broken one


def _claim_not_written(shipped: Any) -> Any:
    def entry_writes(entry: Any, *args: Any, **kwargs: Any) -> Any:
        return shipped(replace(entry, claims=tuple(uuid.uuid4().hex for _ in entry.claims)), *args, **kwargs)

    return entry_writes


def _created_as_updated(shipped: Any) -> Any:
    """The version is right, the kind is not: an excuse for recovered changes must not cover it."""

    def read(text: str) -> list[Any]:
        return [_updated(one) if isinstance(one, Reading) else one for one in shipped(text)]

    return read


def _updated(reading: Reading) -> Reading:
    notification = reading.notification
    kind = {"created": "updated"}.get(notification.change_type, notification.change_type)
    return replace(reading, notification=replace(notification, change_type=kind))


def _never_read(_: Any) -> Any:
    """No first reading: nothing would ever count as news."""

    async def run(self: CatchUp, subscription: Any) -> CaughtUp:
        return CaughtUp()

    return run


def _scalar_cursor(_: Any) -> Any:
    def seq(self: Cursor, day: str, lane: str, _: str) -> int:
        return max(self.days.get(day, {}).get(lane, {}).values(), default=0)

    return seq


def _faults_acknowledged(shipped: Any) -> Any:
    async def receive(self: Receive, text: str) -> None:
        try:
            await shipped(self, text)
        except Exception:
            return

    return receive


def _failures_count_as_done(shipped: Any) -> Any:
    def after_run(claim: Any, done: Any, *, has_failed: bool) -> Any:
        return shipped(claim, done, has_failed=False)

    return after_run


def _new_key_each_time(shipped: Any) -> Any:
    def context(**columns: Any) -> Any:
        return shipped(**columns | {"idempotency_key": uuid.uuid4().hex})

    return context


def _asks_the_stopped(shipped: Any) -> Any:
    """Whoever leads a commit reads what each was told: a stopped one's cancellation becomes its own."""

    def deal_out(group: Any, etags: Any) -> Any:
        return [(item, item.outcome.result()) for item, _ in shipped(group, etags)]

    return deal_out


def _never_created(shipped: Any) -> Any:
    async def carry_out(self: KeepAlive, act: Act, *args: Any) -> Any:
        return [] if act is Act.CREATE else await shipped(self, act, *args)

    return carry_out


BUGS: dict[str, tuple[object, str, Patch]] = {
    "created_as_updated": (receive, "read", _created_as_updated),
    "never_read": (CatchUp, "run", _never_read),
    "claim_not_written": (commit, "entry_writes", _claim_not_written),
    "scalar_cursor": (Cursor, "seq", _scalar_cursor),
    "faults_acknowledged": (Receive, "__call__", _faults_acknowledged),
    "failures_count_as_done": (handling, "_after_run", _failures_count_as_done),
    "new_key_each_time": (handling, "HandlerContext", _new_key_each_time),
    "asks_the_stopped": (lane, "deal_out", _asks_the_stopped),
    "never_created": (KeepAlive, "_carry_out", _never_created),
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    owner, attribute, patch = BUGS[name]
    shipped = getattr(owner, attribute)
    setattr(owner, attribute, patch(shipped))
    try:
        yield
    finally:
        setattr(owner, attribute, shipped)
