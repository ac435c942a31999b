"""Invariant 5. Whatever is asked for by GET or HEAD, by whomever, changes nothing and sends nothing twice."""

import pytest

from tests.support.browser import Browser
from tests.support.estate import Estate, estate, routes, walk
from tests.support.exporting import fixed_export
from tests.support.rows import Rows, changes, snapshot
from tests.support.site import Site

#: What reading leaves behind: that somebody was here, and that they were refused or looked into an account.
_SEEN = {"login_sessions.last_seen_at", "users.last_seen_at"}
_LOGGED = {"+audit_events", "audit_heads.number", "audit_heads.hash", "+audit_heads"}
#: What a guarded page leaves besides when no code was entered yet: the question, and one text.
_ASKED = {
    "+interruptions", "interruptions.challenge_id", "interruptions.fields", "+challenges", "+messages",
    "+limit_counters", "limit_counters.expires_at", "limit_counters.slice",
    *(f"limit_counters.{column}" for column in ("count", "count_1", "count_2", "count_3", "count_4")),
}  # fmt: skip


#: That a contact was opened is counted: one after the other must not become an export (LIMIT_CONTACTS_OPENED_USER).
_COUNTED = {name for name in _ASKED if "limit_counters" in name}


class Visitors:
    """One browser for each role, of an account with two-factor on."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.of: Estate = estate(site, "Borealis")
        self.ids = dict(self.of.ids)
        half = site.browser()
        half.get("/login")
        half.submit(email=self.of.exporter.email, password=site.world.password)
        self.by_role: dict[str, Browser] = {
            "anonymous": site.browser(),
            "half": half,
            "user": site.signed_in(self.of.user),
            "exporter": site.signed_in(self.of.exporter),
            "owner": site.signed_in(self.of.owner),
            "support": site.signed_in(site.world.support()),
        }
        # The owner's own export, so that its download is really asked for and not a 404.
        self.ids["export_id"] = fixed_export(self.by_role["owner"]).rsplit("/", 1)[1]
        site.deliver()

    def read_everything(
        self, role: str, methods: tuple[str, ...], headers: dict[str, str] | None = None
    ) -> None:
        for _, method, path in walk(self.site, self.ids, methods):
            self.by_role[role].client.open(path, method=method, headers=headers or {}).close()


@pytest.fixture
def visitors(site: Site) -> Visitors:
    return Visitors(site)


ROLES = ["anonymous", "half", "user", "exporter", "owner", "support"]


def texts(rows: Rows) -> int:
    return len(rows["messages"])


@pytest.mark.asvs("3.5.3")
@pytest.mark.threat("E7")
@pytest.mark.threat("G1")
def test_get_and_head_change_nothing_and_send_nothing_that_could_be_multiplied(visitors: Visitors) -> None:
    guarded = sum(
        hasattr(visitors.site.app.view_functions[rule.endpoint], "step_up_action")
        for rule in routes(visitors.site)
    )
    for role in ROLES:
        before = snapshot(visitors.site)
        visitors.read_everything(role, ("GET", "HEAD"))
        once = snapshot(visitors.site)
        changed = changes(before, once)
        assert changed <= _SEEN | _LOGGED | (_ASKED if role in {"user", "exporter", "owner"} else set()), role
        assert texts(once) - texts(before) <= guarded, role
        for _ in range(2):
            visitors.read_everything(role, ("GET", "HEAD"))
        again = changes(once, snapshot(visitors.site))
        assert again <= _SEEN | _LOGGED | _COUNTED | {"interruptions.fields"}, role


@pytest.mark.threat("E7")
def test_head_changes_nothing_at_all(visitors: Visitors) -> None:
    before = snapshot(visitors.site)
    for role in ROLES:
        visitors.read_everything(role, ("HEAD", "OPTIONS"))
        changed = changes(before, snapshot(visitors.site))
        # Refusing and looking are on record whatever the method was.
        assert changed <= _SEEN | (_LOGGED if role == "support" else set()), role


@pytest.mark.asvs("3.5.3", "3.5.8")
@pytest.mark.threat("G1")
@pytest.mark.parametrize("site_of_origin", ["cross-site", "same-site"])
def test_a_page_of_another_site_sends_no_text(visitors: Visitors, site_of_origin: str) -> None:
    before = snapshot(visitors.site)
    for role in ROLES:
        visitors.read_everything(role, ("GET", "HEAD"), {"Sec-Fetch-Site": site_of_origin})
    after = snapshot(visitors.site)
    assert texts(after) == texts(before)
    assert len(after["challenges"]) == len(before["challenges"])


def test_many_addresses_of_one_thing_send_one_text(visitors: Visitors) -> None:
    owner = visitors.by_role["owner"]
    path = f"/contacts/exports/{visitors.ids['export_id']}/download"
    before = len(visitors.site.texts())
    for query in ("", "?a=1", "?a=2", "?a=1&b=2", "?" + "x" * 500):
        assert owner.get(path + query).location.startswith("/step-up")
    assert len(visitors.site.texts()) == before + 1
