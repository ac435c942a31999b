"""The short way to a session's rows gives what the ORM gives, and leaves the session as the ORM leaves it."""

import pytest
from sqlalchemy import inspect, text, update
from sqlalchemy.exc import OperationalError

from extensions import db
from models import Account, LoginSession, User
from services import session_rows
from services.unit_of_work import write
from tests.support.site import Site

pytestmark = pytest.mark.asvs("7.2.1")


def everything(row: LoginSession | None) -> list[dict[str, object]]:
    """All columns of the three rows, with the types of their values."""
    assert row is not None
    found = [row, row.user, *([row.user.account] if row.user.account else [])]
    return [
        {
            column.key: (type(getattr(one, column.key)), getattr(one, column.key))
            for column in inspect(one).mapper.column_attrs
        }
        for one in found
    ]


def newest_hash() -> bytes:
    found = db.session.scalars(db.select(LoginSession).order_by(LoginSession.id.desc()).limit(1)).one()
    hashed = found.token_hash
    db.session.expunge_all()
    return hashed


@pytest.mark.parametrize("who", ["member", "support"])
def test_every_column_has_the_value_and_the_type_that_the_orm_reads(site: Site, who: str) -> None:
    site.signed_in(site.world.acme()[1] if who == "member" else site.world.support())
    with site.context():
        hashed = newest_hash()
        short = everything(session_rows.find(hashed))
        db.session.expunge_all()
        assert short == everything(session_rows.by_orm(hashed))
        assert len(short) == (3 if who == "member" else 2)
        assert session_rows.find(b"of nobody") is None


def test_what_is_loaded_is_taken_for_loaded_and_a_change_of_it_is_written(site: Site) -> None:
    _, owner = site.world.acme()
    site.signed_in(owner)
    with site.context():
        found = session_rows.find(newest_hash())
        assert found is not None
        assert not db.session.dirty
        assert db.session.get(User, owner.id) is found.user
        with write():
            found.user.name = "Another Name"
            found.verified_at = {"an action": {"a scope": "now"}}
        db.session.expunge_all()
        again = session_rows.find(newest_hash())
        assert again is not None
        assert (again.user.name, again.verified_at) == ("Another Name", {"an action": {"a scope": "now"}})


def test_rows_are_as_they_are_now_whatever_was_read_before(site: Site) -> None:
    account, owner = site.world.acme()
    site.signed_in(owner)
    with site.context():
        hashed = newest_hash()
        before = session_rows.find(hashed)
        assert before is not None
        db.session.expire(before.user)
        with write() as session:
            for model, row in ((User, owner), (Account, account)):
                session.execute(
                    update(model).where(model.id == row.id).values(name="New"),
                    execution_options={"synchronize_session": False},
                )
        after = session_rows.find(hashed)
        assert after is before
        assert (after.user.name, after.user.account.name) == ("New", "New")  # type: ignore[union-attr]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_fault_is_that_of_the_orm_which_pages_know(site: Site) -> None:
    _, owner = site.world.acme()
    browser = site.signed_in(owner)
    with site.context(), db.engine.connect() as connection:
        connection.execute(text("ALTER TABLE login_sessions RENAME TO gone"))
    with site.context(), pytest.raises(OperationalError):
        session_rows.find(b"whoever")
    assert browser.client.get("/settings/profile").status_code == 503
