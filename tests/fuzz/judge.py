"""What one answer proves, and whether it was allowed: learnt from cookies, facts and log, not from the site's rules."""

import re
from datetime import timedelta

from services import codes
from services.tokens import token_hash
from tests.fuzz.evidence import Asked, Pending, Session, Tab, Text, Trust
from tests.fuzz.facts import Facts, Person
from tests.fuzz.justify import justify_changes, justify_work
from tests.fuzz.world import Seen, World
from tests.house.test_routes import MAY, OWNER_POSTS, ROUTES

_MONTH = timedelta(days=30)
_HALF = {endpoint for endpoint, (_, who, _) in ROUTES.items() if who == "half"}
_OUTSIDE = _HALF | {endpoint for endpoint, (_, who, _) in ROUTES.items() if who == "public"}
#: Where the session of the cookie gets a new token.
_RENEWED = {
    "step_up.code", "settings.confirm_mobile", "settings.confirm_own_mobile", "settings.password",
    "settings.answer_ownership", "settings.revoke_all_browsers",
}  # fmt: skip
#: The page of what was answered, also where the form was refused or the limit reached.
_ANSWERED = {200, 206, 410, 422, 429}
#: Those of the beginning; later ones (5001 …) somebody has typed and reads again in a message.
_CONTACT = re.compile(rb"contact-(\d+)-0\d{3}@example\.org")
_MEMBER = re.compile(r"[\w.+-]+@(acme|borealis)\.example")
_STEMS = {"acme": 0, "borealis": 1}
#: What a reading may leave: that somebody looked or was refused; with a guard, the question and one text; with a file,
#: its record and the owner's mail.
_LOGGED = {"audit_events"}
_ASKED = _LOGGED | {"interruptions", "challenges", "messages", "limit_counters"}
_TAKEN = _ASKED | {"export_downloads", "jobs", "links"}
_GUARDED = {endpoint for endpoint, (_, _, action) in ROUTES.items() if action}


def judge(world: World, seen: Seen) -> None:
    _no_fault(world, seen)
    _tell_nothing(world, seen)
    _codes_taken(world, seen)
    _cookies(world, seen)
    _pages(world, seen)
    _contacts(world, seen)
    _foreign_ids(world, seen)
    _readings(world, seen)
    justify_changes(world, seen)
    _endings(world, seen)
    _remember(world, seen)


def judge_work(world: World, before: Facts, events: list[tuple[str, int | None, int | None, str]]) -> None:
    justify_work(world, before, events)
    end_with(world, before, world.facts, None)


def _wrong(world: World, number: int, seen: Seen, what: str) -> None:
    world.violations[number].append(f"{what} ({seen.told})")


def _no_fault(world: World, seen: Seen) -> None:
    """Invariant 8, and "never a 500"."""
    status = seen.page.status
    if status == 500 or (status > 500 and not seen.broken and seen.endpoint != "health.readyz"):
        _wrong(world, 8, seen, "a fault")
    if status >= 500 and b"Traceback" in seen.page.data:
        _wrong(world, 8, seen, "a traceback")


def _tell_nothing(world: World, seen: Seen) -> None:
    """Invariant 4: no code, password or token in page, header or cookie."""
    if seen.endpoint == "static":
        return
    heads = "\n".join(f"{name}: {value}" for name, value in seen.page.headers if name != "Set-Cookie")
    told = seen.page.text + heads + str(world.cookie(seen.tab))
    for text in world.texts:
        if text.code in told and re.search(rf"(?<![\w.#+-]){text.code}(?![\w-])", told):
            _wrong(world, 4, seen, f"the code to {text.purpose} appears")
    secrets = {*world.passwords.values(), *(token for token in world.tokens)}
    cookie = world.cookie(seen.tab)
    for secret in secrets - {cookie.get("_user_id"), cookie.get("pending")}:
        if secret and secret in told:
            _wrong(world, 4, seen, "a password or token appears")


# --- codes, sessions and browsers


def _codes_taken(world: World, seen: Seen) -> None:
    """Invariant 2: a code that was taken is one that was sent for just this, in time, to this phone, and not used."""
    typed = codes.clean(str(seen.data.get("code", "")))
    if seen.method == "POST" and seen.page.status == 422 and "code" in seen.data:
        asked = _challenge(world, seen)
        if asked is not None:
            world.guesses[asked] += 1
    for event, actor, _, _ in seen.events:
        if event != "code:right" or actor is None:
            continue
        text = next((t for t in world.texts if t.code == typed and _fits(world, seen, t, actor)), None)
        if text is None:
            _wrong(world, 2, seen, f"the code {typed!r} was taken, and none was sent for this")
            continue
        if world.guesses[text.challenge] >= 5:
            _wrong(world, 2, seen, "a sixth guess was judged")
        for one in world.texts:
            one.spent = one.spent or one.challenge == text.challenge
        if seen.standing is not None:
            action = text.purpose.removeprefix("step_up:")
            if action != text.purpose:
                seen.standing.grants[action, text.scope] = world.now()
            else:
                seen.standing.confirmed.add(text.to)


