"""Rules: what people of two accounts, support and strangers do."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.fuzz.evidence import Tab
from tests.fuzz.facts import Person
from tests.fuzz.hands import ANSWERS, Hands
from tests.fuzz.world import TABS, World
from tests.house.test_routes import ROUTES
from tests.support.browser import Page
from tests.support.estate import address

#: Which browser: mostly one that fits, see Base.pick.
tabs = st.integers(min_value=0, max_value=999)
answers = st.sampled_from(ANSWERS)
some = st.integers(min_value=0, max_value=30)
yes = st.sampled_from([True, True, True, False])

#: Whose browser it usually is.
USUAL = {
    "work": "owner@acme.example", "home": "exporter@acme.example", "phone": "member@acme.example",
    "office": "owner@borealis.example", "console": "first@countersign.example",
}  # fmt: skip
_FIELDS = (
    "company_name",
    "region",
    "time_zone",
    "name",
    "email",
    "mobile_number",
    "code",
    "reason",
    "list",
    "q",
)
_VALUES = ("", "Acme", "GB", "Europe/London", "a@b.example", "12", "zz", "\x00", "x" * 300, "y", "'\"<>")


class Base(RuleBasedStateMachine):
    world: World
    hands: Hands

    def tab(self, name: str) -> Tab:
        return self.world.tabs[name]

    def someone(self, at: int) -> Person:
        people = [p for p in self.world.facts.people.values() if not p.removed]
        return people[at % len(people)]

    def colleague(self, tab: Tab, at: int) -> Person | None:
        """Another user of the account of whoever is signed in there; of any account where nobody is."""
        me = self.world.person(tab)
        people = [p for p in self.world.facts.people.values() if not p.removed and not p.is_support]
        if me is not None and not me.is_support:
            people = [p for p in people if p.account_id == me.account_id and p.id != me.id]
        return people[at % len(people)] if people else None

    def pick(self, at: int, kind: str = "") -> Tab:
        """Mostly a browser in which somebody of that kind is signed in (or now signs in), or that is asked for a code;
        one time in eight any."""
        world, every = self.world, list(self.world.tabs.values())
        inside = {tab.name: person for tab in every if (person := world.person(tab))}
        match kind:
            case "asked":
                fit = [tab for tab in every if world.half(tab) or tab.asked or tab.confirming]
            case "heir":
                heirs = {heir for _, heir in world.facts.offers.values()}
                fit = [tab for tab in every if tab.name in inside and inside[tab.name].id in heirs]
            case _:
                kinds = {"member": {"owner", "exporter", "user"}, "exporter": {"owner", "exporter"}}
                wanted = kinds.get(kind, {kind} if kind else {"owner", "exporter", "user", "support"})
                fit = [tab for tab in every if tab.name in inside and inside[tab.name].kind in wanted]
                if not fit and at % 8:
                    return self._come_in(at // 8, wanted)
        chosen = fit if fit and at % 8 else every
        return chosen[at // 8 % len(chosen)]

    def _come_in(self, at: int, wanted: set[str]) -> Tab:
        """Somebody of that kind signs in, where they usually do, if password and phone allow it."""
        world = self.world
        people = [
            p for p in world.facts.people.values() if p.kind in wanted and not p.removed and p.password_hash
        ]
        if not people:
            return world.tabs["shared"]
        person = people[at % len(people)]
        usual = {email: name for name, email in USUAL.items()}
        tab = world.tabs[usual.get(person.email, "shared")]
        self.hands.sign_in(tab, person.email, world.passwords[person.id], shared=tab.name == "shared")
        return tab

    def act(
        self, tab: Tab, method: str, path: str, data: dict[str, Any] | None = None, answer: str = "right"
    ) -> Page:
        return self.hands.act(tab, method, path, data, answer)

    def password(self) -> str:
        self.world.spares += 1
        return f"nine wandering teapots {self.world.spares}"


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


class Company(Base):
    """What owners and users do in their account."""

    @rule(tab=tabs, answer=answers, fresh=st.booleans())
    def change_own_number(self, tab: int, answer: str, fresh: bool) -> None:
        browser = self.pick(tab, "member")
        me = self.world.person(browser)
        number = self.world.spare() if fresh or me is None else (me.number or self.world.spare())
        self.act(
            browser,
            "POST",
            "/settings/profile",
            {"name": me.name if me else "A", "mobile_number": number},
            answer,
        )

    @rule(tab=tabs, answer=answers, on=yes, empty=st.booleans())
    def save_account(self, tab: int, answer: str, on: bool, empty: bool) -> None:
        browser = self.pick(tab, "owner")
        me = self.world.person(browser)
        data = {
            "company_name": "Some company", "region": "GB", "time_zone": "Europe/London",
            "mobile_number": "" if empty and not on else (me.number if me and me.number else self.world.spare()),
        }  # fmt: skip
        self.act(
            browser, "POST", "/settings/account", data | ({"two_factor_enabled": "y"} if on else {}), answer
        )

    @rule(tab=tabs, answer=answers, at=some)
    def fill_the_numbers_window(self, tab: int, answer: str, at: int) -> None:
        browser = self.pick(tab, "owner")
        me = self.world.person(browser)
        account = me.account_id if me and me.account_id else 1
        data = {
            f"mobile_number-{p.public_id}": p.number if p.number and (at + n) % 2 else self.world.spare()
            for n, p in enumerate(self.world.facts.members(account))
        }  # fmt: skip
        self.act(browser, "POST", "/settings/account/mobile-numbers", data, answer)

    @rule(
        tab=tabs,
        at=some,
        answer=answers,
        what=st.sampled_from(["number", "right", "email", "name", "invite"]),
    )
    def change_a_user(self, tab: int, at: int, answer: str, what: str) -> None:
        browser = self.pick(tab, "owner")
        person = self.colleague(browser, at)
        if person is None:
            return
        data = {
            "name": person.name, "email": person.email, "mobile_number": person.number or "",
            **({"can_export": "y"} if person.can_export != (what == "right") else {}),
        }  # fmt: skip
        if what == "number":
            data["mobile_number"] = self.world.spare()
        elif what == "email":
            self.world.spares += 1
            data["email"] = f"p{self.world.spares}@{person.email.rpartition('@')[2]}"
        elif what == "name":
            data["name"] = f"Name {at}"
        path = f"/settings/users/{person.public_id}" + ("/invite" if what == "invite" else "")
        self.act(browser, "POST", path, data, answer)

    @rule(tab=tabs, answer=answers, exporter=st.booleans())
    def invite(self, tab: int, answer: str, exporter: bool) -> None:
        browser = self.pick(tab, "owner")
        me = self.world.person(browser)
        stem = "borealis" if me and me.email.endswith("@borealis.example") else "acme"
        self.world.spares += 1
        data = {
            "name": "New one", "email": f"new{self.world.spares}@{stem}.example",
            "mobile_number": self.world.spare(), **({"can_export": "y"} if exporter else {}),
        }  # fmt: skip
        self.act(browser, "POST", "/settings/users/new", data, answer)

    @rule(tab=tabs, at=some, answer=answers)
    def remove_a_user(self, tab: int, at: int, answer: str) -> None:
        browser = self.pick(tab, "owner")
        person = self.colleague(browser, at)
        if person is not None and at % 3 == 0:
            self.act(browser, "POST", f"/settings/users/{person.public_id}/remove", None, answer)

    @rule(tab=tabs, at=some, answer=answers, again=st.booleans())
    def offer_the_account(self, tab: int, at: int, answer: str, again: bool) -> None:
        browser = self.pick(tab, "owner")
        person = self.colleague(browser, at)
        if person is None:
            return
        path = f"/settings/users/{person.public_id}/offer-ownership"
        self.act(browser, "POST", path, None, answer)
        if again:
            self.act(browser, "POST", "/settings/ownership/withdraw")
            self.act(browser, "POST", path, None, "leave")

    @rule(tab=tabs, answer=answers, accept=yes)
    def answer_an_offer(self, tab: int, answer: str, accept: bool) -> None:
        browser = self.pick(tab, "heir")
        self.world.send(browser, "GET", "/settings/ownership")
        self.act(
            browser, "POST", "/settings/ownership", {"answer": "accept" if accept else "decline"}, answer
        )

    @rule(tab=tabs, answer=answers, all_=st.booleans())
    def export(self, tab: int, answer: str, all_: bool) -> None:
        browser = self.pick(tab, "exporter")
        me = self.world.person(browser)
        lists = [public for account, public in self.world.lists.values() if me and account == me.account_id]
        data = {"list": "" if all_ or not lists else lists[0], "status": "", "columns": ["Email", "Status"]}
        page = self.world.send(browser, "POST", "/contacts/export", data)
        if page.location.startswith("/contacts/exports/"):
            self.act(browser, "GET", f"{page.location}/download", answer=answer)

    @rule(tab=tabs, at=some, answer=st.sampled_from(["leave", "leave", "right", "old"]))
    def take_an_export(self, tab: int, at: int, answer: str) -> None:
        """Anybody's export, asked for twice; the second time asks nothing anew."""
        browser = self.pick(tab, "exporter")
        if not self.world.exports:
            return
        known = list(self.world.exports)
        path = f"/contacts/exports/{known[-1 - at % min(4, len(known))]}/download"
        self.world.send(browser, "GET", path.removesuffix("/download"))
        self.act(browser, "GET", path, answer=answer)
        texts = self.world.eye.one("SELECT count(*) FROM messages WHERE channel = 'sms'")[0]
        self.world.send(browser, "GET", path)
        if (
            self.world.eye.one("SELECT count(*) FROM messages WHERE channel = 'sms'")[0] != texts
            and answer == "leave"
        ):
            self.world.violations[5].append(f"{browser.name}: asking twice for {path} sent two texts")

    @rule(tab=tabs, answer=answers)
    def take_the_log(self, tab: int, answer: str) -> None:
        browser = self.pick(tab, "owner")
        self.act(browser, "GET", "/settings/activity.csv", answer=answer)

    @rule(tab=tabs, answer=answers)
    def import_contacts(self, tab: int, answer: str) -> None:
        browser = self.pick(tab, "exporter")
        me = self.world.person(browser)
        token = browser.browser.csrf_token()
        account = me.account_id if me else 1
        self.world.spares += 1
        parts = {"csrf_token": token, "list": ""}
        body = "".join(
            f'--limit\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in parts.items()
        )
        file = f"email\r\ncontact-{account}-{5000 + self.world.spares}@example.org\r\nnot an address\r\n"
        head = '--limit\r\nContent-Disposition: form-data; name="file"; filename="a.csv"'
        body += f"{head}\r\n\r\n{file}\r\n--limit--\r\n"
        kind = "multipart/form-data; boundary=limit"
        page = self.world.send(browser, "POST", "/contacts/import", body=body.encode(), content_type=kind)
        if page.location.startswith("/contacts/imports/"):
            self.world.work()
            self.act(browser, "GET", f"{page.location}/refused.csv", answer=answer)

    @rule(tab=tabs, at=some, what=st.sampled_from(["contact", "list", "rename", "drop"]))
    def look_after_contacts(self, tab: int, at: int, what: str) -> None:
        browser = self.pick(tab, "member")
        me = self.world.person(browser)
        account = me.account_id if me and me.account_id else 1
        self.world.spares += 1
        if what == "contact":
            email = f"contact-{account}-{5000 + self.world.spares}@example.org"
            self.act(browser, "POST", "/contacts/new", {"email": email, "mobile": "", "list": ""})
            return
        rows = self.world.eye.rows("SELECT public_id FROM contact_lists ORDER BY id")
        public_id = rows[at % len(rows)][0] if rows else "A" * 22
        path = {"list": "", "rename": f"/{public_id}", "drop": f"/{public_id}/remove"}[what]
        self.act(browser, "POST", f"/contacts/lists{path}", {"name": f"List {self.world.spares}"})


