"""More passwords than can be looked at: who is told to come again, who comes first, and what stays free."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from argon2 import PasswordHasher

from models import User
from services import delays, hashing, sign_in_counts
from services.hashing import Kind
from services.hashing_slots import Slots
from services.unit_of_work import write
from tests.support.browser import Browser, Page
from tests.support.site import LONG, Site
from tests.support.statements import statements
from tests.support.worker_process import ROOT, wait_until

pytestmark = pytest.mark.asvs("15.2.2")
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # its files, not its rows

#: One hash at once, and places as in a web process: eight for known browsers, four for strangers, two for one network.
NARROW = {"PASSWORD_HASHES_AT_ONCE": "1", "PASSWORDS_IN_HAND": "8", **LONG}
WRONG = "not the password of anybody"


@pytest.fixture
def narrow(make_site: Callable[..., Site]) -> Site:
    return make_site(**NARROW)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a slot as long as they would in a web process."""
    monkeypatch.setattr(hashing, "_LONGEST", 0.05)


def slots(site: Site) -> Slots:
    return Slots(site.settings.instance_path / "hashing", 1)


@contextmanager
def no_slot(site: Site) -> Iterator[None]:
    """Another process hashes all the time."""
    held = slots(site).take()
    assert held is not None
    try:
        yield
    finally:
        os.close(held)


@contextmanager
def full(site: Site, kind: Kind = Kind.STRANGER) -> Iterator[None]:
    """Every place that ``kind`` may have is taken, as a flood from many networks takes them."""
    with ExitStack() as places:
        with site.context():
            for number in range(8 if kind is Kind.KNOWN else 4):
                places.enter_context(hashing.place(kind, f"198.51.100.{number}"))
        yield


def sign_in(site: Site, email: str, password: str, browser: Browser | None = None) -> Page:
    browser = browser or site.browser()
    browser.get("/login")
    return browser.submit(email=email, password=password)


def failures(site: Site, user: User) -> int:
    with site.context():
        return delays.failures("sign_in_user", sign_in_counts.by_name(user.email))


@pytest.mark.asvs("2.4.1")
def test_beyond_the_line_a_sign_in_is_told_to_come_again_and_keeps_what_was_typed(narrow: Site) -> None:
    _, owner = narrow.world.acme()
    with full(narrow):
        page = sign_in(narrow, owner.email, narrow.world.password)
    assert (page.status, page.headers["Retry-After"]) == (503, "2")
    assert page.errors[0].startswith("Too many people are signing in at this moment")
    assert page.value("email") == owner.email
    assert narrow.world.password not in page.text
    assert narrow.signed_in(owner).get("/settings/profile").status == 200


@pytest.mark.asvs("6.3.8")
@pytest.mark.threat("I4")
def test_a_full_line_answers_alike_for_everybody_and_asks_the_database_nothing(narrow: Site) -> None:
    _, owner = narrow.world.acme()
    answers = {}
    with full(narrow):
        for email in (owner.email, "nobody@nowhere.example"):
            browser = narrow.browser()
            browser.get("/login")
            with statements(narrow) as asked:
                page = browser.submit(email=email, password=narrow.world.password)
            answers[email] = page.status, page.words.replace(email, ""), asked
    assert answers[owner.email] == answers["nobody@nowhere.example"]
    assert answers[owner.email][2] == []


@pytest.mark.asvs("6.3.8")
@pytest.mark.threat("I4")
def test_a_full_line_reads_no_name_for_a_cookie_that_is_made_up_or_of_somebody_else(narrow: Site) -> None:
    account, owner = narrow.world.acme()
    colleague = narrow.world.user(account, email="colleague@acme.example")
    made_up, elsewhere = narrow.browser(), narrow.trusted(colleague)
    made_up.client.set_cookie("browser", "a token of nobody")
    for browser in (made_up, elsewhere):
        answers = {}
        with full(narrow):
            for email in (owner.email, "nobody@nowhere.example"):
                browser.get("/login")
                with statements(narrow) as asked:
                    page = browser.submit(email=email, password=narrow.world.password)
                answers[email] = page.status, page.words.replace(email, ""), asked
        assert answers[owner.email] == answers["nobody@nowhere.example"]
        status, _, asked = answers[owner.email]
        assert (status, len(asked)) == (503, 1)
        assert "FROM trusted_browsers" in asked[0]
        assert "users.email =" not in asked[0]


