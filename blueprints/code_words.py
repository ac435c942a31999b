"""The words of code pages: why a code was not taken, and why no text or call goes. code_news.py tells what became of
the newest one."""

from dataclasses import dataclass

from blueprints.answers import retry_header
from blueprints.templating import duration_words
from config import settings
from models.challenge import Challenge
from models.user import User
from services import codes, risk
from services import sending as texts
from services.clock import seconds_until
from services.codes import Outcome, Verdict
from services.language import N_, ngettext
from services.language import gettext as _
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
    told = _("Too many wrong codes were entered for you, so none is sent or taken any more")
    if user.is_support:
        return _("%(told)s. Ask whoever runs this site to bind your mobile number again", told=told)
    if user.is_owner:
        return _("%(told)s. Our support can bind your mobile number again", told=told)
    return _("%(told)s. Your account owner or our support can bind your mobile number again", told=told)


def sim_changed(number: str, user: User) -> str:
    """Why no code that proves an old number goes to this one; who can help depends on whose it is."""
    change = risk.changed_sim(number)
    if change is None:
        return _("The SIM card of this number was changed. Ask for another code below")
    most = settings().sim_swap_hours
    told = _(
        "The SIM card of this number was changed %(when)s. To protect your contacts we send it no codes but those for"
        " signing in until %(hours)s hours have passed. That is in %(left)s. If you did not change your SIM card, call"
        " your mobile operator at once.",
        when=_changed_when(change.hours_ago, most),
        hours=most,
        left=_hours(seconds_until(change.until)),
    )
    return f"{told} {_if_it_cannot_wait(user)}"


def _changed_when(hours_ago: int | None, most: int) -> str:
    if hours_ago is None:
        return ngettext("in the last %(num)s hour", "in the last %(num)s hours", most)
    if hours_ago == 0:
        return _("less than an hour ago")
    return ngettext("%(num)s hour ago", "%(num)s hours ago", hours_ago)


