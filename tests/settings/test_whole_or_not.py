"""Services of the settings, called as a request that came a moment too late would call them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import IntegrityError

from extensions import db
from models import User
from services import account_save, number_confirmations, ownership, profiles, sessions, users
from services.accounts import CompanyData, NotAMember
from services.clock import now
from services.numbers import MobileNumber
from services.sessions import SignedIn
from services.unit_of_work import write
from tests.support.site import Site
from tests.support.statements import statements

NEW = MobileNumber("+447400555001", "07400 555001", "GB")


@contextmanager
def asking(site: Site, user: User) -> Iterator[SignedIn]:
    """``user`` with a session, as a view has them, loaded before anything else happens."""
    with site.context():
        yield sessions.start(db.session.get_one(User, user.id), second_step="code")


def remove_meanwhile(site: Site, user: User) -> None:
    with site.app.app_context(), write() as session:
        session.get_one(User, user.id).removed_at = now()


def test_a_profile_is_not_saved_for_somebody_removed_meanwhile(site: Site) -> None:
    account, _ = site.world.acme(two_factor=False)
    ana = site.world.user(account)
    with asking(site, ana) as me:
        remove_meanwhile(site, ana)
        with pytest.raises(NotAMember):
            profiles.save(me, "Ghost", None, {})
    with asking(site, ana) as me, pytest.raises(NotAMember):
        profiles.rename(me, "Ghost")
    assert site.world.reload(ana).name == ana.name


def test_a_waiting_save_is_not_finished_for_somebody_removed_meanwhile(site: Site) -> None:
    account, _ = site.world.acme(two_factor=False)
    ana = site.world.user(account)
    with asking(site, ana) as me:
        outcome = profiles.save(me, "Ana", NEW, {})
        assert isinstance(outcome, account_save.CodeNeeded)
        code = site.code(NEW.e164)
        remove_meanwhile(site, ana)
        with pytest.raises(NotAMember):
            profiles.finish(me, outcome.waiting, code, "Ghost")
        with pytest.raises(NotAMember):
            ownership.decline(me)
    assert site.world.reload(ana).mobile_number == ana.mobile_number


def test_a_removed_person_is_told_403_and_not_500(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    account, _ = site.world.acme(two_factor=False)
    browser = site.signed_in(site.world.user(account))
    browser.get("/settings/profile")

    def removed(*_: object) -> None:
        raise NotAMember

    monkeypatch.setattr(profiles, "save", removed)
    assert browser.submit(name="Ghost").status == 403


def test_only_a_taken_address_is_called_a_taken_address(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule that addresses are lower case has "email" in its name, too."""
    _, owner = site.world.acme(two_factor=False)
    monkeypatch.setattr(users, "canonical_email", str.upper)
    with asking(site, owner) as me, pytest.raises(IntegrityError):
        users.invite(me, users.Wanted("Zoë", "zoe@acme.example", None, can_export=False))


def test_an_address_taken_at_that_moment_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _, owner = site.world.acme(two_factor=False)
    monkeypatch.setattr(users, "_is_taken", lambda _: False)
    with asking(site, owner) as me, pytest.raises(users.EmailTaken):
        users.invite(me, users.Wanted("Zoë", owner.email, None, can_export=False))


@pytest.mark.parametrize("page", ["account", "profile"])
def test_a_page_without_a_draft_looks_for_none(site: Site, page: str) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    with statements(site) as run:
        assert browser.get(f"/settings/{page}").status == 200
    assert [statement for statement in run if "number_confirmations" in statement] == []


def test_a_number_is_called_changed_only_where_it_was(site: Site) -> None:
    account = site.world.account(two_factor=False)
    owner = site.world.owner(account, mobile_number=None, mobile_number_typed=None, mobile_confirmed_at=None)
    wanted = account_save.Wanted(CompanyData("Acme", "GB", "Europe/London"), None, two_factor=False)
    with asking(site, owner) as me:
        outcome = account_save.save(me, wanted, {})
    assert outcome == account_save.Saved(turned_on=False, number_changed=False)


def test_while_codes_are_paused_a_save_without_a_text_says_so(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    with site.context(), write() as session:
        paused = session.get_one(User, owner.id)
        paused.code_paused_until = now().replace(year=now().year + 1)
    with asking(site, owner) as me:
        outcome = profiles.save(me, "Dana", NEW, {})
        assert isinstance(outcome, account_save.CodeNeeded)
        verdict = number_confirmations.check(me, outcome.waiting, "123456")
    assert verdict.outcome == "paused"
    assert verdict.retry_after > 0


def test_an_offer_that_ran_out_makes_room_and_a_live_one_does_not_end(site: Site) -> None:
    account, owner = site.world.acme(two_factor=False)
    ana = site.world.user(account)
    with asking(site, owner) as me:
        ownership.offer(me, ana)
        with write():
            ownership._end_expired(account)
        standing = ownership.open_offer(account)
        assert standing is not None
        giver = ownership.giver(standing)
        assert giver is not None
        assert giver.id == owner.id
