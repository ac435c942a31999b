"""The key of a file dies with its export: its days, its list, its person's right, or a press of a button."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from extensions import db
from models import ContactList, User
from models.types import new_public_id
from services import purge, storage, stored_objects
from services.contacts import lists
from services.storage import StoreUnavailable
from services.storage.folder import Folder
from services.unit_of_work import write
from tests.long_exports.conftest import Story, on_one


def gone(story: Story, address: str) -> None:
    file = story.file(address)
    assert (file.state, file.key) == ("gone", None)
    assert story.objects() == []
    assert file.name is None


@on_one
@pytest.mark.asvs("14.2.7")
def test_after_its_days_key_and_object_are_gone(story: Story, time_machine_at: Callable[..., None]) -> None:
    address = story.ready()
    time_machine_at(days=story.site.settings.export_days, seconds=5)
    # Nobody has cleaned yet: it is refused all the same.
    late = story.site.signed_in(story.owner)
    assert late.get(f"{address}/download").status == 410
    run = story.site.app.test_cli_runner().invoke(args=["purge-expired"])
    assert run.exit_code == 0, run.output
    gone(story, address)
    assert late.get(f"{address}/download").status == 410
    assert "This export has expired" in late.get(address).words
    with story.site.context():
        assert purge.purge_expired()["Files of exports"] == 0


def test_with_its_list(story: Story) -> None:
    address = story.ready()
    with story.site.context():
        lists.remove(db.session.query(ContactList).filter_by(name="Newsletter").one())
    gone(story, address)
    assert story.get(address).status == 410


def owner_changes(story: Story, user: User, **fields: Any) -> None:
    """By the owner's own page, with the code."""
    path = f"/settings/users/{user.public_id}"
    story.browser.get(path)
    answer = story.browser.submit(having="email", **fields)
    story.browser.get(answer.location)
    story.browser.submit(code=story.site.code(story.owner.mobile_number))
    story.browser.follow()
    story.browser.submit()


@pytest.mark.threat("F8")
def test_with_the_right_to_export(guarded: Story) -> None:
    user = guarded.site.world.user(guarded.account, can_export=True)
    address = guarded.prepared(guarded.site.signed_in(user))
    owner_changes(guarded, user, can_export=None)
    with guarded.site.context():
        assert db.session.get_one(User, user.id).can_export is False
    gone(guarded, address)


def test_a_right_that_was_lost_in_another_way_is_found_by_the_cleaning(story: Story) -> None:
    user = story.site.world.user(story.account, can_export=True)
    address = story.prepared(story.site.signed_in(user))
    kept = story.prepared()
    with story.site.context(), write() as session:
        session.execute(update(User).where(User.id == user.id).values(can_export=False))
    with story.site.context():
        assert purge.purge_expired()["Files of exports"] == 1
    assert (story.file(address).state, story.file(address).key) == ("gone", None)
    assert story.objects() == [story.file(kept).name]


@on_one
def test_by_its_button_and_on_record(story: Story) -> None:
    address = story.ready()
    page = story.browser.get(address)
    assert page.form("remove-file")
    story.browser.submit(form="remove-file")
    assert (story.file(address).state, story.file(address).key, story.objects()) == ("cancelled", None, [])
    assert [event["why"] for event in story.told("export:file_ended")] == ["removed"]
    story.browser.post(f"{address}/remove-file")
    assert len(story.told("export:file_ended")) == 1


@on_one
def test_a_store_that_is_away_keeps_no_key_alive_and_is_cleaned_later(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = story.ready()

    def away(*_: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(Folder, "delete", away)
    story.browser.post(f"{address}/remove-file")
    file = story.file(address)
    assert (file.state, file.key, story.objects()) == ("cancelled", None, [file.name])
    monkeypatch.undo()
    with story.site.context():
        purge.purge_expired()
    assert (story.objects(), story.file(address).name) == ([], None)


@on_one
def test_objects_that_no_row_knows_go_after_a_day(story: Story, time_machine_at: Callable[..., None]) -> None:
    address = story.ready()
    with story.site.context():
        stray = stored_objects.name_of("exports", story.account, new_public_id())
        with storage.store().writing(stray) as sink:
            sink.write(b"x")
    with story.site.context():
        assert purge.purge_expired()["Files of exports"] == 0
    assert len(story.objects()) == 2
    time_machine_at(days=1, minutes=1)
    with story.site.context():
        assert purge.purge_expired()["Files of exports"] == 1
    assert story.objects() == [story.file(address).name]


@on_one
def test_nothing_of_a_key_stays_in_the_file_of_sqlite(story: Story) -> None:
    address = story.prepared()
    key = story.file(address).key
    assert key is not None
    assert key in whole_database(story)
    story.browser.post(f"{address}/remove-file")
    left = whole_database(story)
    assert not any(key[at : at + 16] in left for at in range(0, len(key) - 16, 16))


def whole_database(story: Story) -> bytes:
    with story.site.context():
        db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        path = db.engine.url.database
    return Path(str(path)).read_bytes()
