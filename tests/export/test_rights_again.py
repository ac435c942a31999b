"""A right that goes between the guard of a page and the first row: it is judged again while the rows are held."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from extensions import db
from models import Account, AuditEvent, Export, ExportDownload, LoginSession, User
from services.clock import now
from services.exports import downloads
from services.unit_of_work import write
from tests.support.exporting import STREAMED, download, fixed_export
from tests.support.site import Site

Change = Callable[[], Any]


def _no_right() -> Any:
    return update(User).where(User.can_export).values(can_export=False)


def _removed() -> Any:
    return update(User).where(User.can_export).values(removed_at=now())


def _ended() -> Any:
    return update(LoginSession).values(ended_at=now(), ended_because="ended elsewhere")


def _grant_gone() -> Any:
    return update(LoginSession).values(verified_at={})


def _expired() -> Any:
    return update(Export).values(expires_at=now() - timedelta(seconds=1))


LOST: list[tuple[Change, int, str]] = [
    (_no_right, 403, ""), (_removed, 403, ""), (_ended, 303, "/contacts/exports/"), (_grant_gone, 303, "/step-up"),
    (_expired, 410, ""),
]  # fmt: skip


@pytest.mark.threat("E6")
@pytest.mark.parametrize(("change", "status", "leads_to"), LOST)
@pytest.mark.parametrize("how", ["streamed", "spooled"])
@pytest.mark.asvs("8.3.2")
def test_what_is_lost_after_the_guard_has_looked_is_lost(
    site: Site, monkeypatch: pytest.MonkeyPatch, change: Change, status: int, leads_to: str, how: str
) -> None:
    account, _ = site.world.acme()
    site.world.contacts(account, 3)
    browser = site.signed_in(site.world.user(account, can_export=True))
    address = fixed_export(browser)
    site.step_up(browser, f"{address}/download")
    _just_before_the_start(site, monkeypatch, change)
    answer = download(browser, address, **(STREAMED if how == "streamed" else {}))
    assert answer.status == status
    assert answer.location.startswith(leads_to)
    assert b"@example.org" not in answer.data
    with site.context():
        assert db.session.scalar(select(func.count()).select_from(ExportDownload)) == 0
        assert db.session.scalars(select(Export.state)).all() == ["fixed"]


def test_two_factor_that_comes_on_meanwhile_leaves_a_session_without_a_code_outside(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 3)
    browser = site.signed_in(owner)
    address = fixed_export(browser)
    _just_before_the_start(
        site, monkeypatch,
        lambda: update(Account).values(two_factor_enabled_at=now(), two_factor_enabled_by="Dana"),
    )  # fmt: skip
    answer = download(browser, address)
    assert (answer.status, answer.data.count(b"@example.org")) == (303, 0)
    assert browser.get(answer.location).location.startswith("/login")


def _just_before_the_start(site: Site, monkeypatch: pytest.MonkeyPatch, change: Change) -> None:
    """Somebody else commits ``change`` after the view's own guards and before the download is put on record."""
    start = downloads.start

    def late(*arguments: Any, **named: Any) -> Any:
        with site.context(), write() as session:
            session.execute(change(), execution_options={"synchronize_session": False})
        return start(*arguments, **named)

    monkeypatch.setattr(downloads, "start", late)


def test_refusals_are_recorded_once_an_hour(site: Site, time_machine_at: Callable[..., None]) -> None:
    time_machine_at(seconds=0)
    account, _ = site.world.acme()
    browser = site.signed_in(site.world.user(account))
    for minutes, recorded in ((0, 1), (30, 1), (31, 2)):
        time_machine_at(minutes=minutes)
        for path in ("/contacts/export", "/contacts/exports"):
            assert browser.get(path).status == 403
        with site.context():
            told = select(func.count()).where(AuditEvent.event == "export:refused")
            assert db.session.scalar(told) == recorded


@pytest.mark.asvs("2.3.2")
def test_exports_have_a_limit_for_each_person(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_EXPORTS_USER="3/hour")
    account, owner = site.world.acme(two_factor=False)
    site.world.contacts(account, 1)
    browser = site.signed_in(owner)
    address = fixed_export(browser)
    for _ in range(2):
        assert download(browser, address).data.count(b"@example.org") == 1  # read to its end
    assert download(browser, address).heading != "Other downloads are running"
    assert browser.last.status == 429
    assert 0 < int(browser.last.headers["Retry-After"]) <= 3600 * 5 // 4
    browser.get("/contacts/export")
    assert browser.submit(having="columns").status == 429
    with site.context():
        assert db.session.scalar(select(func.count()).select_from(Export)) == 1
        assert db.session.scalar(select(func.count()).select_from(ExportDownload)) == 2
    other = site.signed_in(site.world.user(account, can_export=True))
    assert download(other, fixed_export(other)).status == 200
