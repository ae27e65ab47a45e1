"""The command line. Exit codes: 0 done, 1 failed, 2 wrong usage."""

import sys

import typer

from pulse.commands import (
    catch_up,
    chaos,
    clock,
    deadletters,
    demo,
    doctor,
    events,
    link,
    purge,
    quarantine,
    record,
    subscriptions,
    trigger,
)
from pulse.errors import PulseError
from pulse.output import say

app = typer.Typer(
    name="pulse",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: Rich alone would take longer to import than the help to print
    pretty_exceptions_enable=False,
    help="Graph Pulse: the changes of a Microsoft 365 tenant, live and complete.",
)
app.command()(demo.demo)
app.command()(demo.twin)
app.command()(trigger.trigger)
app.add_typer(events.group, name="events")
app.add_typer(quarantine.group, name="quarantine")
app.add_typer(deadletters.group, name="deadletters")
app.command()(purge.purge)
app.add_typer(subscriptions.group, name="subscriptions")
app.command("catch-up")(catch_up.catch_up)
app.add_typer(clock.group, name="clock")
app.command()(chaos.chaos)
app.command()(record.record)
app.command()(record.play)
app.command()(link.link)
app.command()(doctor.doctor)


def main() -> None:
    """Faults that a person can cure are one line on stderr; others keep their traceback."""
    try:
        app()
    except PulseError as fault:
        say(f"pulse: {fault}")
        sys.exit(1)
    except BrokenPipeError:  # `pulse events tail | head`
        sys.stdout = None
        sys.exit(0)


if __name__ == "__main__":
    main()
