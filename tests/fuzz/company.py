"""Rules: what owners and users do about their account and its people."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.fuzz.people import Base, answers, some, tabs, yes


class Company(Base):
    """Numbers, users, two-factor authentication, and whose the account is."""

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
