"""Invariant 2. Every way of asking for an export without its own spent code, and not one contact comes."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from extensions import db
from models import User
from models.export import ExportDownload
from services import mobile_numbers, numbers, step_up
from services.unit_of_work import write
from tests.support.browser import Browser, Page
from tests.support.estate import Estate, estate
from tests.support.exporting import cookies_of, fixed_export
from tests.support.site import Site

Clock = Callable[..., None]


class Attack:
    """An exporter's browser, an export that is fixed, and everything that was answered so far."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.of: Estate = estate(site, "Borealis")
        self.browser = site.signed_in(self.of.exporter)
        self.path = fixed_export(self.browser)
        self.download = f"{self.path}/download"

    def ask(self, browser: Browser | None = None, path: str = "", **options: object) -> Page:
        page = (browser or self.browser).get(path or self.download, **options)
        self.nothing_left(page)
        return page

    def nothing_left(self, page: Page) -> None:
        assert page.status != 200 or page.response.mimetype != "text/csv", "a file came"
        assert b"@example.org" not in page.data

    def nothing_started(self) -> None:
        with self.site.context():
            assert db.session.scalar(select(func.count()).select_from(ExportDownload)) == 0

    def code(self) -> str:
        return self.site.code(self.of.exporter.mobile_number)


@pytest.fixture
def attack(site: Site) -> Attack:
    return Attack(site)


@pytest.mark.asvs("2.3.1")
@pytest.mark.asvs("7.5.3")
def test_without_a_spent_code_for_that_very_scope_no_contact_row_leaves(attack: Attack) -> None:
    assert attack.ask().location.startswith("/step-up")
    attack.nothing_started()
    attack.browser.get(attack.browser.last.location)
    assert attack.browser.submit(code=attack.code()).location == attack.download
    assert attack.browser.get(attack.download).data.count(b"@example.org") == 3  # the way that is right


@pytest.mark.threat("X4")
@pytest.mark.threat("C8")
@pytest.mark.parametrize("headers", [
    {}, {"Range": "bytes=0-"}, {"Range": "bytes=100-200"}, {"If-None-Match": "*"}, {"Accept": "text/csv"},
    {"X-Requested-With": "XMLHttpRequest"}, {"Sec-Fetch-Site": "cross-site"}, {"X-Original-URL": "/login"},
    {"X-Rewrite-URL": "/contacts"}, {"Authorization": "Basic b3duZXI6eA=="}, {"X-HTTP-Method-Override": "HEAD"},
])  # fmt: skip
def test_no_header_gets_a_row_out(attack: Attack, headers: dict[str, str]) -> None:
    assert attack.ask(headers=headers).status == 303
    attack.nothing_started()


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_no_method_gets_a_row_out(attack: Attack, method: str) -> None:
    answer = attack.browser.client.open(
        attack.download, method=method, headers={"X-CSRFToken": attack.browser.csrf_token()}
    )
    attack.nothing_left(Page(answer, attack.download))
    attack.nothing_started()


def test_no_spelling_of_the_address_gets_a_row_out(attack: Attack) -> None:
    public_id = attack.path.rsplit("/", 1)[1]
    for path in (
        f"{attack.path}/download/", f"/{attack.path}/download", f"{attack.path}//download", f"{attack.path}/./download",
        f"{attack.path}/download;x=y", f"{attack.path}/download?verified=1", f"{attack.path}/DOWNLOAD",
        f"{attack.path}/%64ownload", f"{attack.path}/download.csv", f"/contacts/exports/%00{public_id}/download",
        f"/contacts/exports/{public_id.lower()}/download", f"/contacts/exports/{public_id}%20/download",
        f"/static/..{attack.path}/download", f"/contacts/exports/../exports/{public_id}/download",
    ):  # fmt: skip
        attack.ask(path=path)
    attack.nothing_started()


@pytest.mark.threat("C6")
@pytest.mark.asvs("6.6.2")
def test_a_code_for_another_export_gets_none_of_this_one(attack: Attack) -> None:
    other = fixed_export(attack.browser)
    attack.site.step_up(attack.browser, f"{other}/download")
    assert attack.ask().location.startswith("/step-up")
    attack.nothing_started()


@pytest.mark.threat("C3")
def test_a_code_for_another_action_gets_nothing(attack: Attack) -> None:
    owner = attack.site.signed_in(attack.of.owner)
    attack.site.step_up(owner, "/settings/activity.csv")
    assert attack.ask(owner, fixed_export(owner) + "/download").location.startswith("/step-up")
    attack.nothing_started()


