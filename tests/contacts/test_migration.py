"""Contacts and lists of the release before are counted, found, and keep their addresses to themselves."""

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from extensions import db
from migrations import moments
from models import Contact
from services.clock import now
from services.contacts import counts, looking
from services.contacts.pages import Search
from services.unit_of_work import write
from tests.support.site import Site

ROWS = "SELECT id, account_id, email, status FROM contacts ORDER BY id"
LISTED = "SELECT account_id, list_id, contact_id FROM list_memberships ORDER BY 1, 2, 3"


def test_contacts_of_before_are_counted_and_found(site: Site) -> None:
    account, _ = site.world.acme()
    site.world.contacts(account, 3)
    listed = site.world.contacts(account, 4, list_name="Newsletter", status="Suppressed")
    with site.context():
        before = [db.session.execute(text(query)).all() for query in (ROWS, LISTED)]
        db.session.remove()
        downgrade(revision="0005")
        db.session.remove()
        upgrade()
        assert [db.session.execute(text(query)).all() for query in (ROWS, LISTED)] == before
        assert counts.count(account) == 7
        assert counts.count(account, status="Suppressed") == counts.count(account, listed, "Suppressed") == 4
        assert len(looking.page(Search(account, "name", listed, "Suppressed")).contacts) == 4
        assert (
            site.app.test_cli_runner().invoke(args=["recount-contacts"]).output == "Every count was right.\n"
        )
        with pytest.raises(IntegrityError) as refused, write() as session:
            session.add(
                Contact(account_id=account.id, email=before[0][0].email, created_at=now(), updated_at=now())
            )
        assert "email" in str(refused.value.orig)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_upgrade_that_would_keep_readers_waiting_stops_and_goes_on_later(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(moments, "PATIENCE", 1)
    monkeypatch.setattr(moments, "TRIES", 1)
    monkeypatch.setattr(moments, "PAUSE", 0)
    account, _ = site.world.acme()
    listed = site.world.contacts(account, 4, list_name="Newsletter")
    with site.context():
        downgrade(revision="0005")
        db.session.remove()
        with db.engine.connect().execution_options(isolation_level="READ COMMITTED") as reader:
            reader.execute(text(ROWS))
            with pytest.raises(SystemExit):
                upgrade()
        assert "contacts is in use by something that does not end" in caplog.text
        files = [db.session.scalar(text(f"SELECT pg_relation_filenode('{name}')"))
                 for name in ("contacts", "uq_contacts_by_code_point")]  # fmt: skip
        # The release before goes on, with what is there by now.
        with write() as session:
            session.execute(text("UPDATE contacts SET status = 'Suppressed' WHERE email LIKE '%0002@%'"))
            session.execute(
                text("DELETE FROM list_memberships WHERE contact_id = (SELECT min(id) FROM contacts)")
            )
            session.execute(
                text("INSERT INTO list_memberships (account_id, list_id, contact_id)"
                     " SELECT account_id, :list, min(id) FROM contacts GROUP BY account_id"),
                {"list": listed.id},
            )  # fmt: skip
        db.session.remove()
        upgrade()
        assert files == [db.session.scalar(text(f"SELECT pg_relation_filenode('{name}')"))
                         for name in ("contacts", "uq_contacts_account_id_email")]  # fmt: skip
        assert counts.count(account) == counts.count(account, listed) == 4
        assert counts.count(account, listed, "Suppressed") == 1
        assert (
            site.app.test_cli_runner().invoke(args=["recount-contacts"]).output == "Every count was right.\n"
        )
