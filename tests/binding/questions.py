"""Questions that a code answers, each asked of somebody in a browser of theirs, all alive at the same time."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, update

from extensions import db
from models import Challenge, User
from models.account import Account
from services import codes
from services.unit_of_work import write
from tests.support.browser import Browser, Page
from tests.support.exporting import fixed_export
from tests.support.site import Site
from tests.support_console.console import fill_in

#: Room for a dozen questions to one phone at once; what the limits allow is tested elsewhere.
ROOM = {"RESEND_AFTER": "0"} | {
    f"LIMIT_{name}": "10000/hour"
    for name in (
        "SMS_USER", "SMS_USER_DAY", "SMS_NUMBER", "SMS_NEW_NUMBER", "SMS_NEW_NUMBER_BURST", "SMS_NEW_USER",
        "WRONG_CODES_ADDRESS", "WRONG_CODES_ACCOUNT", "WRONG_CODES_SITE",
    )
}  # fmt: skip
#: What a page says when the code was right is a redirect; a wrong one is the page again.
RIGHT, WRONG = 303, 422


@dataclass
class People:
    account: Account
    other_account: Account
    ana: User
    ben: User
    cleo: User
    support: User
    other_support: User


@dataclass
class Question:
    """``path`` is the page with the code's form; ``challenge_id`` the row that its code belongs to."""

    name: str
    site: Site
    browser: Browser
    path: str
    challenge_id: int

    @property
    def code(self) -> str:
        with self.site.context():
            return codes.code_for(self._row())

    @property
    def counted(self) -> tuple[int, int, bool]:
        """(guesses at it, wrong codes of its person in a row, whether it is spent)."""
        with self.site.context():
            row = self._row()
            return row.attempts, db.session.get_one(User, row.user_id).code_failures, row.spent_at is not None

    def answer(self, code: str) -> Page:
        self.browser.get(self.path)
        return self.browser.submit(having="code", code=code)

    def forget_guesses(self) -> None:
        """As if nobody had guessed: so that a hundred wrong answers do not run into the limits on guessing."""
        with self.site.context(), write() as session:
            row = self._row()
            session.execute(update(Challenge).where(Challenge.id == row.id).values(attempts=0))
            session.execute(
                update(User).where(User.id == row.user_id).values(code_failures=0, code_paused_until=None)
            )

    def _row(self) -> Challenge:
        return db.session.scalars(
            select(Challenge)
            .where(Challenge.id == self.challenge_id)
            .execution_options(populate_existing=True)
        ).one()


def people(site: Site) -> People:
    account, ana = site.world.acme()
    other = site.world.account("Other Ltd", two_factor=True)
    site.world.contacts(account, 3)
    return People(
        account, other, ana, site.world.user(account, name="Ben", can_export=True),
        site.world.owner(other, name="Cleo"),
        site.world.support(name="Sam"), site.world.support(name="Sue"),
    )  # fmt: skip


def _asked(name: str, site: Site, browser: Browser, path: str, user: User) -> Question:
    """The question that was just asked of ``user``: their newest challenge."""
    with site.context():
        newest = db.session.scalars(
            select(Challenge.id).where(Challenge.user_id == user.id).order_by(Challenge.id.desc()).limit(1)
        ).one()
    return Question(name, site, browser, path, newest)


def sign_in(site: Site, name: str, user: User) -> Question:
    browser = site.browser()
    browser.get("/login")
    answer = browser.submit(email=user.email, password=site.world.password)
    assert answer.location == "/login/code", (name, answer.status)
    return _asked(name, site, browser, "/login/code", user)


def step_up(site: Site, name: str, browser: Browser, user: User, answer: Page) -> Question:
    assert answer.location.startswith("/step-up"), (name, answer.status, answer.location)
    return _asked(name, site, browser, answer.location, user)


def export(site: Site, name: str, browser: Browser, user: User) -> Question:
    return step_up(site, name, browser, user, browser.get(f"{fixed_export(browser)}/download"))


def own_number(site: Site, name: str, browser: Browser, user: User, typed: str) -> Question:
    browser.get("/settings/profile")
    answer = browser.submit(having="mobile_number", mobile_number=typed)
    return step_up(site, name, browser, user, answer)


def confirming(site: Site, name: str, browser: Browser, user: User, typed: str) -> Question:
    """The old phone has said yes; now the new one is asked."""
    asked = own_number(site, name, browser, user, typed)
    browser.get(asked.answer(asked.code).location)
    waiting = browser.submit()
    assert "confirm-mobile" in waiting.location, (name, waiting.status, waiting.location)
    return _asked(name, site, browser, waiting.location, user)


def disabling(site: Site, name: str, browser: Browser, support: User, account: Account) -> Question:
    return step_up(site, name, browser, support, fill_in(browser, account))


def all_questions(site: Site, who: People) -> list[Question]:
    """One person's two browsers, two actions, two scopes of one action, a colleague, another tenant, support."""
    ana_here, ana_there = site.signed_in(who.ana), site.signed_in(who.ana)
    ben, sam = site.signed_in(who.ben), site.signed_in(who.support)
    makers: list[Callable[[], Question]] = [
        lambda: confirming(site, "Ana confirms a new number", ana_there, who.ana, "07400 555901"),
        lambda: sign_in(site, "Ana signs in", who.ana),
        lambda: sign_in(site, "Ana signs in elsewhere", who.ana),
        lambda: sign_in(site, "Ben signs in", who.ben),
        lambda: sign_in(site, "Cleo signs in", who.cleo),
        lambda: sign_in(site, "Sue of support signs in", who.other_support),
        lambda: export(site, "Ana exports", ana_here, who.ana),
        lambda: export(site, "Ana exports something else", ana_here, who.ana),
        lambda: export(site, "Ana exports in her other session", ana_there, who.ana),
        lambda: step_up(
            site, "Ana downloads the log", ana_here, who.ana, ana_here.get("/settings/activity.csv")
        ),
        lambda: own_number(site, "Ana changes her number", ana_here, who.ana, "07400 555902"),
        lambda: export(site, "Ben exports", ben, who.ben),
        lambda: disabling(site, "Sam turns Acme off", sam, who.support, who.account),
        lambda: disabling(site, "Sam turns Other off", sam, who.support, who.other_account),
    ]
    return [make() for make in makers]