def _challenge(world: World, seen: Seen) -> int | None:
    """The question that a code page asks now."""
    if seen.endpoint == "login.code" and seen.half is not None:
        row = world.eye.one("SELECT max(id) FROM challenges WHERE pending_sign_in_id = ?", seen.half.row)
    elif seen.endpoint == "step_up.code":
        on = seen.path.partition("on=")[2]
        row = world.eye.one("SELECT challenge_id FROM interruptions WHERE public_id = ?", on)
    else:
        on = seen.path.partition("on=")[2]
        row = world.eye.one("SELECT challenge_id FROM number_confirmations WHERE public_id = ?", on)
    return row[0] if row else None


def _fits(world: World, seen: Seen, text: Text, actor: int) -> bool:
    age = (world.now() - text.created).total_seconds()
    if text.spent or text.person != actor or age >= 600:
        return False
    if seen.endpoint == "login.code":
        half = seen.half
        if half is None or half.person != actor or text.purpose != "login" or text.pending_row != half.row:
            return False
    else:
        session = seen.standing
        if session is None or session.person != actor or text.session_row != session.row:
            return False
        confirming = seen.endpoint in {"settings.confirm_mobile", "settings.confirm_own_mobile"}
        if (text.purpose == "mobile.confirm") != confirming or text.purpose == "login":
            return False
    return text.purpose == "mobile.confirm" or text.to == seen.before.people[actor].number


def _cookies(world: World, seen: Seen) -> None:
    """Invariant 1: each session and each trusted browser has a reason. And a proof changes the token."""
    tab, cookie = seen.tab, world.cookie(seen.tab)
    token, pending_token = cookie.get("_user_id"), cookie.get("pending")
    proved = any(event == "code:right" for event, *_ in seen.events)
    if token and token != tab.token:
        if token in world.tokens:
            _wrong(world, 1, seen, "a token is used a second time")
        world.tokens.add(token)
        _new_token(world, seen, token)
    elif proved and seen.endpoint in _RENEWED:
        _wrong(world, 1, seen, "a code was right and the token stayed the same")
    tab.token = token
    if not token:
        tab.session = None
    if pending_token and pending_token != tab.pending_token:
        world.tokens.add(pending_token)
        _new_pending(world, seen, pending_token)
    tab.pending_token = pending_token
    if not pending_token:
        tab.pending = None
    if any(value.startswith("browser=") for value in seen.page.headers.getlist("Set-Cookie")):
        _new_trust(world, seen)


def _new_token(world: World, seen: Seen, token: str) -> None:
    tab, row = (
        seen.tab,
        world.eye.one("SELECT id FROM login_sessions WHERE token_hash = ?", token_hash(token)),
    )
    if row is None:
        _wrong(world, 1, seen, "a token without a session")
        return
    if seen.endpoint in _RENEWED and seen.standing is not None and seen.standing.row == row[0]:
        seen.standing.generation += 1
        tab.generation = seen.standing.generation
        return
    person = _who_signed_in(world, seen)
    if person is None:
        _wrong(world, 1, seen, "a session without a reason")
        return
    tab.session = Session(person.id, row[0], world.now(), world.now(), with_code=seen.before.guarded(person))
    tab.generation = 0
    world.sessions.append(tab.session)
    _expect(world, seen, "sign_in:completed", person.id)


def _who_signed_in(world: World, seen: Seen) -> Person | None:
    if seen.method != "POST":
        return None
    if seen.endpoint == "login.code" and seen.half is not None:
        return seen.before.people[seen.half.person]  # that its code was right is judged where it was taken
    person = seen.before.by_email(str(seen.data.get("email", "")))
    if seen.endpoint != "login.sign_in" or person is None or not _password_is_right(world, seen, person):
        return None
    if not seen.before.guarded(person):
        return person
    trust = world.trusted(seen.tab, person.id)
    if trust is None or person.is_support:
        return None
    trust.until = world.now() + _MONTH
    return person


def _password_is_right(world: World, seen: Seen, person: Person) -> bool:
    return seen.data.get("password") == world.passwords.get(person.id)


def _new_pending(world: World, seen: Seen, token: str) -> None:
    row = world.eye.one("SELECT id, user_id FROM pending_sign_ins WHERE token_hash = ?", token_hash(token))
    person = seen.before.by_email(str(seen.data.get("email", "")))
    if row is None or person is None or person.id != row[1] or not _password_is_right(world, seen, person):
        _wrong(world, 1, seen, "a sign-in waits for a code without the right password")
        return
    seen.tab.pending = Pending(person.id, row[0])
    world.pendings.append(seen.tab.pending)


