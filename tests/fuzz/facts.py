"""What is true of people and accounts, read beside the site by a connection of its own."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

#: Tables whose rows a reading may add to, whoever reads: the log of looks and refusals.
TABLES = (
    "accounts", "audit_events", "challenges", "contact_imports", "contact_lists", "contacts", "data_fields",
    "export_downloads", "exports", "interruptions", "jobs", "limit_counters", "links", "list_memberships",
    "login_sessions", "messages", "number_confirmations", "ownership_transfers", "pending_sign_ins",
    "refused_rows", "scheduled_disables", "support_requests", "trusted_browsers", "users",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    id: int
    public_id: str
    account_id: int | None
    email: str
    name: str
    role: str
    can_export: bool
    password_hash: str | None
    number: str | None
    removed: bool

    @property
    def is_support(self) -> bool:
        return self.role == "support_admin"

    @property
    def kind(self) -> str:
        """The name of the role in the table of routes."""
        if self.role == "user":
            return "exporter" if self.can_export else "user"
        return "support" if self.is_support else self.role


@dataclass(frozen=True)
class Company:
    id: int
    public_id: str
    two_factor: bool
    half: bool


@dataclass(frozen=True)
class Facts:
    people: dict[int, Person]
    companies: dict[int, Company]
    #: Open offers: id -> (account, heir).
    offers: dict[int, tuple[int, int]]
    #: Turn-offs that wait: id -> (account, due).
    scheduled: dict[int, tuple[int, datetime]]

    def by_email(self, email: str) -> Person | None:
        return next((p for p in self.people.values() if p.email == email and not p.removed), None)

    def members(self, account_id: int | None) -> list[Person]:
        return [p for p in self.people.values() if p.account_id == account_id and not p.removed]

    def owner(self, account_id: int) -> Person:
        return next(p for p in self.members(account_id) if p.role == "owner")

    def guarded(self, person: Person) -> bool:
        """Whether codes guard this person."""
        return person.is_support or self.companies[person.account_id or 0].two_factor


def moment(value: Any) -> datetime:
    """A time as either database gives it."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


class Eye:
    """Looks into the database from outside."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        self._connection: Any
        if self.is_sqlite:
            self._connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        else:
            plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
            self._connection = psycopg.connect(plain, autocommit=True)

    def close(self) -> None:
        self._connection.close()

    def rows(self, statement: str, *values: Any) -> list[Any]:
        if not self.is_sqlite:
            statement = statement.replace("?", "%s")
        cursor = self._connection.execute(statement, values)
        found = cursor.fetchall()
        cursor.close()
        return list(found)

    def one(self, statement: str, *values: Any) -> Any:
        found = self.rows(statement, *values)
        return found[0] if found else None

    def version(self) -> object:
        """On SQLite it changes with every commit of others; elsewhere nothing is known, and nothing equals nothing."""
        return self.rows("PRAGMA data_version")[0][0] if self.is_sqlite else object()

    def counts(self) -> dict[str, int]:
        statement = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in TABLES)  # noqa: S608  # ours
        return dict(self.rows(statement))

    def facts(self) -> Facts:
        people = self.rows(
            "SELECT id, public_id, account_id, email, name, role, can_export, password_hash, mobile_number,"
            " removed_at FROM users"
        )
        companies = self.rows(
            "SELECT id, public_id, two_factor_enabled_at, two_factor_enabled_by FROM accounts"
        )
        offers = self.rows(
            "SELECT id, account_id, to_user_id FROM ownership_transfers WHERE state = 'offered'"
        )
        scheduled = self.rows("SELECT id, account_id, due_at FROM scheduled_disables WHERE state = 'waiting'")
        return Facts(
            {
                row[0]: Person(
                    row[0],
                    row[1],
                    row[2],
                    row[3],
                    row[4],
                    row[5],
                    bool(row[6]),
                    row[7],
                    row[8],
                    row[9] is not None,
                )
                for row in people
            },
            {
                row[0]: Company(row[0], row[1], row[2] is not None, (row[2] is None) != (row[3] is None))
                for row in companies
            },
            {row[0]: (row[1], row[2]) for row in offers},
            {row[0]: (row[1], moment(row[2])) for row in scheduled},
        )
