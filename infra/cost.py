"""What a month costs, about: per million events and per 10,000 subscriptions. A model of prices.toml, and no bill.

python -m infra.cost [prices.toml]
"""

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PRICES = Path(__file__).parent / "prices.toml"
EVENTS, SUBSCRIPTIONS = 1_000_000, 10_000
DAYS = 30.4
GIB = 2**20  # KiB in a GiB

type Amounts = dict[str, float]  # by the name of the price


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`cost` is what `amount` of it costs, without the free part."""

    name: str
    amount: float
    cost: float


def main(arguments: list[str]) -> int:
    sheet = tomllib.loads((Path(arguments[0]) if arguments else PRICES).read_text(encoding="utf-8"))
    print(f"Prices of {sheet['as_of']}, typed in by hand: check them.")
    print(f"{sheet['currency']} a month; what is free is not taken off.")
    for title, amounts in parts(sheet).items():
        lines = priced(amounts, sheet["price"])
        print(f"\n{title}: {sum(line.cost for line in lines):.2f}")
        for line in lines:
            print(f"  {line.name:<28}{line.amount:>14,.3f}{line.cost:>10.2f}")
    return 0


def parts(sheet: Mapping[str, Any]) -> dict[str, Amounts]:
    use = sheet["use"]
    return {
        f"{EVENTS:,} events, one at a time": of_events({**use, **sheet["quiet"]}),
        f"{EVENTS:,} events, dense": of_events({**use, **sheet["busy"]}),
        f"{SUBSCRIPTIONS:,} subscriptions": of_subscriptions(use),
        "standing": standing(use),
    }


def of_events(use: Mapping[str, Any]) -> Amounts:
    """For a million events: in, delivered once, journaled, kept."""
    deliveries = EVENTS / use["events_per_delivery"]
    stored_kib = EVENTS * use["row_kib"] * use["kept_days"] / DAYS
    return {
        "event_grid_million": 2 * EVENTS / 1e6,
        "executions_million": deliveries / 1e6,
        "gb_seconds": deliveries * use["seconds_per_delivery"] * use["instance_gb"],
        "table_transactions_million": EVENTS * use["table_transactions_per_event"] / 1e6,
        "blob_writes_million": EVENTS * use["large_event_share"] / 1e6,
        "storage_gb_month": stored_kib / GIB,
        "logs_gb": EVENTS * use["log_kib_per_event"] / GIB,
    }


def of_subscriptions(use: Mapping[str, Any]) -> Amounts:
    """For ten thousand, kept alive a month."""
    renewals = SUBSCRIPTIONS * DAYS / (use["lifetime_days"] * use["renewed_at"])
    batches = renewals / use["batch"]
    return {
        "gb_seconds": batches * use["instance_gb"],  # about a second each
        "table_transactions_million": 2 * batches / 1e6,
        "logs_gb": renewals * use["log_kib_per_renewal"] / GIB,
    }


def standing(use: Mapping[str, Any]) -> Amounts:
    """What costs when nothing happens: the timer, the alerts."""
    return {
        "executions_million": use["ticks_per_month"] / 1e6,
        "gb_seconds": use["ticks_per_month"] * use["tick_seconds"] * use["instance_gb"],
        "table_transactions_million": 4 * use["ticks_per_month"] / 1e6,
        "log_alert_month": use["alert_rules"],
    }


def priced(amounts: Amounts, prices: Mapping[str, float]) -> list[Line]:
    """Dearest first."""
    lines = [Line(name=name, amount=amount, cost=amount * prices[name]) for name, amount in amounts.items()]
    return sorted(lines, key=lambda line: -line.cost)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
