"""The end of a deployment: every Graph subscription of ours is deleted, because only this app's identity may do it.

The next full stock-taking is put off for a day, so that the timer doesn't make them anew before the app is gone.
"""

from datetime import datetime

from shared.domain.watching.transitions import retired
from shared.flows.keep_alive import KeepAlive
from shared.flows.keep_alive.fleet import SHARD, TABLE
from shared.flows.keep_alive.readers import Outcome
from shared.ports import Verb, Write


async def wind_down(keep_alive: KeepAlive) -> tuple[list[Outcome], list[str]]:
    """What was done, and the specs that are left. Repeat it until none is."""
    now = keep_alive.clock.now()
    await keep_alive.tables.create(TABLE)
    await _put_off_reconciling(keep_alive, now)
    known = await keep_alive.fleet.all()
    await keep_alive.fleet.update_all([(one, retired(one, now=now)) for one in known.values()])
    outcomes = await keep_alive.work()
    return outcomes, sorted(await keep_alive.fleet.all())


async def _put_off_reconciling(keep_alive: KeepAlive, now: datetime) -> None:
    """Without the row nothing was ever made, so there is nothing to put off."""
    if row := await keep_alive.tables.read(TABLE, SHARD, "reconciled"):
        entity = {**row.entity, "at": now.isoformat()}
        await keep_alive.tables.submit(TABLE, [Write(Verb.UPSERT, entity)])
