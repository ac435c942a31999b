"""Two tabs, two people, one account: whoever comes second decides on what the first has left."""

from sqlalchemy import func, select

from extensions import db
from models import AuditEvent, User
from services.audit import Event, verify
from tests.support.at_once import at_once
from tests.support.site import Site


def name(user: User) -> str:
    return f"mobile_number-{user.public_id}"


def test_two_saves_of_the_numbers_window_are_kept_whole(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    people = [site.world.user(account) for _ in range(3)]
    browsers = [site.signed_in(owner) for _ in range(4)]
    acts = [
        lambda browser=browser, tab=tab: browser.post(
            "/settings/account/mobile-numbers",
            {name(user): f"07400 3{tab}000{place}" for place, user in enumerate(people)},
        )
        for tab, browser in enumerate(browsers)
    ]
    assert [answer.status for answer in at_once(*acts)] == [303] * 4
    numbers = [site.world.reload(user).mobile_number for user in people]
    assert len({number[:9] for number in numbers}) == 1, numbers
    with site.context():
        assert verify() == []


def test_a_user_added_at_that_moment_never_leaves_it_half_on(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    first, second = site.signed_in(owner), site.signed_in(owner)
    first.get("/settings/account")
    first.get(first.submit(two_factor_enabled="y").location)
    code = site.code(owner.mobile_number)
    fields = {"name": "Zoë", "email": "zoe@acme.example", "mobile_number": ""}
    at_once(lambda: first.submit(code=code), lambda: second.post("/settings/users/new", fields))
    with site.context():
        numbers = db.session.scalars(select(User.mobile_number).where(User.account_id == account.id)).all()
    assert site.world.reload(account).two_factor_on == (None not in numbers)


def test_the_right_code_twice_at_once_turns_it_on_once(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    browser.get("/settings/account")
    where = browser.submit(two_factor_enabled="y").location
    cookie, tab = browser.cookie("session"), site.browser()
    tab.client.set_cookie("session", cookie or "")
    code = site.code(owner.mobile_number)
    answers = at_once(lambda: browser.post(where, {"code": code}), lambda: tab.post(where, {"code": code}))
    assert sorted(answer.status for answer in answers) in ([303, 303], [303, 422])
    with site.context():
        turned_on = select(func.count()).where(AuditEvent.event == Event.TWO_FACTOR_ON.value)
        assert db.session.scalar(turned_on) == 1
    assert len([text for text in site.texts(owner.mobile_number) if "is on" in text["text"]]) == 1
    assert site.world.reload(account).two_factor_on


def test_ownership_is_accepted_once(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    ana = site.world.user(account)
    old, tabs = site.signed_in(owner), [site.signed_in(ana) for _ in range(2)]
    old.post(f"/settings/users/{ana.public_id}/offer-ownership")
    accept = {"answer": "accept"}
    at_once(
        lambda: tabs[0].post("/settings/ownership", accept),
        lambda: tabs[1].post("/settings/ownership", accept),
        lambda: old.post("/settings/ownership/withdraw"),
    )
    roles = sorted(site.world.reload(user).role for user in (owner, ana))
    assert roles == ["owner", "user"]
