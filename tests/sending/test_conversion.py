"""Codes that nobody enters: a range of new numbers is paused, and nothing else is."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select

from extensions import db
from models import Account, AuditEvent, Challenge, User
from models.sms import SmsPause
from services import sessions
from services.audit import Event
from services.clock import now
from services.codes import STEP_UP
from services.sending import conversion, country_of, pauses, prefix_of, watch
from services.unit_of_work import write
from tests.sending.conftest import Asker, Make
from tests.support.site import Site

pytestmark = [pytest.mark.threat("G1")]
FEW = {
    "SMS_PAUSE_AFTER": "4/3 hours",
    "SMS_PAUSE_COUNTRY_AFTER": "8/3 hours",
    "OPERATOR_MAIL": "ops@site.example",
}
_NUMBERS = count()


class History:
    """Codes that were sent an hour ago (or ``ago``), as rows: entered or not, by somebody of ``account``."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._sessions: dict[int, tuple[User, int]] = {}

    def sent(
        self, account: Account, prefix: str, texts: int, entered: int = 0, *, proved: bool = False,
        ago: timedelta = timedelta(hours=1),
    ) -> None:  # fmt: skip
        if account.id not in self._sessions:
            user = self.site.world.user(account)
            with self.site.context():
                self._sessions[account.id] = (user, sessions.start(user, second_step="code").session.id)
        with self.site.context(), write() as session:
            user, session_id = self._sessions[account.id]
            at = now() - ago
            for number in range(texts):
                to = f"{prefix}{next(_NUMBERS) % 10000:04}"
                right = number < entered
                session.add(
                    Challenge(
                        user_id=user.id, login_session_id=session_id, purpose=STEP_UP + "test", destination=to,
                        country=country_of(to), prefix=prefix_of(to), proved=proved, nonce=b"x" * 16, created_at=at,
                        last_sent_at=at, sends=1, expires_at=at + timedelta(minutes=10),
                        spent_at=at if right else None, outcome="verified" if right else None,
                    )
                )  # fmt: skip

    def nobody_got_any(self) -> None:
        """Codes to the known phones of twenty people, and none came back."""
        for account in accounts(self.site, 20):
            self.sent(account, ELSEWHERE, 1, proved=True)

    def paused(self) -> list[tuple[str, int | None]]:
        with self.site.context():
            watch.look()
            return [(pause.area, pause.account_id) for pause in pauses.active()]


@pytest.fixture
def history(make_site: Make) -> History:
    return History(make_site(**FEW))


RANGE = "+3361234"  # of France
ELSEWHERE = "+44740077"


def accounts(site: Site, number: int) -> list[Account]:
    return [site.world.account(f"Account {at}") for at in range(number)]


def well(history: History, account: Account) -> None:
    """What is usual: most codes come back."""
    history.sent(account, ELSEWHERE, 25, 20, ago=timedelta(days=2))


@pytest.fixture
def two(history: History) -> tuple[Account, Account]:
    """Two accounts, beside a third with what is usual."""
    first, second, usual = accounts(history.site, 3)
    well(history, usual)
    return first, second


@pytest.mark.parametrize(("texts", "paused"), [(2, False), (3, True)])
def test_a_range_whose_codes_do_not_come_back_is_paused_from_so_many_texts_on(
    history: History, two: tuple[Account, Account], texts: int, paused: bool
) -> None:
    first, second = two
    history.sent(first, RANGE, texts)  # and one of another's: 4 are enough, with no one account to blame
    history.sent(second, RANGE, 1)
    assert history.paused() == ([(RANGE, None)] if paused else [])


@pytest.mark.parametrize(("entered", "paused"), [(1, True), (2, False)])
def test_a_range_is_paused_only_below_the_share_that_is_set(
    history: History, two: tuple[Account, Account], entered: int, paused: bool
) -> None:
    first, second = two
    history.sent(first, RANGE, 11, entered)
    history.sent(second, RANGE, 9)  # 1 of 20 is below 10 %, 2 of 20 are not
    assert history.paused() == ([(RANGE, None)] if paused else [])


def test_one_account_that_is_the_cause_is_paused_alone(history: History) -> None:
    evil, honest = accounts(history.site, 2)
    well(history, honest)
    history.sent(evil, RANGE, 40)
    history.sent(honest, RANGE, 2, 2)
    assert history.paused() == [(RANGE, evil.id)]
    ask = Asker(history.site)
    theirs = history.site.world.user(evil, mobile_number=RANGE + "0001", mobile_confirmed_at=None)
    others = history.site.world.user(honest, mobile_number=RANGE + "0002", mobile_confirmed_at=None)
    assert (ask.ask(theirs), ask.ask(others)) == ("sms_paused", "sent")


@pytest.mark.threat("B11")
def test_numbers_that_were_confirmed_are_neither_judged_nor_paused(
    history: History, two: tuple[Account, Account]
) -> None:
    """Stolen passwords can ask for codes to their victims' phones: that pauses nobody."""
    stolen, second = two
    history.sent(stolen, RANGE, 40, proved=True)
    assert history.paused() == []
    history.sent(stolen, RANGE, 4)
    history.sent(second, RANGE, 4)
    assert history.paused() == [(RANGE, None)]
    known = history.site.world.user(stolen, mobile_number=RANGE + "0001")
    new = history.site.world.user(stolen, mobile_number=RANGE + "0002", mobile_confirmed_at=None)
    ask = Asker(history.site)
    assert (ask.ask(known), ask.ask(new)) == ("sent", "sms_paused")


