"""People and accounts for tests, each in one line. Objects come back detached: read them, change rows by services."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from extensions import db
from models import Account, Contact, ContactList, ListMembership, Role, User
from services import passwords
from services.clock import now
from services.unit_of_work import write

if TYPE_CHECKING:
    from tests.support.site import Site

PASSWORD = "correct horse battery staple"


@lru_cache(maxsize=1)
def _hash() -> str:
    return passwords.hash_password(PASSWORD)


class World:
    password = PASSWORD

    def __init__(self, site: "Site") -> None:
        self._site = site
        self._people = 0
        self._contacts: dict[int, int] = {}

    def account(self, name: str = "Acme Retail", *, two_factor: bool = False, **changed: Any) -> Account:
        moment = now()
        values: dict[str, Any] = {
            "name": name, "region": "GB", "time_zone": "Europe/London", "created_at": moment,
            "two_factor_enabled_at": moment if two_factor else None,
            "two_factor_enabled_by": "Dana" if two_factor else None,
        }  # fmt: skip
        return self._keep(Account(**{**values, **changed}))

    def owner(self, account: Account, **changed: Any) -> User:
        return self._person(account, Role.OWNER, "owner", **changed)

    def user(self, account: Account, **changed: Any) -> User:
        return self._person(account, Role.USER, "user", **changed)

    def support(self, **changed: Any) -> User:
        return self._person(None, Role.SUPPORT, "support", **changed)

    def acme(self, *, two_factor: bool = True) -> tuple[Account, User]:
        """An account and its owner, the commonest beginning."""
        account = self.account(two_factor=two_factor)
        return account, self.owner(account)

    def contacts(
        self, account: Account, count: int, *, list_name: str | None = None, **changed: Any
    ) -> ContactList | None:
        """``count`` more contacts named contact-<account>-0001@…, all on one list when it is named."""
        moment = now()
        first = self._contacts.get(account.id, 0) + 1
        self._contacts[account.id] = first + count - 1
        with self._site.context(), write() as session:
            rows = [
                Contact(
                    account_id=account.id, email=f"contact-{account.id}-{number:04}@example.org",
                    data={"FIRSTNAME": f"Name {number}"}, created_at=moment, updated_at=moment, **changed,
                )
                for number in range(first, first + count)
            ]  # fmt: skip
            session.add_all(rows)
            session.flush()
            if list_name is None:
                return None
            listed = ContactList(account_id=account.id, name=list_name, created_at=moment)
            session.add(listed)
            session.flush()
            session.add_all(
                ListMembership(account_id=account.id, list_id=listed.id, contact_id=row.id, status=row.status)
                for row in rows
            )
        return listed

    def reload(self, row: Any) -> Any:
        """The row as it is now."""
        from sqlalchemy import inspect

        with self._site.context():
            found = db.session.get(type(row), inspect(row).identity, populate_existing=True)
            db.session.expunge(found)
            return found

    def _person(self, account: Account | None, role: str, stem: str, **changed: Any) -> User:
        self._people += 1
        number = self._people
        with self._site.context():
            password_hash = _hash()
        values: dict[str, Any] = {
            "account_id": account.id if account else None,
            "email": f"{stem}-{number}@{'acme' if account else 'countersign'}.example",
            "name": f"{stem.capitalize()} {number}",
            "role": role,
            "password_hash": password_hash,
            "mobile_number": f"+4474001234{number:02}",
            "mobile_number_typed": f"07400 1234{number:02}",
            "mobile_confirmed_at": now(),
            "created_at": now(),
        }
        return self._keep(User(**{**values, **changed}))

    def _keep(self, row: Any) -> Any:
        with self._site.context(), write() as session:
            session.add(row)
            session.flush()
            session.refresh(row)
            session.expunge(row)
        return row