@pytest.mark.threat("C7")
def test_a_code_in_another_session_of_the_same_person_gets_nothing(attack: Attack) -> None:
    attack.site.step_up(attack.browser, attack.download)
    assert attack.ask(attack.site.signed_in(attack.of.exporter)).location.startswith("/step-up")


@pytest.mark.threat("X3")
def test_nobody_else_gets_it_even_with_a_code(attack: Attack) -> None:
    attack.site.step_up(attack.browser, attack.download)
    stranger = estate(attack.site, "Corvus", digit=1)
    for browser in (
        attack.site.signed_in(attack.of.owner),
        attack.site.signed_in(stranger.owner),
        attack.site.signed_in(attack.site.world.support()),
        attack.site.signed_in(attack.of.user),
        attack.site.browser(),
    ):
        assert attack.ask(browser).status in {303, 403, 404}
    attack.nothing_started()


def test_the_code_of_the_sign_in_is_no_code_for_an_export(attack: Attack) -> None:
    browser = attack.site.browser()
    browser.get("/login")
    browser.submit(email=attack.of.exporter.email, password=attack.site.world.password)
    browser.get("/login/code")
    code = attack.code()
    browser.submit(code=code)
    browser.get(attack.ask(browser).location)
    assert browser.submit(code=code).status == 422
    assert attack.ask(browser).status == 303
    attack.nothing_started()


def test_after_five_minutes_it_is_asked_for_again(attack: Attack, time_machine_at: Clock) -> None:
    time_machine_at(seconds=0)
    attack.site.step_up(attack.browser, attack.download)
    time_machine_at(seconds=300)
    assert attack.ask().location.startswith("/step-up")
    attack.nothing_started()


@pytest.mark.threat("C1")
def test_a_spent_code_does_not_work_again(attack: Attack, time_machine_at: Clock) -> None:
    time_machine_at(seconds=0)
    place = attack.ask().location
    attack.browser.get(place)
    code = attack.code()
    attack.browser.submit(code=code)
    time_machine_at(seconds=301)
    attack.browser.post(place, {"code": code})
    again = attack.ask().location
    assert again.startswith("/step-up")
    assert attack.browser.post(again, {"code": code}).status == 422
    assert attack.ask().status == 303
    attack.nothing_started()


def test_an_old_interruption_leads_back_to_the_guard_and_not_around_it(
    attack: Attack, time_machine_at: Clock
) -> None:
    time_machine_at(seconds=0)
    place = attack.ask().location
    attack.browser.get(place)
    attack.browser.submit(code=attack.code())
    time_machine_at(seconds=300)
    # Verified once, long ago: it may lead back to the guard, or be forgotten.
    assert attack.browser.get(place).location in {attack.download, "/"}
    assert attack.ask().location.startswith("/step-up")
    attack.nothing_started()


@pytest.mark.threat("B4")
def test_asking_for_the_text_again_is_no_answer_to_it(attack: Attack, time_machine_at: Clock) -> None:
    attack.browser.get(attack.ask().location)
    time_machine_at(seconds=31)
    assert attack.browser.submit(form="/step-up/resend").status == 303
    assert attack.ask().status == 303
    attack.nothing_started()


def test_cancelling_kills_the_code(attack: Attack) -> None:
    place = attack.ask().location
    attack.browser.get(place)
    code = attack.code()
    attack.browser.submit(form="/step-up/cancel")
    attack.browser.post(place, {"code": code})
    attack.browser.post("/step-up", {"code": code})
    again = attack.ask().location
    assert attack.browser.post(again, {"code": code}).status == 422
    attack.nothing_started()


@pytest.mark.threat("B1")
def test_after_five_wrong_codes_the_right_one_is_worth_nothing(attack: Attack) -> None:
    place = attack.ask().location
    attack.browser.get(place)
    code = attack.code()
    for guess in range(5):
        assert attack.browser.post(place, {"code": f"{(int(code) + 1 + guess) % 10**6:06}"}).status == 422
    assert attack.browser.post(place, {"code": code}).status == 429
    assert attack.ask().status == 303
    attack.nothing_started()


@pytest.mark.threat("A11")
@pytest.mark.parametrize(
    "code", ["", "null", "true", "-1", "1e5", "1" * 5000, "٠١٢٣٤٥", "\x00", "' OR 1=1 --", "%", "[]"]
)
@pytest.mark.asvs("15.3.5")
def test_no_odd_code_is_the_right_one(attack: Attack, code: str) -> None:
    place = attack.ask().location
    assert attack.browser.post(place, {"code": code}).status == 422
    assert attack.ask().status == 303
    attack.nothing_started()


