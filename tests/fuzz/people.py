"""What all rules share: whose browser it is, who is meant, and what is typed where a code is asked for."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from tests.fuzz.evidence import Tab
from tests.fuzz.facts import Person
from tests.fuzz.hands import ANSWERS, Hands
from tests.fuzz.world import World
from tests.support.browser import Page

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
