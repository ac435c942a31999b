"""What prepared files may take up: of an account, and of the disk."""

import errno
import os
from collections.abc import Callable
from typing import Any

import pytest

from services.exports import stored_room
from tests.long_exports.conftest import Story, on_one
from tests.long_exports.test_writing import stop_after
from tests.support.exporting import fixed_export, many_contacts

#: About 140 bytes each: more than the smallest limit, 1 MiB.
TOO_MANY = 9000


@pytest.fixture
def small(make_story: Callable[..., Story]) -> Story:
    return make_story(two_factor=False, EXPORT_STORED_MAX_MIB="1")


@pytest.mark.threat("X8")
def test_the_files_of_an_account_take_up_so_much_together_and_no_more(small: Story) -> None:
    held = small.prepared()
    many_contacts(small.site, small.account, TOO_MANY)
    address = fixed_export(small.browser)
    small.browser.post(f"{address}/prepare")
    words = small.browser.get(address).words
    assert "The prepared files of this account may take up 1 MiB. This one would need about 2 MiB" in words
    assert small.told("export:prepared")[1:] == []
    # Fewer columns fit beside the first one, which stays.
    fewer = fixed_export(small.browser, columns=["Email"])
    small.browser.post(f"{fewer}/prepare")
    small.site.deliver()
    assert {small.file(held).state, small.file(fewer).state} == {"ready"}


@on_one
@pytest.mark.threat("X8")
def test_what_turns_out_larger_than_it_was_thought_stops_there(
    small: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_contacts(small.site, small.account, TOO_MANY)
    monkeypatch.setattr(stored_room, "_VALUE", 1)
    address = fixed_export(small.browser)
    small.browser.post(f"{address}/prepare")
    small.site.deliver()
    assert (small.file(address).state, small.file(address).key, small.objects()) == ("failed", None, [])
    words = "with it, the account's prepared files would take up more room than it has"
    assert words in small.browser.get(address).words
    assert small.told("export:file_ended")[0]["why"] == words
    assert "Your export could not be prepared" in small.mails_of_exports()


def full(*_: Any) -> os.statvfs_result:
    return os.statvfs_result((4096, 4096, 1000, 10, 10, 0, 0, 0, 0, 255))


@on_one
@pytest.mark.parametrize("when", ["before", "meanwhile", "at a write"])
def test_a_full_disk_is_told_at_once_and_leaves_no_half_file(
    story: Story, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    kept = story.prepared()
    address = story.export()
    story.browser.post(f"{address}/prepare")

    def fill() -> None:
        if when == "at a write":
            raise OSError(errno.ENOSPC, "No space left on device")
        monkeypatch.setattr(os, "statvfs", full)

    if when == "before":
        fill()
    else:
        monkeypatch.setattr("services.exports.long_writing._TELL_EVERY", 0.0)
        stop_after(monkeypatch, fill)
    story.site.deliver()
    assert (story.file(address).state, story.file(address).key) == ("failed", None)
    assert story.objects() == [story.file(kept).name]
    page = story.browser.get(address)
    assert "Nothing of it is left: the site's disk has no room for it." in page.words
    monkeypatch.undo()
    story.browser.post(f"{address}/prepare")
    story.site.deliver()
    assert story.file(address).state == "ready"
