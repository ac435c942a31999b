"""A download that goes on from elsewhere is told like another one: somebody may have copied the cookie."""

from typing import Any

import pytest

from extensions import db
from models import AuditEvent
from tests.long_exports.conftest import Story
from tests.support.browser import Browser
from tests.support.exporting import cookies_of

THIEF = "198.51.100.7"


def part(browser: Browser, address: str, wanted: str, at: str = "127.0.0.1") -> bytes:
    answer = browser.get(
        f"{address}/download", headers={"Range": f"bytes={wanted}"}, environ_overrides={"REMOTE_ADDR": at}
    )
    assert answer.status == 206
    data = answer.data
    answer.response.close()
    return data


def told(story: Story) -> list[tuple[Any, str]]:
    with story.site.context():
        events = db.session.query(AuditEvent).filter(AuditEvent.event == "export:downloaded")
        return [((event.details or {})["state"], event.address) for event in events.order_by(AuditEvent.id)]


@pytest.mark.threat("F11")
def test_a_copied_cookie_takes_no_part_from_another_address_unseen(guarded: Story) -> None:
    address = guarded.ready()
    size = guarded.size(address)
    whole = part(guarded.browser, address, "0-")
    thief = guarded.site.with_cookies(cookies_of(guarded.browser))
    first = part(thief, address, "0-199", THIEF)
    assert told(guarded) == [("begun", "127.0.0.1"), ("complete", "127.0.0.1"), ("begun", THIEF)]
    assert guarded.mails_of_exports().count("Contacts were exported") == 2
    assert first + part(thief, address, f"200-{size - 1}", THIEF) == whole
    assert told(guarded)[3:] == [("complete", THIEF)]
    assert guarded.mails_of_exports().count("Contacts were exported") == 2


@pytest.mark.threat("F11")
def test_halves_that_went_to_two_addresses_are_told_twice_and_make_no_whole(guarded: Story) -> None:
    address = guarded.ready()
    part(guarded.browser, address, "0-199")
    part(guarded.browser, address, "200-", THIEF)
    assert told(guarded) == [("begun", "127.0.0.1"), ("begun", THIEF)]
    part(guarded.browser, address, "200-")
    assert told(guarded)[2:] == [("complete", "127.0.0.1")]


@pytest.mark.threat("F11")
def test_without_codes_another_session_is_told_too(story: Story) -> None:
    address = story.ready()
    part(story.browser, address, "0-199")
    other = story.site.signed_in(story.owner)
    part(other, address, "200-")
    assert [state for state, _ in told(story)] == ["begun", "begun"]
    part(other, address, "0-199")
    assert [state for state, _ in told(story)] == ["begun", "begun", "complete"]
    assert story.mails_of_exports().count("Contacts were exported") == 2
    with story.site.context():
        kept = db.session.execute(
            db.text("SELECT DISTINCT login_session, address, user_agent FROM export_downloads")
        ).all()
    assert len({row[0] for row in kept}) == 2
    assert all(None not in row for row in kept)
