"""An account with one of everything that has an address, and a walk over every address of the site."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from werkzeug.routing import Rule

from models import Account, User
from models.contact import Contact, DataField
from models.contact_import import ContactImport, RefusedRow
from models.export import Export
from models.login_session import LoginSession
from models.support import SupportRequest
from models.trusted_browser import TrustedBrowser
from services import links
from services.clock import now
from services.contacts import public_ids
from services.tokens import new_token, token_hash
from services.unit_of_work import write
from tests.support.site import Site

#: Methods that a browser or a script can send; what a route does not take is refused by the framework.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass
class Estate:
    """``ids``: for each name that stands in a route, what of this account belongs there."""

    account: Account
    owner: User
    exporter: User
    user: User
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> list[str]:
        """Text that only pages of this account may show."""
        people = [self.owner, self.exporter, self.user]
        return [
            self.account.name, self.account.public_id, f"contact-{self.account.id}-", f"{self.account.name} list",
            f"{self.account.name}.csv", f"Request of {self.account.name}",
            *(person.email for person in people), *(person.name for person in people),
            *(str(person.mobile_number) for person in people),
        ]  # fmt: skip


def estate(site: Site, name: str, *, two_factor: bool = True, contacts: int = 3, digit: int = 0) -> Estate:
    """``digit`` keeps the numbers of two estates apart."""
    world, stem = site.world, name.lower()
    account = world.account(name, two_factor=two_factor)
    people = [
        make(
            account,
            email=f"{who}@{stem}.example",
            name=f"{who.capitalize()} of {name}",
            mobile_number=f"+44740012{digit}5{at:02}",
            mobile_number_typed=f"07400 12{digit}5{at:02}",
            can_export=who == "exporter",
        )
        for at, (who, make) in enumerate(
            (("owner", world.owner), ("exporter", world.user), ("user", world.user))
        )
    ]
    owner, exporter, user = people
    found = Estate(account, owner, exporter, user)
    listed = world.contacts(account, contacts, list_name=f"{name} list")
    assert listed is not None
    with site.context(), write() as session:
        rows = _rows(found, listed.id, listed.name)
        session.add_all(rows.values())
        session.flush()
        field = DataField(account_id=account.id, name=f"FIELD_OF_{name.upper()}", position=6)
        session.add(field)
        session.flush()
        contact = session.scalars(select(Contact).where(Contact.account_id == account.id)).first()
        session.add(RefusedRow(import_id=rows["import_id"].id, line=2, reason="No address", raw="x"))
        found.ids = {
            "field_id": field.public_id, "contact_id": public_ids.public_id(account, contact) if contact else "",
            "list_id": listed.public_id, "account_id": account.public_id, "user_id": found.user.public_id,
            **{argument: row.public_id for argument, row in rows.items()},
        }  # fmt: skip
        found.ids["token"] = links.token(links.create(found.user, links.NOT_ME, lifetime=3600))
    return found


def _rows(of: Estate, list_id: int, list_name: str) -> dict[str, Any]:
    moment, account, owner = now(), of.account, of.owner
    common = {"user_id": owner.id, "token_hash": token_hash(new_token()), "address": "192.0.2.1"}
    return {
        "export_id": Export(
            account_id=account.id, user_id=owner.id, list_id=list_id, list_name=list_name,
            columns=["Email", "FIRSTNAME"], expected_rows=3, created_at=moment, expires_at=moment.replace(year=2099),
        ),
        "import_id": ContactImport(
            account_id=account.id, user_id=owner.id, list_id=list_id, list_name=list_name, created_at=moment,
            file_name=f"{account.name}.csv", size=10, state="done", finished_at=moment, refused=1, rows_read=1,
        ),
        "browser_id": TrustedBrowser(
            **common, created_at=moment, last_used_at=moment, expires_at=moment.replace(year=2099), user_agent="",
        ),
        "session_id": LoginSession(
            **{**common, "token_hash": token_hash(new_token())}, created_at=moment, last_seen_at=moment,
            expires_at=moment.replace(year=2099), user_agent="", second_step="code", verified_at={},
        ),
        "request_id": SupportRequest(
            email=owner.email, subject=f"Request of {account.name}", message="Please help us", user_id=owner.id,
            account_id=account.id, address="192.0.2.1", created_at=moment,
        ),
    }  # fmt: skip


def routes(site: Site) -> list[Rule]:
    """Every route, in a fixed order."""
    return sorted(site.app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))


def address(rule: Rule, ids: dict[str, str]) -> str:
    """The path of ``rule`` with ``ids`` in it; what is not among them is an id that nobody has."""
    path = rule.rule
    for argument in rule.arguments:
        value = ids.get(argument, "AAAAAAAAAAAAAAAAAAAAAA")
        path = path.replace(f"<path:{argument}>", value).replace(f"<{argument}>", value)
    return path


def walk(
    site: Site, ids: dict[str, str], methods: tuple[str, ...] = METHODS
) -> Iterator[tuple[Rule, str, str]]:
    """(route, method, path) for each of ``methods`` that the route takes."""
    for rule in routes(site):
        for method in methods:
            if method in (rule.methods or ()):
                yield rule, method, address(rule, ids)
