"""From the choice to the file: asked for, written by the worker, told by mail, downloaded behind a code."""

import hashlib
from collections.abc import Callable

import pytest

from tests.long_exports.conftest import Story, on_one, path_of
from tests.support.exporting import fixed_export, rows_of


def test_a_long_export_is_written_by_the_worker_and_downloaded_behind_a_code(
    make_story: Callable[..., Story],
) -> None:
    story = make_story(EXPORT_LONG_ROWS="5")
    address = story.export()
    page = story.browser.get(address)
    assert "The file is being prepared" in page.words
    assert "It waits for its turn" in page.words
    assert page.html.select_one("[data-poll]")["data-poll"] == f"{address}/status"
    status = story.browser.get(f"{address}/status").response.get_json()
    assert (status["done"], status["total"], status["finished"]) == (0, 8, False)

    story.site.deliver()
    assert story.browser.get(f"{address}/status").response.get_json()["finished"] is True
    assert "The file is ready" in story.browser.get(address).words
    assert story.told("export:file_ready")[0]["rows"] == 8
    assert "Your export is ready" in story.mails_of_exports()
    mail = story.site.mails(story.owner.email)[-1]["text"]
    assert f"http://localhost{address}" in mail
    assert "not-me" not in mail

    # What lies there is not the contacts.
    file = story.file(address)
    stored = path_of(story, file.name).read_bytes()
    assert b"example.org" not in stored
    assert file.key is not None
    assert len(stored) > story.size(address)

    assert story.site.step_up(story.browser, f"{address}/download") == f"{address}/download"
    answer = story.get(address)
    assert answer.status == 200
    assert answer.headers["Content-Length"] == str(len(answer.data)) == str(file.bytes)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert len(rows_of(answer.data)) == 8
    assert hashlib.sha256(answer.data).hexdigest() == file.sha256
    assert [event["state"] for event in story.told("export:downloaded")] == ["begun", "complete"]
    assert story.mails_of_exports().count("Contacts were exported") == 1
    page = story.browser.get(address)
    assert "Downloaded" in page.words
    assert file.sha256 in page.words


def test_the_file_is_the_same_as_the_streamed_one(guarded: Story) -> None:
    streamed = guarded.export()
    assert guarded.site.step_up(guarded.browser, f"{streamed}/download") == f"{streamed}/download"
    assert guarded.get(streamed).data == guarded.get(guarded.ready()).data


@on_one
def test_a_long_export_is_never_streamed(make_story: Callable[..., Story]) -> None:
    story = make_story(EXPORT_LONG_ROWS="5", two_factor=False)
    address = story.export()
    assert story.get(address).location == address
    story.browser.post(f"{address}/remove-file")
    assert story.get(address).location == address
    assert story.downloads() == []


@on_one
@pytest.mark.threat("G1")
def test_no_code_is_texted_for_a_file_that_is_not_there(make_story: Callable[..., Story]) -> None:
    story = make_story(EXPORT_LONG_ROWS="5")
    address = story.export()
    texts = len(story.site.texts())
    story.browser.post(f"{address}/remove-file")
    for method in (story.browser.get, story.browser.head):
        assert method(f"{address}/download").location == address
    assert story.get(address, Range="bytes=0-9").location == address
    assert len(story.site.texts()) == texts


@on_one
@pytest.mark.threat("G5")
def test_the_text_names_how_many_are_in_the_file(guarded: Story) -> None:
    address = guarded.prepared()
    guarded.site.world.contacts(guarded.account, 3)
    other = fixed_export(guarded.browser)
    guarded.browser.post(f"{other}/prepare")
    guarded.site.world.contacts(guarded.account, 5)
    guarded.site.deliver()
    guarded.site.world.contacts(guarded.account, 7)
    for download, words in ((address, "export 8 contacts from Newsletter"), (other, "export 16 contacts.")):
        guarded.get(download)
        assert words in guarded.site.texts()[-1]["text"]


@on_one
def test_a_short_one_can_be_prepared_too(story: Story) -> None:
    address = story.export()
    assert "Prepare it in the background" in story.browser.get(address).words
    story.browser.post(f"{address}/prepare")
    assert story.told("export:prepared")[0]["rows"] == 8
    story.site.deliver()
    assert "The file is ready" in story.browser.get(address).words


