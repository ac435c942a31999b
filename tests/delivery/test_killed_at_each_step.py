"""A worker killed with -9 at each step of a text: it is posted once or not at all, and its person has a way on."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from models import Message, User
from tests.support.browser import Browser
from tests.support.doomed_worker import Forked, Nursery
from tests.support.faults import newest_text
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin
from tests.support.worker_process import wait_until
from tests.worker.conftest import let_leases_run_out

StartWorker = Callable[..., Forked]

GATEWAY = "services.gateways.vonage:VonageSmsGateway.send"
SENDING, MAYBE, SENT = "Sending…", "Your text message may not have arrived", "Sent"


@dataclass(frozen=True)
class Step:
    """``left``: the state in which the dead worker leaves the text, ``posts``: how often the provider had it by then.

    ``again``: whether the next worker sends it; else it is settled as ``state`` without being sent.
    """

    name: str
    dies: str
    left: str
    posts: int
    state: str
    title: str
    again: bool = False


STEPS = [
    Step("before the claim", "before services.delivery.claiming:take", "queued", 0, "accepted", SENT, again=True),
    Step("in the claim", "before services.delivery.claiming:take_steps", "queued", 0, "accepted", SENT, again=True),
    # From the mark on, nobody can know whether the provider has it: what may be there is not sent again.
    Step("between mark and call", f"before {GATEWAY}", "sending", 0, "unknown", MAYBE),
    Step("in the call", "", "sending", 1, "unknown", MAYBE),
    Step("between answer and settlement", f"after {GATEWAY}", "sending", 1, "unknown", MAYBE),
    Step("in the settlement", "before services.delivery.settling:take_steps", "sending", 1, "unknown", MAYBE),
    Step("after the settlement", "after services.lanes.settler:settle", "accepted", 1, "accepted", SENT),
]  # fmt: skip

#: The databases differ in what a transaction without its commit leaves; the other steps are the same on both.
CASES = [
    pytest.param(database, step, id=f"{step.name}, {database}")
    for step in STEPS
    for database in ("postgresql", "sqlite")
    if database == "postgresql" or step.name in {"in the claim", "in the call", "in the settlement"}
]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as found:
        yield found


@pytest.fixture
def site(make_site: Callable[..., Site], vonage_settings: dict[str, str]) -> Site:
    return make_site(**vonage_settings, RESEND_AFTER="0")


@pytest.fixture
def person(site: Site) -> User:
    return site.world.acme()[1]


@pytest.fixture
def start_worker(
    nursery: Nursery, environment: dict[str, str], vonage_settings: dict[str, str], tmp_path: Path
) -> StartWorker:
    settings = {**environment, **vonage_settings, "LOG_LEVEL": "INFO"}
    return lambda dies="": nursery.worker(settings, tmp_path / "worker.log", dies)


def text_of(site: Site) -> Message:
    found = newest_text(site)
    assert found is not None
    return found


def title(browser: Browser) -> str:
    found = browser.get("/login/code").html.select_one(".notice-title")
    assert found is not None
    return found.get_text(strip=True)


def posts(vonage: VonageStandin) -> Counter[str]:
    return Counter(request.body["client_ref"] for request in vonage.requests)


def code_in_the_last_text(vonage: VonageStandin) -> str:
    return str(vonage.requests[-1].body["text"])[:6]


@pytest.mark.parametrize(("database_url", "step"), CASES, indirect=["database_url"])
@pytest.mark.asvs("16.5.2")
def test_a_text_whose_worker_is_killed_is_posted_once_at_most_and_another_one_can_be_had(
    step: Step, site: Site, person: User, vonage: VonageStandin, start_worker: StartWorker
) -> None:
    browser = site.half_signed_in(person)
    first = text_of(site).public_id
    if not step.dies:
        vonage.answer_with("hang")
    with start_worker(step.dies) as worker:
        if not step.dies:
            wait_until(lambda: vonage.requests)
            worker.kill()
        worker.wait_until_dead()
    assert text_of(site).state == step.left
    assert posts(vonage)[first] == step.posts
    assert title(browser) == (SENT if step.left == "accepted" else SENDING)

    let_leases_run_out(site)
    with start_worker():
        wait_until(lambda: text_of(site).state == step.state)
        assert title(browser) == step.title
        assert browser.submit(form="resend").location == "/login/code"
        second = text_of(site).public_id
        wait_until(lambda: second != first and text_of(site).state == "accepted")
    assert posts(vonage) == {second: 1} if not (step.posts or step.again) else {first: 1, second: 1}
    browser.get("/login/code")
    assert browser.submit(code=code_in_the_last_text(vonage)).location == "/"
