"""``flask purge-expired``."""

import click

from commands.plain_faults import with_database
from services import purge


@click.command("purge-expired", short_help="Remove what has expired; the worker does hourly.")
@with_database
def purge_expired() -> None:
    """Remove what has expired; safe at any time. The worker does the same once an hour."""
    removed = {name: count for name, count in purge.purge_expired().items() if count}
    if not removed:
        print("Nothing has expired.")
    for name, count in removed.items():
        print(f"{name}: {count:,} removed")
