"""Retry-After, as RFC 9110 allows it and as servers get it wrong."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from services.clock import now
from services.gateways.retry_after import seconds_to_wait


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        (" 30 ", 30.0),
        ("999999999999", 86_400.0),
        ("1.5", None),
        ("-1", None),
        ("1e3", None),
        ("inf", None),
        ("soon", None),
        ("9" * 5000, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0),
    ],
)
def test_seconds_and_dates_are_understood_and_nonsense_is_not(
    header: str | None, seconds: float | None
) -> None:
    assert seconds_to_wait(header) == seconds


def test_a_date_is_counted_from_now() -> None:
    header = format_datetime(now() + timedelta(seconds=90), usegmt=True)

    waited = seconds_to_wait(header)

    assert waited is not None
    assert 88 <= waited <= 90
