"""Made-up contacts, the same for the same seed: names in many scripts, addresses at domains that belong to nobody."""

import random
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice

from models.account import Account
from models.contact import ContactList, ContactStatus, OptInType
from services.clock import now
from services.contacts import fields, lists
from services.imports.merging import merge
from services.imports.rows import Incoming
from services.imports.staged import row_of
from services.unit_of_work import write

_BATCH = 5000

#: (first names, last names, cities)
_PLACES = (
    (("Olivia", "Noah", "Amelia", "Niamh"), ("Walker", "O'Neill", "Hughes", "Ellis-Bond"), ("Leeds", "Cardiff")),
    (("Björn", "Åsa", "Søren", "Jürgen", "Zoë"), ("Ångström", "Müller", "Sørensen", "Groß"), ("Malmö", "Köln")),
    (("Łukasz", "Żaneta", "Đorđe", "Şebnem"), ("Wójcik", "Đurić", "Yılmaz"), ("Łódź", "İzmir")),
    (("José", "Inês", "María del Mar"), ("Núñez", "Gonçalves", "de la Cruz"), ("Cádiz", "São Paulo")),
    (("Дмитрий", "Оксана", "Ірина"), ("Шевченко", "Иванова"), ("Київ", "Алматы")),
    (("Ελένη", "Γιώργος"), ("Παπαδάκη", "Νικολάου"), ("Αθήνα", "Πάτρα")),
    (("محمد", "فاطمة", "ليلى"), ("الحسن", "حداد"), ("القاهرة", "عمّان")),
    (("נועה", "דוד"), ("כהן", "לוי"), ("חיפה", "תל אביב")),
    (("अनन्या", "रोहन"), ("शर्मा", "पटेल"), ("दिल्ली", "पुणे")),
    (("நிலா", "கவின்"), ("குமார்", "ராஜன்"), ("சென்னை", "மதுரை")),
    (("小美", "伟"), ("王", "李"), ("上海", "臺北")),
    (("さくら", "大輔"), ("佐藤", "髙橋"), ("東京", "札幌")),
    (("지우", "서연"), ("김", "박"), ("서울", "부산")),
    (("สมชาย", "มาลี"), ("ใจดี", "ศรีสุข"), ("กรุงเทพ", "เชียงใหม่")),
    (("Nguyễn Ánh", "Đức"), ("Trần", "Lê"), ("Hà Nội", "Đà Nẵng")),
    (("Adaeze", "Kwame", "Ọlá"), ("Ọ̀ṣọ́", "Mensah"), ("Lagos", "Accra")),
)  # fmt: skip
_DOMAINS = ("example.com", "example.net", "example.org")
_STATUSES = (ContactStatus.SUBSCRIBED,) * 17 + (
    ContactStatus.UNSUBSCRIBED, ContactStatus.SOFT_BOUNCED, ContactStatus.SUPPRESSED,
)  # fmt: skip
#: The United Kingdom keeps these thousand numbers for fiction.
_MOBILE = "+447700900"
_OWN_FIELDS = ("CITY", "BIRTHDAY", "POINTS", "NOTE")
#: What people really write into a free field; a spreadsheet would run some of it.
_NOTES = (
    *("",) * 12, "Prefers mornings", "Met at the fair; wants prices", "=welcome back!", 'Said "call me"\nthen moved',
)  # fmt: skip


def make_contacts(account: Account, count: int, list_names: list[str], seed: int) -> None:
    """Add ``count`` contacts, dealt out over lists of these names, which are made where they are missing."""
    made = contacts(count, seed)
    with write():
        fields.ensure(account, _OWN_FIELDS)
        targets = [_list(account, name) for name in list_names]
    share = -(-count // max(1, len(targets)))
    list_ids: list[int | None] = [target.id for target in targets]
    for list_id in list_ids or [None]:
        left = share
        while batch := list(islice(made, min(_BATCH, left))):
            left -= len(batch)
            with write() as session:
                merge(session, account.id, list_id, [row_of(one) for one in batch], now())


def contacts(count: int, seed: int) -> Iterator[Incoming]:
    """``count`` people, each address once."""
    chance = random.Random(seed)  # noqa: S311  # the same people every time is the point
    moment = now().replace(microsecond=0)
    for number in range(1, count + 1):
        yield _person(chance, number, moment)


def _person(chance: random.Random, number: int, moment: datetime) -> Incoming:
    first_names, last_names, cities = chance.choice(_PLACES)
    first, last = chance.choice(first_names), chance.choice(last_names)
    joined = moment - timedelta(minutes=chance.randrange(1, 2_000_000))
    data = {
        "FIRSTNAME": first, "LASTNAME": last, "FULLNAME": f"{first} {last}", "CITY": chance.choice(cities),
        "BIRTHDAY": (date(1945, 1, 1) + timedelta(days=chance.randrange(22_000))).isoformat(),
        "POINTS": str(chance.randrange(-50, 5000)), "NOTE": chance.choice(_NOTES),
    }  # fmt: skip
    return Incoming(
        email=f"{_latin(first) or 'contact'}.{number}@{chance.choice(_DOMAINS)}",
        mobile=f"{_MOBILE}{number % 1000:03}" if chance.random() < 0.6 else None,
        opt_in_type=chance.choice(tuple(OptInType)).value,
        status=chance.choice(_STATUSES).value,
        data={name: value for name, value in data.items() if value},
        created_at=joined,
        updated_at=joined
        + timedelta(minutes=chance.randrange(1 + (moment - joined) // timedelta(minutes=1))),
    )


def _latin(name: str) -> str:
    """What of a name can stand in an address: "Björn" -> "bjorn"; "" for other scripts."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(ch for ch in plain.lower() if ch.isalnum())


def _list(account: Account, name: str) -> ContactList:
    found = {known.name: known for known in lists.of_account(account)}.get(name)
    return found or lists.create(account, name)
