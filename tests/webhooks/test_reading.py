"""What stands in a receipt is read leniently, and taken only where it can be true."""

from typing import Any

import pytest

from services.receipts.reading import price


@pytest.mark.parametrize(
    ("amount", "currency", "micros"),
    [
        ("0.0333", "EUR", 33_300), (0.0333, "USD", 33_300), (1, "EUR", 1_000_000), ("0", "EUR", 0), (1e-7, "EUR", 0),
        ("0.0333", None, None), ("0.0333", "euro", None), ("0.0333", 978, None), ("0.0333", "ЕUR", None),
        ("-0.0333", "EUR", None), (-1, "EUR", None), (-1e-9, "EUR", None), ("1e9", "EUR", None), (1e300, "EUR", None),
        (float("nan"), "EUR", None), (float("inf"), "EUR", None), ("1000", "EUR", None), (10**400, "EUR", None),
        ("٣", "EUR", None), (True, "EUR", None), (["0.1"], "EUR", None), (None, "EUR", None), ("", "EUR", None),
    ],
)  # fmt: skip
def test_a_price_is_taken_as_text_and_as_number_and_only_where_it_can_be_one(
    amount: Any, currency: Any, micros: int | None
) -> None:
    found = price(amount, currency)
    assert (found.micros if found else None) == micros
