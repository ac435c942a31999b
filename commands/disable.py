"""``flask disable-two-factor``: what the support console does, for the day the web is down; recorded alike."""

import click

from commands.plain_faults import fail, one_line, with_database
from models.account import Account
from models.support import ScheduledDisable
from services import support, support_accounts
from services.disabling import EVIDENCE, REASON_MAX, REASON_MIN, Disabling, Operator
from services.origin import acting_from
from services.scheduled_disables import AlreadyScheduled
from services.support import AlreadyOff


@click.command("disable-two-factor", short_help="Turn two-factor off for an account, as support.")
@click.option("--account", "wanted", required=True, help="The account's public id, or its exact name.")
@click.option("--reason", required=True, help="Why. Everyone in the account reads it.")
@click.option(
    "--evidence", required=True, type=click.Choice(sorted(EVIDENCE)), help="How you made sure who asks."
)
@click.option("--operator", required=True, help="Your name, for the account's log.")
@click.option(
    "--now", "at_once", is_flag=True, help="Do not wait SUPPORT_DISABLE_DELAY; say why in the reason."
)
@click.option("--yes", is_flag=True, help="Do not ask for the account's name again.")
@with_database
def disable_two_factor(
    wanted: str, reason: str, evidence: str, operator: str, at_once: bool, yes: bool
) -> None:
    """Turn two-factor authentication off for a locked-out account.

    Everyone in the account is told. With SUPPORT_DISABLE_DELAY set, it happens after that wait unless --now is given.
    """
    with acting_from("command line"):
        account = _account(wanted)
        by = Operator.at_the_command_line(one_line("--operator", operator, 2, 100))
        words = one_line("--reason", reason, REASON_MIN, REASON_MAX)
        if not yes:
            _confirm(account)
        try:
            scheduled = support.disable(Disabling(account, by, words, evidence), at_once=at_once)
        except AlreadyOff:
            fail(f"Two-factor authentication is off already for {account.name!r}. Nothing was changed.")
        except AlreadyScheduled:
            fail(
                f"This is scheduled already for {account.name!r}. Nothing was changed; --now does it at once."
            )
    print(_done(account, scheduled))


def _account(wanted: str) -> Account:
    found = support_accounts.find(wanted)
    named = [found] if found else support_accounts.find_by_name(wanted.strip())
    if not named:
        fail(f"There is no account with the id or the exact name {wanted!r}.")
    if len(named) > 1:
        ids = ", ".join(account.public_id for account in named)
        fail(f"More than one account is named {wanted!r}. Give one of these ids: {ids}")
    return named[0]


def _confirm(account: Account) -> None:
    typed = click.prompt(
        f"Turning it off for {account.name!r} ({account.public_id}). Type the account's name"
    )
    if typed.strip() != account.name:
        fail("That is not its name. Nothing was changed.")


def _done(account: Account, scheduled: ScheduledDisable | None) -> str:
    if scheduled is None:
        return f"Two-factor authentication is off for {account.name!r}. Everyone in the account is told."
    return (
        f"Two-factor authentication will be turned off for {account.name!r} at {scheduled.due_at:%Y-%m-%d %H:%M} UTC. "
        "Everyone in the account is told; the owner can stop it until then."
    )
