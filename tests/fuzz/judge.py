"""What one answer proves, and whether it was allowed: learnt from cookies, facts and log, not from the site's rules."""

import re

from tests.fuzz import endings, pages, proofs
from tests.fuzz.evidence import Asked, Tab
from tests.fuzz.facts import Facts
from tests.fuzz.justify import justify_changes, justify_work
from tests.fuzz.seen import Seen
from tests.fuzz.verdict import expect, wrong
from tests.fuzz.world import World

#: What a reading may leave: that somebody looked or was refused; with a guard, the question and one text; with a file,
#: its record and the owner's mail.
_LOGGED = {"audit_events"}
_ASKED = _LOGGED | {"interruptions", "challenges", "messages", "limit_counters"}
_TAKEN = _ASKED | {"export_downloads", "jobs", "links"}


def judge(world: World, seen: Seen) -> None:
    _no_fault(world, seen)
    _tell_nothing(world, seen)
    proofs.codes_taken(world, seen)
    proofs.cookies(world, seen)
    pages.pages(world, seen)
    pages.contacts(world, seen)
    pages.foreign_ids(world, seen)
    _readings(world, seen)
    justify_changes(world, seen)
    endings.endings(world, seen)
    _remember(world, seen)


def judge_work(world: World, before: Facts, events: list[tuple[str, int | None, int | None, str]]) -> None:
    justify_work(world, before, events)
    endings.end_with(world, before, world.facts, None)


def _no_fault(world: World, seen: Seen) -> None:
    """Invariant 8, and "never a 500"."""
    status = seen.page.status
    if status == 500 or (status > 500 and not seen.broken and seen.endpoint != "health.readyz"):
        wrong(world, 8, seen, "a fault")
    if status >= 500 and b"Traceback" in seen.page.data:
        wrong(world, 8, seen, "a traceback")


def _tell_nothing(world: World, seen: Seen) -> None:
    """Invariant 4: no code, password or token in page, header or cookie."""
    if seen.endpoint == "static":
        return
    heads = "\n".join(f"{name}: {value}" for name, value in seen.page.headers if name != "Set-Cookie")
    told = seen.page.text + heads + str(world.cookie(seen.tab))
    for text in world.texts:
        if text.code in told and re.search(rf"(?<![\w.#+-]){text.code}(?![\w-])", told):
            wrong(world, 4, seen, f"the code to {text.purpose} appears")
    secrets = {*world.passwords.values(), *(token for token in world.tokens)}
    cookie = world.cookie(seen.tab)
    for secret in secrets - {cookie.get("_user_id"), cookie.get("pending")}:
        if secret and secret in told:
            wrong(world, 4, seen, "a password or token appears")


def _readings(world: World, seen: Seen) -> None:
    """Invariant 5: GET and HEAD leave nothing but their traces, and at most one text."""
    if seen.counts is None:
        return
    before, after = seen.counts
    grown = {table for table in after if after[table] != before[table]}
    allowed = _LOGGED
    if seen.endpoint in pages.GUARDED and seen.method == "GET":
        allowed = _TAKEN if seen.page.status == 200 else _ASKED
    if grown - allowed:
        wrong(world, 5, seen, f"reading changed {sorted(grown - allowed)}")
    if after["challenges"] - before["challenges"] > 1:
        wrong(world, 5, seen, "one reading asked two questions")


def _remember(world: World, seen: Seen) -> None:
    """Where this tab was sent to, for the rules that follow."""
    tab, where = seen.tab, seen.page.location
    _keep_asked(tab, seen, where)
    if where.startswith(("/settings/account/confirm-mobile", "/settings/profile/confirm-mobile")):
        tab.confirming = where
    if seen.endpoint == "export.new" and where.startswith("/contacts/exports/") and seen.standing:
        person = seen.before.people[seen.standing.person]
        world.exports[where.rsplit("/", 1)[1]] = (person.id, person.account_id or 0)
        expect(world, seen, "export:fixed", person.id)
    if seen.endpoint == "login.sign_in" and seen.method == "POST" and seen.page.status == 422:
        person_ = seen.before.by_email(str(seen.data.get("email", "")))
        told = seen.broken or any(event == "password:wrong" for event, *_ in seen.events)
        if person_ and seen.data.get("password") and not told:
            wrong(world, 7, seen, "a wrong password is not in the log")


def _keep_asked(tab: Tab, seen: Seen, where: str) -> None:
    if where.startswith("/step-up?on=") and seen.endpoint not in {"step_up.code", "step_up.resend"}:
        on = where.removeprefix("/step-up?on=")
        tab.asked = [one for one in tab.asked if one.on != on][-4:]
        tab.asked.append(Asked(on, seen.method, seen.path, dict(seen.data)))