@pytest.mark.threat("C4")
def test_another_persons_code_is_simply_wrong(attack: Attack) -> None:
    owner = attack.site.signed_in(attack.of.owner)
    owners = owner.get(fixed_export(owner) + "/download").location
    place = attack.ask().location
    exporters = attack.code()
    code_of_owner = attack.site.code(attack.of.owner.mobile_number)
    assert attack.browser.post(place, {"code": code_of_owner}).status == 422
    assert owner.post(owners, {"code": exporters}).status == 422
    assert attack.browser.post(owners, {"code": code_of_owner}).location == "/"  # not theirs
    assert attack.ask().status == 303
    attack.nothing_started()


@pytest.mark.asvs("7.2.1")
@pytest.mark.asvs("11.2.5")
def test_a_cookie_that_was_changed_is_worth_nothing(attack: Attack) -> None:
    value = attack.browser.cookie("session") or ""
    for at in range(0, len(value), 7):
        thief = attack.site.browser()
        thief.client.set_cookie("session", value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :])
        attack.ask(thief)
    attack.nothing_started()


def test_a_grant_in_the_cookie_is_not_read(attack: Attack) -> None:
    with attack.browser.client.session_transaction() as session:  # as if the key of the cookies were known
        session["verified_at"] = {
            "contacts.export": {attack.path.rsplit("/", 1)[1]: "2099-01-01T00:00:00+00:00"}
        }
    assert attack.ask().status == 303


@pytest.mark.threat("E3")
def test_the_cookie_of_a_session_that_ended_gets_nothing_though_it_was_verified(attack: Attack) -> None:
    attack.site.step_up(attack.browser, attack.download)
    copied = cookies_of(attack.browser)
    attack.browser.post("/logout")
    thief = attack.site.browser()
    for name, value in copied.items():
        thief.client.set_cookie(name, value)
    assert attack.ask(thief).location.startswith("/login")


@pytest.mark.threat("E6")
@pytest.mark.threat("X6")
@pytest.mark.asvs("8.3.2")
def test_a_right_that_was_taken_away_after_the_code_is_gone(attack: Attack) -> None:
    attack.site.step_up(attack.browser, attack.download)
    with attack.site.context(), write() as session:
        person = session.get_one(User, attack.of.exporter.id)
        person.can_export = False
    assert attack.ask().status == 403


@pytest.mark.threat("D4")
def test_a_code_sent_to_the_number_before_a_change_gets_nothing(attack: Attack) -> None:
    place = attack.ask().location
    code = attack.code()
    with attack.site.context(), write() as session:
        person = session.get_one(User, attack.of.exporter.id)
        person.mobile_number = "+447400129999"  # by whatever way: no door was shut here
    assert attack.browser.post(place, {"code": code}).status == 422
    assert attack.ask().status == 303


@pytest.mark.threat("D4")
def test_the_owners_change_of_a_number_ends_a_verified_session(attack: Attack) -> None:
    attack.site.step_up(attack.browser, attack.download)
    with attack.site.context(), write() as session:
        account = session.get_one(type(attack.of.account), attack.of.account.id)
        person = session.get_one(User, attack.of.exporter.id)
        owner = session.get_one(User, attack.of.owner.id)
        number = numbers.parse_mobile("+44 7400 129999", "GB")
        mobile_numbers.set_for_user(account, person, number, by=owner)
    assert attack.ask().location.startswith("/login")


@pytest.mark.threat("E2", "A15")
def test_turning_two_factor_on_leaves_no_session_that_exports_without_a_code(site: Site) -> None:
    of = estate(site, "Dorado", two_factor=False)
    browser = site.signed_in(of.exporter)
    path = fixed_export(browser) + "/download"
    with site.context(), write() as session:
        account = session.get_one(type(of.account), of.account.id)
        account.two_factor_enabled_at, account.two_factor_enabled_by = of.account.created_at, "Dana"
    page = browser.get(path)  # though nothing ended the session
    assert page.location.startswith("/login")
    assert b"@example.org" not in page.data


def test_a_grant_says_for_how_long_in_words_that_cannot_be_prolonged(attack: Attack) -> None:
    attack.site.step_up(attack.browser, attack.download)
    with attack.site.context(), write():
        from models.login_session import LoginSession

        row = db.session.scalars(
            select(LoginSession)
            .where(LoginSession.user_id == attack.of.exporter.id)
            .order_by(LoginSession.id.desc())
        ).first()
        assert row is not None
        scope = attack.path.rsplit("/", 1)[1]
        assert step_up.use_up(row, "contacts.export", scope)
        assert not step_up.use_up(row, "contacts.export", scope)
    assert attack.ask().status == 303