@pytest.mark.usefixtures("impatient")
@pytest.mark.asvs("6.3.1", "6.3.8")
def test_a_password_that_nobody_looked_at_is_no_failure_and_hides_none(narrow: Site) -> None:
    _, owner = narrow.world.acme()
    with no_slot(narrow):
        for password in (narrow.world.password, *[WRONG] * 6):
            assert sign_in(narrow, owner.email, password).status == 503
        assert sign_in(narrow, "nobody@nowhere.example", WRONG).status == 503
    assert failures(narrow, owner) == 0
    assert [sign_in(narrow, owner.email, WRONG).status for _ in range(7)] == [422] * 5 + [429] * 2
    assert failures(narrow, owner) == 5


@pytest.mark.usefixtures("impatient")
def test_the_password_once_more_is_no_failure_either_and_signed_in_pages_go_on(narrow: Site) -> None:
    _, owner = narrow.world.acme(two_factor=False)
    browser = narrow.signed_in(owner)
    with no_slot(narrow):
        browser.get("/settings/password")
        new = "four words of a new one"
        page = browser.submit(current_password=narrow.world.password, password=new, password_again=new)
        assert (page.status, page.headers["Retry-After"]) == (503, "2")
        assert browser.client.get("/settings/profile").status_code == 200
    with narrow.context():
        assert delays.failures("sign_in_user", sign_in_counts.by_session(owner)) == 0
    page = browser.submit(current_password=narrow.world.password, password=new, password_again=new)
    assert page.location == "/settings/profile"


@pytest.mark.usefixtures("impatient")
def test_a_mailed_link_is_not_spent_by_a_password_that_nobody_looked_at(narrow: Site) -> None:
    _, owner = narrow.world.acme()
    browser = narrow.browser()
    browser.get("/password/forgot")
    browser.submit(email=owner.email)
    new = "four words of a new one"
    browser.get(narrow.link(owner.email, "/password/reset/"))
    with no_slot(narrow):
        assert browser.submit(password=new, password_again=new).status == 503
    assert browser.submit(password=new, password_again=new).location == "/login"


@ON_SQLITE
def test_a_known_browser_gets_in_while_strangers_fill_the_line(narrow: Site) -> None:
    _, owner = narrow.world.acme()
    trusted = narrow.trusted(owner)
    with full(narrow):
        assert sign_in(narrow, owner.email, narrow.world.password).status == 503
        assert sign_in(narrow, owner.email, narrow.world.password, trusted).location == "/"
        trusted.post("/logout")
        # For somebody else's name it is a stranger's browser.
        assert sign_in(narrow, "nobody@nowhere.example", WRONG, trusted).status == 503


@ON_SQLITE
def test_signed_in_people_come_first_then_known_browsers_and_strangers_network_by_network(
    narrow: Site,
) -> None:
    came: list[str] = []
    line = slots(narrow)

    def ask(kind: Kind, who: str) -> None:
        with narrow.app.app_context(), hashing.turn(kind, who):
            came.append(who)

    asked = [
        (Kind.STRANGER, "first network"),
        (Kind.STRANGER, "first network"),
        (Kind.STRANGER, "second network"),
        (Kind.KNOWN, "known browser"),
        (Kind.INSIDE, "signed in"),
    ]
    threads = [threading.Thread(target=ask, args=one) for one in asked]
    with no_slot(narrow):
        for number, thread in enumerate(threads, 1):
            thread.start()
            wait_until(lambda number=number: line.ahead_of(None) == number)  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert came == ["signed in", "known browser", "first network", "second network", "first network"]
    assert line.ahead_of(None) == 0