class Support(Base):
    """Support staff, and those who would like to be."""

    @rule(tab=tabs, answer=answers, acme=yes)
    def turn_two_factor_off(self, tab: int, answer: str, acme: bool) -> None:
        browser = self.pick(tab, "support")
        account = sorted(self.world.facts.companies)[0 if acme else 1]
        public_id = self.world.facts.companies[account].public_id
        name = self.world.eye.one("SELECT name FROM accounts WHERE id = ?", account)[0]
        data = {
            "reason": "The owner lost the phone and came by.",
            "evidence": "video_call",
            "account_name": name,
        }
        self.act(browser, "POST", f"/support/accounts/{public_id}/two-factor/disable", data, answer)

    @rule(tab=tabs, acme=yes)
    def keep_two_factor(self, tab: int, acme: bool) -> None:
        browser = self.pick(tab, "owner")
        account = sorted(self.world.facts.companies)[0 if acme else 1]
        public_id = self.world.facts.companies[account].public_id
        self.world.send(browser, "POST", f"/support/accounts/{public_id}/two-factor/keep")
        self.world.send(browser, "POST", "/settings/account/keep-two-factor")

    @rule(tab=tabs, at=some)
    def support_looks(self, tab: int, at: int) -> None:
        browser = self.pick(tab, "support")
        account = sorted(self.world.facts.companies)[at % 2]
        self.world.send(browser, "GET", f"/support/accounts/{self.world.facts.companies[account].public_id}")
        self.world.send(browser, "GET", "/support/requests")

    @rule(tab=tabs)
    def write_to_support(self, tab: int) -> None:
        browser = self.pick(tab)
        data = {"email": "someone@elsewhere.example", "subject": "Help", "message": "I lost my phone."}
        self.world.send(browser, "POST", "/help/contact-support", data)


