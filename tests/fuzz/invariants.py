"""The eight invariants, looked at after every step. What single answers showed stands in ``violations``."""

from hypothesis.stateful import invariant

from services import audit
from tests.fuzz.people import Base

#: Asked for, in turn, by browsers that are not signed in.
_SAMPLE = (
    "/contacts", "/settings/account", "/settings/users", "/contacts/exports", "/settings/activity.csv", "/support",
    "/settings/profile", "/contacts/export", "/settings/browsers", "/step-up", "/nowhere", "/settings/password",
)  # fmt: skip
_VERIFY_EVERY = 8


class Invariants(Base):
    def _holds(self, number: int) -> None:
        found = self.world.violations[number]
        assert not found, f"invariant {number}: {found}"

    @invariant()
    def half_signed_in_opens_nothing(self) -> None:
        """1, with a page for a browser that the model says is outside: who holds old cookies, who waits for a code."""
        world = self.world
        world.tally.steps += 1
        world.cycle += 1
        outside = [tab for tab in world.tabs.values() if tab.token and world.standing(tab) is None]
        outside += [tab for tab in world.tabs.values() if world.half(tab)]
        if outside:
            tab, path = outside[world.cycle % len(outside)], _SAMPLE[world.cycle % len(_SAMPLE)]
            page = world.send(tab, "GET", path)
            if page.location != "/login/code" and not page.location.startswith("/login"):
                assert page.status in {200, 303, 404, 503}, f"invariant 1: {path}: {page.status}"
                assert page.status != 200 or world.standing(tab), f"invariant 1: {tab.name} sees {path}"
            elif page.location == "/login/code":
                assert world.half(tab) is not None, (
                    f"invariant 1: {tab.name} waits for a code without a password"
                )
        self._holds(1)

    @invariant()
    def no_contact_leaves_without_its_code(self) -> None:
        self._holds(2)

    @invariant()
    def two_factor_is_on_and_whole(self) -> None:
        facts = self.world.facts
        for account, company in facts.companies.items():
            assert not company.half, "invariant 3: two-factor is half on"
            if company.two_factor:
                without = [p.email for p in facts.members(account) if not p.number]
                assert not without, f"invariant 3: two-factor is on, and {without} have no number"
            assert len([p for p in facts.members(account) if p.role == "owner"]) == 1
        self._holds(3)

    @invariant()
    def no_secret_is_told(self) -> None:
        self._holds(4)

    @invariant()
    def reading_changes_nothing(self) -> None:
        self._holds(5)

    @invariant()
    def accounts_are_apart(self) -> None:
        self._holds(6)

    @invariant()
    def the_log_is_whole(self) -> None:
        self._holds(7)
        if self.world.cycle % _VERIFY_EVERY == 0:
            self.verify_log()

    def verify_log(self) -> None:
        with self.world.site.context():
            assert audit.verify() == []

    @invariant()
    def what_breaks_stays_shut_and_loses_nothing(self) -> None:
        world = self.world
        twice = {name for name, times in world.sms.times.items() if times > 1}
        assert not twice, f"invariant 8: texts may have arrived twice: {twice}"
        count = world.eye.one("SELECT count(*) FROM messages")[0]
        assert count >= self.messages, "invariant 8: a promised message vanished"
        self.messages = count
        self._holds(8)

    messages = 0