def _hours(seconds: float) -> str:
    return ngettext("%(num)s hour", "%(num)s hours", int(-(-seconds // 3600)))


def _if_it_cannot_wait(user: User) -> str:
    if user.is_support:
        return _("If it cannot wait, ask whoever runs this site")
    if user.is_owner:
        return _("If it cannot wait, contact support")
    return _("If it cannot wait, your account owner can enter another number for you, or contact support")


def another_number(user: User) -> str:
    """Who can enter one."""
    if user.is_support:
        return _("Ask whoever runs this site.")
    if user.is_owner:
        return _("Contact support.")
    return _("Your account owner can enter another number for you, or contact support.")


def get_help(user: User) -> str:
    # L10N: both stand in the middle of a sentence, after "or" or a comma
    return _("ask whoever runs this site") if user.is_support else _("contact support")


def _then_get_help(why: str, user: User) -> str:
    if user.is_support:
        return _("%(why)s. Ask whoever runs this site", why=why)
    return _("%(why)s. Contact support", why=why)


def explain(verdict: Verdict, entered: str, challenge: Challenge | None, user: User) -> Explained:
    """Why a code was not taken, and what to do now."""
    if verdict.outcome is Outcome.PAUSED:
        wait = duration_words(verdict.retry_after)
        return Explained(
            _("Too many wrong codes. Try again in %(wait)s", wait=wait), 429, verdict.retry_after
        )
    if verdict.outcome is Outcome.STOPPED:  # no wait ends it, so it is no 429
        return Explained(codes_stopped(user), 422)
    if verdict.outcome is Outcome.EXHAUSTED:
        wait_seconds = max(1, codes.seconds_until_resend(challenge) if challenge else 1)
        message = _("Too many wrong codes. Ask for a new text message below and enter the code from it")
        # The guess that used up the last try was judged: a rejected form. What comes after it is over the limit.
        return Explained(message, 422) if verdict.judged else Explained(message, 429, wait_seconds)
    if challenge is None:
        return Explained(_("No text message was sent yet. Ask for one below and enter the code from it"), 422)
    if verdict.outcome is Outcome.DEAD:
        return Explained(_("This code has expired or was used. Ask for a new text message below"), 422)
    return Explained(_with_tries(_wrong(codes.clean(entered)), verdict.attempts_left), 422)


def _wrong(code: str) -> str:
    if not code:
        return _("Enter the authentication code")
    if not (code.isascii() and code.isdigit()):
        return _("The code must be %(number)s numbers", number=codes.CODE_DIGITS)
    if len(code) < codes.CODE_DIGITS:
        return _(
            "You have not entered enough numbers. The code must be %(number)s numbers",
            number=codes.CODE_DIGITS,
        )
    if len(code) > codes.CODE_DIGITS:
        return _(
            "You have entered too many numbers. The code must be %(number)s numbers", number=codes.CODE_DIGITS
        )
    if settings().can_call:
        return _("This is not the right code. Check the newest text message or call")
    return _("This is not the right code. Check the newest text message")


def _with_tries(message: str, left: int) -> str:
    return _("%(message)s. You have 1 more try", message=message) if left == 1 else message


def too_soon(retry_after: int, *, call: bool) -> Explained:
    wait = duration_words(retry_after)
    if call:
        return Explained(_("You can ask for a call in %(wait)s", wait=wait), 429, retry_after)
    return Explained(_("You can ask for another text message in %(wait)s", wait=wait), 429, retry_after)


def no_call(user: User, found: codes.NoCall) -> Explained:
    """Why nobody is called; no wait that we could tell ends it."""
    why = _("We cannot call this number with a code")
    if isinstance(found, codes.NoMoreCalls):
        why = _("We have called with this code as often as we can")
    if isinstance(found, codes.NoCallsNow):
        why = _("We cannot call at the moment. We know about it")
    return Explained(_then_get_help(why, user), 422)


def over_limit(limit: LimitExceeded, user: User) -> Explained:
    """Why no text goes, and when one may."""
    if limit.name == risk.SIM_CHANGED:
        return Explained(
            _(
                "The SIM card of this number was changed. No code goes to it for %(wait)s yet",
                wait=_hours(limit.retry_after),
            ),
            429,
            limit.retry_after,
        )
    why = why_not(limit.name, limit.retry_after, user)
    if limit.name in _NO_WAIT:
        return Explained(why, 422)
    return Explained(why, 429, limit.retry_after)


_TOO_MANY = N_("Too many text messages were sent to this phone")
#: By the name of what forbids a text; what is not here is "too many, for you".
_WHY = {
    "sms_site": N_("We cannot send any more text messages at the moment. We know about it"),
    "sms_country": N_("We cannot send any more text messages to this country at the moment"),
    "sms_prefix": N_("We cannot send any more text messages to this number range at the moment"),
    "sms_address": N_("Too many text messages were asked for from your network"),
    "sms_account": N_("Too many text messages were sent for your account"),
    "sms_new_account": N_("Too many codes were sent to new numbers for your account"),
    "number_changes_account": N_("Mobile numbers of your account were changed too often. Nothing was saved"),
    "sms_new_user": N_("Too many codes were sent to new numbers for you"),
    texts.PAUSED: N_("We cannot send text messages to this number range at the moment"),
    texts.REGION: N_("We cannot send text messages to numbers in this country"),
    texts.CALL_REGION: N_("We cannot call numbers in this country"),
    "calls_site": N_("We cannot make any more calls at the moment. We know about it"),
    "calls_account": N_("Too many calls were made for your account"),
    "calls_user": N_("Too many calls were made for you"),
    "calls_number": N_("Too many calls were made to this phone"),
    "calls_new_number": N_("Too many calls were made to this phone"),
    "calls_rescue": N_("Too many calls were made for you"),
}


#: No wait ends these.
_NO_WAIT = frozenset({texts.REGION, texts.CALL_REGION})


def why_not(name: str, retry_after: int, user: User) -> str:
    why = _(_WHY.get(name, _TOO_MANY))
    if name in _NO_WAIT:
        return _then_get_help(why, user)
    wait = duration_words(retry_after)
    if name == texts.PAUSED:
        return _("%(why)s. Try again in %(wait)s, or %(help)s", why=why, wait=wait, help=get_help(user))
    return _("%(why)s. Try again in %(wait)s", why=why, wait=wait)


def wait_for_text(challenge: Challenge | None, outlook: texts.Outlook) -> int:
    """Seconds for the line below the button; a longer wait is told in words above it."""
    if challenge is not None:
        return 0 if challenge.outcome == risk.SIM_CHANGED else codes.seconds_until_resend(challenge)
    return outlook.retry_after if outlook.reason == texts.WAIT else 0


def masked_number(challenge: Challenge | None, *, show_ending: bool) -> str:
    """ "+44 •••• ••••56", or "" where the site does not show it."""
    return masked(challenge.destination) if challenge is not None and show_ending else ""
