"""What becomes of a promised message that cannot be written, has lost its use, or kills its worker."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from extensions import db
from models import Account, Message, User
from services import delivery, links, notices
from services.outbox import queue_mail, queue_sms
from services.unit_of_work import write
from tests.support.site import Site
from tests.worker.conftest import let_leases_run_out

MakeSite = Callable[..., Site]


def newest(site: Site) -> Message:
    with site.context():
        found = db.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
        db.session.expunge(found)
        return found


@pytest.mark.parametrize("channel", ["mail", "sms"])
def test_a_message_that_cannot_be_written_is_given_up_at_once_and_holds_nothing_up(
    site: Site, user: User, channel: str
) -> None:
    with site.context():
        with write():
            if channel == "mail":
                poison = queue_mail("no_such_words", to=user.email, user=user).id
            else:
                poison = queue_sms("no_such_words", to="+447400123456", user=user).id
            queue_mail("removed", to=user.email, user=user, account_name="Acme", by="Dana")
        assert delivery.send_due() == 2
        row = db.session.get_one(Message, poison, populate_existing=True)
        assert (row.state, row.attempts) == ("rejected", 1)
        assert row.reason == f"cannot be written: {'TemplateNotFound' if channel == 'mail' else 'KeyError'}"
    assert newest(site).state == "accepted"


def test_under_a_provider_that_may_send_twice_an_unwritable_text_is_rejected_and_not_unknown(
    site: Site, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(site.app.extensions["gateways"].sms), "idempotent", False)
    with site.context():
        with write():
            queue_sms("no_such_words", to="+447400123456", user=user)
        delivery.send_due()
    let_leases_run_out(site)
    with site.context():
        delivery.send_due()
    assert newest(site).state == "rejected"


def test_a_mail_whose_worker_dies_every_time_is_given_up(
    site: Site, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process is gone."""

    def die(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr(type(site.app.extensions["gateways"].mail), "send", die)
    with site.context(), write():
        queue_mail("removed", to=user.email, user=user, account_name="Acme", by="Dana")
    for _ in range(10):
        with site.context(), pytest.raises(Killed):
            delivery.send_due()
        let_leases_run_out(site)
    with site.context():
        assert delivery.send_due() == 0
        assert delivery.due_ids() == []
    assert (newest(site).state, newest(site).attempts) == ("unknown", 10)


def test_a_link_that_a_newer_one_voided_is_not_mailed(site: Site, user: User) -> None:
    with site.context(), write():
        notices.reset_link(user)
        notices.reset_link(user)
    assert [m["subject"] for m in site.mails(user.email)] == ["Set a new password"]
    with site.context():
        assert list(db.session.scalars(select(Message.state).order_by(Message.id))) == ["expired", "accepted"]


def test_an_invitation_that_was_followed_is_not_mailed_again(site: Site, user: User) -> None:
    with site.context(), write() as session:
        notices.invitation(user, session.get_one(Account, user.account_id), user)
        links.void_all(user, links.INVITATION)
    assert site.mails(user.email) == []


def test_a_notice_is_mailed_though_its_link_was_used(site: Site, user: User) -> None:
    with site.context(), write():
        notices.new_browser(user)
        links.void_all(user, links.NOT_ME)
    assert len(site.mails(user.email)) == 1


def test_times_in_mails_and_texts_are_those_of_the_account(make_site: MakeSite) -> None:
    site = make_site(TIME_ZONE="Europe/London")
    account = site.world.account(time_zone="Asia/Tokyo")
    user = site.world.user(account)
    with site.context(), write():
        queue_mail(
            "two_factor_off_scheduled", to=user.email, user=user, at="2026-11-24T20:05:00+00:00",
            due="2026-11-24T20:30:00+00:00", account_name="Acme", reason="x", address="203.0.113.9",
        )  # fmt: skip
        queue_sms("two_factor_off_scheduled", to="+447400123456", user=user, due="2026-11-24T20:30:00+00:00")
    told = " ".join(site.mails(user.email)[0]["text"].split())
    assert "25 November 2026, 05:30 (Asia/Tokyo)" in told
    assert "25 November 2026, 05:05 (Asia/Tokyo)" in told
    assert "25 Nov 05:30" in site.texts("+447400123456")[0]["text"]


def test_people_without_an_account_read_the_sites_own_times(make_site: MakeSite) -> None:
    site = make_site(TIME_ZONE="Europe/Berlin")
    support = site.world.support()
    with site.context(), write():
        notices.new_browser(support)
    assert "(Europe/Berlin)" in site.mails(support.email)[0]["text"]
