"""``flask sms …``: what texts cost today, where their codes come back, and what is paused."""

import click

from commands.plain_faults import fail, one_line, with_database
from models.account import Account
from models.sms import SmsPause
from services.disabling import Operator
from services.origin import acting_from


@click.group(short_help="Texts: what is used, what comes back, what is paused.")
def sms() -> None:
    """Texts: budget, figures, pauses."""


@sms.command(short_help="How much of the budgets of texts and calls is used.")
@with_database
def budget() -> None:
    """How much of LIMIT_SMS_SITE and LIMIT_CALLS_SITE is used."""
    from services.sending import budget as budgets

    for what, found in (("texts", budgets.today()), ("calls", budgets.calls_today())):
        share = f"{found.used} of {found.limit} {what} ({found.percent} %)"
        print(f"{share} since {found.since:%Y-%m-%d %H:%M} UTC.")


@sms.command(short_help="Codes sent and entered, by day, country and range.")
@click.option(
    "--days", default=1, type=click.IntRange(1, 30), help="Back to so many days ago. Default: today."
)
@with_database
def figures(days: int) -> None:
    """Codes sent and entered, by day, country and range of numbers; "new": to numbers nobody had confirmed."""
    from services.sending import conversion

    print(f"{'day':<11}{'country':<9}{'range':<16}{'numbers':<9}{'sent':>7}{'entered':>9}{'%':>5}")
    for row in conversion.by_day(days):
        share = 100 * row.verified // row.texts
        known = "known" if row.proved else "new"
        print(
            f"{row.day:<11}{row.country:<9}{row.prefix:<16}{known:<9}{row.texts:>7}{row.verified:>9}{share:>5}"
        )


@sms.command(short_help="Ranges and countries that get no codes now.")
@with_database
def pauses() -> None:
    """Ranges and countries whose new numbers get no codes now."""
    from services.sending import pauses as paused

    found = paused.active()
    if not found:
        print("Nothing is paused.")
    for pause in found:
        print(
            f"{pause.area} until {pause.until:%Y-%m-%d %H:%M} UTC, for {_for_whom(pause)}: "
            f"{pause.verified} of {pause.texts} codes came back."
        )


@sms.command(short_help="End the pause of a range or country.")
@click.argument("area")
@click.option("--operator", required=True, help="Your name, for the log.")
@with_database
def lift(area: str, operator: str) -> None:
    """End the pause of AREA, a range such as +44740012 or a country such as GB."""
    from services.sending import pauses as paused

    by = Operator.at_the_command_line(one_line("--operator", operator, 2, 80))
    with acting_from("command line"):
        lifted = paused.lift(area.strip().upper(), by=by.label)
    if not lifted:
        fail(f"{area} is not paused. See: flask sms pauses")
    print(f"New numbers of {area} get codes again.")


def _for_whom(pause: SmsPause) -> str:
    from extensions import db

    if pause.account_id is None:
        return "everybody"
    account = db.session.get(Account, pause.account_id)
    return f"the account {account.name!r}" if account else "an account"
