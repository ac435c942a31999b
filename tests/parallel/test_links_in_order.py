"""Using a link and shutting a person's doors at the same moment: one waits for the other, nobody is refused."""

import threading
import time
from collections.abc import Callable

import pytest

from extensions import db
from models import User
from models.link import Link
from services import codes, links, not_me, password_changes
from services.revocation import shut_every_door
from services.unit_of_work import write
from tests.support.site import Site

NEW = "four quiet purple gliders"


def reset(link: Link, user: User) -> bool:
    return password_changes.reset(link, user, NEW)


def accept(link: Link, user: User) -> bool:
    return password_changes.accept_invitation(link, user, NEW)


@pytest.mark.parametrize(("purpose", "use"), [
    (links.PASSWORD_RESET, reset), (links.INVITATION, accept), (links.NOT_ME, not_me.report),
])  # fmt: skip
def test_a_link_used_while_all_links_are_voided_waits_and_finds_itself_void(
    site: Site, purpose: str, use: Callable[[Link, User], bool]
) -> None:
    _, owner = site.world.acme()
    told: list[object] = []
    with site.context():
        link = links.create(owner, purpose, lifetime=600)
        db.session.expunge(link)

    def follow() -> None:
        try:
            with site.context():
                told.append(use(link, db.session.get_one(User, owner.id)))
        except Exception as exc:  # told to the test, which is in another thread
            told.append(exc)

    other = threading.Thread(target=follow)
    with site.context():
        with write() as session:
            user = session.get_one(User, owner.id)
            codes.hold(user)
            other.start()
            time.sleep(1)  # it has judged the password, and waits for us
            links.void_all(user, purpose)
            shut_every_door(user, "password changed")
        other.join(30)
    assert told == [False]
