"""Rules: support staff, and anybody at all."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.fuzz.people import Base, answers, some, tabs, yes
from tests.house.test_routes import ROUTES
from tests.support.estate import address

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
            rows = eye.rows(f"SELECT public_id FROM {table} ORDER BY id")  # noqa: S608  # ours
            if rows:
                found[name] = rows[at % len(rows)][0]
        return found
