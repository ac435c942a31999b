"""Contacts in partitions by account: converted with what is there, and everything goes on."""

import pytest
from flask_migrate import upgrade
from sqlalchemy import func, select, text

from extensions import db
from models import Contact
from services.clock import now
from services.contacts import counts, looking
from services.contacts.pages import PAGE_SIZE, Search
from services.imports.merging import merge
from services.imports.rows import Incoming
from services.imports.staged import row_of
from services.unit_of_work import write
from tests.support.exporting import download, fixed_export, rows_of
from tests.support.site import Site
from tests.support.statements import asked

_CONVERT = ["partition-contacts", "--partitions", "4", "--yes"]
#: Keys, indexes, triggers and defaults of both tables, by name and definition.
_SHAPE = """
SELECT format('%s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE conrelid IN ('contacts'::regclass, 'list_memberships'::regclass) AND conparentid = 0
UNION ALL SELECT replace(indexdef, ' ON ONLY ', ' ON ') FROM pg_indexes
    WHERE tablename IN ('contacts', 'list_memberships')
UNION ALL SELECT tgname || tgtype FROM pg_trigger
    WHERE tgrelid IN ('contacts'::regclass, 'list_memberships'::regclass) AND NOT tgisinternal
UNION ALL SELECT concat_ws(' ', table_name, column_name, column_default, is_nullable, collation_name)
    FROM information_schema.columns WHERE table_name IN ('contacts', 'list_memberships')
UNION ALL SELECT pg_get_serial_sequence('contacts', 'id') ORDER BY 1
"""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_site_with_contacts_goes_on_in_partitions(site: Site) -> None:
    accounts = [site.world.account(name) for name in ("Acme", "Borealis", "Cumulus")]
    for account in accounts:
        site.world.contacts(account, 60, list_name="Newsletter")
    account, owner = accounts[0], site.world.owner(accounts[0])
    run = site.app.test_cli_runner().invoke
    with site.context():
        before = db.session.scalars(text(_SHAPE)).all()
        done = run(args=_CONVERT)
        assert done.output == "180 contacts are in 4 partitions.\n"
        assert db.session.scalars(text(_SHAPE)).all() == before
        assert run(args=_CONVERT).output == "The contacts are partitioned already.\n"
        upgrade()

    with site.context():
        newsletter = db.session.scalars(text("SELECT id FROM contact_lists WHERE account_id = 1")).one()
        people = [row_of(Incoming(email=f"new{n}@example.org", status="Suppressed", data={"LASTNAME": "Ångström"}))
                  for n in range(5)]  # fmt: skip
        people.append(row_of(Incoming(email=f"contact-{account.id}-0001@example.org", status="Unsubscribed")))
        with write() as session:
            merged = merge(session, account.id, newsletter, people, now())
        assert (merged.added, merged.updated) == (5, 1)
        assert db.session.scalars(select(func.max(Contact.id))).one() > 180
        assert counts.count(account) == 65
        assert counts.count(account, status="Unsubscribed") == 1
        assert run(args=["recount-contacts"]).output == "Every count was right.\n"
        with asked(site) as seen:
            assert looking.page(Search(account, "ångs")).found == 5
            assert len(looking.page(Search(account)).contacts) == PAGE_SIZE
        read = [_partitions(statement, values) for statement, values in seen.items()]
        assert {len(partitions) for partitions in read} == {1}
        assert len(_partitions("SELECT * FROM contacts", ())) == 4

    browser = site.signed_in(owner)
    assert len(browser.get("/contacts?status=Suppressed").html.select("tbody tr")) == 5
    assert len(rows_of(download(browser, fixed_export(browser)).data)) == 65


def _partitions(statement: str, values: object) -> set[str]:
    """Of contacts, that the plan reads."""
    with db.engine.connect() as connection:
        cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
        lines = str(cursor.fetchone())
    return {
        word
        for word in lines.replace("'", " ").split()
        if word.startswith("contacts_p") and "_idx" not in word
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_says_that_it_has_none(site: Site) -> None:
    done = site.app.test_cli_runner().invoke(args=_CONVERT)
    assert (done.exit_code, done.output) == (1, "Only PostgreSQL has partitions.\n")
