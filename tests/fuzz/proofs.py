"""Invariants 1 and 2, of what is proved: codes that were taken; sessions, sign-ins and browsers that came of it."""

from datetime import timedelta

from services import codes
from services.tokens import token_hash
from tests.fuzz.evidence import Pending, Session, Text, Trust
from tests.fuzz.facts import Person
from tests.fuzz.seen import Seen
from tests.fuzz.verdict import expect, wrong
from tests.fuzz.world import World

_MONTH = timedelta(days=30)
#: Where the session of the cookie gets a new token.
_RENEWED = {
    "step_up.code", "settings.confirm_mobile", "settings.confirm_own_mobile", "settings.password",
    "settings.answer_ownership", "settings.revoke_all_browsers",
}  # fmt: skip


def codes_taken(world: World, seen: Seen) -> None:
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
            wrong(world, 2, seen, f"the code {typed!r} was taken, and none was sent for this")
            continue
        if world.guesses[text.challenge] >= 5:
            wrong(world, 2, seen, "a sixth guess was judged")
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


def cookies(world: World, seen: Seen) -> None:
    """Invariant 1: each session and each trusted browser has a reason. And a proof changes the token."""
    tab, cookie = seen.tab, world.cookie(seen.tab)
    token, pending_token = cookie.get("_user_id"), cookie.get("pending")
    proved = any(event == "code:right" for event, *_ in seen.events)
    if token and token != tab.token:
        if token in world.tokens:
            wrong(world, 1, seen, "a token is used a second time")
        world.tokens.add(token)
        _new_token(world, seen, token)
    elif proved and seen.endpoint in _RENEWED:
        wrong(world, 1, seen, "a code was right and the token stayed the same")
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
        wrong(world, 1, seen, "a token without a session")
        return
    if seen.endpoint in _RENEWED and seen.standing is not None and seen.standing.row == row[0]:
        seen.standing.generation += 1
        tab.generation = seen.standing.generation
        return
    person = _who_signed_in(world, seen)
    if person is None:
        wrong(world, 1, seen, "a session without a reason")
        return
    tab.session = Session(person.id, row[0], world.now(), world.now(), with_code=seen.before.guarded(person))
    tab.generation = 0
    world.sessions.append(tab.session)
    expect(world, seen, "sign_in:completed", person.id)


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
        wrong(world, 1, seen, "a sign-in waits for a code without the right password")
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
        wrong(world, 1, seen, "a browser is trusted without a reason")
    trust = Trust(person.id, row[1], world.now() + _MONTH)
    seen.tab.trusts.append(trust)
    world.trusts.append(trust)