def _new_trust(world: World, seen: Seen) -> None:
    value = (seen.tab.browser.cookie("browser") or "").split(".")[0]
    row = world.eye.one(
        "SELECT user_id, public_id FROM trusted_browsers WHERE token_hash = ?", token_hash(value)
    )
    if row is None:
        return  # the same cookie again
    world.tokens.add(value)
    person = seen.before.people[row[0]]
    if any(one.public_id == row[1] for one in seen.tab.trusts):
        return
    reason = seen.endpoint == "login.code" and seen.half is not None and seen.half.person == person.id
    if not reason or person.is_support or seen.data.get("shared_computer"):
        _wrong(world, 1, seen, "a browser is trusted without a reason")
    trust = Trust(person.id, row[1], world.now() + _MONTH)
    seen.tab.trusts.append(trust)
    world.trusts.append(trust)


# --- pages


def _pages(world: World, seen: Seen) -> None:
    """Invariants 1 and 6: who sees a page is signed in, and has the role for it."""
    page, endpoint = seen.page, seen.endpoint
    if not endpoint or endpoint in _OUTSIDE:
        return
    acted = page.status in {302, 303} and page.location.partition("?")[0] not in {"/login", "/login/code"}
    if page.status not in _ANSWERED and not acted:
        return
    if seen.standing is None:
        _wrong(world, 1, seen, "a page for somebody who is not signed in")
        return
    person = seen.before.people[seen.standing.person]
    may = MAY[ROUTES[endpoint][1]]
    if person.kind not in may or (
        endpoint in OWNER_POSTS and seen.method == "POST" and person.kind != "owner"
    ):
        _wrong(world, 6, seen, f"a page that {person.kind} may not see")


def _contacts(world: World, seen: Seen) -> None:
    """Invariant 2 (and 6): contacts only to their own account, and in a file only after their own code."""
    data, page = seen.page.data, seen.page
    person = seen.before.people[seen.standing.person] if seen.standing else None
    owners = {int(found) for found in _CONTACT.findall(data)}
    if owners - {person.account_id if person else None}:
        _wrong(world, 6 if person else 2, seen, "contacts of somebody else")
    if page.response.mimetype != "text/csv" or not data:
        return
    if seen.endpoint not in _GUARDED or seen.method != "GET":
        _wrong(world, 2, seen, "a file from an address without a guard")
    elif person is None or seen.standing is None:
        _wrong(world, 2, seen, "a file for somebody who is not signed in")
    elif seen.before.guarded(person):
        action = ROUTES[seen.endpoint][2]
        scope = seen.arguments.get("export_id") or seen.arguments.get("import_id")
        scope = scope or seen.before.companies[person.account_id or 0].public_id
        if not seen.standing.granted(action, scope, world.now()):
            _wrong(world, 2, seen, f"a file without a code for {action} on just this")
    if seen.endpoint == "export.download" and person is not None:
        if world.exports.get(seen.arguments["export_id"], (0, 0))[0] != person.id:
            _wrong(world, 2, seen, "an export of somebody else")
        _expect(world, seen, "export:downloaded", person.id)


def _foreign_ids(world: World, seen: Seen) -> None:
    """Invariant 6: another account's id is a 404, and nothing of its people is told."""
    person = seen.before.people[seen.standing.person] if seen.standing else None
    account = person.account_id if person else None
    if person is not None and not person.is_support and seen.page.status in _ANSWERED | {302, 303}:
        owner = _owner_of_id(world, seen)
        gone = seen.page.location.partition("?")[0] in {"/login", "/login/code"}
        if owner not in {None, account} and not gone:
            _wrong(world, 6, seen, "another account's id is answered")
    if person is not None and person.is_support:
        return
    if seen.endpoint in {"login.reset_password", "login.invitation", "help.not_me", "help.keep_two_factor"}:
        return  # whoever holds the link reads whom it is for
    stems = set(_MEMBER.findall(seen.page.text))
    if stems and not any(stem in str(seen.data) for stem in stems):
        accounts = {sorted(seen.before.companies)[_STEMS[stem]] for stem in stems}
        if accounts - {account}:
            _wrong(world, 6 if account else 1, seen, "people of somebody else")


def _owner_of_id(world: World, seen: Seen) -> int | None:
    for name, value in seen.arguments.items():
        if name == "user_id":
            return next((p.account_id for p in seen.before.people.values() if p.public_id == value), None)
        if name == "export_id" and value in world.exports:
            return world.exports[value][1]
        if name in {"list_id", "import_id"}:
            table = {"list_id": "contact_lists", "import_id": "contact_imports"}[name]
            row = world.eye.one(f"SELECT account_id FROM {table} WHERE public_id = ?", value)  # noqa: S608
            return row[0] if row else None
    return None


