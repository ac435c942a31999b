"""About how large a file will be, before anybody asks for it: judged by the newest page of the contacts it holds."""

from models.contact import Contact
from services.contacts import looking
from services.contacts.pages import Search
from services.exports.columns import FIRST, LAST
from services.exports.fixing import Selection

#: A time, such as 2026-11-24T07:08:00.123456Z.
_TIME = 27
#: Two quotation marks and a comma, or the end of the line.
_AROUND = 3


def about(selection: Selection, columns: list[str]) -> tuple[int, int]:
    """(contacts, exactly; bytes, about)."""
    page = looking.page(
        Search(selection.account, contact_list=selection.contact_list, status=selection.status)
    )
    header = sum(len(name.encode()) + _AROUND for name in columns)
    if not page.contacts:
        return page.found, header
    lines = [sum(_length(contact, name) + _AROUND for name in columns) for contact in page.contacts]
    return page.found, header + page.found * sum(lines) // len(lines)


def _length(contact: Contact, name: str) -> int:
    if name in LAST:
        return _TIME
    cell = getattr(contact, FIRST[name]) if name in FIRST else contact.data.get(name, "")
    return len(str(cell).encode())
