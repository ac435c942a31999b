"""What people do on the site, step by step, so that something can break before, in and after each step.

A flow is a generator of steps. Whoever runs it prepares a step, does it as often as they like, and sends back the page
of the time that worked. Nothing but ``Step.arrive`` lets the worker work.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

from sqlalchemy import select

from extensions import db
from models import Contact
from tests.support.browser import Browser, Page, _as_filled
from tests.support.estate import Estate, estate
from tests.support.site import Site
from tests.support_console.console import EVIDENCE, REASON, account_path, disable_path

NEW = "nine purple lanterns drift"
NUMBER = "07400 222333"


@dataclass
class Step:
    """One request of a person. ``leads``: what the Location begins with when it worked; "" when a page does."""

    name: str
    browser: Browser
    act: Callable[[], Page]
    leads: str = ""
    #: What it does without: "reads" goes on while nothing can be written, "alone" without any database.
    needs: Literal["writes", "reads", "alone"] = "writes"
    #: What a worker must have done before, and how the person has it.
    waits: Literal["", "text", "mail", "job"] = ""
    arrive: Callable[[], object] = lambda: None
    #: Where a code is typed, and the phone that gets it.
    place: str = ""
    number: str = ""

    def worked(self, page: Page) -> bool:
        if self.leads in {"", "/"}:
            return page.location == self.leads and page.status in {200, 303}
        return page.location.startswith(self.leads)


Steps = Generator[Step, Page, None]
Part = Generator[Step, Page, Page]
Flow = Callable[[Site], Steps]


class Person:
    """Somebody at a browser, with a phone and an address. ``known``: the code or link that came last."""

    def __init__(self, site: Site, *, email: str, number: str | None, browser: Browser | None = None) -> None:
        self.site, self.email, self.number = site, email, number or ""
        self.browser = browser or site.browser()
        self.known = ""

    def look(self, path: str, needs: Literal["writes", "reads", "alone"] = "reads", leads: str = "") -> Step:
        return Step(f"GET {path}", self.browser, lambda: self.browser.get(path), leads, needs)

    def fill_in(self, page: Page, leads: str, form: str | None = None, **fields: Any) -> Step:
        """Fill and send a form of ``page``, again and again if need be."""
        found = page.form(form, None if form else next(iter(fields), None))
        data = {**_as_filled(found), **fields}
        target = str(found.get("action") or page.path)
        return Step(
            f"POST {target}", self.browser, lambda: self.browser.post(target, data, csrf=False), leads
        )

    def enter_code(self, place: str, leads: str, number: str = "", **more: str) -> Step:
        phone = number or self.number

        def arrive() -> None:
            self.known = self.site.code(phone)

        return Step(
            f"code at {place}", self.browser, lambda: self.browser.post(place, {"code": self.known, **more}),
            leads, waits="text", arrive=arrive, place=place, number=phone,
        )  # fmt: skip

    def follow_mail(self, path: str) -> Step:
        def arrive() -> None:
            self.known = self.site.link(self.email, path)

        return Step(
            f"GET {path}", self.browser, lambda: self.browser.get(self.known),
            needs="reads", waits="mail", arrive=arrive,
        )  # fmt: skip

    # --- parts of several flows

    def sign_in(self, password: str) -> Part:
        page = yield self.look("/login", "alone")
        yield self.fill_in(page, "/login/code", email=self.email, password=password)
        yield self.look("/login/code")
        return (yield self.enter_code("/login/code", "/", shared_computer="y"))

    def step_up(self, asked: Page, leads: str) -> Part:
        """From the answer that asks for a code to what the button after it leads to."""
        yield self.look(asked.location)
        resume = yield self.enter_code(asked.location, "/step-up/resume/")
        page = yield self.look(resume.location)
        return (yield self.fill_in(page, leads, form=_path_of(page)))


def _path_of(page: Page) -> str:
    found = page.html.select_one("main form[method=post]")
    assert found is not None
    return str(found["action"])


def sign_in_and_export(site: Site) -> Steps:
    of = estate(site, "Borealis")
    owner = Person(site, email=of.owner.email, number=of.owner.mobile_number)
    yield from owner.sign_in(site.world.password)
    page = yield owner.look("/contacts/export")
    fixed = yield owner.fill_in(page, "/contacts/exports/", columns=["Email"])
    asked = yield owner.look(f"{fixed.location}/download", "writes", "/step-up?on=")
    yield owner.look(asked.location)
    yield owner.enter_code(asked.location, fixed.location)
    taken = yield owner.look(f"{fixed.location}/download", "writes")
    assert taken.data.count(b"@example.org") == 3


def two_factor_set_up(site: Site) -> Steps:
    account, boss = site.world.acme(two_factor=False)
    ben = site.world.user(account, mobile_number=None, mobile_number_typed=None, mobile_confirmed_at=None)
    owner = Person(site, email=boss.email, number=boss.mobile_number, browser=site.signed_in(boss))
    page = yield owner.look("/settings/account/mobile-numbers")
    yield owner.fill_in(page, "/settings/account", **{f"mobile_number-{ben.public_id}": NUMBER})
    page = yield owner.look("/settings/account")
    asked = yield owner.fill_in(page, "/settings/account/confirm-mobile", two_factor_enabled="y")
    yield owner.look(asked.location)
    yield owner.enter_code(asked.location, "/settings/account")
    page = yield owner.look("/settings/account")
    assert page.html.select_one('[name="two_factor_enabled"]').has_attr("checked")
    assert site.world.reload(account).two_factor_on


def own_number(site: Site) -> Steps:
    account, _ = site.world.acme()
    user = site.world.user(account)
    ana = Person(site, email=user.email, number=user.mobile_number, browser=site.signed_in(user))
    page = yield ana.look("/settings/profile")
    asked = yield ana.fill_in(page, "/step-up?on=", mobile_number=NUMBER)
    asked = yield from ana.step_up(asked, "/settings/profile/confirm-mobile")
    yield ana.look(asked.location)
    yield ana.enter_code(asked.location, "/settings/profile", "+447400222333")
    assert site.world.reload(user).mobile_number == "+447400222333"


def forgotten_password(site: Site) -> Steps:
    _, boss = site.world.acme()
    owner = Person(site, email=boss.email, number=boss.mobile_number)
    page = yield owner.look("/password/forgot", "alone")
    yield owner.fill_in(page, "/login", email=boss.email)
    page = yield owner.follow_mail("/password/reset/")
    yield owner.fill_in(page, "/login", password=NEW, password_again=NEW)
    yield from owner.sign_in(NEW)


def invitation(site: Site) -> Steps:
    _, boss = site.world.acme()
    owner = Person(site, email=boss.email, number=boss.mobile_number, browser=site.signed_in(boss))
    page = yield owner.look("/settings/users/new")
    fields = {"name": "Zoë", "email": "zoe@acme.example", "mobile_number": NUMBER}
    asked = yield owner.fill_in(page, "/step-up?on=", **fields)
    yield from owner.step_up(asked, "/settings/users")
    zoe = Person(site, email="zoe@acme.example", number="+447400222333")
    page = yield zoe.follow_mail("/invitations/")
    yield zoe.fill_in(page, "/login", password=NEW, password_again=NEW)
    yield from zoe.sign_in(NEW)


def support_disables(site: Site) -> Steps:
    account, _ = site.world.acme()
    staff = site.world.support()
    support = Person(site, email=staff.email, number=staff.mobile_number, browser=site.signed_in(staff))
    page = yield support.look(account_path(account), "writes")  # whom support looked at is recorded
    fields = {"reason": REASON, "evidence": EVIDENCE, "account_name": account.name}
    asked = yield support.fill_in(page, "/step-up?on=", form=disable_path(account), **fields)
    yield from support.step_up(asked, account_path(account))
    yield support.look(account_path(account))
    assert not site.world.reload(account).two_factor_on


def csv_import(site: Site) -> Steps:
    account, boss = site.world.acme(two_factor=False)
    owner = Person(site, email=boss.email, number=boss.mobile_number, browser=site.signed_in(boss))
    content = "Email,FIRSTNAME\r\n" + "".join(f"person-{n}@example.net,Name {n}\r\n" for n in range(5))
    yield owner.look("/contacts/import")
    begun = yield Step("upload", owner.browser, lambda: _upload(owner.browser, content), "/contacts/imports/")
    yield owner.look(begun.location)
    ended = owner.look(begun.location)
    ended.waits, ended.arrive = "job", site.deliver
    yield ended
    with site.context():
        found = db.session.scalars(select(Contact.email).where(Contact.account_id == account.id)).all()
    assert sorted(found) == [f"person-{n}@example.net" for n in range(5)], "each once"


def _upload(browser: Browser, content: str) -> Page:
    fields = {"list": "", "file": (BytesIO(content.encode()), "contacts.csv", "text/csv")}
    return browser.post("/contacts/import", fields, content_type="multipart/form-data")


def ownership(site: Site) -> Steps:
    account, boss = site.world.acme()
    heir = site.world.user(account)
    owner = Person(site, email=boss.email, number=boss.mobile_number, browser=site.signed_in(boss))
    ana = Person(site, email=heir.email, number=heir.mobile_number, browser=site.signed_in(heir))
    page = yield owner.look(f"/settings/users/{heir.public_id}")
    asked = yield owner.fill_in(page, "/step-up?on=", form="/offer-ownership")
    yield from owner.step_up(asked, "/settings/account")
    page = yield ana.look("/settings/ownership")
    asked = yield ana.fill_in(page, "/step-up?on=", answer="accept")
    assert site.world.reload(heir).role == "user"
    yield from ana.step_up(asked, "/settings/account")
    assert (site.world.reload(boss).role, site.world.reload(heir).role) == ("user", "owner")


FLOWS: tuple[Flow, ...] = (
    sign_in_and_export, two_factor_set_up, own_number, forgotten_password, invitation, support_disables,
    csv_import, ownership,
)  # fmt: skip


def half_signed_in(site: Site, of: Estate | None = None) -> Step:
    """The step at which a code is typed to sign in."""
    of = of or estate(site, "Borealis")
    owner = Person(site, email=of.owner.email, number=of.owner.mobile_number)
    steps = owner.sign_in(site.world.password)
    step = next(steps)
    while step.waits != "text":
        step = steps.send(step.act())
    return step
