"""How long what is kept. Pure. The journal's days are log_layout.KEPT_DAYS.

A day that was not tidied on time (the app stood still) is found for LOOKED_BACK days more.
"""

from datetime import datetime, timedelta

from shared.domain.journal.log_layout import KEPT_DAYS, day_of

QUARANTINE_DAYS = 30
WORK_DAYS = 10  # work/<day>/: queued notifications too long for a queue; an event counts for eight days
ROUTED_DAYS = 10  # routes/<day>/: data of events sent on that were too long for a queue
FOLDERS = {"": KEPT_DAYS, "work/": WORK_DAYS, "routes/": ROUTED_DAYS}  # of the blobs' names, before their day
LOOKED_BACK = 30


def days_before(instant: datetime) -> list[str]:
    """The days before that of `instant`, newest first."""
    return [day_of(instant - timedelta(days=age)) for age in range(1, LOOKED_BACK + 1)]
