"""``flask recount-contacts``."""

import click

from commands.plain_faults import with_database
from services.contacts import counts


@click.command("recount-contacts", short_help="Count the contacts of accounts and lists anew.")
@with_database
def recount_contacts() -> None:
    """Count the contacts of every account and list anew; imports wait meanwhile.

    The database keeps the counts itself. This is for one that was changed with its triggers off.
    """
    wrong = counts.recount()
    print(f"{wrong:,} counts were wrong." if wrong else "Every count was right.")
