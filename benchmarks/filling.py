"""Contacts by the million, made by the database itself, the same every time."""

from sqlalchemy import text

from models import Account
from services.unit_of_work import write
from tests.support.site import Site

FIELDS = ("FIRSTNAME", "LASTNAME", "FULLNAME", "POSTCODE")

_NAMES = (
    "Olivia",
    "Noah",
    "Zoë",
    "Björn",
    "Łukasz",
    "Inês",
    "Оксана",
    "さくら",
    "José María",
    "Kwame",
    "Søren",
)
_SURNAMES = ("Walker", "O''Neill", "Ångström", "Müller", "Wójcik", "Núñez", "Иванова", "佐藤", "de la Cruz")
#: A spreadsheet would run some of what people write.
_FULL_NAMES = (
    "",
    "Olivia Walker",
    "Björn Ångström",
    "=welcome!",
    'María "Mari" de la Cruz',
    "Łukasz Wójcik",
    "佐藤さくら",
)
_POSTCODES = ("AB1 2CD", "SW1A 1AA", "211 20", "50667", "", "060-0001", "01001")


def _one_of(values: tuple[str, ...], step: int) -> str:
    whens = " ".join(f"WHEN {at} THEN '{value}'" for at, value in enumerate(values))
    return f"CASE (n * {step}) % {len(values)} {whens} END"


_VALUES = (_one_of(_NAMES, 7), _one_of(_SURNAMES, 5), _one_of(_FULL_NAMES, 3), _one_of(_POSTCODES, 11))
_PAIRS = ", ".join(f"'{name}', {value}" for name, value in zip(FIELDS, _VALUES, strict=True))
_DATA = {"postgresql": f"jsonb_build_object({_PAIRS})", "sqlite": f"json_object({_PAIRS})"}
_SERIES = {
    # The driver sends a small number as a smallint, for which there is no series.
    "postgresql": "generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS s(n)",
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM s WHERE n < :last) SELECT n FROM s)",
}
_INSERT = """
INSERT INTO contacts (account_id, email, mobile, opt_in_type, email_type, status, data, created_at, updated_at)
SELECT :account, 'person-' || n || '@example.org', '+4474' || (10000000 + n % 80000000), 'Single', 'Html',
       CASE n % 20 WHEN 0 THEN 'Unsubscribed' ELSE 'Subscribed' END, {data},
       '2026-01-02 03:04:05.000000', '2026-01-02 03:04:05.000000'
FROM {series}
"""
_AT_ONCE = 250_000


def fill(site: Site, account: Account, count: int) -> None:
    for first in range(1, count + 1, _AT_ONCE):
        with site.context(), write() as session:
            kind = session.get_bind().dialect.name
            session.execute(
                text(_INSERT.format(data=_DATA[kind], series=_SERIES[kind])),
                {"account": account.id, "first": first, "last": min(count, first + _AT_ONCE - 1)},
            )
