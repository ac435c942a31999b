"""Names of lists in messages and sentences: people's own stay as they are, ours are said in the reader's language."""

from models.export import ALL_CONTACTS
from services.language import gettext as _

#: What an export of refused rows is called in the audit log, before the name of the file.
_REFUSED_ROWS = "refused rows of "


def said(stored: str) -> str:
    if stored == ALL_CONTACTS:
        return _("All contacts")
    if stored.startswith(_REFUSED_ROWS):
        return _("refused rows of %(file)s", file=stored.removeprefix(_REFUSED_ROWS))
    return stored
