"""The filters that put times, numbers and sizes into words."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, g

from blueprints import templating
from services.clock import now
from services.language import ngettext

WINTER = datetime(2026, 11, 24, 6, 51, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _application() -> Iterator[None]:
    with Flask(__name__).app_context():
        yield


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (timedelta(seconds=10), "just now"),
        (timedelta(seconds=50), "1 minute ago"),
        (timedelta(minutes=2, seconds=30), "2 minutes ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=1, hours=5), "1 day ago"),
        (timedelta(days=6, hours=23), "6 days ago"),
    ],
)
def test_a_recent_time_is_said_as_a_distance(past: timedelta, words: str) -> None:
    assert templating.when_words(now() - past) == words


def test_a_time_to_come_is_said_as_a_distance() -> None:
    assert templating.when_words(now() + timedelta(hours=3, minutes=1)) == "in 3 hours"
    assert templating.when_words(now() + timedelta(seconds=20)) == "in a moment"


def test_an_old_time_is_said_as_a_date_with_its_year() -> None:
    assert templating.when_words(datetime(2001, 3, 3, 12, tzinfo=UTC)) == "3 March 2001"


def test_the_exact_time_is_in_the_accounts_zone() -> None:
    assert templating.exact_time(WINTER) == "24 November 2026, 06:51 UTC"
    g.time_zone = "Europe/Berlin"
    assert templating.exact_time(WINTER) == "24 November 2026, 07:51 CET"


@pytest.mark.parametrize("zone", ["Nowhere/Atlantis", "../etc/passwd", ""])
def test_an_unknown_zone_shows_utc(zone: str) -> None:
    g.time_zone = zone
    assert templating.exact_time(WINTER).endswith("UTC")


def test_the_machine_readable_time_is_utc_to_the_second() -> None:
    assert templating.iso_time(WINTER.astimezone(tz=None)) == "2026-11-24T06:51:00Z"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 second"),
        (30, "30 seconds"),
        (60, "1 minute"),
        (61, "2 minutes"),
        (3601, "2 hours"),
        (86400, "1 day"),
    ],
)
def test_a_wait_is_never_said_shorter_than_it_is(seconds: int, words: str) -> None:
    assert templating.duration_words(seconds) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (1, "1 byte"),
        (640, "640 bytes"),
        (1400, "1.4 kB"),
        (999_600, "1.0 MB"),
        (12_400_000, "12 MB"),
        (5 * 10**12, "5000 GB"),
    ],
)
def test_a_size_is_said_in_the_unit_that_reads_best(size: int, words: str) -> None:
    assert templating.file_size(size) == words


def test_numbers_are_grouped_and_counted() -> None:
    assert ngettext("%(num)s contact", "%(num)s contacts", 12431) == "12,431 contacts"
    assert ngettext("%(num)s contact", "%(num)s contacts", 1) == "1 contact"
    assert ngettext("%(num)s contact", "%(num)s contacts", 0) == "0 contacts"
