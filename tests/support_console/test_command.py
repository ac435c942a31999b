"""``flask disable-two-factor``, the console's twin for the day the web is down."""

from collections.abc import Callable

from click.testing import Result
from sqlalchemy import select

from extensions import db
from models import Account, AuditEvent, ScheduledDisable
from services import audit
from tests.support.site import Site
from tests.support_console.console import EVIDENCE, REASON


def run(site: Site, account: str, *more: str, typed: str = "", **changed: str) -> Result:
    options = {"reason": REASON, "evidence": EVIDENCE, "operator": "Kim Operator", **changed}
    words = [part for name, value in options.items() for part in (f"--{name}", value)]
    return site.app.test_cli_runner().invoke(
        args=["disable-two-factor", "--account", account, *words, *more], input=typed
    )


def test_it_turns_it_off_and_tells_everyone(site: Site) -> None:
    account, owner = site.world.acme()
    result = run(site, account.public_id, "--yes")
    assert result.exit_code == 0, result.output
    assert "is off" in result.stdout
    assert not site.world.reload(account).two_factor_on
    assert site.mails(owner.email)[-1]["subject"] == "Two-factor authentication was turned off"
    assert "turned two-factor authentication off" in site.texts(owner.mobile_number)[-1]["text"]


def test_it_is_recorded_with_the_operators_name_and_the_chain_holds(site: Site) -> None:
    account, _ = site.world.acme()
    run(site, account.public_id, "--yes")
    with site.context():
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "two_factor:off")).one()
        assert event.actor_label == "command line: Kim Operator"
        assert event.address == "command line"
        assert event.details["reason"] == REASON
        assert event.account_id == account.id
        assert audit.verify() == []


def test_the_account_can_be_named(site: Site) -> None:
    account, _ = site.world.acme()
    assert run(site, "Acme Retail", "--yes").exit_code == 0
    assert not site.world.reload(account).two_factor_on


def test_a_name_that_two_accounts_have_is_not_guessed_at(site: Site) -> None:
    accounts = [site.world.account("Twins", two_factor=True) for _ in range(2)]
    for account in accounts:
        site.world.owner(account)
    result = run(site, "Twins", "--yes")
    assert result.exit_code == 1
    for account in accounts:
        assert account.public_id in result.stderr
        assert site.world.reload(account).two_factor_on


def test_without_yes_the_name_has_to_be_typed(site: Site) -> None:
    account, _ = site.world.acme()
    refused = run(site, account.public_id, typed="acme\n")
    assert refused.exit_code == 1
    assert "not its name" in refused.stderr
    assert site.world.reload(account).two_factor_on
    assert run(site, account.public_id, typed="Acme Retail\n").exit_code == 0
    assert not site.world.reload(account).two_factor_on


def test_what_is_wrong_is_said_and_nothing_changes(site: Site) -> None:
    account, _ = site.world.acme()
    for options, words in (
        ({"reason": "short"}, "--reason"),
        ({"reason": "x" * 1001}, "--reason"),
        ({"reason": "with a bell \a in it"}, "--reason"),
        ({"operator": " "}, "--operator"),
        ({"evidence": "because"}, "--evidence"),
    ):
        result = run(site, account.public_id, "--yes", **options)
        assert result.exit_code in {1, 2}
        assert words in result.stderr
    assert run(site, "Nobody Ltd", "--yes").exit_code == 1
    assert site.world.reload(account).two_factor_on


def test_off_already_is_said(site: Site) -> None:
    account, _ = site.world.acme(two_factor=False)
    result = run(site, account.public_id, "--yes")
    assert result.exit_code == 1
    assert "off already" in result.stderr


def test_it_honours_the_wait_unless_told_not_to(make_site: Callable[..., Site]) -> None:
    site = make_site(SUPPORT_DISABLE_DELAY="86400")
    account, owner = site.world.acme()
    result = run(site, account.public_id, "--yes")
    assert "will be turned off" in result.stdout
    assert site.world.reload(account).two_factor_on
    assert "/two-factor/keep/" in site.mails(owner.email)[-1]["text"]
    again = run(site, account.public_id, "--yes")
    assert again.exit_code == 1
    assert "scheduled already" in again.stderr
    assert run(site, account.public_id, "--yes", "--now").exit_code == 0
    assert not site.world.reload(account).two_factor_on
    assert _states(site) == ["done"]  # the wait is over with it


def test_the_wait_that_was_cut_short_does_nothing_later(
    make_site: Callable[..., Site], time_machine_at: Callable[..., None]
) -> None:
    from services.clock import now
    from services.unit_of_work import write

    site = make_site(SUPPORT_DISABLE_DELAY="86400")
    account, _ = site.world.acme()
    run(site, account.public_id, "--yes")
    run(site, account.public_id, "--yes", "--now")
    with site.context(), write() as session:  # the owner turns it on again
        again = session.get_one(Account, account.id)
        again.two_factor_enabled_at, again.two_factor_enabled_by = now(), "Dana"
    time_machine_at(days=2)
    site.deliver()
    assert site.world.reload(account).two_factor_on


def _states(site: Site) -> list[str]:
    with site.context():
        return list(db.session.scalars(select(ScheduledDisable.state)))


def test_a_dead_database_is_one_line(make_site: Callable[..., Site]) -> None:
    site = make_site(DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    result = run(site, "AAAAAAAAAAAAAAAAAAAAAA", "--yes")
    assert result.exit_code == 1
    assert result.stderr == "database: cannot be reached (OperationalError)\n"