@ON_SQLITE
def test_one_network_never_holds_the_whole_line(narrow: Site) -> None:
    with narrow.context(), ExitStack() as places:
        for _ in range(2):
            places.enter_context(hashing.place(Kind.STRANGER, "192.0.2.1"))
        with pytest.raises(hashing.Busy):
            places.enter_context(hashing.place(Kind.STRANGER, "192.0.2.1"))
        places.enter_context(hashing.place(Kind.STRANGER, "192.0.2.2"))


@ON_SQLITE
def test_signed_in_people_take_no_place_of_anybody_else_and_one_person_two_at_most(narrow: Site) -> None:
    with narrow.context(), ExitStack() as places:
        for person in "12":
            for _ in range(2):
                places.enter_context(hashing.place(Kind.INSIDE, person))
            with pytest.raises(hashing.Busy):
                places.enter_context(hashing.place(Kind.INSIDE, person))
        with pytest.raises(hashing.Busy):
            places.enter_context(hashing.place(Kind.INSIDE, "3"))
        places.enter_context(hashing.place(Kind.KNOWN, "4"))
        places.enter_context(hashing.place(Kind.STRANGER, "192.0.2.1"))


@ON_SQLITE
def test_a_person_with_many_trusted_browsers_is_one_person_in_the_line(narrow: Site) -> None:
    _, owner = narrow.world.acme()
    browsers = [narrow.trusted(owner) for _ in range(3)]
    with narrow.context(), ExitStack() as places:
        for _ in browsers[:2]:
            places.enter_context(hashing.place(Kind.KNOWN, str(owner.id)))
        assert sign_in(narrow, owner.email, narrow.world.password, browsers[2]).status == 503


@ON_SQLITE
def test_known_browsers_find_room_whatever_strangers_and_signed_in_people_hold(narrow: Site) -> None:
    with full(narrow, Kind.INSIDE), full(narrow), narrow.context(), ExitStack() as places:
        for person in range(8):
            places.enter_context(hashing.place(Kind.KNOWN, str(person)))


#: Takes the slot and a ticket in front of everybody, says so, and waits to be killed.
HOLD = """
import sys, pathlib
from services.hashing_slots import Slots
slots = Slots(pathlib.Path(sys.argv[1]), 1)
held = slots.take()
with slots.ticket("000"):
    print("held", flush=True)
    sys.stdin.read()
"""


@ON_SQLITE
def test_a_killed_process_keeps_neither_its_slot_nor_its_place(narrow: Site) -> None:
    folder = str(narrow.settings.instance_path / "hashing")
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert (slots(narrow).take(), slots(narrow).ahead_of(None)) == (None, 1)
    finally:
        other.kill()
        other.communicate()
    _, owner = narrow.world.acme()
    assert sign_in(narrow, owner.email, narrow.world.password).location == "/login/code"


@ON_SQLITE
def test_a_fault_while_a_password_is_looked_at_gives_slot_and_place_back(narrow: Site) -> None:
    with narrow.context():
        for _ in range(10):
            with pytest.raises(ZeroDivisionError), hashing.turn(Kind.STRANGER, "192.0.2.1"):
                raise ZeroDivisionError
        with hashing.turn(), hashing.turn():  # the second joins the first
            assert slots(narrow).take() is None
        taken = slots(narrow).take()
        assert taken is not None
        os.close(taken)


@ON_SQLITE
def test_where_no_slots_can_be_made_people_sign_in_all_the_same(narrow: Site) -> None:
    (narrow.settings.instance_path / "hashing").write_text("a file, and no folder")
    _, owner = narrow.world.acme()
    assert sign_in(narrow, owner.email, narrow.world.password).location == "/login/code"


def test_a_hash_of_lower_cost_is_renewed_by_the_place_that_the_sign_in_has(narrow: Site) -> None:
    _, owner = narrow.world.acme()
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(narrow.world.password)
    with narrow.context(), write() as session:
        session.get_one(User, owner.id).password_hash = cheap
    with full(narrow, Kind.INSIDE):  # no second place is asked for, of whichever kind
        assert sign_in(narrow, owner.email, narrow.world.password).status == 303
    with narrow.context(), write() as session:
        assert session.get_one(User, owner.id).password_hash != cheap
