"""Another SECRET_KEY, with the former one among the fallbacks: what is broken by it, and what is not."""

from collections.abc import Callable

import pytest

from services import audit, links, seal
from services.audit import Event
from services.unit_of_work import write
from tests.support.browser import Browser
from tests.support.site import Site

OLD, NEW = "the-key-that-was-used-until-today-32", "the-key-that-is-used-from-today-on-32"


def with_key(make_site: Callable[..., Site], key: str, *fallbacks: str) -> Site:
    return make_site(SECRET_KEY=key, SECRET_KEY_FALLBACKS=" ".join(fallbacks))


def moved(session: str | None, to: Site) -> Browser:
    """A browser of ``to`` with the cookie of a session that began elsewhere."""
    browser = to.browser()
    browser.client.set_cookie("session", session or "")
    return browser


@pytest.fixture
def before_after_later(make_site: Callable[..., Site]) -> tuple[Site, Site, Site]:
    """The site with the old key, with the new one and the old one to fall back on, and with the new one alone."""
    return with_key(make_site, OLD), with_key(make_site, NEW, OLD), with_key(make_site, NEW)


def note(site: Site) -> None:
    with site.context(), write():
        audit.record(Event.SIGNED_OUT, account=None, actor=None)


def breaks(site: Site) -> list[audit.Break]:
    with site.context():
        return audit.verify()


@pytest.mark.asvs("11.2.2", "13.3.4")
def test_people_stay_signed_in_over_a_change_of_keys_and_until_the_old_one_is_taken_away(
    before_after_later: tuple[Site, Site, Site],
) -> None:
    before, after, later = before_after_later
    _, owner = before.world.acme()
    browsers = [before.signed_in(owner) for _ in range(2)]
    form = browsers[0].csrf_token()

    for site, browser, status in ((after, browsers[0], 200), (later, browsers[1], 303)):
        assert moved(browser.cookie("session"), site).get("/settings/profile").status == status
    again = moved(browsers[0].cookie("session"), after)
    assert again.post("/logout", {"csrf_token": form}).status == 303, "a form opened before is still taken"


@pytest.mark.asvs("11.2.2", "13.3.4")
def test_links_and_seals_of_the_old_key_are_read_while_it_is_a_fallback_and_none_are_made_with_it(
    before_after_later: tuple[Site, Site, Site],
) -> None:
    before, after, later = before_after_later
    _, owner = before.world.acme()
    with before.context():
        link = links.create(owner, links.NOT_ME, lifetime=3600)
        old_token, old_seal = links.token(link), seal.seal({"a": ["b"]}, seal.PAGE)
    with after.context():
        assert links.find(old_token, links.NOT_ME) is not None
        assert seal.unseal(old_seal, seal.PAGE) == {"a": ["b"]}
        new_token, new_seal = links.token(link), seal.seal({"a": ["b"]}, seal.PAGE)
    with later.context():
        assert links.find(old_token, links.NOT_ME) is None
        assert seal.unseal(old_seal, seal.PAGE) is None
        assert links.find(new_token, links.NOT_ME) is not None
        assert seal.unseal(new_seal, seal.PAGE) == {"a": ["b"]}


@pytest.mark.asvs("13.3.4")
def test_a_code_of_the_old_key_is_worth_nothing_and_sending_it_again_helps(
    make_site: Callable[..., Site], time_machine_at: Callable[..., None]
) -> None:
    before, after = with_key(make_site, OLD), with_key(make_site, NEW, OLD)
    _, owner = before.world.acme(two_factor=True)
    waiting = before.browser()
    waiting.get("/login")
    waiting.submit(email=owner.email, password=before.world.password)
    old = before.code(owner.mobile_number)
    browser = moved(waiting.cookie("session"), after)
    browser.get("/login/code")
    assert browser.submit(code=old).status == 422
    time_machine_at(minutes=1)
    browser.get("/login/code")
    browser.submit(form="/login/code/resend")
    new = after.code(owner.mobile_number)
    assert new != old
    browser.get("/login/code")
    assert browser.submit(code=new).status == 303


@pytest.mark.asvs("11.2.2", "13.3.4")
def test_the_log_is_whole_over_two_changes_of_keys(make_site: Callable[..., Site]) -> None:
    oldest = "the-key-that-was-used-before-that-32"
    sites = (
        with_key(make_site, oldest),
        with_key(make_site, OLD, oldest),
        with_key(make_site, NEW, OLD, oldest),
    )
    for site in sites:
        note(site)
        note(site)
    assert breaks(sites[-1]) == []
    assert [(one.number, one.what) for one in breaks(with_key(make_site, NEW, OLD))] == [(1, "was changed")]


@pytest.mark.asvs("13.3.4")
def test_an_old_key_makes_no_row_after_the_change(make_site: Callable[..., Site]) -> None:
    before, after = with_key(make_site, OLD), with_key(make_site, NEW, OLD)
    note(before)
    note(after)
    note(before)  # as somebody would who has the key that was replaced, and can write to the database
    assert [(one.number, one.what) for one in breaks(after)] == [(3, "was changed")]
