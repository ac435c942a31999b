"""Between the right password and the right code: a PendingSignIn waits, and no session exists."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from config import settings
from extensions import db
from models.challenge import Challenge
from models.login_session import PendingSignIn
from models.user import User
from services import codes, limits, sign_in_counts, trusted_browsers
from services.audit import Event, record
from services.clock import now
from services.codes import Verdict
from services.completing import Completed, complete
from services.origin import current_origin
from services.tokens import new_token, token_hash
from services.unit_of_work import changed, write


def wait_for_code(user: User, next_path: str) -> tuple[str, PendingSignIn]:
    """A pending sign-in, and its cookie's token."""
    token = new_token()
    moment = now()
    origin = current_origin()
    with write() as session:
        pending = PendingSignIn(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=moment,
            # Long enough for a second text; every text still has its own, shorter life.
            expires_at=moment + timedelta(seconds=3 * settings().code_lifetime),
            next_path=next_path,
            address=origin.address,
            user_agent=origin.user_agent,
        )
        session.add(pending)
        session.flush()
        if user.mobile_number is None:
            record(
                Event.SIGN_IN_BLOCKED, account=user.account, actor=user, outcome="failure",
                why="there is no mobile number to send a code to",
            )  # fmt: skip
    return token, pending


def send_code(pending: PendingSignIn, user: User) -> None:
    """Where a code may be sent. In a transaction of its own: the pending sign-in stays when none may."""
    try:
        _open(pending, user)
    except (limits.LimitExceeded, codes.TooSoon):
        pass  # the code page offers to ask for a text, and tells the wait when it is pressed too early


def _open(pending: PendingSignIn, user: User) -> Challenge | None:
    if user.mobile_number is None:
        return None
    return codes.open_challenge(user, purpose=codes.LOGIN, destination=user.mobile_number, belongs_to=pending)


def find_pending(token: str) -> PendingSignIn | None:
    """The sign-in that waits for a code under this cookie, with its user and account."""
    if not token:
        return None
    return db.session.scalars(
        select(PendingSignIn)
        .join(PendingSignIn.user)
        .where(
            PendingSignIn.token_hash == token_hash(token),
            PendingSignIn.ended_at.is_(None),
            PendingSignIn.expires_at > now(),
            User.removed_at.is_(None),
        )
        .options(joinedload(PendingSignIn.user).joinedload(User.account))
        .execution_options(populate_existing=True)
    ).first()


def challenge_of(pending: PendingSignIn) -> Challenge | None:
    """The newest code sent for this sign-in, live or not."""
    return db.session.scalars(
        select(Challenge)
        .where(Challenge.pending_sign_in_id == pending.id)
        .order_by(Challenge.id.desc())
        .limit(1)
    ).first()


def enter_code(
    pending: PendingSignIn, code: str, *, shared_computer: bool, browser_cookie: str
) -> Verdict | Completed:
    """Judge a guess; the right one ends the pending sign-in and begins the session, in one transaction."""
    challenge = challenge_of(pending)
    if challenge is None:
        return codes.unanswerable(pending.user)
    user = pending.user
    with write():
        verdict = codes.check(challenge, code, user=user, belongs_to=pending, purpose=codes.LOGIN, scope="")
        if not verdict.is_right:
            return verdict
        ended = changed(
            update(PendingSignIn)
            .where(
                PendingSignIn.id == pending.id,
                PendingSignIn.ended_at.is_(None),
                PendingSignIn.expires_at > now(),
            )
            .values(ended_at=now())
        )
        if ended != 1:
            return Verdict(codes.Outcome.DEAD)
        cookie = None
        if not shared_computer and not user.is_support:
            cookie = trusted_browsers.trust(user, browser_cookie)
            record(Event.BROWSER_TRUSTED, account=user.account, actor=user)
        return complete(
            user,
            second_step="code",
            forgive=sign_in_counts.by_name(user.email),
            browser_cookie=cookie,
            next_path=pending.next_path,
        )


def resend(pending: PendingSignIn) -> None:
    """Raises codes.TooSoon, codes.NoMoreTexts, limits.LimitExceeded."""
    challenge = challenge_of(pending)
    if challenge is None or challenge.destination != pending.user.mobile_number:
        _open(pending, pending.user)
    else:
        codes.resend(challenge, pending.user)


def call(pending: PendingSignIn) -> None:
    """Raises codes.NoCall, codes.TooSoon, limits.LimitExceeded."""
    challenge = challenge_of(pending)
    if challenge is None:
        raise codes.NoCall
    codes.call(challenge, pending.user)


def cancel(pending: PendingSignIn) -> None:
    """Back to the start: the code dies with the pending sign-in."""
    challenge = challenge_of(pending)
    with write():
        if challenge is not None:
            codes.close(challenge, "cancelled")
        changed(
            update(PendingSignIn)
            .where(PendingSignIn.id == pending.id, PendingSignIn.ended_at.is_(None))
            .values(ended_at=now())
        )
