"""Whatever changes how somebody signs in, or takes data away, is told; each notice can close everything, once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from models import Account, User
from services import notices, support
from services.disabling import Disabling, Operator
from services.unit_of_work import write
from tests.sessions.browsers import is_in
from tests.support.browser import Browser
from tests.support.exporting import download, fixed_export
from tests.support.site import Site

NEW = "four quiet purple gliders"


@dataclass
class Scene:
    """An account without two-factor: its owner's browser, and a user."""

    site: Site
    account: Account
    owner: User
    ana: User
    browser: Browser

    def save(self, path: str, **fields: Any) -> None:
        self.browser.get(path)
        assert self.browser.submit(having=next(iter(fields)), **fields).status == 303

    def number(self) -> None:
        self.save("/settings/profile", mobile_number="07400 777888")
        self.browser.get(self.browser.last.location)
        assert self.browser.submit(code=self.site.code("+447400777888")).status == 303

    def password(self) -> None:
        self.save(
            "/settings/password", current_password=self.site.world.password, password=NEW, password_again=NEW
        )

    def reset(self) -> None:
        stranger = self.site.browser()
        stranger.get("/password/forgot")
        stranger.submit(email=self.owner.email)
        stranger.get(self.site.link(self.owner.email, "/password/reset/"))
        assert stranger.submit(password=NEW, password_again=NEW).status == 303

    def new_browser(self) -> None:
        self.site.signed_in(self.owner, browser=self.site.browser(user_agent="Thief/1.0"))

    def user(self, **fields: Any) -> None:
        self.save(f"/settings/users/{self.ana.public_id}", **fields)

    def add(self) -> None:
        self.save("/settings/users/new", name="Eve", email="eve@elsewhere.example", can_export="y")

    def sign_out(self) -> None:
        assert self.browser.post(f"/settings/users/{self.ana.public_id}/sign-out").status == 303

    def offer(self) -> None:
        assert self.browser.post(f"/settings/users/{self.ana.public_id}/offer-ownership").status == 303

    def take_over(self) -> None:
        self.offer()
        assert self.site.signed_in(self.ana).post("/settings/ownership", {"answer": "accept"}).status == 303

    def export(self) -> None:
        self.site.world.contacts(self.account, 3)
        assert b"@example.org" in download(self.browser, fixed_export(self.browser)).data

    def two_factor_on(self) -> None:
        self.save("/settings/account", two_factor_enabled="y")
        self.browser.get(self.browser.last.location)
        assert self.browser.submit(code=self.site.code(self.owner.mobile_number)).status == 303

    def two_factor_off(self) -> None:
        self.two_factor_on()
        with self.site.context():
            operator = Operator.at_the_command_line("Kim")
            support.disable(
                Disabling(self.account, operator, "The phone was lost.", "call_back"), at_once=True
            )

    def told_in_advance(self) -> None:
        with self.site.context(), write():
            notices.two_factor_off_stopped(self.account, "Kim")

    def support_signs_out(self) -> None:
        console = self.site.signed_in(self.site.world.support())
        path = f"/support/accounts/{self.account.public_id}/sign-out"
        assert console.post(path, {"why": "Two laptops were stolen."}).status == 303


