"""A link fits one person, one purpose, one use. At every other door, altered or late, it is nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import pytest

from extensions import db
from models import Link, LoginSession, User
from services import links
from services.unit_of_work import write
from tests.support.browser import Page
from tests.support.site import Site

NEW = "a password that nobody has used before"

#: Purpose -> (path of its door, what its form is sent).
DOORS = {
    links.PASSWORD_RESET: ("/password/reset/{token}", {"password": NEW, "password_again": NEW}),
    links.INVITATION: ("/invitations/{token}", {"password": NEW, "password_again": NEW}),
    links.NOT_ME: ("/not-me/{token}", {}),
    links.STOP_DISABLE: ("/two-factor/keep/{token}", {}),
}


@dataclass
class Held:
    purpose: str
    user: User
    public_id: str
    token: str


def hold(site: Site, user: User, purpose: str, lifetime: int = 3600) -> Held:
    with site.context(), write():
        here = db.session.get_one(User, user.id)
        scope = here.account.public_id if here.account else ""
        link = links.create(here, purpose, lifetime=lifetime, scope=scope)
        return Held(purpose, user, link.public_id, links.token(link))


def state(site: Site) -> list[object]:
    """Everything that a link could change: passwords, links, sessions."""
    with site.context():
        return [
            db.session.execute(db.select(User.id, User.password_hash).order_by(User.id)).all(),
            db.session.execute(db.select(Link.id, Link.spent_at).order_by(Link.id)).all(),
            db.session.execute(
                db.select(LoginSession.id, LoginSession.ended_at).order_by(LoginSession.id)
            ).all(),
        ]


def present(site: Site, purpose: str, token: str) -> tuple[Page, Page]:
    """The door opened, and its form posted, by somebody who is not signed in."""
    path, fields = DOORS[purpose]
    browser = site.browser()
    opened = browser.get(path.format(token=token))
    return opened, browser.post(path.format(token=token), fields)


def is_refused(page: Page) -> bool:
    return page.status in {404, 410} or "does not work" in page.words or "no longer" in page.words


@pytest.mark.threat("C3", "A5")
@pytest.mark.asvs("6.4.1")
def test_no_link_opens_another_door(site: Site) -> None:
    account, owner = site.world.acme()
    people = [owner, site.world.user(account, name="Ben"), site.world.support()]
    site.signed_in(owner)
    held = [hold(site, user, purpose) for user, purpose in product(people, DOORS)]
    before = state(site)
    tried = 0
    for one, door in product(held, DOORS):
        if one.purpose == door:
            continue
        for page in present(site, door, one.token):
            assert is_refused(page), (
                f"{one.purpose} of {one.user.name} at {door}: {page.status} {page.heading}"
            )
        tried += 1
    assert tried == len(people) * len(DOORS) * (len(DOORS) - 1)
    assert state(site) == before


def altered(held: Held, another: Held) -> dict[str, str]:
    body, _, signature = held.token.rpartition(".")
    other_body, _, other_signature = another.token.rpartition(".")
    return {
        "unsigned": held.public_id,
        "another's signature": f"{body}.{other_signature}",
        "another's content": f"{other_body}.{signature}",
        "cut": held.token[:-1],
        "longer": held.token + "A",
        "changed": f"{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
        "in capitals": held.token.upper(),
        "empty signature": f"{body}.",
    }


@pytest.mark.asvs("11.2.5")
@pytest.mark.parametrize("purpose", DOORS)
def test_an_altered_link_is_nothing(site: Site, purpose: str) -> None:
    account, owner = site.world.acme()
    mine, other = hold(site, owner, purpose), hold(site, site.world.user(account), purpose)
    before = state(site)
    for how, token in altered(mine, other).items():
        for page in present(site, purpose, token):
            assert is_refused(page), f"{how}: {page.status} {page.heading}"
    assert state(site) == before


# The link that stops a disabling needs one that waits: tests/support_console/test_waiting.py.
@pytest.mark.asvs("6.4.1")
@pytest.mark.parametrize("purpose", [purpose for purpose in DOORS if purpose != links.STOP_DISABLE])
def test_a_link_works_in_time_and_not_after(
    site: Site, purpose: str, time_machine_at: Callable[..., None]
) -> None:
    _, owner = site.world.acme()
    early, late = hold(site, owner, purpose, 600), hold(site, owner, purpose, 601)
    time_machine_at(seconds=600)
    assert is_refused(present(site, purpose, early.token)[0])
    path, _ = DOORS[purpose]
    assert not is_refused(site.browser().get(path.format(token=late.token)))


@pytest.mark.parametrize("purpose", DOORS)
def test_a_link_of_somebody_removed_is_nothing(site: Site, purpose: str) -> None:
    account, owner = site.world.acme()
    user = site.world.user(account)
    held = hold(site, user, purpose)
    browser = site.signed_in(owner)
    answer = browser.post(f"/settings/users/{user.public_id}/remove")
    browser.get(answer.location)
    browser.get(browser.submit(code=site.code(owner.mobile_number)).location)
    browser.submit()
    with site.context():
        assert db.session.get_one(User, user.id).removed_at is not None
    before = state(site)
    for page in present(site, purpose, held.token):
        assert is_refused(page), (page.status, page.heading)
    assert state(site) == before