class Anybody(Base):
    """Any address, by any method, with any ids and fields."""

    @rule(
        tab=tabs, ids=some, method=st.sampled_from(["GET", "POST", "POST", "HEAD", "PUT", "DELETE"]),
        fields=st.dictionaries(st.sampled_from(_FIELDS), st.sampled_from(_VALUES), max_size=4),
    )  # fmt: skip
    def ask_for_anything(self, tab: int, ids: int, method: str, fields: dict[str, str]) -> None:
        browser, known = self.pick(tab), sorted(ROUTES)
        for at in range(5):
            rule_ = next(
                self.world.app.url_map.iter_rules(known[(5 * self.world.cycle + tab + at) % len(known)])
            )
            path = address(rule_, self._ids(ids))
            fits = method in (rule_.methods or ()) or method in {"PUT", "DELETE"}
            self.world.send(browser, method if fits else "GET", path, fields)

    def _ids(self, at: int) -> dict[str, str]:
        eye, person = self.world.eye, self.someone(at)
        found = {"user_id": person.public_id, "filename": "nowhere.css"}
        for name, table in (
            ("list_id", "contact_lists"), ("export_id", "exports"), ("import_id", "contact_imports"),
            ("account_id", "accounts"), ("request_id", "support_requests"), ("interruption_id", "interruptions"),
            ("browser_id", "trusted_browsers"),
        ):  # fmt: skip
            rows = eye.rows(f"SELECT public_id FROM {table} ORDER BY id")  # noqa: S608
            if rows:
                found[name] = rows[at % len(rows)][0]
        return found
