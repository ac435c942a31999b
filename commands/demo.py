"""``flask seed-demo``: two companies to look around in."""

import click

from commands.plain_faults import fail, with_database
from config import settings
from services import demo
from services.origin import acting_from


@click.command("seed-demo", short_help="Add demo accounts and contacts; not in production.")
@click.option("--contacts", type=click.IntRange(0, 5_000_000), default=1000, show_default=True,
              help="How many in Acme Retail; Borealis Travel gets half.")  # fmt: skip
@with_database
def seed_demo(contacts: int) -> None:
    """Add the demo accounts, people and contacts. Doing it again changes nothing. Not for production."""
    if settings().is_production:
        fail("Demo data is not for production: everybody knows its password.")
    with acting_from("command line"):
        made = demo.seed(contacts)
    for line in made or ["The demo data is there already. Nothing was changed."]:
        print(line)
    print("\n  Demo sign-ins, all with the password " + demo.PASSWORD)
    for line in demo.sign_ins():
        print(f"    {line}")
