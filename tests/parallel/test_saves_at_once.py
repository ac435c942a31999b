"""Two people, or one in two tabs, saving the same thing at the same moment; on PostgreSQL with four web processes."""

import pytest

from models import User
from models.export import ExportDownload
from services.passwords import password_matches
from tests.parallel.conftest import Crowd
from tests.support.exporting import fixed_export


@pytest.mark.threat("X8")
def test_twenty_downloads_with_one_grant_are_whole_or_refused(on_postgresql: Crowd) -> None:
    crowd = on_postgresql
    of = crowd.estate(contacts=200)
    browser = crowd.site.signed_in(of.owner)
    path = crowd.site.step_up(browser, fixed_export(browser) + "/download")
    answers = crowd.get_at_once(browser, path, 20)
    whole = [answer for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} <= {200, 429}
    assert whole
    assert {answer.content.count(b"@example.org") for answer in whole} == {200}
    assert len({answer.content for answer in whole}) == 1
    recorded = crowd.rows(ExportDownload.__table__.select().where(ExportDownload.account_id == of.account.id))
    assert len(recorded) == len(whole)


def test_the_numbers_window_saved_in_two_tabs_is_one_of_the_two_and_no_mixture(on_postgresql: Crowd) -> None:
    crowd = on_postgresql
    of = crowd.estate(two_factor=False)
    browser = crowd.site.signed_in(of.owner)
    people = (of.exporter, of.user)
    for round_ in range(3):
        wanted = [[f"+4474001{tab}{round_}9{at}0" for at in range(2)] for tab in range(2)]
        forms = [
            {f"mobile_number-{person.public_id}": number for person, number in zip(people, tab, strict=True)}
            for tab in wanted
        ]
        answers = crowd.post_at_once(browser, "/settings/account/mobile-numbers", forms)
        assert [answer.status_code for answer in answers] == [303, 303]
        assert [crowd.site.world.reload(person).mobile_number for person in people] in wanted


@pytest.mark.threat("F6")
def test_a_user_removed_and_a_number_given_at_the_same_moment_leave_no_half(on_postgresql: Crowd) -> None:
    crowd = on_postgresql
    of = crowd.estate(two_factor=False)
    browser = crowd.site.signed_in(of.owner)
    for person in (of.exporter, of.user):
        number = {f"mobile_number-{one.public_id}": "+447400128888" for one in (of.exporter, of.user)}
        crowd.post_at_once(browser, "/settings/account/mobile-numbers", [number] * 2)
        answers = crowd.post_at_once(browser, f"/settings/users/{person.public_id}/remove", [{}] * 4)
        assert sorted(answer.status_code for answer in answers) == [303, 404, 404, 404]
        gone: User = crowd.site.world.reload(person)
        assert gone.removed_at is not None
        assert gone.mobile_number is None


@pytest.mark.asvs("6.4.1")
def test_a_reset_link_used_ten_times_at_once_sets_one_password(on_postgresql: Crowd) -> None:
    crowd = on_postgresql
    of = crowd.estate()
    visitor = crowd.site.browser()
    visitor.post("/password/forgot", {"email": of.owner.email})
    link = crowd.site.link(of.owner.email, "/password/reset/")
    words = ["amber", "birch", "cedar", "dahlia", "elder", "fennel", "ginger", "hazel", "iris", "juniper"]
    new = [f"{word} wandering teapots sing" for word in words]
    answers = crowd.post_at_once(visitor, link, [{"password": one, "password_again": one} for one in new])
    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 9
    won = new[[answer.status_code for answer in answers].index(303)]
    with crowd.site.context():
        assert password_matches(crowd.site.world.reload(of.owner).password_hash, won)


def test_a_password_changed_in_two_tabs_is_changed_once(on_postgresql: Crowd) -> None:
    crowd = on_postgresql
    of = crowd.estate()
    browser = crowd.site.signed_in(of.owner)
    new = [f"{word} wandering teapots sing" for word in ("amber", "birch")]
    forms = [{"current_password": crowd.site.world.password, "password": n, "password_again": n} for n in new]
    answers = crowd.post_at_once(browser, "/settings/password", forms)
    assert len([answer for answer in answers if answer.headers.get("Location") == "/settings/profile"]) == 1


@pytest.mark.asvs("6.3.1")
@pytest.mark.threat("B5")
@pytest.mark.asvs("2.3.2", "15.4.1")
def test_limits_are_exact_over_several_processes(on_postgresql: Crowd) -> None:
    crowd = on_postgresql
    of = crowd.estate()
    guesses = [{"email": of.owner.email, "password": "wrong wrong wrong"}] * 30
    answers = crowd.post_at_once(crowd.site.browser(), "/login", guesses)
    assert sorted(answer.status_code for answer in answers) == [422] * 5 + [429] * 25


def test_two_factor_goes_on_once_and_a_user_added_meanwhile_has_a_number(on_postgresql: Crowd) -> None:
    """Adding a user without a number while two-factor goes on: whichever is second must see the first."""
    crowd = on_postgresql
    of = crowd.estate(two_factor=False)
    browser = crowd.site.signed_in(of.owner)
    browser.get("/settings/account")
    answer = browser.submit(having="two_factor_enabled", two_factor_enabled="y")
    assert answer.location.startswith("/settings/account/confirm-mobile"), answer.errors
    code = {"code": crowd.site.code(of.owner.mobile_number)}
    new = {
        "name": "New",
        "email": f"new@{of.account.name.lower()}.example",
        "mobile_number": "",
        "can_export": "",
    }

    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        on = pool.submit(crowd.post_at_once, browser, answer.location, [code])
        added = pool.submit(crowd.post_at_once, browser, "/settings/users/new", [new])
        assert on.result()[0].status_code in {303, 422}
        assert added.result()[0].status_code in {303, 422}
    account = crowd.site.world.reload(of.account)
    people = crowd.rows(User.__table__.select().where(User.account_id == of.account.id))
    with crowd.site.context():
        from extensions import db

        without = db.session.scalars(
            db.select(User).where(User.account_id == of.account.id, User.mobile_number.is_(None))
        ).all()
    assert people
    assert not (account.two_factor_on and without)
