"""The columns an export can hold, by the names in its header row."""

from models.account import Account
from services.contacts import fields

#: Header name -> column of the contacts table. Data fields stand between the two groups.
FIRST = {
    "Email": "email",
    "Mobile": "mobile",
    "OptInType": "opt_in_type",
    "EmailType": "email_type",
    "Status": "status",
}
LAST = {"DateCreated": "created_at", "LastUpdated": "updated_at"}

#: Values that people typed and a spreadsheet could run; the rest comes from lists of our own.
TYPED = frozenset({"Email", "Mobile"})


def available(account: Account) -> list[str]:
    """Every column of the account's contacts, in the order in which they stand in the file."""
    return [*FIRST, *fields.names(account), *LAST]
