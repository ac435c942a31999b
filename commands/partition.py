"""``flask partition-contacts``."""

import click

from commands.plain_faults import fail, with_database
from services.contacts import partitioning


@click.command("partition-contacts", short_help="Move contacts into hash partitions (PostgreSQL).")
@click.option("--partitions", default=16, show_default=True, type=click.IntRange(2, 999), help="How many.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database
def partition_contacts(partitions: int, yes: bool) -> None:
    """Put contacts and list memberships into hash partitions by account (PostgreSQL; once).

    Everything is copied in one transaction. Until it ends nobody can read or write contacts, and the disk needs room
    for them twice. If it fails, nothing has changed.
    """
    if not yes:
        click.confirm("Pages of contacts, imports and exports wait until this is done. Go on?", abort=True)
    try:
        moved = partitioning.partition(partitions)
    except partitioning.NotPossible as reason:
        fail(reason)
    print(f"{moved:,} contacts are in {partitions} partitions.")
