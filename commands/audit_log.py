"""``flask audit …``: the security log, seen from outside the site."""

import click

from commands.plain_faults import fail, with_database
from services import audit as audit_log


@click.group()
def audit() -> None:
    """The security log."""


@audit.command()
@click.option("--chain", help='One chain: an account\'s public id, or "site". Default: all.')
@with_database
def verify(chain: str | None) -> None:
    """Recompute the chains of the log; status 1 if a row was edited, removed or reordered."""
    breaks = audit_log.verify(chain)
    if breaks:
        fail("\n".join(f"Chain {found.chain}: row {found.number} {found.what}." for found in breaks))
    print("The log is whole: every row is what it was when it was written.")
