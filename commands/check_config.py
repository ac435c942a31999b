"""``flask check-config``: everything that can be wrong before the first visitor, one line each."""

import sys

import click
from flask.cli import with_appcontext

from services import self_test, self_trials


@click.command("check-config", short_help="Check every setting, and try out what they name.")
@click.option("--offline", is_flag=True, help="Try nothing out: ask no other machine, and no database.")
@click.option(
    "--timeout", default=15.0, type=click.FloatRange(0.1, 300), show_default=True, help="Seconds for all that is tried."
)  # fmt: skip
@with_appcontext
def check_config(offline: bool, timeout: float) -> None:
    """Check every setting, and try out what they name: one line for each fault, and status 1 if there is any.

    Tried are the database and its schema, the queue, the storage (a small file is written, read and removed), the
    provider (it is asked for a list of no calls) and the mail server (sign-in, no mail). Nothing is sent or charged.

    (A wrong value is already told, in the same form, before any command starts.)
    """
    faults = self_test.gateway_faults()
    tried = [] if offline else self_trials.trials()
    faults += self_trials.run(tried, timeout)
    for fault in dict.fromkeys(faults):
        print(f"configuration: {fault}", file=sys.stderr)
    for remark in self_test.remarks():
        print(f"note: {remark}")
    if faults:
        raise SystemExit(1)
    print(
        "Settings are fine."
        if offline
        else f"Settings are fine. Tried: {', '.join(one.name for one in tried)}."
    )
