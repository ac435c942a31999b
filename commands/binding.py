"""``flask bind-number``: codes for a support person again, who has no account owner to ask."""

import click

from commands.plain_faults import fail, one_line, with_database
from services import number_binding
from services.disabling import Operator
from services.number_binding import NotStopped
from services.origin import acting_from
from services.sign_in import canonical_email, find_user


@click.command("bind-number", short_help="Let codes go to somebody again after too many wrong.")
@click.option("--email", required=True, help="Address that they sign in with.")
@click.option("--operator", required=True, help="Your name, for the log.")
@with_database
def bind_number(email: str, operator: str) -> None:
    """Let codes be sent to somebody again, after too many wrong ones stopped them.

    Make sure first that it is them, and that the number on record is still theirs.
    """
    by = Operator.at_the_command_line(one_line("--operator", operator, 2, 100))
    with acting_from("command line"):
        user = find_user(canonical_email(email))
        if user is None:
            fail(f"Nobody signs in as {email!r}.")
        try:
            number_binding.at_command_line(user, by)
        except NotStopped:
            fail(f"Codes are sent to {user.email}. Nothing was changed.")
    print(f"Codes are sent to {user.email} again. They were told by mail, and signed out.")
