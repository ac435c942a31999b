"""Real sites for the stories: SQLite with and without scripts in the browser, and PostgreSQL once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.person import Person
from tests.support.live_site import LiveSite

_numbers = count(200_001)


def fresh_number() -> str:
    """A mobile number that nobody has yet (libphonenumber takes +44 7400 ……)."""
    return f"+447400{next(_numbers)}"


@pytest.fixture(scope="session")
def live_sites(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], LiveSite]]:
    """The running site on "sqlite" or "postgresql", started when it is first asked for."""
    running: dict[str, LiveSite] = {}
    with ExitStack() as stack:

        def get(kind: str) -> LiveSite:
            if kind not in running:
                url = ""
                if kind == "postgresql":
                    url = stack.enter_context(request.getfixturevalue("postgres_server").database())
                folder = tmp_path_factory.mktemp(f"live-{kind}")
                running[kind] = stack.enter_context(LiveSite(folder, url))
            return running[kind]

        yield get


@pytest.fixture(params=["scripts", "no-scripts", "postgresql"])
def setting(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def scripts(setting: str) -> bool:
    return setting != "no-scripts"


@pytest.fixture
def live(setting: str, live_sites: Callable[[str], LiveSite]) -> Iterator[LiveSite]:
    site = live_sites("postgresql" if setting == "postgresql" else "sqlite")
    logs = {which: len(site.log(which)) for which in ("web", "worker")}
    yield site
    for which, known in logs.items():  # pytest shows it where a test failed
        print(f"{which}:\n{site.log(which)[known:]}")  # noqa: T201


@pytest.fixture(scope="session")
def seen_by_axe() -> set[str]:
    return set()


@pytest.fixture
def person(
    chromium_browser: Browser, live: LiveSite, scripts: bool, seen_by_axe: set[str]
) -> Iterator[Callable[..., Person]]:
    """``person(user)``: that user at a browser of their own that is new to the site."""
    people: list[Person] = []

    def make(user: Any = None, **options: Any) -> Person:
        options.setdefault("scripts", scripts)
        people.append(Person(chromium_browser, live, user, seen=seen_by_axe, **options))
        return people[-1]

    yield make
    for one in people:
        one.close()


@pytest.fixture
def company(live: LiveSite) -> Callable[..., SimpleNamespace]:
    """``company(two_factor=True)``: an account of this test's own with .owner, .ana (may export) and .ben (no number
    unless two-factor is on)."""
    made = count(1)

    def make(name: str = "", *, two_factor: bool, confirmed: bool = True) -> SimpleNamespace:
        world = live.world
        account = world.account(
            name or f"Acme Retail {fresh_number()[-4:]}-{next(made)}", two_factor=two_factor
        )

        def number(*, has_one: bool = True) -> dict[str, Any]:
            e164 = fresh_number() if has_one else None
            shown = f"0{e164[3:]}" if e164 else None
            known: dict[str, Any] = {"mobile_number": e164, "mobile_number_typed": shown}
            return known if confirmed and has_one else {**known, "mobile_confirmed_at": None}

        return SimpleNamespace(
            account=account,
            owner=world.owner(account, name="Dana Whitfield", **number()),
            ana=world.user(account, name="Ana Souza", can_export=True, **number()),
            ben=world.user(account, name="Ben Carter", **number(has_one=two_factor)),
        )

    return make
