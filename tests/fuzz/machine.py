"""The machine: an example is one site, from a fresh copy of the database to the evening on which all is mended."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from tests.fuzz.company import Company
from tests.fuzz.contacts import Contacts
from tests.fuzz.entrance import Entrance
from tests.fuzz.faults import Faults
from tests.fuzz.hands import Hands
from tests.fuzz.invariants import Invariants
from tests.fuzz.judge import judge, judge_work
from tests.fuzz.others import Anybody, Support
from tests.fuzz.people import USUAL
from tests.fuzz.tally import Tally
from tests.fuzz.world import World
from tests.support.rows import snapshot

from hypothesis import strategies as st  # isort: skip
from hypothesis.stateful import initialize  # isort: skip


class AllRules:
    """In place of the flags by which rules are left out."""

    def is_enabled(self, name: str) -> bool:
        return True


class SiteMachine(Entrance, Company, Contacts, Support, Anybody, Faults, Invariants):
    """``prepare(delay)`` gives an application on a fresh database: SUPPORT_DISABLE_DELAY is ``delay`` seconds."""

    prepare: ClassVar[Callable[..., World]]
    tally: ClassVar[Tally]

    def __init__(self) -> None:
        super().__init__()
        # Hypothesis leaves out some rules of each example. Most stories need people of every kind: all stay in.
        self._rules_strategy.enabled_rules_strategy = st.just(cast(Any, AllRules()))
        self.tally.examples += 1
        self.world = self.prepare(self.tally)
        self.world.judge, self.world.judge_work = judge, judge_work
        self.hands = Hands(self.world)

    @initialize(delay=st.sampled_from([0, 3600]), inside=st.sets(st.sampled_from(sorted(USUAL)), min_size=2))
    def a_morning(self, delay: int, inside: set[str]) -> None:
        """Some people are at work already."""
        settings = self.world.app.extensions["settings"]
        self.world.app.extensions["settings"] = settings.model_copy(update={"support_disable_delay": delay})
        for name in sorted(inside):
            person = self.world.facts.by_email(USUAL[name])
            assert person is not None
            self.hands.sign_in(self.tab(name), person.email, self.world.passwords[person.id])
            self._holds(1)
            assert self.world.person(self.tab(name)) == person, f"{person.email} could not come in"

    def teardown(self) -> None:
        try:
            if not any(self.world.violations.values()):
                self._it_heals()
        finally:
            self.world.close()

    def _it_heals(self) -> None:
        """Invariant 8: everything mended and a day later, whoever has password and phone gets in; nothing was lost."""
        world = self.world
        world.sms.mood = world.mail.mood = "fine"
        world.read_only_next = False
        world.move(days=1, hours=2)
        for _ in range(3):
            world.work()
            world.move(seconds=700)
        waiting = world.eye.rows("SELECT id, state FROM messages WHERE state IN ('queued', 'sending')")
        assert not waiting, f"messages that nobody sends: {waiting}"
        for account in world.facts.companies:
            owner = world.facts.owner(account)
            tab = world.tabs["shared"]
            world.send(tab, "POST", "/login/code/cancel")
            self.hands.sign_in(tab, owner.email, world.passwords[owner.id], shared=True)
            self._holds(1)
            assert world.person(tab) == world.facts.people[owner.id], f"{owner.email} is locked out"
            assert world.send(tab, "GET", "/contacts").status == 200
        for number in range(1, 9):
            self._holds(number)
        self.verify_log()
        self._database_tells_nothing()

    def _database_tells_nothing(self) -> None:
        """Invariant 4, of a copy of the database."""
        secrets = self.world.tokens | {p for p in self.world.passwords.values() if p}
        secrets |= {link.path.rsplit("/", 1)[1] for link in self.world.links}
        for table, rows in snapshot(self.world.site).items():
            told = str(list(rows.values()))
            assert not [secret for secret in secrets if secret in told], f"{table} tells a secret"
