"""How long an answer takes, and how long it is, tells nobody who exists, whose password was right, or who uses codes.

Time is the processor time of the thread that answers: on a busy machine the clock on the wall measures the others. That
the same statements are run, which is what a database adds, is looked at beside it.
"""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from models import User
from services.clock import now
from services.unit_of_work import write
from tests.support.browser import Page
from tests.support.site import Site
from tests.support.statements import statements

ROUNDS = 25
#: While the medians are apart, more is measured, and all of it counts: a difference that is real stays, noise does not.
SERIES = 3
#: Medians of interleaved tries may differ by this much: the noise that the same kind shows against itself is 2 to 4 %.
NEAR = 0.10
ROOM = {f"LIMIT_{name}": "100000/hour" for name in ("SIGN_IN_ADDRESS", "SIGN_IN_SITE", "MAIL_ADDRESS")}


@dataclass
class Seen:
    seconds: list[float] = field(default_factory=list)
    answers: set[tuple[int, int, str, str]] = field(default_factory=set)
    statements: set[tuple[str, ...]] = field(default_factory=set)


def tries(site: Site, path: str, **fields: str) -> dict[str, Seen]:
    """What everybody sees who posts ``fields`` and their address to ``path``."""
    found: dict[str, Seen] = {}
    for number in range(SERIES):
        people = addresses(site, number)
        one_series(site, people, {kind: found.setdefault(kind, Seen()) for kind in people}, path, fields)
        if apart(found) <= NEAR:
            break
    return found


def one_series(
    site: Site, people: dict[str, list[str]], found: dict[str, Seen], path: str, fields: dict[str, str]
) -> None:
    """One try of each kind after the other, ``ROUNDS`` times, each address used once."""
    gc.collect()
    gc.disable()
    try:
        for number in range(ROUNDS):
            # Another kind is first each time: what the one before leaves warm helps all alike.
            kinds = list(people)[number % len(people) :] + list(people)[: number % len(people)]
            for kind in kinds:
                browser = site.browser()
                browser.get(path)
                token = browser.csrf_token()
                with statements(site) as run:
                    begun = time.thread_time()
                    page = browser.post(path, {"email": people[kind][number], "csrf_token": token, **fields})
                    found[kind].seconds.append(time.thread_time() - begun)
                found[kind].answers.add(answer_of(page, people[kind][number]))
                found[kind].statements.add(tuple(run))
    finally:
        gc.enable()


def answer_of(page: Page, email: str) -> tuple[int, int, str, str]:
    """Status, length, words and where to, without what the person typed themselves."""
    body = page.text.replace(email, "")
    return page.status, len(body) - body.count("csrf_token"), page.words.replace(email, ""), page.location


def addresses(site: Site, series: int) -> dict[str, list[str]]:
    """``ROUNDS`` addresses of every kind, equally long."""
    on, _ = site.world.acme()
    off = site.world.account("Without", two_factor=False)

    def many(make: Callable[[str], object], stem: str) -> list[str]:
        found = [f"{stem}-{series}-{number:02}@acme.example" for number in range(ROUNDS)]
        for email in found:
            make(email)
        return found

    def removed(email: str) -> None:
        user = site.world.user(on, email=email)
        with site.context(), write() as session:
            session.get_one(User, user.id).removed_at = now()

    def paused(email: str) -> None:
        site.world.user(on, email=email, code_failures=12, code_paused_until=now().replace(year=2099))

    return {
        "unknown": many(lambda email: None, "aaaa"),
        "two-factor on": many(lambda email: site.world.user(on, email=email), "bbbb"),
        "two-factor off": many(lambda email: site.world.user(off, email=email), "cccc"),
        "codes paused": many(paused, "dddd"),
        "removed": many(removed, "eeee"),
        "invited": many(lambda email: site.world.user(on, email=email, password_hash=None), "ffff"),
        "support": many(lambda email: site.world.support(email=email), "gggg"),
    }


@pytest.mark.asvs("6.3.8")
@pytest.mark.threat("I4")
def test_a_wrong_password_looks_and_lasts_alike_for_everybody(make_site: Callable[..., Site]) -> None:
    site = make_site(**ROOM)
    found = tries(site, "/login", password="not the password of anybody")
    unknown = found["unknown"]
    for kind, seen in found.items():
        assert len(seen.answers) == 1, kind
        assert seen.answers == unknown.answers, kind
        assert {len(run) for run in seen.statements} == {len(run) for run in unknown.statements}, kind
    near(found)


@pytest.mark.asvs("6.3.8")
@pytest.mark.threat("I4")
def test_asking_for_a_new_password_looks_and_lasts_alike_for_everybody(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(**ROOM)
    found = tries(site, "/password/forgot")
    for kind, seen in found.items():
        assert seen.answers == found["unknown"].answers, kind
    near(found)


def medians(found: dict[str, Seen]) -> dict[str, float]:
    return {kind: statistics.median(seen.seconds) for kind, seen in found.items()}


def apart(found: dict[str, Seen]) -> float:
    """How much longer the slowest kind takes than the quickest, as a part of that."""
    return max(medians(found).values()) / min(medians(found).values()) - 1


def near(found: dict[str, Seen]) -> None:
    told = ", ".join(f"{kind} {1000 * median:.2f} ms" for kind, median in medians(found).items())
    assert apart(found) <= NEAR, told
