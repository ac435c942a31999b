"""``flask check-config``: everything that can be wrong before the first visitor, one line each."""

import sys

import click
from flask.cli import with_appcontext

from services import self_test


@click.command("check-config")
@click.option("--offline", is_flag=True, help="Ask neither the database nor the queue.")
@with_appcontext
def check_config(offline: bool) -> None:
    """Check every setting: one line for each fault, and status 1 if there is any.

    (A wrong value is already told, in the same form, before any command starts.)
    """
    faults = self_test.gateway_faults() + ([] if offline else self_test.network_faults())
    for fault in dict.fromkeys(faults):
        print(f"configuration: {fault}", file=sys.stderr)
    for remark in self_test.remarks():
        print(f"note: {remark}")
    if faults:
        raise SystemExit(1)
    print(
        "Settings and gateways are fine."
        if offline
        else "Settings, gateways, database, queue and storage are fine."
    )
