"""Which column of a file goes where. Headings of the common mailing tools are known; every other column becomes a data
field, so that importing a file and exporting it again loses nothing."""

import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from models.contact import ContactStatus
from services.contacts.fields import field_name
from services.csv_guard import unguard

# Unquoted local part, then labels with a dot between; other scripts are allowed in both.
_EMAIL = re.compile(
    r"(?=.{3,320}$)[^\s@\"(),:;<>\[\]\\.\x00-\x1f]+(?:\.[^\s@\"(),:;<>\[\]\\.\x00-\x1f]+)*"
    r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])?"
)

EMAIL, MOBILE, OPT_IN, EMAIL_TYPE, STATUS = "email", "mobile", "opt_in_type", "email_type", "status"
CREATED, UPDATED, IGNORED = "created_at", "updated_at", ""
#: A data field is "data:" and its name.
DATA = "data:"

_EMAIL_HEADINGS = (
    "email", "emailaddress", "mail", "mailaddress", "emailadresse", "subscriberemail", "contactemail",
)  # fmt: skip
_MOBILE_HEADINGS = (
    "mobile", "mobilenumber", "mobilephone", "mobilephonenumber", "smsnumber", "smsphonenumber",
)  # fmt: skip

_HEADINGS = {
    **dict.fromkeys(_EMAIL_HEADINGS, EMAIL),
    **dict.fromkeys(_MOBILE_HEADINGS, MOBILE),
    "optintype": OPT_IN,
    "emailtype": EMAIL_TYPE,
    **dict.fromkeys(("status", "contactstatus", "subscriptionstatus"), STATUS),
    "datecreated": CREATED,
    "lastupdated": UPDATED,
    **dict.fromkeys(("firstname", "fname", "givenname", "vorname"), DATA + "FIRSTNAME"),
    **dict.fromkeys(("lastname", "lname", "surname", "familyname", "nachname"), DATA + "LASTNAME"),
    **dict.fromkeys(("fullname", "name"), DATA + "FULLNAME"),
    "gender": DATA + "GENDER",
    **dict.fromkeys(("postcode", "postalcode", "zipcode"), DATA + "POSTCODE"),
    # Of the file of refused rows that this site gives out.
    **dict.fromkeys(("refusedline", "refusedreason"), IGNORED),
}  # fmt: skip

_STATUSES = {
    **{status.value.lower(): status.value for status in ContactStatus},
    **dict.fromkeys(("active", "enabled", "optedin"), ContactStatus.SUBSCRIBED.value),
    **dict.fromkeys(("optedout", "unsubscribe", "nonsubscribed", "archived"), ContactStatus.UNSUBSCRIBED.value),
    **dict.fromkeys(("pending", "unconfirmed"), ContactStatus.PENDING_OPT_IN.value),
    **dict.fromkeys(("cleaned", "bounced"), ContactStatus.HARD_BOUNCED.value),
    **dict.fromkeys(("blocklisted", "blacklisted"), ContactStatus.SUPPRESSED.value),
}  # fmt: skip

_LISTMONK = {"uuid", "email", "attributes", "status"}
_MAILCHIMP = {"memberrating", "leid", "euid"}
_MAILCHIMP_FILE = re.compile(
    r"(?:^|[^a-z])(unsubscribed|subscribed|cleaned|nonsubscribed)[_-]", re.IGNORECASE
)


@dataclass(frozen=True)
class Reading:
    """How a file is read, fixed at the first look. Kept as JSON in the import's row."""

    encoding: str
    delimiter: str
    #: Bytes of the file as it is read, and bytes and lines before the first row of data.
    size: int
    offset: int
    lines: int
    header: list[str]
    #: Where each column goes: one of the names above.
    targets: list[str]
    #: Data field that keeps a status as it was written, where ours has another word for it.
    status_kept_as: str = "STATUS_TEXT"
    #: What every contact of the file gets: "status", and data fields by "data:NAME".
    constant: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def data_fields(self) -> list[str]:
        """Data fields that the file brings."""
        return [
            target.removeprefix(DATA) for target in [*self.targets, *self.constant] if target.startswith(DATA)
        ]


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def is_email_heading(text: str) -> bool:
    return _HEADINGS.get(_key(text)) == EMAIL


def canonical_status(written: str) -> str | None:
    """Our word for a status; None for one that is not known."""
    return _STATUSES.get(_key(written))


def has_header(rows: list[list[str]]) -> bool:
    """A first row with an address in it is a contact already."""
    return not any(is_email(unguard(cell).strip()) for cell in rows[0])


def targets_of(rows: list[list[str]], *, named: bool) -> tuple[list[str], list[str]]:
    """(header, target of each column) of a file's first rows. Without a column of addresses none goes to EMAIL."""
    width = max(len(row) for row in rows) if not named else len(rows[0])
    header = [unguard(cell).strip() for cell in rows[0]] if named else [""] * width
    body = rows[1:] if named else rows
    keys = {_key(cell) for cell in header}
    is_listmonk = keys >= _LISTMONK
    targets: list[str] = []
    for at, heading in enumerate(header):
        wanted = _HEADINGS.get(_key(heading)) if heading else None
        if wanted == STATUS and not (is_listmonk or _are_statuses(body, at)):
            wanted = None  # "Status" means something else here
        if wanted is None or (wanted and wanted in targets):
            wanted = DATA + (field_name(heading) or f"COLUMN_{at + 1}")
        targets.append(wanted)
    if EMAIL not in targets and (found := _column_of_addresses(body, width)) is not None:
        targets[found] = EMAIL
    return header, _distinct(targets)


def family(header: list[str], file_name: str) -> tuple[str, dict[str, str]]:
    """(data field for foreign statuses, what every contact gets) for a file of a known mailing tool."""
    keys = {_key(cell) for cell in header}
    if keys >= _LISTMONK:
        return "LISTMONK_STATUS", {}
    if keys & _MAILCHIMP and (found := _MAILCHIMP_FILE.search(file_name)):
        # Mailchimp tells the status by the name of the file.
        word = found[1].lower()
        status = {"status": known} if (known := canonical_status(word)) else {}
        return "STATUS_TEXT", {**status, DATA + "MAILCHIMP_STATUS": word}
    return "STATUS_TEXT", {}


def _key(heading: str) -> str:
    return re.sub(r"[\W_]+", "", heading.casefold())


def _are_statuses(rows: list[list[str]], at: int) -> bool:
    written = {row[at].strip() for row in rows if len(row) > at and row[at].strip()}
    return not written or any(canonical_status(unguard(word)) for word in written)


def _column_of_addresses(rows: list[list[str]], width: int) -> int | None:
    found = Counter(
        at for row in rows for at, cell in enumerate(row[:width]) if is_email(unguard(cell).strip())
    )
    if not found:
        return None
    return min(at for at, times in found.items() if times == max(found.values()))


def _distinct(targets: list[str]) -> list[str]:
    """No two columns into one data field: the second gets a number."""
    seen: set[str] = set()
    made = []
    for target in targets:
        name, number = target, 2
        while name and name in seen:
            name, number = f"{target[: len(DATA) + 56]}_{number}", number + 1
        seen.add(name)
        made.append(name)
    return made