#: What happens -> how -> who is mailed with which subject -> whose phone is texted
TOLD: dict[str, tuple[Callable[[Scene], None], dict[str, str], tuple[str, ...]]] = {
    "new browser": (Scene.new_browser, {"owner": "New sign-in"}, ()),
    "number": (Scene.number, {"owner": "Your mobile number was changed"}, ("owner",)),
    "password": (Scene.password, {"owner": "Your password was changed"}, ()),
    "password by mail": (Scene.reset, {"owner": "Your password was changed"}, ()),
    "address": (lambda s: s.user(email="ana@new.example"), {"ana": "Your email address"}, ()),
    "number by the owner": (
        lambda s: s.user(mobile_number="07400 777888"), {"ana": "Your mobile number was changed"}, ("ana",)),
    "right to export": (
        lambda s: s.user(can_export="y"), {"ana": "Your right to export", "owner": "User 2 may export"}, ()),
    "user added": (Scene.add, {"owner": "Eve was added"}, ()),
    "signed out by the owner": (Scene.sign_out, {"ana": "You were signed out"}, ()),
    "ownership offered": (Scene.offer, {"ana": "You are asked to become"}, ()),
    "ownership": (Scene.take_over, {"ana": "Acme Retail has a new owner", "owner": "Acme Retail has a new owner"}, ()),
    "export": (Scene.export, {"owner": "Contacts were exported"}, ()),
    "two-factor on": (
        Scene.two_factor_on, {"ana": "Two-factor authentication is on", "owner": "Two-factor authentication is on"},
        ("ana", "owner")),
    "two-factor off": (
        Scene.two_factor_off, {"ana": "Two-factor authentication was turned off", "owner": "Two-factor"},
        ("ana", "owner")),
    "support stopped": (Scene.told_in_advance, {"ana": "Two-factor authentication stays on"}, ()),
    "signed out by support": (
        Scene.support_signs_out, {"ana": "You were signed out", "owner": "You were signed out"}, ()),
}  # fmt: skip


@pytest.mark.asvs("6.3.7")
@pytest.mark.threat("G4")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("event", TOLD)
def test_it_is_told_and_its_link_closes_everything_once_and_tells_the_owner(site: Site, event: str) -> None:
    account, owner = site.world.acme(two_factor=False)
    scene = Scene(site, account, owner, site.world.user(account, name="User 2"), site.signed_in(owner))
    act, mails, texts = TOLD[event]
    act(scene)
    for who in texts:
        numbers = [
            text for text in site.texts(getattr(scene, who).mobile_number) if " is your " not in text["text"]
        ]
        assert numbers, f"{who} got no text"
    for who, subject in mails.items():
        user = site.world.reload(getattr(scene, who))
        found = [mail for mail in site.mails(user.email) if mail["subject"].startswith(subject)]
        assert found, f"{who}: {[mail['subject'] for mail in site.mails(user.email)]}"
        path = found[-1]["text"].partition("/not-me/")[2].split()[0]
        closes_everything(site, user, f"/not-me/{path}", owners_address(site, account))


def owners_address(site: Site, account: Account) -> str:
    with site.context():
        return notices.owner_of(account).email


def closes_everything(site: Site, user: User, path: str, owner: str) -> None:
    inside = site.browser()
    inside.get("/login")
    for known in (site.world.password, NEW):
        answer = inside.submit(email=user.email, password=known)
        if answer.status == 303:
            break
    asked = answer.location == "/login/code"
    if asked:
        inside.get("/login/code")
        inside.submit(code=site.code(user.mobile_number))
    assert is_in(inside)
    stranger = site.browser()
    stranger.get(path)
    stranger.head(path)
    assert is_in(inside), "looking at it closes nothing"
    stranger.get(path)
    assert stranger.submit().status == 200
    assert not is_in(inside)
    assert stranger.get(path).status == 410
    assert not is_in(stranger), "it signs nobody in"
    subjects = [mail["subject"] for mail in site.mails(owner)]
    assert any("reported a change" in subject for subject in subjects)
    if asked:
        inside.get("/login")
        again = inside.submit(email=user.email, password=site.world.password)
        assert again.location == "/login/code", "no browser is trusted any more"


def test_who_was_removed_is_told_that_everything_of_theirs_is_closed(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    ana = site.world.user(account)
    assert site.signed_in(owner).post(f"/settings/users/{ana.public_id}/remove").status == 303
    mail = site.mails(ana.email)[-1]
    assert "no longer have access" in mail["subject"]
    assert "signed out everywhere" in " ".join(mail["text"].split())
