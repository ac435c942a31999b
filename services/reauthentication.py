"""The password once more, in an open session: before what a thief at an open browser would change first.

With two-factor authentication on, a code from the phone on record stands before these changes and a password is not
asked for. With it off, a session whose password was entered a while ago must show that it is still the same person.
Source: OWASP ASVS 5.0 7.5.1.
"""

from datetime import timedelta

from services import delays, hashing, passwords
from services.audit import Event, record
from services.clock import now
from services.hashing import Kind
from services.sessions import SignedIn
from services.sign_in_counts import by_session
from services.unit_of_work import write

#: For so long after the sign-in the password counts as just entered.
FRESH = timedelta(minutes=15)


class WrongPassword(ValueError):
    """The current password does not match."""


def is_needed(me: SignedIn) -> bool:
    """Whether a change of number, address or two-factor authentication asks for the password first."""
    age = now() - me.session.created_at
    # A clock that was set back makes no session young.
    return not me.two_factor_on and not timedelta(0) <= age < FRESH


def by_password(me: SignedIn, current: str) -> str:
    """Judge the password and return the hash it was judged by. Raises WrongPassword, limits.LimitExceeded,
    hashing.Busy.

    Guesses count as failed sign-ins do: a session left open must not become a place to guess at leisure. They have a
    count of their own: who hammers the name from outside must not keep the person from changing anything.
    """
    user = me.user
    counted = delays.hit("sign_in_user", by_session(me.user))
    judged = user.password_hash
    try:
        with hashing.turn(Kind.INSIDE, str(user.id)):
            is_right = judged is not None and passwords.password_matches(judged, current)
    except hashing.Busy:  # nobody looked at it
        delays.give_back("sign_in_user", by_session(me.user), counted)
        raise
    if judged is None or not is_right:
        with write():
            record(Event.PASSWORD_WRONG, account=user.account, actor=user, subject=user, outcome="failure")
        raise WrongPassword
    with write():
        forgive(me)
    return judged


def forgive(me: SignedIn) -> None:
    """The password was right: failures before it count no more."""
    delays.forget("sign_in_user", by_session(me.user))
