"""How many contacts an account and each of its lists hold: read from rows that triggers keep, never counted again."""

from sqlalchemy import ScalarSelect, delete, func, literal, select, text

from extensions import db
from models.account import Account
from models.contact import Contact, ContactCount, ContactList, ListMembership
from services.unit_of_work import write


def held(account: Account, contact_list: ContactList | None = None, status: str = "") -> ScalarSelect[int]:
    """For use in a statement: all contacts, or those of a list, of any status or of one."""
    return _held(account.id, contact_list.id if contact_list else None, status)


def _held(account_id: int, list_id: int | None, status: str) -> ScalarSelect[int]:
    statement = select(func.coalesce(func.sum(ContactCount.n), 0)).where(
        ContactCount.account_id == account_id, ContactCount.list_id == (list_id or 0)
    )
    return (statement.where(ContactCount.status == status) if status else statement).scalar_subquery()


def count(account: Account, contact_list: ContactList | None = None, status: str = "") -> int:
    """Exact, as of now."""
    return count_of(account.id, contact_list.id if contact_list else None, status)


def count_of(account_id: int, list_id: int | None = None, status: str = "") -> int:
    """The same, by the keys of the account and the list."""
    return int(db.session.scalars(select(_held(account_id, list_id, status))).one() or 0)


def by_status(account: Account, contact_list: ContactList | None = None) -> dict[str, int]:
    """{status: how many}, of all contacts or those of a list; a status that nobody has may be missing."""
    rows = db.session.execute(
        select(ContactCount.status, ContactCount.n).where(
            ContactCount.account_id == account.id,
            ContactCount.list_id == (contact_list.id if contact_list else 0),
        )
    )
    return {row[0]: int(row[1]) for row in rows}


def recount() -> int:
    """Count everything anew, while nobody can change a contact. Returns how many counts had been wrong."""
    with write() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("LOCK TABLE contacts, list_memberships IN SHARE ROW EXCLUSIVE MODE"))
        session.execute(_STATUS_OF_LISTS)
        true = {
            (*row[:3], int(row[3]))
            for kind in (
                select(Contact.account_id, literal(0), Contact.status, func.count()).group_by(
                    Contact.account_id, Contact.status
                ),
                select(
                    ListMembership.account_id, ListMembership.list_id, ListMembership.status, func.count()
                ).group_by(ListMembership.account_id, ListMembership.list_id, ListMembership.status),
            )
            for row in session.execute(kind)
        }
        columns = (ContactCount.account_id, ContactCount.list_id, ContactCount.status, ContactCount.n)
        kept = {tuple(row) for row in session.execute(select(*columns).where(ContactCount.n != 0))}
        session.execute(delete(ContactCount))
        session.add_all(ContactCount(account_id=a, list_id=b, status=c, n=n) for a, b, c, n in sorted(true))
    return len({row[:3] for row in true ^ kept})


_STATUS_OF_LISTS = text(
    "UPDATE list_memberships SET status = (SELECT c.status FROM contacts AS c"
    " WHERE c.account_id = list_memberships.account_id AND c.id = list_memberships.contact_id)"
    " WHERE status <> (SELECT c.status FROM contacts AS c"
    " WHERE c.account_id = list_memberships.account_id AND c.id = list_memberships.contact_id)"
)
