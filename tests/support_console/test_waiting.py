"""SUPPORT_DISABLE_DELAY: it happens later, and can be stopped until then."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from extensions import db
from models import Account, Job, ScheduledDisable, User
from services import jobs, support
from services.jobs import Lease
from tests.support.site import Site
from tests.support_console.console import REASON, account_path, disable, events, fill_in

DAY = 86400
Move = Callable[..., None]


@pytest.fixture
def slow(make_site: Callable[..., Site]) -> Site:
    """A site whose support has to wait a day."""
    return make_site(SUPPORT_DISABLE_DELAY=str(DAY))


def test_it_stays_on_until_the_wait_is_over(slow: Site, time_machine_at: Move) -> None:
    time_machine_at(seconds=0)
    account, _ = slow.world.acme()
    support_person = slow.world.support()
    browser = slow.signed_in(support_person)
    answer = disable(slow, browser, account, support_person)
    page = browser.get(answer.location)
    assert "Scheduled" in page.notes
    assert "will be turned off in 1 day" in page.words or "will be turned off in 23 hours" in page.words
    time_machine_at(seconds=DAY - 1)
    slow.deliver()
    assert slow.world.reload(account).two_factor_on
    time_machine_at(seconds=1)
    slow.deliver()
    assert not slow.world.reload(account).two_factor_on
    assert _states(slow) == ["done"]


def test_everyone_is_told_at_once_and_again_when_it_happens(slow: Site, time_machine_at: Move) -> None:
    account, owner, colleague = _scheduled(slow)
    assert slow.mails(owner.email)[-1]["subject"].startswith(
        "Two-factor authentication will be turned off on"
    )
    assert "/two-factor/keep/" in slow.mails(owner.email)[-1]["text"]
    told = slow.mails(colleague.email)[-1]
    assert told["subject"] == "Two-factor authentication will be turned off"
    assert REASON in told["text"]
    assert "/two-factor/keep/" not in told["text"]
    for user in (owner, colleague):
        assert (
            "Support will turn two-factor authentication off on" in slow.texts(user.mobile_number)[-1]["text"]
        )
    time_machine_at(seconds=DAY + 60)
    for user in (owner, colleague):
        assert slow.mails(user.email)[-1]["subject"] == "Two-factor authentication was turned off"
    assert events(slow, account, "two_factor:off")[0].actor_label.startswith("Support")


@pytest.mark.threat("F9")
def test_the_owner_stops_it_with_the_link_in_the_notice(slow: Site, time_machine_at: Move) -> None:
    account, owner, colleague = _scheduled(slow)
    path = slow.link(owner.email, "/two-factor/keep/")
    outside = slow.browser()
    page = outside.get(path)
    assert page.heading == "Keep two-factor authentication on?"
    assert REASON in page.words
    assert outside.submit().heading == "Two-factor authentication stays on"
    assert outside.get("/settings/password").location.startswith("/login")  # it signs nobody in
    for user in (owner, colleague):
        assert slow.mails(user.email)[-1]["subject"] == "Two-factor authentication stays on"
        assert f"{owner.name} stopped our support team" in slow.mails(user.email)[-1]["text"]
    time_machine_at(seconds=DAY + 60)
    slow.deliver()
    assert slow.world.reload(account).two_factor_on
    assert _states(slow) == ["stopped"]
    assert events(slow, account, "two_factor:off_stopped")[0].actor_id == owner.id


@pytest.mark.threat("E7")
def test_opening_the_link_stops_nothing_by_itself(slow: Site, time_machine_at: Move) -> None:
    account, owner, _ = _scheduled(slow)
    path = slow.link(owner.email, "/two-factor/keep/")
    browser = slow.browser()
    for _ in range(3):
        assert browser.get(path).status == 200
        assert browser.head(path).status == 200
    assert _states(slow) == ["waiting"]
    time_machine_at(seconds=DAY + 60)
    slow.deliver()
    assert not slow.world.reload(account).two_factor_on


def test_the_link_works_once(slow: Site) -> None:
    _, owner, _ = _scheduled(slow)
    path = slow.link(owner.email, "/two-factor/keep/")
    browser = slow.browser()
    page = browser.get(path)
    browser.submit()
    assert browser.get(path).status == 410
    browser.page = page
    assert browser.submit().status == 410
    assert (
        len([m for m in slow.mails(owner.email) if m["subject"] == "Two-factor authentication stays on"]) == 1
    )


def test_when_it_has_happened_the_link_stops_nothing(slow: Site, time_machine_at: Move) -> None:
    account, owner, _ = _scheduled(slow)
    path = slow.link(owner.email, "/two-factor/keep/")
    time_machine_at(seconds=DAY + 60)
    slow.deliver()
    page = slow.browser().get(path)
    assert page.status == 410
    assert "Settings > Account" in page.words
    assert not slow.world.reload(account).two_factor_on


def test_the_link_of_one_account_does_nothing_to_another(slow: Site) -> None:
    _scheduled(slow)
    borealis = slow.world.account("Borealis Travel", two_factor=True)
    owner = slow.world.owner(borealis)
    person = slow.world.support()
    disable(slow, slow.signed_in(person), borealis, person)
    browser = slow.browser()
    browser.get(slow.link(owner.email, "/two-factor/keep/"))
    browser.submit()
    assert _states(slow) == ["waiting", "stopped"]


def test_a_removed_owner_can_stop_nothing(slow: Site) -> None:
    from services.clock import now
    from services.unit_of_work import write

    _, owner, _ = _scheduled(slow)
    path = slow.link(owner.email, "/two-factor/keep/")
    with slow.context(), write() as session:
        session.get_one(User, owner.id).removed_at = now()
    assert slow.browser().get(path).status == 410


def test_support_stops_it_too(slow: Site, time_machine_at: Move) -> None:
    account, owner, _ = _scheduled(slow)
    browser = slow.signed_in(slow.world.support())
    page = browser.get(account_path(account))
    assert "will be turned off" in page.words
    browser.submit(form="two-factor/keep")
    assert "stays on" in browser.get(account_path(account)).notes
    assert "our support team will not turn" in slow.mails(owner.email)[-1]["text"]
    browser.page = page
    browser.submit(form="two-factor/keep")
    assert "nothing to stop" in browser.get(account_path(account)).notes
    time_machine_at(seconds=DAY + 60)
    slow.deliver()
    assert slow.world.reload(account).two_factor_on


def test_while_it_waits_it_is_not_scheduled_again(slow: Site) -> None:
    account, _, _ = _scheduled(slow)
    browser = slow.signed_in(slow.world.support())
    page = browser.get(account_path(account))
    assert page.html.select('form[action$="two-factor/disable"]') == []
    answer = browser.post(account_path(account) + "/two-factor/disable", {"reason": REASON})
    assert answer.location == account_path(account)
    assert "scheduled already" in browser.get(answer.location).notes
    assert _states(slow) == ["waiting"]


def test_after_it_was_stopped_it_can_be_scheduled_again(slow: Site) -> None:
    account, owner, _ = _scheduled(slow)
    browser = slow.browser()
    browser.get(slow.link(owner.email, "/two-factor/keep/"))
    browser.submit()
    person = slow.world.support()
    disable(slow, slow.signed_in(person), account, person)
    assert _states(slow) == ["stopped", "waiting"]


def test_the_job_run_twice_turns_it_off_once(slow: Site, time_machine_at: Move) -> None:
    _, owner, _ = _scheduled(slow)
    time_machine_at(seconds=DAY + 60)
    slow.deliver()
    with slow.context():
        job = db.session.scalars(select(Job).where(Job.kind == "support.disable")).one()
        job_id = job.id
        from services.unit_of_work import write

        with write():  # as if a worker had been killed before it could say that it was done
            job.state, job.lease_until = "running", job.created_at
        assert jobs.run(job_id)
    assert len([m for m in slow.mails(owner.email) if "was turned off" in m["subject"]]) == 1


def test_a_job_that_comes_too_early_waits_for_its_time(slow: Site) -> None:
    account, _, _ = _scheduled(slow)
    with slow.context():
        from services.unit_of_work import write

        job = db.session.scalars(select(Job).where(Job.kind == "support.disable")).one()
        with write():
            job.state, job.attempts = "running", 1
        support.run_scheduled(job, Lease(job))
        waiting = db.session.scalar(select(func.count()).select_from(Job).where(Job.state == "waiting"))
    assert waiting == 1
    assert slow.world.reload(account).two_factor_on


def test_a_job_that_fails_for_good_leaves_it_on_and_says_so(slow: Site) -> None:
    account, owner, _ = _scheduled(slow)
    with slow.context():
        from services.unit_of_work import write

        job = db.session.scalars(select(Job).where(Job.kind == "support.disable")).one()
        with write():
            support.given_up(job, "a fault")
    assert slow.world.reload(account).two_factor_on
    assert _states(slow) == ["stopped"]
    assert slow.mails(owner.email)[-1]["subject"] == "Two-factor authentication stays on"


def test_a_refused_form_schedules_nothing(slow: Site) -> None:
    account, _ = slow.world.acme()
    browser = slow.signed_in(slow.world.support())
    assert fill_in(browser, account, account_name="Other").status == 422
    assert _states(slow) == []


def _scheduled(site: Site) -> tuple[Account, User, User]:
    account, owner = site.world.acme()
    colleague = site.world.user(account)
    person = site.world.support()
    disable(site, site.signed_in(person), account, person)
    return account, owner, colleague


def _states(site: Site) -> list[str]:
    with site.context():
        return list(db.session.scalars(select(ScheduledDisable.state).order_by(ScheduledDisable.id)))


def test_the_owner_finds_it_in_the_account_settings_and_keeps_it_on(
    slow: Site, time_machine_at: Move
) -> None:
    account, owner, colleague = _scheduled(slow)
    assert slow.signed_in(colleague).post("/settings/account/keep-two-factor").status == 403
    browser = slow.signed_in(owner)
    page = browser.get("/settings/account")
    assert REASON in page.words
    assert browser.submit(form="/keep-two-factor").location == "/settings/account"
    page = browser.get("/settings/account")
    assert "stays on" in page.notes
    assert REASON not in page.words
    assert browser.post("/settings/account/keep-two-factor").location == "/settings/account"
    assert "Nothing is scheduled" in browser.get("/settings/account").notes
    time_machine_at(seconds=DAY + 60)
    slow.deliver()
    assert slow.world.reload(account).two_factor_on


def test_the_link_of_who_is_owner_no_more_stops_nothing(slow: Site) -> None:
    from models import Role
    from services.unit_of_work import write

    _, owner, _ = _scheduled(slow)
    link = slow.link(owner.email, "/two-factor/keep/")
    with slow.context(), write():
        db.session.get_one(User, owner.id).role = Role.USER
    assert slow.browser().get(link).status == 410
