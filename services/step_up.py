"""Step-up: a code made for one action and one scope, however freshly or trustedly someone is signed in.

A grant is the time at which this session verified this action for this scope, kept in the session's row on the server.
It lasts STEP_UP_LIFETIME seconds from the code, fixed: using it does not prolong it. Only ``verify`` writes one.
Source: OWASP ASVS 5.0 7.5.3 (sensitive actions are confirmed by at least one factor again).
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from config import settings
from extensions import db
from models.challenge import Challenge
from models.interruption import Interruption
from models.login_session import LoginSession
from models.user import User
from services import codes, limits, seal, sessions
from services.clock import now
from services.codes import STEP_UP, Verdict
from services.sessions import SignedIn
from services.unit_of_work import write

#: Characters of a content's digest in a scope: 132 bits.
_DIGEST_LENGTH = 22
#: Waiting interruptions of one action that are compared with a new one.
_LOOKED_AT = 20


class NoNumber(Exception):
    """The person has no number to send a code to. Nobody gets on without one."""


class StepUpFirst(Exception):
    """What was asked for needs a code first; nothing was changed. For rules that only show once rows are locked."""

    def __init__(self, action: str, scope: str, wording: str) -> None:
        super().__init__(action)
        self.action = action
        self.scope = scope
        self.wording = wording


@dataclass(frozen=True)
class Wanted:
    """A request that needs a code first. ``wording`` completes "your code to …" in the text message.

    ``fields`` are the form's, without CSRF token and passwords; empty for GET.
    """

    action: str
    scope: str
    wording: str
    method: str
    path: str
    back_path: str
    fields: dict[str, list[str]]


def is_required(me: SignedIn, action: str, scope: str) -> bool:
    """Whether a code must be asked for: two-factor guards this person, and no fresh grant fits."""
    return me.two_factor_on and not is_granted(me.session, action, scope)


def is_granted(session: LoginSession, action: str, scope: str) -> bool:
    verified = session.verified_at.get(action, {}).get(scope)
    if verified is None:
        return False
    age = (now() - datetime.fromisoformat(verified)).total_seconds()
    # A clock that was set back must not make an old grant young again.
    return 0 <= age < settings().step_up_lifetime


def exactly(subject: str, *content: object) -> str:
    """A scope that approves this content and no other: ``exactly(account.public_id, email, number)``.

    For an action whose fields decide what it does. Without them a code for "add a user" would add any user.
    """
    told = json.dumps([str(part) for part in content], ensure_ascii=False)
    digest = hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest()
    return f"{subject}:{base64.urlsafe_b64encode(digest)[:_DIGEST_LENGTH].decode()}"


def demand(me: SignedIn, action: str, scope: str, wording: str) -> None:
    """Raise StepUpFirst unless the action may go on. Judges session and account as they are now."""
    with write() as session:
        if me.user.account is not None:
            session.refresh(me.user.account)
        _lock(me.session)
        if is_required(me, action, scope):
            raise StepUpFirst(action, scope, wording)


def spend(me: SignedIn, action: str, scope: str, wording: str) -> None:
    """Like ``demand``, and takes the grant: one code does the action once. Belongs into the write() of the action."""
    with write():
        demand(me, action, scope, wording)
        if me.two_factor_on:
            use_up(me.session, action, scope)


def interrupt(me: SignedIn, wanted: Wanted, *, send: bool = True) -> Interruption:
    """Keep what was wanted and send the code for it. Asking again for the same sends nothing again.

    What is kept is never changed afterwards: a second form, from another tab or a thief in the same session, waits
    beside the first and not in its place.

    When no text may be sent (a limit, a pause, ``send=False``), the interruption is kept without a challenge and its
    page offers to ask for one.
    """
    with write() as session:
        _lock(me.session)
        found = _waiting(me, wanted)
        if found is None:
            found = Interruption(
                login_session_id=me.session.id,
                action=wanted.action,
                scope=wanted.scope,
                wording=wanted.wording,
                method=wanted.method,
                path=wanted.path,
                back_path=wanted.back_path,
                fields=seal.seal(wanted.fields, seal.INTERRUPTED_FORM) if wanted.fields else None,
                created_at=now(),
            )
            session.add(found)
            session.flush()
    if found.challenge_id is None and send:
        try:
            _attach_once(me, found)
        except (limits.LimitExceeded, codes.TooSoon, NoNumber):
            pass  # the page offers to ask for a text, and tells the wait when it is pressed too early
    return found


def _waiting(me: SignedIn, wanted: Wanted) -> Interruption | None:
    alike = db.session.scalars(
        select(Interruption)
        .where(
            Interruption.login_session_id == me.session.id,
            Interruption.action == wanted.action,
            Interruption.scope == wanted.scope,
            Interruption.method == wanted.method,
            Interruption.path == wanted.path,
            Interruption.verified_at.is_(None),
            Interruption.created_at > now() - timedelta(seconds=settings().code_lifetime),
        )
        .order_by(Interruption.id.desc())
        .limit(_LOOKED_AT)
    )
    return next((found for found in alike if kept_fields(found) == wanted.fields), None)


def _attach_once(me: SignedIn, interruption: Interruption) -> None:
    """However many tabs ask at once, one text is sent."""
    with write() as session:
        _lock(me.session)
        session.refresh(interruption)
        if interruption.challenge_id is None:
            attach_challenge(me, interruption)


def attach_challenge(me: SignedIn, interruption: Interruption) -> Challenge:
    """Send the code of an interruption that has none. Raises limits.LimitExceeded, codes.TooSoon, NoNumber."""
    if me.user.mobile_number is None:
        raise NoNumber
    with write() as session:
        challenge = codes.open_challenge(
            me.user,
            purpose=STEP_UP + interruption.action,
            scope=interruption.scope,
            destination=me.user.mobile_number,
            belongs_to=me.session,
            wording=interruption.wording,
        )
        interruption.challenge_id = challenge.id
        session.add(interruption)
    return challenge


def find(me: SignedIn, public_id: str | None) -> Interruption | None:
    """An interruption of this session: the named one, else the newest that still waits."""
    statement = select(Interruption).where(Interruption.login_session_id == me.session.id)
    if public_id:
        statement = statement.where(Interruption.public_id == public_id)
    else:
        statement = statement.where(Interruption.verified_at.is_(None))
    return db.session.scalars(statement.order_by(Interruption.id.desc()).limit(1)).first()


def challenge_of(interruption: Interruption) -> Challenge | None:
    return db.session.get(Challenge, interruption.challenge_id) if interruption.challenge_id else None


def is_answered(me: SignedIn, interruption: Interruption) -> bool:
    """Whether nothing is asked any more: its code was right, or that of the same action in another tab."""
    return interruption.verified_at is not None or is_granted(
        me.session, interruption.action, interruption.scope
    )


def resend(me: SignedIn, interruption: Interruption) -> None:
    """Raises codes.TooSoon, codes.NoMoreTexts, limits.LimitExceeded, NoNumber."""
    challenge = challenge_of(interruption)
    if challenge is None or challenge.destination != me.user.mobile_number:
        attach_challenge(me, interruption)
        return
    with write() as session:
        interruption.challenge_id = codes.resend(challenge, me.user, wording=interruption.wording).id
        session.add(interruption)


def call(me: SignedIn, interruption: Interruption) -> None:
    """Raises codes.NoCall, codes.TooSoon, limits.LimitExceeded."""
    challenge = challenge_of(interruption)
    if challenge is None:
        raise codes.NoCall
    codes.call(challenge, me.user, wording=interruption.wording)


def verify(me: SignedIn, interruption: Interruption, code: str) -> tuple[Verdict, SignedIn]:
    """Judge a guess; the right one grants the action for its scope and gives the session a new token."""
    challenge = challenge_of(interruption)
    if challenge is None:
        return codes.unanswerable(me.user), me
    with write() as session:
        verdict = codes.check(
            challenge,
            code,
            user=me.user,
            belongs_to=me.session,
            purpose=STEP_UP + interruption.action,
            scope=interruption.scope,
        )
        if not verdict.is_right:
            return verdict, me
        grant(me.session, interruption.action, interruption.scope)
        interruption.verified_at = now()
        session.add(interruption)
        return verdict, sessions.renew(me)


def grant(row: LoginSession, action: str, scope: str) -> None:
    """Write the verification time. For code that has just seen a right code, and for nothing else."""
    with write():
        _lock(row)
        moment = now()
        oldest = moment - timedelta(seconds=settings().step_up_lifetime)
        kept = {
            known: {s: at for s, at in scopes.items() if datetime.fromisoformat(at) > oldest}
            for known, scopes in row.verified_at.items()
        }
        kept.setdefault(action, {})[scope] = moment.isoformat()
        row.verified_at = {known: scopes for known, scopes in kept.items() if scopes}


def use_up(row: LoginSession, action: str, scope: str) -> bool:
    """Take a grant away, for an action that one code may do only once. True for exactly one caller."""
    with write():
        _lock(row)
        if not is_granted(row, action, scope):
            return False
        row.verified_at = {
            known: {s: at for s, at in scopes.items() if (known, s) != (action, scope)}
            for known, scopes in row.verified_at.items()
        }
        return True


def cancel(interruption: Interruption) -> None:
    """Forget it: the code dies, nothing is done."""
    challenge = challenge_of(interruption)
    with write() as session:
        if challenge is not None:
            codes.close(challenge, "cancelled")
        interruption.verified_at = None
        session.delete(interruption)


def kept_fields(interruption: Interruption) -> dict[str, list[str]]:
    """The interrupted form's fields, to be posted once more by the person; empty where they cannot be read."""
    return seal.unseal(interruption.fields, seal.INTERRUPTED_FORM) or {} if interruption.fields else {}


def _lock(row: LoginSession) -> None:
    """Two tabs of one session write their grants one after the other.

    The user's row first, as everywhere: whoever holds a session's row and waits for its user could be waited for.
    """
    db.session.execute(select(User.id).where(User.id == row.user_id).with_for_update(key_share=True))
    db.session.execute(
        select(LoginSession)
        .where(LoginSession.id == row.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