@on_one
@pytest.mark.asvs("7.5.3")
def test_writing_asks_for_no_code_and_every_download_does(guarded: Story) -> None:
    address = guarded.prepared()
    for method in (guarded.browser.get, guarded.browser.head):
        assert method(f"{address}/download").location.startswith("/step-up")
    # A part is refused: the code page would become the end of somebody's file.
    answer = guarded.get(address, Range="bytes=0-9")
    assert (answer.status, answer.heading) == (403, "A code is needed again")
    assert guarded.downloads() == []
    assert guarded.told("export:downloaded") == []


@on_one
def test_the_code_of_one_export_opens_no_other(guarded: Story) -> None:
    guarded.ready()
    other = guarded.prepared()
    assert guarded.get(other).location.startswith("/step-up")


@on_one
def test_a_part_after_the_five_minutes_asks_for_the_code_again(
    guarded: Story, time_machine_at: Callable[..., None]
) -> None:
    address = guarded.ready()
    assert guarded.get(address, Range="bytes=0-9").status == 206
    time_machine_at(seconds=guarded.site.settings.step_up_lifetime + 1)
    assert guarded.get(address, Range="bytes=10-19").status == 403
    assert guarded.get(address).location.startswith("/step-up")
    assert len(guarded.downloads()) == 1


@pytest.mark.asvs("8.2.2")
@pytest.mark.threat("F8")
def test_nobody_but_who_asked_for_it_has_the_file(guarded: Story) -> None:
    address = guarded.ready()
    colleague = guarded.site.signed_in(guarded.site.world.user(guarded.account, can_export=True))
    stranger = guarded.site.signed_in(guarded.site.world.owner(guarded.site.world.account("Borealis")))
    for browser in (colleague, stranger):
        for path in ("", "/download", "/status"):
            assert browser.get(address + path).status == 404
        for path in ("/prepare", "/remove-file"):
            assert browser.post(address + path).status == 404
    assert guarded.file(address).state == "ready"
    assert guarded.site.browser().get(f"{address}/download").location.startswith("/login")


@on_one
def test_the_owner_removes_the_file_of_a_user_and_cannot_take_it(story: Story) -> None:
    user = story.site.world.user(story.account, can_export=True)
    address = story.prepared(story.site.signed_in(user))
    page = story.browser.get(address)
    assert "Remove the prepared file" in page.words
    assert story.browser.get(f"{address}/download").status == 404
    assert story.browser.post(f"{address}/prepare").status == 404
    assert story.browser.post(f"{address}/remove-file").location == address
    assert (story.file(address).state, story.objects()) == ("cancelled", [])


@on_one
def test_without_two_factor_it_is_recorded_and_told_all_the_same(make_story: Callable[..., Story]) -> None:
    story = make_story(two_factor=False)
    address = story.prepared()
    assert len(rows_of(story.get(address).data)) == 8
    assert [event["verified"] for event in story.told("export:downloaded")] == [False, False]
    assert story.mails_of_exports().count("Contacts were exported") == 1


def test_asking_twice_writes_once(story: Story) -> None:
    address = story.export()
    for _ in range(2):
        story.browser.post(f"{address}/prepare")
    story.site.deliver()
    story.browser.post(f"{address}/prepare")
    story.site.deliver()
    assert len(story.told("export:prepared")) == len(story.told("export:file_ready")) == 1
    assert len(story.objects()) == 1


@on_one
def test_an_account_waits_for_its_own_files_before_it_asks_for_more(story: Story) -> None:
    addresses = [story.export() for _ in range(4)]
    for address in addresses:
        story.browser.post(f"{address}/prepare")
    page = story.browser.get(addresses[3])
    assert "3 files of this account wait or are being prepared" in page.words
    assert "Prepare it in the background" in page.words


@on_one
def test_it_lies_in_a_bucket_where_the_operator_says_so(
    make_story: Callable[..., Story],
    s3: str,
) -> None:
    story = make_story(STORAGE_URL=s3)
    address = story.ready()
    whole = story.get(address).data
    assert len(rows_of(whole)) == 8
    assert story.get(address, Range="bytes=150-420").data == whole[150:421]
    assert story.file(address).name in story.objects()
    story.browser.post(f"{address}/remove-file")
    assert story.objects() == []
