"""Counts that are kept are those that counting gives, whatever happened."""

import random

from sqlalchemy import delete, func, literal, select, text, update

from extensions import db
from models import Account, Contact, ContactCount, ContactList, ContactStatus, ListMembership
from services.clock import now
from services.contacts import adding, counts, lists
from services.imports.merging import merge
from services.imports.rows import Incoming
from services.imports.staged import row_of
from services.unit_of_work import write
from tests.support.site import Site

STATUSES = [status.value for status in list(ContactStatus)[:4]]


def counted() -> dict[tuple[int, int, str], int]:
    """What the database counts, row by row."""
    of_accounts = select(Contact.account_id, literal(0), Contact.status, func.count()).group_by(
        Contact.account_id, Contact.status
    )
    # The contact's own status: that of the list has to be the same.
    of_lists = (
        select(ListMembership.account_id, ListMembership.list_id, Contact.status, func.count())
        .join(
            Contact,
            (Contact.account_id == ListMembership.account_id) & (Contact.id == ListMembership.contact_id),
        )
        .group_by(ListMembership.account_id, ListMembership.list_id, Contact.status)
    )
    return {
        (row[0], row[1], row[2]): row[3]
        for kind in (of_accounts, of_lists)
        for row in db.session.execute(kind)
    }


def kept() -> dict[tuple[int, int, str], int]:
    rows = db.session.execute(
        select(ContactCount.account_id, ContactCount.list_id, ContactCount.status, ContactCount.n)
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows if row[3]}


def different_statuses() -> int:
    statement = select(func.count()).select_from(ListMembership).join(
        Contact, (Contact.account_id == ListMembership.account_id) & (Contact.id == ListMembership.contact_id)
    ).where(Contact.status != ListMembership.status)  # fmt: skip
    return db.session.scalars(statement).one()


def test_counts_stay_right_through_everything_that_happens_to_contacts(site: Site) -> None:
    accounts = [site.world.account(name) for name in ("Acme", "Borealis")]
    chance = random.Random(8)
    with site.context():
        made = [lists.create(account, f"List {n}") for account in accounts for n in range(3)]
        for step in range(60):
            _something(chance, chance.choice(accounts), made)
            if step % 6 == 0:
                assert kept() == counted()
        assert kept() == counted()
        assert different_statuses() == 0
        assert sum(kept().values()) > 100
        assert [counts.count(account) for account in accounts] == [
            db.session.scalars(select(func.count()).where(Contact.account_id == account.id)).one()
            for account in accounts
        ]


def _something(chance: random.Random, account: Account, made: list[ContactList]) -> None:
    own = [one for one in made if one.account_id == account.id]
    chosen = chance.choice([*own, None])
    kind = chance.choice(
        ["import", "import", "import", "add", "status", "remove contacts", "leave", "remove list"]
    )
    if kind == "import":
        people = [
            row_of(Incoming(email=f"p{n}@example.org", status=chance.choice([*STATUSES, None])))
            for n in chance.sample(range(80), 25)
        ]
        with write() as session:
            merge(session, account.id, chosen.id if chosen else None, people, now())
    elif kind == "add":
        adding.add(account, f"n{chance.getrandbits(60)}@example.org", data={}, contact_list=chosen)
    elif kind == "remove list" and chosen is not None and len(own) > 1:
        made.remove(chosen)
        lists.remove(chosen)
    else:
        some = (Contact.account_id == account.id, Contact.id % 7 == chance.randrange(7))
        change = {
            "status": update(Contact).where(*some).values(status=chance.choice(STATUSES)),
            "remove contacts": delete(Contact).where(*some),
        }.get(kind, delete(ListMembership).where(
            ListMembership.account_id == account.id, ListMembership.contact_id % 7 == chance.randrange(7)
        ))  # fmt: skip
        with write() as session:
            session.execute(change, execution_options={"synchronize_session": False})


def test_what_was_changed_behind_the_counts_is_counted_anew(site: Site) -> None:
    account, _ = site.world.acme()
    listed = site.world.contacts(account, 5, list_name="Newsletter")
    run = site.app.test_cli_runner().invoke
    assert run(args=["recount-contacts"]).output == "Every count was right.\n"
    with site.context():
        with write() as session:
            session.execute(update(ContactCount).where(ContactCount.list_id == 0).values(n=7))
            session.execute(text("DELETE FROM contact_counts WHERE list_id <> 0"))
        assert kept() != counted()
        assert "2 counts were wrong." in run(args=["recount-contacts"]).output
        assert kept() == counted()
        assert counts.count(account, listed, "Subscribed") == counts.count(account) == 5
