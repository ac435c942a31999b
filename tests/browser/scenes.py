"""A walk through every page of the site in every state, as each kind of person.

The test of widths and colours and `make screenshots` take the same walk.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from playwright.sync_api import Browser

from tests.browser.person import Person
from tests.support.live_site import LiveSite

Stop = Callable[[Person, str], None]

#: In this order: support answers the request that is written outside, and turns off what is guarded.
PARTS = ("outside", "half_signed_in", "guarded", "support", "owner", "user", "newcomers")
LONG = "Przedsiębiorstwo Handlowo-Usługowe „Świt” Spółka z ograniczoną odpowiedzialnością w Łodzi"

_LONG_AGO = datetime.now(UTC) - timedelta(minutes=5)
NEWS_OF_TEXTS: dict[str, dict[str, Any]] = {
    "sending": {"state": "sending"},
    "sent": {"state": "accepted"},
    "no-news": {"state": "accepted", "sent_at": _LONG_AGO},
    "delivered": {"state": "delivered", "sent_at": None},
    "unknown": {"state": "unknown"},
    "not-sent": {"state": "rejected"},
    "number-wrong": {"state": "rejected", "error_code": "1040"},
    "no-texts": {"state": "rejected", "error_code": "1190"},
    "carrier-refused": {"state": "rejected", "error_code": "1280"},
    "opted-out": {"state": "rejected", "error_code": "1240"},
    "phone-off": {"state": "rejected", "error_code": "1180"},
    "too-many": {"state": "rejected", "error_code": "1241"},
    "lost": {"state": "rejected", "error_code": "1230"},
    "ours": {"state": "rejected", "error_code": "1070"},
}
NEWS_OF_CALLS: dict[str, dict[str, Any]] = {
    "calling": {"state": "accepted"},
    "answered": {"state": "delivered"},
    "busy": {"state": "rejected", "error_code": "busy"},
    "machine": {"state": "rejected", "error_code": "machine"},
}


class Walk:
    """A site with its demo data, and the people who walk about in it. ``stop(person, name)`` is called at each view.

    ``scripts``: False for browsers that run none; what only a script opens is left out then.
    """

    def __init__(
        self, chromium: Browser, site: LiveSite, stop: Stop, folder: Path, *, scripts: bool = True
    ) -> None:
        self.chromium = chromium
        self.site = site
        self.stop = stop
        self.folder = folder
        self.scripts = scripts

    def person(self, email: str = "", number: str = "") -> Person:
        user = SimpleNamespace(email=email, mobile_number=number)
        return Person(self.chromium, self.site, user, seen=set(), scripts=self.scripts)

    def demo(self, email: str, number: str = "", *, code: bool = False) -> Person:
        """Signed in with the password of the demo data."""
        person = self.person(email, number)
        person.checks = False
        person.sign_in("demo-password-2026")
        if code:
            person.enter_code(person.next_code(), "Sign in")
        return person

    def wait_for(self, person: Person, what: str) -> None:
        """Until the selector ``what`` finds something: by the page's own script, or by reloading as a person would."""
        if not self.scripts:
            deadline = datetime.now(UTC) + timedelta(seconds=30)
            while not person.page.locator(what).count() and datetime.now(UTC) < deadline:
                person.page.wait_for_timeout(200)
                person.page.reload()
        person.page.locator(what).first.wait_for()

    def walk(self, parts: tuple[str, ...]) -> None:
        for part in parts:
            getattr(self, part)()

    def outside(self) -> None:
        person = self.person()
        person.checks = False
        for name, path, status in (
            ("sign-in", "/login", 200),
            ("forgotten-password", "/password/forgot", 200),
            ("dead-link", "/password/reset/gone", 410),
            ("help", "/help/two-factor-authentication", 200),
            ("contact-support", "/help/contact-support", 200),
            ("dead-not-me", "/not-me/gone", 410),
        ):
            person.open(path, status)
            self.stop(person, f"outside-{name}")
        person.open("/help/two-factor-authentication").press("Send answer")
        self.stop(person, "outside-help-errors")
        person.page.get_by_label("No", exact=True).check()
        person.fill(comment="Where are the settings on a phone?").press("Send answer")
        self.stop(person, "outside-help-thanks")
        person.open("/help/contact-support").press("Send to support")
        self.stop(person, "outside-contact-support-errors")
        person.fill(
            email="owner@borealis.example",
            subject="Our owner's phone was stolen in Lisbon",
            message="Hello,\n\nthe phone is gone. Nobody can export.\n\nOskar",
        ).press("Send to support")
        self.stop(person, "outside-contact-support-sent")
        person.open("/login").fill(email="ana@acme.example", password="wrong").press("Sign in")
        self.stop(person, "outside-sign-in-refused")
        person.open("/password/forgot").fill(email="ana@acme.example")
        person.page.locator("main form .button-primary").click()
        person.heading("Sign in").open(self.site.wait_for_link("ana@acme.example", "/password/reset/"))
        self.stop(person, "outside-new-password")
        person.page.locator("main form .button-primary").click()
        person.page.wait_for_selector("[data-error-summary]")
        self.stop(person, "outside-new-password-errors")
        person.close()

    def half_signed_in(self) -> None:
        cleo = self.person("cleo@borealis.example", "+447400123461")
        cleo.checks = False
        cleo.sign_in("demo-password-2026")
        self.stop(cleo, "code")
        cleo.enter_code("12", "Sign in")
        self.stop(cleo, "code-too-short")
        for summary in cleo.page.locator("main summary").all():
            summary.click()
        cleo.press("Send it again")
        self.stop(cleo, "code-again-too-early")
        cleo.close()

    def code_news(self) -> None:
        """What the code page says of a text, and of a call. For pictures: the pages differ in their words only."""
        cleo = self.person("cleo@borealis.example", "+447400123461")
        cleo.checks = False
        cleo.sign_in("demo-password-2026")
        self.site.wait_for_text("+447400123461", " is your ")
        for name, values in NEWS_OF_TEXTS.items():
            self.site.change_newest(**{"error_code": None, **values})
            cleo.open("/login/code").heading("Check your phone")
            self.stop(cleo, f"code-text-{name}")
        self.site.change_newest(state="rejected", error_code="1190")
        cleo.open("/login/code").press("Call me instead")
        for name, values in NEWS_OF_CALLS.items():
            self.site.change_newest("voice", **{"error_code": None, **values})
            cleo.open("/login/code").heading("Check your phone")
            self.stop(cleo, f"code-call-{name}")
        cleo.close()

    def owner(self) -> None:
        dana = self.demo("owner@acme.example", "+447400123456")
        self.contacts_of(dana)
        self.settings_of(dana)
        dana.close()

    def contacts_of(self, dana: Person) -> None:
        for name, path in (
            ("contacts", "/contacts"),
            ("contacts-nothing-found", "/contacts?q=zzzz"),
            ("contacts-search", "/contacts?q=a&status=Unsubscribed"),
            ("contacts-of-a-status", "/contacts?status=Suppressed"),
            ("lists", "/contacts/lists"),
            ("data-fields", "/contacts/fields"),
            ("add-contact", "/contacts/new"),
            ("import", "/contacts/import"),
            ("export", "/contacts/export"),
            ("exports-empty", "/contacts/exports"),
        ):
            dana.open(path)
            self.stop(dana, f"owner-{name}")
        dana.open("/contacts/lists").press("Make list")
        self.stop(dana, "owner-lists-errors")
        dana.open("/contacts/lists").page.locator("td a", has_text="Change").first.click()
        dana.page.wait_for_selector("h1:has-text('List')")
        self.stop(dana, "owner-list")
        dana.open("/contacts?status=Unsubscribed").page.locator("tbody a").first.click()
        dana.page.locator("#data-fields").wait_for()
        self.stop(dana, "owner-contact")
        dana.fill(mobile="12").press("Save contact")
        self.stop(dana, "owner-contact-errors")
        dana.open("/contacts/fields").press("Add data field")
        self.stop(dana, "owner-data-fields-errors")
        dana.open("/contacts/fields").page.locator("td a").first.click()
        dana.page.locator("[name=sure]").wait_for()
        dana.press("Remove this data field")
        self.stop(dana, "owner-data-field-errors")
        dana.open("/contacts/new").fill(email="nobody", mobile="12").press("Add contact")
        self.stop(dana, "owner-add-contact-errors")
        self._import(dana)
        dana.open("/contacts/export").press("Continue")
        self.stop(dana, "owner-export-one")
        self.wait_for(dana.press("Prepare it in the background"), ".notice-good")
        self.stop(dana, "owner-export-ready")
        dana.download(re.compile("^Download")).path()
        dana.page.reload()
        self.stop(dana, "owner-export-done")
        dana.open("/contacts/exports")
        self.stop(dana, "owner-exports")

    def _import(self, dana: Person) -> None:
        file = self.folder / "Frühjahrskampagne 2026 – alle Gäste der Messe (endgültig).csv"
        file.write_text("Email,FIRSTNAME\nmei@example.org,美玲\nno address,Nobody\n" + "x" * 400 + ",Long\n")
        dana.open("/contacts/import").press("Continue")
        self.stop(dana, "owner-import-errors")
        dana.page.locator("[name=file]").set_input_files(file)
        dana.press("Continue").heading("Where do the columns go?")
        self.stop(dana, "owner-import-columns")
        dana.page.locator("[name=to_0]").select_option("")
        dana.page.locator("[name=to_1]").select_option("new")
        dana.page.locator("[name=name_1]").fill("")
        dana.press("Import", within="main form").page.wait_for_selector("[data-error-summary]")
        self.stop(dana, "owner-import-columns-errors")
        dana.page.locator("[name=to_0]").select_option("email")
        dana.page.locator("[name=to_1]").select_option("data:FIRSTNAME")
        self.wait_for(dana.press("Import", within="main form"), "text=The import is done")
        self.stop(dana, "owner-import-done")
        dana.page.locator("summary", has_text="How the file").click()
        self.stop(dana, "owner-import-reading")

    def settings_of(self, dana: Person) -> None:
        for name in ("account", "users", "profile", "password", "browsers", "activity"):
            dana.open(f"/settings/{name}")
            self.stop(dana, f"owner-{name}")
        dana.open("/settings/account").page.locator("summary", has_text="Settings").click()
        self.stop(dana, "owner-menu")
        dana.open("/settings/account/mobile-numbers")
        self.stop(dana, "owner-numbers-page")
        if self.scripts:
            self._window_of(dana)
        dana.open("/settings/account").fill(company_name="", mobile_number="12").press("Save settings")
        self.stop(dana, "owner-account-errors")
        dana.open("/settings/account").fill(mobile_number="07400 288 123").press("Save settings")
        self.stop(dana, "owner-confirm-number")
        dana.press("Cancel")
        self.stop(dana, "owner-confirm-number-cancelled")
        dana.open("/settings/users").press("New user")
        self.stop(dana, "owner-new-user")
        dana.press("Invite user")
        self.stop(dana, "owner-new-user-errors")
        dana.open("/settings/users").page.locator("tr", has_text="Ben").get_by_role("link").click()
        dana.heading("Ben Carter")
        for summary in dana.page.locator("main summary").all():
            summary.click()
        self.stop(dana, "owner-user")
        dana.open("/settings/password").press("Change password")
        self.stop(dana, "owner-password-errors")
        dana.open("/no/such/page", 404)
        self.stop(dana, "owner-404")
        dana.open("/dev/phone")
        self.stop(dana, "phone-texts")
        dana.open("/dev/mail")
        self.stop(dana, "phone-mails")

    def _window_of(self, dana: Person) -> None:
        dana.open("/settings/account").page.get_by_label("Two-factor authentication").check()
        self.stop(dana, "owner-window")
        dana.page.get_by_role("button", name="Save numbers").click()
        dana.page.locator("dialog .field-error").first.wait_for()
        self.stop(dana, "owner-window-errors")

    def user(self) -> None:
        ben = self.demo("ben@acme.example")
        for name, path, status in (
            ("contacts", "/contacts", 200),
            ("account", "/settings/account", 200),
            ("profile", "/settings/profile", 200),
            ("help", "/help/two-factor-authentication", 200),
            ("403", "/contacts/export", 403),
        ):
            ben.open(path, status)
            self.stop(ben, f"user-{name}")
        ben.close()

    def newcomers(self) -> None:
        """An account without anything, whose names are as long as names get."""
        world = self.site.world
        account = world.account(LONG)
        name = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh"
        owner: Any = world.owner(account, name=name, email=f"{name.lower()}@{name.lower()[:40]}.example")
        for number in range(12):
            world.user(account, name=f"{name} {number}", mobile_number=None, mobile_number_typed=None)
        person = self.person(owner.email)
        person.checks = False
        person.sign_in()
        for page in ("contacts", "contacts/lists", "contacts/exports", "settings/users", "settings/account"):
            person.open(f"/{page}")
            self.stop(person, f"new-{page.rpartition('/')[2]}")
        if self.scripts:
            person.page.get_by_label("Two-factor authentication").check()
            self.stop(person, "new-window")
        person.close()

    def guarded(self) -> None:
        oskar = self.demo("owner@borealis.example", "+447400123460", code=True)
        oskar.open("/settings/account")
        self.stop(oskar, "on-account")
        oskar.open("/settings/browsers")
        self.stop(oskar, "on-browsers")
        oskar.open("/contacts/export").press("Continue")
        self.stop(oskar, "on-export-one")
        oskar.press(re.compile("^Download"), exact=False)
        self.stop(oskar, "on-export-code")
        with oskar.page.expect_download() as file:
            oskar.enter_code(oskar.next_code())
        file.value.path()
        oskar.heading("Your download has started")
        self.stop(oskar, "on-export-started")
        oskar.open("/settings/users/new").fill(
            name="Zoë", email="zoe@borealis.example", mobile_number="07400 288999"
        )
        oskar.press("Invite user").enter_code(oskar.next_code())
        self.stop(oskar, "on-continue")
        oskar.press("Continue")
        self.stop(oskar, "on-users")
        oskar.close()
        zoe = self.person()
        zoe.checks = False
        zoe.open(self.site.wait_for_link("zoe@borealis.example", "/invitations/"))
        self.stop(zoe, "outside-invitation")
        zoe.close()

    def support(self) -> None:
        sam = self.demo("support@countersign.example", "+447400123470", code=True)
        for name, path in (
            ("accounts", "/support"),
            ("nothing-found", "/support?q=zzzz"),
            ("requests", "/support/requests"),
            ("help-answers", "/support/help-answers"),
            ("delivery", "/support/delivery"),
            ("delivery-month", "/support/delivery?period=30d"),
        ):
            sam.open(path)
            self.stop(sam, f"support-{name}")
        sam.open("/support/requests").press("Our owner's phone was stolen in Lisbon")
        self.stop(sam, "support-request")
        sam.press("Look at the account")
        self.stop(sam, "support-account")
        sam.press("Turn off two-factor authentication")
        self.stop(sam, "support-account-errors")
        sam.fill(reason="Called back at the office number.", account_name="Borealis Travel")
        sam.page.locator("[name=evidence]").select_option(index=1)
        sam.press("Turn off two-factor authentication")
        self.stop(sam, "support-code")
        sam.enter_code(sam.next_code())
        self.stop(sam, "support-continue")
        sam.press("Continue")
        self.stop(sam, "support-done")
        for name in ("profile", "browsers"):
            sam.open(f"/settings/{name}")
            self.stop(sam, f"support-{name}")
        sam.close()
