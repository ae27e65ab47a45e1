"""What there is to see in the page's states: the last two hours of a small tenant, a mailbox, work for operators."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from browsing import Site
from fake_feed import row, subscription
from fake_mail import some_mail
from fake_operators import dead_letter

LETTER = """<p>Hi Adele,</p><p>the last two sheets now agree with finance. Could you look at <b>row 14</b> and send me a
yes or no before noon? The list is at <a href="https://contoso.example/q3">the usual place</a>.</p>
<p>Thanks,<br>Megan</p>
<blockquote>On Thursday you wrote: I can check it tomorrow.</blockquote>"""


def with_a_story(site: Site) -> None:
    """Two hours of a small tenant: singles, a burst, a repeat, a lifecycle event, an outage that was caught up."""
    now = datetime.now(UTC)
    rows = [*_singles(now), *_burst(now), *_repeat(now), *_newest(now)]
    site.feed.rows = {"w1": sorted(rows, key=lambda one: str(one["accepted_at"]))}
    site.feed.mailbox.heads = some_mail()
    site.feed.mailbox.bodies[site.feed.mailbox.heads[0]["id"]] = LETTER
    site.feed.operators.letters = [dead_letter(0), dead_letter(1)]
    site.feed.operators.rotation = {"to": 2, "state": "running", "done": 2}
    site.feed.subscriptions = [
        subscription(),
        subscription(
            name="mail~xKfoEwspT12mwT540vkFSw", resource="users/c4a7e813-0b29-4f5d-a6c1-3e78d2f9054b/messages"
        ),
        subscription(
            name="groups",
            resource="groups",
            state="due",
            note="Reauthorization asked",
            expires_at=_iso(now + timedelta(hours=2.8)),
        ),
    ]
    site.feed.rejections = [
        {
            "id": "20261121.ab12",
            "reason": "wrong_client_state",
            "detail": "the mac does not fit",
            "type": "Microsoft.Graph.MessageCreated",
            "accepted_at": _iso(now),
        },
        {
            "id": "20261121.ab13",
            "reason": "unreadable",
            "detail": "no JSON",
            "type": "",
            "accepted_at": _iso(now - timedelta(hours=3)),
        },
    ]


def _singles(now: datetime) -> list[dict[str, Any]]:
    chance = random.Random(3)
    rows = []
    for number in range(240):
        minute = 125 - number / 2
        noun = chance.choice(["Message", "Message", "Event", "User"])
        change = "updated" if noun == "User" else chance.choice(["created", "created", "updated", "deleted"])
        is_recovered = 40 < minute < 46 or 14 < minute < 19
        rows.append(
            row(
                number,
                at=now - timedelta(minutes=minute, seconds=chance.randrange(25)),
                change=change,
                noun=noun,
                recovered=is_recovered,
            )
        )
    return rows


def _burst(now: datetime) -> list[dict[str, Any]]:
    return [
        row(1_000 + number, at=now - timedelta(seconds=130 - number * 0.3), change="updated") for number in range(24)
    ]


def _repeat(now: datetime) -> list[dict[str, Any]]:
    return [
        row(2_000, at=now - timedelta(seconds=80 - n), change="updated", noun="User", id=f"repeat.{n}")
        for n in range(3)
    ]


def _newest(now: datetime) -> list[dict[str, Any]]:
    asked = row(
        3_000,
        at=now - timedelta(seconds=60),
        change="",
        type="Microsoft.Graph.reauthorizationRequired",
        resource="groups",
    )
    changes = ("created", "deleted", "created")
    return [
        asked,
        *(row(3_001 + n, at=now - timedelta(seconds=40 - n * 12), change=change) for n, change in enumerate(changes)),
    ]


def _iso(at: datetime) -> str:
    return at.isoformat()
