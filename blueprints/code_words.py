"""The words of code pages: why a code was not taken, and why no text or call goes. code_news.py tells what became of
the newest one."""

from dataclasses import dataclass

from blueprints.answers import retry_header
from blueprints.templating import duration_words, plural
from config import settings
from models.challenge import Challenge
from models.user import User
from services import codes, risk
from services import sending as texts
from services.clock import seconds_until
from services.codes import Outcome, Verdict
from services.limits import LimitExceeded
from services.numbers import masked


@dataclass(frozen=True)
class Explained:
    """``status`` and ``retry_after`` are for the response; ``message`` stands beside the field."""

    message: str
    status: int
    retry_after: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return retry_header(self.retry_after)


def codes_stopped(user: User) -> str:
    """Who can bind the number again depends on whose it is."""
    told = "Too many wrong codes were entered for you, so none is sent or taken any more"
    if user.is_support:
        return f"{told}. Ask whoever runs this site to bind your mobile number again"
    who = "Our support" if user.is_owner else "Your account owner or our support"
    return f"{told}. {who} can bind your mobile number again"


def sim_changed(number: str, user: User) -> str:
    """Why no code that proves an old number goes to this one; who can help depends on whose it is."""
    change = risk.changed_sim(number)
    if change is None:
        return "The SIM card of this number was changed. Ask for another code below"
    most = settings().sim_swap_hours
    ago = change.hours_ago
    when = f"in the last {most} hours" if ago is None else f"{plural(ago, 'hour', 'hours')} ago"
    left = plural(-(-seconds_until(change.until) // 3600), "hour", "hours")
    return (
        f"The SIM card of this number was changed {when if ago != 0 else 'less than an hour ago'}. To protect your "
        f"contacts we send it no codes but those for signing in until {most} hours have passed. That is in {left}. If "
        "you did not change your SIM card, call your mobile operator at once. If it cannot wait, "
        f"{who_enters_another_number(user)}"
    )


def who_enters_another_number(user: User) -> str:
    if user.is_support or user.is_owner:
        return get_help(user)
    return "your account owner can enter another number for you, or contact support"


def get_help(user: User) -> str:
    return "ask whoever runs this site" if user.is_support else "contact support"


def explain(verdict: Verdict, entered: str, challenge: Challenge | None, user: User) -> Explained:
    """Why a code was not taken, and what to do now."""
    if verdict.outcome is Outcome.PAUSED:
        wait = duration_words(verdict.retry_after)
        return Explained(f"Too many wrong codes. Try again in {wait}", 429, verdict.retry_after)
    if verdict.outcome is Outcome.STOPPED:  # no wait ends it, so it is no 429
        return Explained(codes_stopped(user), 422)
    if verdict.outcome is Outcome.EXHAUSTED:
        wait_seconds = max(1, codes.seconds_until_resend(challenge) if challenge else 1)
        message = "Too many wrong codes. Ask for a new text message below and enter the code from it"
        # The guess that used up the last try was judged: a rejected form. What comes after it is over the limit.
        return Explained(message, 422) if verdict.judged else Explained(message, 429, wait_seconds)
    if challenge is None:
        return Explained("No text message was sent yet. Ask for one below and enter the code from it", 422)
    if verdict.outcome is Outcome.DEAD:
        return Explained("This code has expired or was used. Ask for a new text message below", 422)
    return Explained(_wrong(codes.clean(entered)) + _tries(verdict.attempts_left), 422)


def _wrong(code: str) -> str:
    if not code:
        return "Enter the authentication code"
    if not (code.isascii() and code.isdigit()):
        return f"The code must be {codes.CODE_DIGITS} numbers"
    if len(code) < codes.CODE_DIGITS:
        return f"You have not entered enough numbers. The code must be {codes.CODE_DIGITS} numbers"
    if len(code) > codes.CODE_DIGITS:
        return f"You have entered too many numbers. The code must be {codes.CODE_DIGITS} numbers"
    return f"This is not the right code. Check the newest text message{' or call' if settings().can_call else ''}"


def _tries(left: int) -> str:
    return ". You have 1 more try" if left == 1 else ""


def too_soon(retry_after: int, what: str) -> Explained:
    return Explained(f"You can ask for {what} in {duration_words(retry_after)}", 429, retry_after)


def no_call(user: User, found: codes.NoCall) -> Explained:
    """Why nobody is called; no wait that we could tell ends it."""
    why = "We cannot call this number with a code"
    if isinstance(found, codes.NoMoreCalls):
        why = "We have called with this code as often as we can"
    if isinstance(found, codes.NoCallsNow):
        why = "We cannot call at the moment. We know about it"
    return Explained(f"{why}. {get_help(user).capitalize()}", 422)


def over_limit(limit: LimitExceeded, user: User) -> Explained:
    """Why no text goes, and when one may."""
    if limit.name == risk.SIM_CHANGED:
        wait = plural(-(-limit.retry_after // 3600), "hour", "hours")
        return Explained(
            f"The SIM card of this number was changed. No code goes to it for {wait} yet",
            429,
            limit.retry_after,
        )
    why = why_not(limit.name, limit.retry_after, user)
    if limit.name in _NO_WAIT:
        return Explained(why, 422)
    return Explained(why, 429, limit.retry_after)


_TOO_MANY_NEW = "Too many codes were sent to new numbers"
#: By the name of what forbids a text; what is not here is "too many, for you".
_WHY = {
    "sms_site": "We cannot send any more text messages at the moment. We know about it",
    "sms_country": "We cannot send any more text messages to this country at the moment",
    "sms_prefix": "We cannot send any more text messages to this number range at the moment",
    "sms_address": "Too many text messages were asked for from your network",
    "sms_account": "Too many text messages were sent for your account",
    "sms_new_account": f"{_TOO_MANY_NEW} for your account",
    "number_changes_account": "Mobile numbers of your account were changed too often. Nothing was saved",
    "sms_new_user": f"{_TOO_MANY_NEW} for you",
    texts.PAUSED: "We cannot send text messages to this number range at the moment",
    texts.REGION: "We cannot send text messages to numbers in this country",
    texts.CALL_REGION: "We cannot call numbers in this country",
    "calls_site": "We cannot make any more calls at the moment. We know about it",
    "calls_account": "Too many calls were made for your account",
    "calls_user": "Too many calls were made for you",
    "calls_number": "Too many calls were made to this phone",
    "calls_new_number": "Too many calls were made to this phone",
    "calls_rescue": "Too many calls were made for you",
}


#: No wait ends these.
_NO_WAIT = frozenset({texts.REGION, texts.CALL_REGION})


def why_not(name: str, retry_after: int, user: User) -> str:
    why = _WHY.get(name, "Too many text messages were sent to this phone")
    if name in _NO_WAIT:
        return f"{why}. {get_help(user).capitalize()}"
    again = f"{why}. Try again in {duration_words(retry_after)}"
    return f"{again}, or {get_help(user)}" if name == texts.PAUSED else again


def wait_for_text(challenge: Challenge | None, outlook: texts.Outlook) -> int:
    """Seconds for the line below the button; a longer wait is told in words above it."""
    if challenge is not None:
        return 0 if challenge.outcome == risk.SIM_CHANGED else codes.seconds_until_resend(challenge)
    return outlook.retry_after if outlook.reason == texts.WAIT else 0


def masked_number(challenge: Challenge | None, *, show_ending: bool) -> str:
    """ "+44 •••• ••••56", or "" where the site does not show it."""
    return masked(challenge.destination) if challenge is not None and show_ending else ""
