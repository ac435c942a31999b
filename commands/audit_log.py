"""``flask audit …``: the security log, seen from outside the site."""

from pathlib import Path

import click

from commands.plain_faults import fail, with_database
from services import audit as audit_log
from services import audit_anchors


@click.group(short_help="Verify the security log, or print where it ends.")
def audit() -> None:
    """The security log."""


@audit.command(short_help="Recompute the chains: was a row edited or removed?")
@click.option("--chain", help='One chain: an account\'s public id, or "site". Default: all.')
@click.option(
    "--heads",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What `flask audit heads` printed earlier, kept elsewhere: nothing of that may be missing.",
)
@with_database
def verify(chain: str | None, heads: Path | None) -> None:
    """Recompute the chains of the log; status 1 if a row was edited, removed or reordered."""
    try:
        kept = audit_anchors.marks_of(heads.read_text(encoding="utf-8").splitlines()) if heads else []
    except ValueError as fault:
        fail(f"{heads}: {fault}")
    breaks = audit_log.verify(chain, kept)
    if breaks:
        fail("\n".join(f"Chain {found.chain}: row {found.number} {found.what}." for found in breaks))
    print("The log is whole: every row is what it was when it was written.")


@audit.command(short_help="Print where every chain ends, to be kept elsewhere.")
@with_database
def heads() -> None:
    """Print where every chain ends, to be kept elsewhere and given to `verify --heads` later."""
    for line in audit_anchors.head_lines():
        print(line)


@audit.command(short_help="Write the ends of all chains into the site's own.")
@with_database
def anchor() -> None:
    """Write the ends of all chains into the site's own now; the worker does the same once an hour."""
    print(f"{audit_anchors.anchor():,} chains written down.")
