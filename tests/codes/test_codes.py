"""The code engine itself, below any page."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from extensions import db
from models import Account, Challenge, LoginSession, Message, User
from services import codes, limits, sessions
from services.clock import now
from services.codes import Outcome
from services.unit_of_work import write
from tests.support.site import Site

NUMBER = "+447400123401"


@pytest.fixture
def owner(site: Site) -> User:
    return site.world.acme()[1]


@pytest.fixture
def session(site: Site, owner: User) -> LoginSession:
    with site.context():
        return sessions.start(owner, second_step="code").session


def open_one(user: User, session: LoginSession, **changed: Any) -> Challenge:
    values = {"purpose": "step_up:test", "scope": "this", "destination": NUMBER, "belongs_to": session}
    return codes.open_challenge(here(user), **{**values, **changed})


def judge(
    challenge: Challenge, code: str, user: User, session: LoginSession, /, **changed: Any
) -> codes.Verdict:
    values = {"user": user, "belongs_to": session, "purpose": "step_up:test", "scope": "this"}
    given = {**values, **changed}
    return codes.check(challenge, code, **{**given, "user": here(given["user"])})


def here(user: User) -> User:
    """The person as a row of the present database session, as a request has it."""
    found = db.session.get(User, user.id)
    assert found is not None
    return found


def wrong_for(challenge: Challenge) -> str:
    return f"{(int(codes.code_for(challenge)) + 1) % 1_000_000:06d}"


def test_the_right_code_is_right_once(site: Site, owner: User, session: LoginSession) -> None:
    with site.context():
        challenge = open_one(owner, session)
        code = codes.code_for(challenge)
        assert judge(challenge, code, owner, session).outcome is Outcome.RIGHT
        assert judge(challenge, code, owner, session).outcome is Outcome.DEAD


@pytest.mark.asvs("6.5.4")
@pytest.mark.threat("B10")
def test_a_code_is_six_ascii_digits_and_keeps_its_leading_zeros(site: Site, owner: User) -> None:
    with site.context():
        seen = [codes.code_for(challenge(nonce)) for nonce in range(3000)]
    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in seen)
    assert any(code.startswith("0") for code in seen)
    first_digits = Counter(code[0] for code in seen)
    assert min(first_digits.values()) > 200, "every digit is about equally likely"


def challenge(nonce: int) -> Challenge:
    return Challenge(nonce=nonce.to_bytes(16, "big"), public_id="id", purpose="login", destination=NUMBER)


@pytest.mark.threat("C11")
def test_forty_two_is_not_zero_forty_two(site: Site, owner: User, session: LoginSession) -> None:
    with site.context():
        for _ in range(4000):
            one = challenge(_)
            if codes.code_for(one).startswith("0"):
                break
        found = open_one(owner, session)
        with write():
            found.nonce, found.public_id = one.nonce, "id"
            found.purpose, found.destination = "login", NUMBER
        short = codes.code_for(found).lstrip("0")
        assert judge(found, short, owner, session, purpose="login").outcome is Outcome.WRONG


@pytest.mark.parametrize(
    "shape", ["{0}{1}", " {0}{1} ", "{0} {1}", "{0}-{1}", "{0}–{1}", "{0}\u00a0{1}", "{0}\t{1}\n"]
)
def test_spaces_and_dashes_do_not_matter(site: Site, owner: User, session: LoginSession, shape: str) -> None:
    with site.context():
        one = open_one(owner, session)
        code = codes.code_for(one)
        assert judge(one, shape.format(code[:3], code[3:]), owner, session).is_right


@pytest.mark.parametrize(
    "entered", ["", " ", "abcdef", "12345", "1234567", "١٢٣٤٥٦", "\x00\x00", "9" * 10_000, "null", "[]"]
)
def test_whatever_else_is_typed_is_wrong_and_counts(
    site: Site, owner: User, session: LoginSession, entered: str
) -> None:
    with site.context():
        one = open_one(owner, session)
        assert judge(one, entered, owner, session).outcome is Outcome.WRONG
        assert db.session.get(Challenge, one.id, populate_existing=True).attempts == 1


def test_full_width_digits_are_the_same_digits(site: Site, owner: User, session: LoginSession) -> None:
    with site.context():
        one = open_one(owner, session)
        typed = codes.code_for(one).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
        assert judge(one, typed, owner, session).is_right


def test_four_wrong_guesses_leave_a_try_and_five_do_not(
    site: Site, owner: User, session: LoginSession
) -> None:
    with site.context():
        one = open_one(owner, session)
        for left in (4, 3, 2, 1):
            verdict = judge(one, wrong_for(one), owner, session)
            assert (verdict.outcome, verdict.attempts_left) == (Outcome.WRONG, left)
        assert judge(one, wrong_for(one), owner, session).outcome is Outcome.EXHAUSTED
        assert judge(one, codes.code_for(one), owner, session).outcome is Outcome.EXHAUSTED


def test_the_fifth_guess_may_still_be_right(site: Site, owner: User, session: LoginSession) -> None:
    with site.context():
        one = open_one(owner, session)
        for _ in range(4):
            judge(one, wrong_for(one), owner, session)
        assert judge(one, codes.code_for(one), owner, session).is_right


@pytest.mark.asvs("6.5.5")
@pytest.mark.threat("B10")
def test_a_code_lives_ten_minutes(
    site: Site, owner: User, session: LoginSession, time_machine_at: Callable[..., None]
) -> None:
    with site.context():
        old, young = open_one(owner, session, scope="a"), open_one(owner, session, scope="b")
        time_machine_at(seconds=590)
        assert judge(young, codes.code_for(young), owner, session, scope="b").is_right
        time_machine_at(seconds=20)
        assert judge(old, codes.code_for(old), owner, session, scope="a").outcome is Outcome.DEAD


@pytest.mark.parametrize("part", ["user", "session", "purpose", "scope"])
def test_a_code_fits_nothing_but_what_it_was_made_for(
    site: Site, owner: User, session: LoginSession, part: str
) -> None:
    with site.context():
        other_user = site.world.user(db.session.get_one(Account, owner.account_id))
        other_session = sessions.start(owner, second_step="code").session
        one = open_one(owner, session)
        wrong: dict[str, dict[str, Any]] = {
            "user": {"user": other_user},
            "session": {"belongs_to": other_session},
            "purpose": {"purpose": "login"},
            "scope": {"scope": "that"},
        }
        assert judge(one, codes.code_for(one), owner, session, **wrong[part]).outcome is not Outcome.RIGHT
        assert judge(one, codes.code_for(one), owner, session).is_right


def test_asking_twice_for_the_same_sends_one_text(site: Site, owner: User, session: LoginSession) -> None:
    with site.context():
        assert open_one(owner, session).id == open_one(owner, session).id
        assert len(db.session.scalars(select(Message)).all()) == 1


@pytest.mark.asvs("6.6.3")
@pytest.mark.threat("B4")
def test_a_resend_carries_the_same_code_and_forgives_nothing(
    site: Site, owner: User, session: LoginSession, time_machine_at: Callable[..., None]
) -> None:
    with site.context():
        one = open_one(owner, session)
        code = codes.code_for(one)
        judge(one, wrong_for(one), owner, session)
        time_machine_at(seconds=31)
        again = codes.resend(one, here(owner))
        assert (again.id, codes.code_for(again), again.attempts, again.sends) == (one.id, code, 1, 2)
    assert [text["text"][:6] for text in site.texts()] == [code, code]


def test_a_resend_before_its_time_says_how_long_to_wait(
    site: Site, owner: User, session: LoginSession, time_machine_at: Callable[..., None]
) -> None:
    with site.context():
        time_machine_at(seconds=0)
        one = open_one(owner, session)
        time_machine_at(seconds=29)
        with pytest.raises(codes.TooSoon) as wait:
            codes.resend(one, here(owner))
        assert wait.value.retry_after == 1
        time_machine_at(seconds=1)
        assert codes.resend(one, here(owner)).sends == 2


def test_a_resend_of_a_dead_code_opens_a_fresh_one(
    site: Site, owner: User, session: LoginSession, time_machine_at: Callable[..., None]
) -> None:
    with site.context():
        one = open_one(owner, session)
        for _ in range(5):
            judge(one, wrong_for(one), owner, session)
        time_machine_at(seconds=31)
        fresh = codes.resend(one, here(owner))
        assert fresh.id != one.id
        assert judge(one, codes.code_for(one), owner, session).outcome is Outcome.EXHAUSTED
        assert judge(fresh, codes.code_for(fresh), owner, session).is_right


@pytest.mark.asvs("6.6.3")
@pytest.mark.threat("B2", "B3")
def test_wrong_codes_add_up_over_challenges_until_a_pause(
    site: Site, owner: User, session: LoginSession, time_machine_at: Callable[..., None]
) -> None:
    with site.context():
        time_machine_at(seconds=0)
        first, second = (open_one(owner, session, scope=scope) for scope in "ab")
        time_machine_at(seconds=31)
        third = open_one(owner, session, scope="c")
        for one in (first, second):
            for number in range(5):
                verdict = judge(one, wrong_for(one), owner, session, scope=one.scope)
                assert verdict.outcome is not Outcome.PAUSED, f"paused at guess {number}"
        verdict = judge(third, codes.code_for(third), owner, session, scope="c")
        assert (verdict.outcome, verdict.retry_after) == (Outcome.PAUSED, 31)
        with pytest.raises(codes.TooSoon):
            open_one(owner, session, scope="d")
        time_machine_at(seconds=31)
        assert judge(third, wrong_for(third), owner, session, scope="c").outcome is Outcome.WRONG
        assert judge(third, codes.code_for(third), owner, session, scope="c").retry_after == 61
        time_machine_at(seconds=61)
        assert judge(third, codes.code_for(third), owner, session, scope="c").is_right
        assert db.session.get(User, owner.id, populate_existing=True).code_failures == 0


def test_nine_wrong_codes_pause_nothing(site: Site, owner: User, session: LoginSession) -> None:
    with site.context():
        first, second = (open_one(owner, session, scope=scope) for scope in "ab")
        for one, times in ((first, 5), (second, 4)):
            for _ in range(times):
                judge(one, wrong_for(one), owner, session, scope=one.scope)
        assert judge(second, codes.code_for(second), owner, session, scope="b").is_right


@pytest.mark.asvs("6.5.2")
def test_the_database_does_not_hold_the_code(site: Site, owner: User, session: LoginSession) -> None:
    with site.context():
        code = codes.code_for(open_one(owner, session))
        for table in db.metadata.tables:
            rows = db.session.execute(text(f'SELECT * FROM "{table}"')).all()  # noqa: S608
            assert code not in repr(rows), table


def test_texts_are_limited_by_user_and_by_number(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_SMS_USER="3/hour", LIMIT_SMS_NUMBER="4/hour", RESEND_AFTER="0")
    account, owner = site.world.acme()
    other = site.world.user(account, mobile_number=owner.mobile_number)
    with site.context():
        session = sessions.start(owner, second_step="code").session
        for scope in "abc":
            open_one(owner, session, scope=scope)
        with pytest.raises(limits.LimitExceeded):
            open_one(owner, session, scope="d")
        theirs = sessions.start(other, second_step="code").session
        open_one(other, theirs, scope="a")
        with pytest.raises(limits.LimitExceeded):
            open_one(other, theirs, scope="b")


def test_a_dead_code_is_not_sent_late(
    site: Site, owner: User, session: LoginSession, time_machine_at: Callable[..., None]
) -> None:
    with site.context():
        one = open_one(owner, session)
    time_machine_at(seconds=601)
    assert site.texts() == []
    with site.context():
        assert db.session.scalars(select(Message.state).where(Message.challenge_id == one.id)).all() == [
            "expired"
        ]


def test_a_right_code_confirms_the_number_it_went_to(site: Site) -> None:
    account, _ = site.world.acme()
    user = site.world.user(account, mobile_confirmed_at=None)
    with site.context():
        session = sessions.start(user, second_step="code").session
        user = here(user)
        one = open_one(user, session, destination=user.mobile_number)
        assert judge(one, codes.code_for(one), user, session).is_right
        confirmed = here(user).mobile_confirmed_at
        assert confirmed is not None
        assert now() - confirmed < timedelta(minutes=1)


@pytest.mark.threat("F4")
def test_confirming_a_strangers_number_uses_up_nothing_of_theirs(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_SMS_NUMBER="1/day", LIMIT_SMS_NEW_NUMBER="2/day", RESEND_AFTER="0")
    account, stranger = site.world.acme()
    other = site.world.user(account)
    with site.context():
        session = sessions.start(other, second_step="code").session
        for scope in "ab":
            open_one(
                other, session, purpose=codes.CONFIRM_MOBILE, scope=scope, destination=stranger.mobile_number
            )
        with pytest.raises(limits.LimitExceeded):
            open_one(
                other, session, purpose=codes.CONFIRM_MOBILE, scope="c", destination=stranger.mobile_number
            )
        theirs = sessions.start(stranger, second_step="code").session
        open_one(stranger, theirs, destination=stranger.mobile_number)