def _readings(world: World, seen: Seen) -> None:
    """Invariant 5: GET and HEAD leave nothing but their traces, and at most one text."""
    if seen.counts is None:
        return
    before, after = seen.counts
    grown = {table for table in after if after[table] != before[table]}
    allowed = _LOGGED
    if seen.endpoint in _GUARDED and seen.method == "GET":
        allowed = _TAKEN if seen.page.status == 200 else _ASKED
    if grown - allowed:
        _wrong(world, 5, seen, f"reading changed {sorted(grown - allowed)}")
    if after["challenges"] - before["challenges"] > 1:
        _wrong(world, 5, seen, "one reading asked two questions")


# --- what ends


def _endings(world: World, seen: Seen) -> None:
    """What the log and the facts say is over, is over in the model: whoever is let in after it breaks invariant 1."""
    keep = seen.standing
    for event, actor, subject, _ in seen.events:
        if event == "sign_in:signed_out" and keep is not None and actor == keep.person:
            keep.alive = False
        elif event == "notice:not_me" and subject is not None:
            world.end(subject)
        elif event == "browser:all_revoked" and seen.endpoint == "settings.revoke_all_browsers":
            world.end(actor or 0, keep=keep)
    if seen.endpoint == "login.sign_out" and "Clear-Site-Data" in seen.page.headers and keep is not None:
        _expect(world, seen, "sign_in:signed_out", keep.person)
    if seen.endpoint == "settings.revoke_browser" and seen.page.status == 303:
        _revoked(world, seen)
    if seen.endpoint == "login.code_cancel" and seen.page.status == 303 and seen.half is not None:
        seen.half.alive = False
    end_with(world, seen.before, seen.after, keep)


def _revoked(world: World, seen: Seen) -> None:
    public_id = seen.arguments["browser_id"]
    row = world.eye.one("SELECT id FROM login_sessions WHERE public_id = ?", public_id)
    known = {event for event, *_ in seen.events}
    for session in world.sessions:
        if row and session.row == row[0] and "session:ended" in known:
            session.alive = False
    for trust in world.trusts:
        if trust.public_id == public_id and "browser:revoked" in known:
            trust.alive = False


def end_with(world: World, before: Facts, after: Facts, keep: Session | None) -> None:
    """What a change of facts ends."""
    for account, company in after.companies.items():
        if company.two_factor != before.companies[account].two_factor:
            for person in after.members(account):
                world.end(person.id, keep=keep if company.two_factor else None)
            if company.two_factor and keep is not None:
                keep.with_code = True
    for new in after.people.values():
        old = before.people.get(new.id)
        if old is None or old == new:
            continue
        own = keep is not None and keep.person == new.id
        number = old.number != new.number and (old.number is not None or own)
        others = (old.password_hash, old.email, old.can_export, old.role, old.removed)
        if number or others != (new.password_hash, new.email, new.can_export, new.role, new.removed):
            world.end(new.id, keep=keep if own else None)
            for link in world.links:
                if link.person == new.id and link.kind == "password_reset":
                    link.spent = True


def _expect(world: World, seen: Seen, event: str, person: int) -> None:
    """Invariant 7."""
    if not any(found == event and actor == person for found, actor, *_ in seen.events):
        _wrong(world, 7, seen, f"no {event} in the log")


def _remember(world: World, seen: Seen) -> None:
    """Where this tab was sent to, for the rules that follow."""
    tab, where = seen.tab, seen.page.location
    _keep_asked(tab, seen, where)
    if where.startswith(("/settings/account/confirm-mobile", "/settings/profile/confirm-mobile")):
        tab.confirming = where
    if seen.endpoint == "export.new" and where.startswith("/contacts/exports/") and seen.standing:
        person = seen.before.people[seen.standing.person]
        world.exports[where.rsplit("/", 1)[1]] = (person.id, person.account_id or 0)
        _expect(world, seen, "export:fixed", person.id)
    if seen.endpoint == "login.sign_in" and seen.method == "POST" and seen.page.status == 422:
        person_ = seen.before.by_email(str(seen.data.get("email", "")))
        told = seen.broken or any(event == "password:wrong" for event, *_ in seen.events)
        if person_ and seen.data.get("password") and not told:
            _wrong(world, 7, seen, "a wrong password is not in the log")


def _keep_asked(tab: Tab, seen: Seen, where: str) -> None:
    if where.startswith("/step-up?on=") and seen.endpoint not in {"step_up.code", "step_up.resend"}:
        on = where.removeprefix("/step-up?on=")
        tab.asked = [one for one in tab.asked if one.on != on][-4:]
        tab.asked.append(Asked(on, seen.method, seen.path, dict(seen.data)))
