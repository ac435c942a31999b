"""``flask create-owner`` and ``flask create-support-admin``: the people nobody can invite."""

import os

import click

from commands.plain_faults import fail, with_database
from services import operators
from services.operators import CannotCreate
from services.origin import acting_from


@click.command("create-owner", short_help="Create an account and its owner.")
@click.option("--account", required=True, help="Name of the account, as its people will read it.")
@click.option("--email", required=True, help="Address that the owner signs in with.")
@click.option("--name", help="The owner's name. Default: made of the address.")
@click.option(
    "--mobile", help="The owner's mobile number; with a + and country code, or as dialled in DEFAULT_REGION."
)
@with_database
def create_owner(account: str, email: str, name: str | None, mobile: str | None) -> None:
    """Create an account and its owner.

    The password is asked for, or read from the environment as PASSWORD. Doing it again changes nothing.
    """
    with acting_from("command line"):
        try:
            person = operators.checked_person(email, name, mobile)
            if operators.existing_owner(account, person) is not None:
                print(f"{person.email} owns {account!r} already. Nothing was changed.")
                return
            operators.create_owner(account, person, _password())
        except CannotCreate as fault:
            fail(fault)
    print(f"Created the account {account!r} with its owner {person.email}.")


@click.command("create-support-admin", short_help="Create a person of support.")
@click.option(
    "--email", required=True, help="Address that they sign in with; not one of an account's people."
)
@click.option("--mobile", required=True, help="Their mobile number: support always signs in with a code.")
@click.option("--name", help="Their name. Default: made of the address.")
@with_database
def create_support_admin(email: str, mobile: str, name: str | None) -> None:
    """Create a support user: someone who may turn two-factor authentication off for a locked-out account.

    The password is asked for, or read from the environment as PASSWORD. Doing it again changes nothing.
    """
    with acting_from("command line"):
        try:
            person = operators.checked_person(email, name, mobile)
            if operators.existing_support(person) is not None:
                print(f"{person.email} is a support admin already. Nothing was changed.")
                return
            operators.create_support_admin(person, _password())
        except CannotCreate as fault:
            fail(fault)
    print(f"Created the support admin {person.email}.")


def _password() -> str:
    # Never an option: a process list shows those to everybody on the machine.
    given = os.environ.get("PASSWORD")
    if given:
        return given
    return str(click.prompt("Password", hide_input=True, confirmation_prompt="The same again"))