def test_codes_that_can_still_be_entered_are_not_judged(
    history: History, two: tuple[Account, Account]
) -> None:
    """500 people who sign in at nine have entered nothing a second later."""
    first, second = two
    for account in (first, second):
        history.sent(account, RANGE, 30, ago=timedelta(minutes=1))
    assert history.paused() == []


def test_when_codes_come_back_nowhere_texts_do_not_arrive_and_nothing_is_paused(
    history: History, two: tuple[Account, Account]
) -> None:
    first, second = two
    history.nobody_got_any()
    history.sent(first, RANGE, 10)
    history.sent(second, RANGE, 10)
    assert history.paused() == []


def test_an_attack_on_many_ranges_does_not_pass_for_a_fault(
    history: History, two: tuple[Account, Account]
) -> None:
    """Nor does the next one, when the first has spoilt the figures of the week."""
    first, second = two
    ranges = ["+3361234", "+3361235"]
    for area in ranges:
        for account in (first, second):
            history.sent(account, area, 30)
    assert set(history.paused()) == {(area, None) for area in ranges}  # of one moment: in any order
    for account in (first, second):
        history.sent(account, "+4917012345", 10)
    assert set(history.paused()) == {(area, None) for area in [*ranges, "+4917012345"]}


def test_where_few_codes_ever_came_back_there_is_no_drop(history: History) -> None:
    first, second, usual = accounts(history.site, 3)
    history.sent(usual, RANGE, 30, 6, ago=timedelta(days=2))
    history.sent(first, RANGE, 10)
    history.sent(second, RANGE, 10)
    assert history.paused() == []


@pytest.mark.parametrize(("texts", "paused"), [(3, []), (4, [("FR", None)])])
def test_a_country_is_paused_when_many_of_its_ranges_drop(
    history: History, two: tuple[Account, Account], texts: int, paused: list[tuple[str, None]]
) -> None:
    first, second = two
    for at in range(texts):
        history.sent(first, f"+336120{at}", 1)
        history.sent(second, f"+336120{at}", 1)
    assert history.paused() == paused


def test_a_pause_is_told_once_in_mail_log_and_chain_and_ends_by_itself(
    history: History,
    two: tuple[Account, Account],
    time_machine_at: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second = two
    history.sent(first, RANGE, 10)
    history.sent(second, RANGE, 10)
    for _ in range(3):
        assert history.paused() == [(RANGE, None)]
    mails = history.site.mails("ops@site.example")
    assert [mail["subject"] for mail in mails] == [f"Codes to new numbers of {RANGE} are paused"]
    assert f"flask sms lift {RANGE}" in mails[0]["text"]
    assert [line.levelname for line in caplog.records if "are paused" in line.getMessage()] == ["ERROR"]
    with history.site.context():
        told = db.session.scalars(select(AuditEvent).where(AuditEvent.event == Event.SMS_PAUSED.value)).one()
        assert (told.chain, told.details["texts"], told.details["verified"]) == ("site", 20, 0)
    assert any(RANGE in note for note in history.site.browser().get("/readyz").response.json["notes"])
    time_machine_at(hours=6, seconds=1)
    assert history.paused() == []


def test_a_pause_that_was_lifted_is_not_set_again_for_the_same_texts(
    history: History, two: tuple[Account, Account]
) -> None:
    first, second = two
    history.sent(first, RANGE, 10)
    history.sent(second, RANGE, 10)
    assert history.paused() == [(RANGE, None)]
    runner = history.site.app.test_cli_runner()
    assert f"{RANGE} until" in runner.invoke(args=["sms", "pauses"]).output
    done = runner.invoke(args=["sms", "lift", RANGE, "--operator", "Olga"])
    assert (done.exit_code, done.output) == (0, f"New numbers of {RANGE} get codes again.\n")
    assert history.paused() == []
    assert runner.invoke(args=["sms", "pauses"]).output == "Nothing is paused.\n"
    again = runner.invoke(args=["sms", "lift", RANGE, "--operator", "Olga"])
    assert (again.exit_code, "is not paused" in again.output) == (1, True)
    with history.site.context():
        lifted = db.session.scalars(
            select(AuditEvent).where(AuditEvent.event == Event.SMS_PAUSE_LIFTED.value)
        ).one()
        assert (lifted.actor_label, lifted.details) == ("command line: Olga", {"area": RANGE})
        assert db.session.scalars(select(SmsPause.lifted_by)).all() == ["command line: Olga"]


def of_today(site: Site) -> list[tuple[str, str, bool, int, int]]:
    with site.context():
        return [
            (row.country, row.prefix, row.proved, row.texts, row.verified) for row in conversion.by_day(1)
        ]


def test_the_figures_of_a_day_tell_sent_and_entered(history: History) -> None:
    account, = accounts(history.site, 1)  # fmt: skip
    history.sent(account, RANGE, 5, 2, ago=timedelta())
    history.sent(account, RANGE, 3, 3, proved=True, ago=timedelta())
    assert of_today(history.site) == [("FR", RANGE, False, 5, 2), ("FR", RANGE, True, 3, 3)]
    told = history.site.app.test_cli_runner().invoke(args=["sms", "figures", "--days", "2"]).output
    assert [line.split()[1:] for line in told.splitlines()[1:]] == [
        ["FR", RANGE, "new", "5", "2", "40"], ["FR", RANGE, "known", "3", "3", "100"],
    ]  # fmt: skip


def test_a_code_that_is_sent_and_entered_counts_where_it_went(site: Site) -> None:
    account, _ = site.world.acme()
    user = site.world.user(account, mobile_number="+447911123456", mobile_confirmed_at=None)
    site.signed_in(user)
    assert of_today(site) == [("GG", "+44791112", False, 1, 1)]
