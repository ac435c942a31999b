"""Rules: how people, and those who would be them, come in and go out."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.fuzz.hands import ANSWERS
from tests.fuzz.people import USUAL, Base, answers, some, tabs, yes
from tests.fuzz.world import TABS


class Entrance(Base):
    """Signing in and out, codes, resets, links."""

    @rule(
        tab=tabs,
        at=some,
        usual=yes,
        right=yes,
        answer=st.sampled_from([*ANSWERS, "leave"]),
        shared=st.booleans(),
    )
    def sign_in(self, tab: int, at: int, usual: bool, right: bool, answer: str, shared: bool) -> None:
        browser, person = list(self.world.tabs.values())[tab % len(TABS)], self.someone(at)
        if usual and browser.name in USUAL:
            person = self.world.facts.by_email(USUAL[browser.name]) or person
        password = self.world.passwords.get(person.id, "") if right else "not the password at all"
        self.hands.sign_in(browser, person.email, password or "none yet", answer=answer, shared=shared)

    @rule(at=some)
    def a_stranger_guesses(self, at: int) -> None:
        email = self.someone(at).email if at % 3 else "nobody@nowhere.example"
        self.world.send(
            self.tab("thief"), "POST", "/login", {"email": email, "password": f"guess {at} of many"}
        )

    @rule(tab=tabs, answer=answers, shared=st.booleans())
    def enter_a_code(self, tab: int, answer: str, shared: bool) -> None:
        browser = self.pick(tab, "asked")
        place = "/login/code" if self.world.half(browser) else browser.confirming
        if browser.asked and not self.world.half(browser):
            place = f"/step-up?on={browser.asked[-1].on}"
        self.hands.code(browser, place or "/login/code", answer, shared=shared)

    @rule(tab=tabs, what=st.sampled_from(["resend", "cancel", "status"]))
    def use_a_button_beside_the_code(self, tab: int, what: str) -> None:
        browser = self.pick(tab, "asked")
        base, data = "/login/code", {}
        if not self.world.half(browser) and browser.asked:
            base, data = "/step-up", {"on": browser.asked[-1].on}
        elif not self.world.half(browser) and browser.confirming:
            base, _, on = browser.confirming.partition("?on=")
            data = {"on": on}
        if what == "status":
            self.world.send(browser, "GET", f"{base}/status")
        else:
            self.world.send(browser, "POST", f"{base}/{what}", data)

    @rule(tab=tabs)
    def go_on_without_a_code(self, tab: int) -> None:
        """What a code interrupted is sent once more, and the page that leads back is asked for."""
        browser = self.pick(tab, "asked")
        if browser.asked:
            asked = browser.asked[-1]
            self.world.send(browser, "GET", f"/step-up/resume/{asked.on}")
            self.world.send(browser, asked.method, asked.path, asked.data)

    @rule(tab=tabs)
    def sign_out(self, tab: int) -> None:
        browser = self.pick(tab)
        self.world.send(browser, "POST", "/logout")

    @rule(tab=tabs)
    def somebody_copies_the_cookies(self, tab: int) -> None:
        browser = self.pick(tab)
        if browser.name != "copy":
            self.tab("copy").copy_from(browser)

    @rule(tab=tabs, where=st.sampled_from([
        "/contacts", "/settings/account", "/settings/users", "/settings/browsers", "/settings/activity", "/support",
        "/contacts/exports", "/", "/login/code", "/step-up", "/settings/profile", "/contacts/lists",
    ]))  # fmt: skip
    def look(self, tab: int, where: str) -> None:
        browser = self.pick(tab)
        self.world.send(browser, "GET", where)

    @rule(at=some)
    def ask_for_a_reset(self, at: int) -> None:
        self.world.send(self.tab("shared"), "POST", "/password/forgot", {"email": self.someone(at).email})
        self.world.work()

    @rule(tab=tabs, at=some)
    def follow_a_link(self, tab: int, at: int) -> None:
        """The newest link of the mails, or an older one."""
        browser = self.pick(tab)
        if self.world.links:
            link = self.world.links[-1 - at % min(6, len(self.world.links))]
            password = self.password()
            self.world.send(browser, "GET", link.path)
            self.world.send(browser, "POST", link.path, {"password": password, "password_again": password})

    @rule(tab=tabs, right=yes)
    def change_password(self, tab: int, right: bool) -> None:
        browser = self.pick(tab)
        me = self.world.person(browser)
        if me is not None:
            password = self.password()
            current = self.world.passwords.get(me.id, "") if right else "not the password at all"
            data = {"current_password": current, "password": password, "password_again": password}
            self.world.send(browser, "POST", "/settings/password", data)

    @rule(tab=tabs, at=some, every=st.booleans())
    def end_sessions(self, tab: int, at: int, every: bool) -> None:
        browser = self.pick(tab)
        ids = [trust.public_id for trust in self.world.trusts]
        ids += [row[0] for row in self.world.eye.rows("SELECT public_id FROM login_sessions ORDER BY id")]
        path = "revoke-all" if every or not ids else f"{ids[at % len(ids)]}/revoke"
        self.world.send(browser, "POST", f"/settings/browsers/{path}")
