"""Invariants 1, 2 and 6, of what is shown: who may see a page, contacts, and what is another account's."""

import re

from tests.fuzz.seen import Seen
from tests.fuzz.verdict import expect, wrong
from tests.fuzz.world import World
from tests.house.test_routes import MAY, OWNER_POSTS, ROUTES

_HALF = {endpoint for endpoint, (_, who, _) in ROUTES.items() if who == "half"}
_OUTSIDE = _HALF | {endpoint for endpoint, (_, who, _) in ROUTES.items() if who == "public"}
#: The page of what was answered, also where the form was refused or the limit reached.
_ANSWERED = {200, 206, 410, 422, 429}
#: Those of the beginning; later ones (5001 …) somebody has typed and reads again in a message.
_CONTACT = re.compile(rb"contact-(\d+)-0\d{3}@example\.org")
_MEMBER = re.compile(r"[\w.+-]+@(acme|borealis)\.example")
_STEMS = {"acme": 0, "borealis": 1}
GUARDED = {endpoint for endpoint, (_, _, action) in ROUTES.items() if action}


def pages(world: World, seen: Seen) -> None:
    """Invariants 1 and 6: who sees a page is signed in, and has the role for it."""
    page, endpoint = seen.page, seen.endpoint
    if not endpoint or endpoint in _OUTSIDE:
        return
    acted = page.status in {302, 303} and page.location.partition("?")[0] not in {"/login", "/login/code"}
    if page.status not in _ANSWERED and not acted:
        return
    if seen.standing is None:
        wrong(world, 1, seen, "a page for somebody who is not signed in")
        return
    person = seen.before.people[seen.standing.person]
    may = MAY[ROUTES[endpoint][1]]
    if person.kind not in may or (
        endpoint in OWNER_POSTS and seen.method == "POST" and person.kind != "owner"
    ):
        wrong(world, 6, seen, f"a page that {person.kind} may not see")


def contacts(world: World, seen: Seen) -> None:
    """Invariant 2 (and 6): contacts only to their own account, and in a file only after their own code."""
    data, page = seen.page.data, seen.page
    person = seen.before.people[seen.standing.person] if seen.standing else None
    owners = {int(found) for found in _CONTACT.findall(data)}
    if owners - {person.account_id if person else None}:
        wrong(world, 6 if person else 2, seen, "contacts of somebody else")
    if page.response.mimetype != "text/csv" or not data:
        return
    if seen.endpoint not in GUARDED or seen.method != "GET":
        wrong(world, 2, seen, "a file from an address without a guard")
    elif person is None or seen.standing is None:
        wrong(world, 2, seen, "a file for somebody who is not signed in")
    elif seen.before.guarded(person):
        action = ROUTES[seen.endpoint][2]
        scope = seen.arguments.get("export_id") or seen.arguments.get("import_id")
        scope = scope or seen.before.companies[person.account_id or 0].public_id
        if not seen.standing.granted(action, scope, world.now()):
            wrong(world, 2, seen, f"a file without a code for {action} on just this")
    if seen.endpoint == "export.download" and person is not None:
        if world.exports.get(seen.arguments["export_id"], (0, 0))[0] != person.id:
            wrong(world, 2, seen, "an export of somebody else")
        expect(world, seen, "export:downloaded", person.id)


def foreign_ids(world: World, seen: Seen) -> None:
    """Invariant 6: another account's id is a 404, and nothing of its people is told."""
    person = seen.before.people[seen.standing.person] if seen.standing else None
    account = person.account_id if person else None
    if person is not None and not person.is_support and seen.page.status in _ANSWERED | {302, 303}:
        owner = _owner_of_id(world, seen)
        gone = seen.page.location.partition("?")[0] in {"/login", "/login/code"}
        if owner not in {None, account} and not gone:
            wrong(world, 6, seen, "another account's id is answered")
    if person is not None and person.is_support:
        return
    if seen.endpoint in {"login.reset_password", "login.invitation", "help.not_me", "help.keep_two_factor"}:
        return  # whoever holds the link reads whom it is for
    stems = set(_MEMBER.findall(seen.page.text))
    if stems and not any(stem in str(seen.data) for stem in stems):
        accounts = {sorted(seen.before.companies)[_STEMS[stem]] for stem in stems}
        if accounts - {account}:
            wrong(world, 6 if account else 1, seen, "people of somebody else")


def _owner_of_id(world: World, seen: Seen) -> int | None:
    for name, value in seen.arguments.items():
        if name == "user_id":
            return next((p.account_id for p in seen.before.people.values() if p.public_id == value), None)
        if name == "export_id" and value in world.exports:
            return world.exports[value][1]
        if name in {"list_id", "import_id"}:
            table = {"list_id": "contact_lists", "import_id": "contact_imports"}[name]
            row = world.eye.one(f"SELECT account_id FROM {table} WHERE public_id = ?", value)  # noqa: S608  # ours
            return row[0] if row else None
    return None
