"""The owner ends a user's sessions; support those of a whole account. Both are recorded and told."""

import pytest

from models import Account, User
from tests.support.browser import Browser
from tests.support.site import Site
from tests.support_console.console import account_path, events

REASON = "Your owner called: two laptops were stolen."


@pytest.fixture
def acme(site: Site) -> tuple[Account, User]:
    return site.world.acme()


def is_out(browser: Browser) -> bool:
    return browser.get("/settings/profile").location.startswith("/login")


@pytest.mark.asvs("7.4.5", "6.5.6")
def test_the_owner_ends_every_session_and_trusted_browser_of_a_user(
    site: Site, acme: tuple[Account, User]
) -> None:
    account, owner = acme
    ana, ben = site.world.user(account), site.world.user(account)
    here, there, bystander, owners = (site.signed_in(user) for user in (ana, ana, ben, owner))
    page = owners.get(f"/settings/users/{ana.public_id}")
    assert owners.submit(form="/sign-out").location == page.path
    assert (is_out(here), is_out(there), is_out(bystander), is_out(owners)) == (True, True, False, False)
    here.get("/login")
    assert here.submit(email=ana.email, password=site.world.password).location == "/login/code"
    assert site.mails(ana.email)[-1]["subject"] == "You were signed out everywhere"
    assert site.link(ana.email, "/not-me/")
    [event] = events(site, account, "session:ended_by_owner")
    assert (event.actor_id, event.subject_id) == (owner.id, ana.id)


@pytest.mark.asvs("7.4.5", "8.2.1")
def test_nobody_else_signs_a_user_out(site: Site, acme: tuple[Account, User]) -> None:
    account, owner = acme
    ana, ben = site.world.user(account), site.world.user(account)
    stranger = site.world.owner(site.world.account("Corvus"))
    here = site.signed_in(ana)
    for other, status in ((ben, 403), (stranger, 404), (site.world.support(), 403)):
        path = f"/settings/users/{ana.public_id}/sign-out"
        assert site.signed_in(other).post(path).status == status
    assert site.signed_in(owner).post(f"/settings/users/{owner.public_id}/sign-out").status == 403
    assert not is_out(here)


@pytest.mark.asvs("7.4.5")
def test_support_signs_everyone_of_an_account_out_with_a_reason(
    site: Site, acme: tuple[Account, User]
) -> None:
    account, owner = acme
    ana = site.world.user(account)
    stranger = site.world.owner(site.world.account("Corvus", two_factor=True))
    inside = [site.signed_in(user) for user in (owner, ana)]
    outside = site.signed_in(stranger)
    support = site.signed_in(site.world.support())
    support.get(account_path(account))
    assert support.submit(form="/sign-out", why="").error("why")
    assert not any(is_out(browser) for browser in inside)
    support.get(account_path(account))
    assert support.submit(form="/sign-out", why=REASON).location == account_path(account)
    assert all(is_out(browser) for browser in inside)
    assert not is_out(outside)
    for user in (owner, ana):
        assert REASON in site.mails(user.email)[-1]["text"]
    assert events(site, account, "session:ended_by_support")[0].details == {"reason": REASON}
    after = site.world.reload(owner)
    assert (after.password_hash, after.mobile_number) == (owner.password_hash, owner.mobile_number)
    assert site.world.reload(account).two_factor_on
