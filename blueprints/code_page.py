"""What every page that asks for an authentication code has in common: the form, and the words for each outcome."""

from dataclasses import dataclass

from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField

from blueprints.templating import duration_words
from models.challenge import Challenge
from models.message import MessageState
from services import codes, delivery
from services.codes import Outcome, Verdict
from services.numbers import masked


class CodeForm(FlaskForm):
    code = StringField("Authentication code")


class SignInCodeForm(CodeForm):
    shared_computer = BooleanField("This is a shared computer")


@dataclass(frozen=True)
class Explained:
    """``status`` and ``retry_after`` are for the response; ``message`` stands beside the field."""

    message: str
    status: int
    retry_after: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)} if self.retry_after else {}


@dataclass(frozen=True)
class Sending:
    """How the text is doing, for the page: ``kind`` is "info", "good" or "bad"."""

    kind: str
    title: str
    text: str


def explain(verdict: Verdict, entered: str, challenge: Challenge | None) -> Explained:
    """Why a code was not taken, and what to do now."""
    if verdict.outcome is Outcome.PAUSED:
        wait = duration_words(verdict.retry_after)
        return Explained(f"Too many wrong codes. Try again in {wait}", 429, verdict.retry_after)
    if verdict.outcome is Outcome.EXHAUSTED:
        wait_seconds = max(1, codes.seconds_until_resend(challenge) if challenge else 1)
        message = "Too many wrong codes. Ask for a new text message below and enter the code from it"
        # The guess that used up the last try was judged: a rejected form. What comes after it is over the limit.
        return Explained(message, 422) if verdict.judged else Explained(message, 429, wait_seconds)
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
    return "This is not the right code. Check the newest text message"


def _tries(left: int) -> str:
    return ". You have 1 more try" if left == 1 else ""


def too_soon(retry_after: int) -> Explained:
    return Explained(
        f"You can ask for another text message in {duration_words(retry_after)}", 429, retry_after
    )


def sending(challenge: Challenge | None) -> Sending | None:
    """What became of the newest text, where there is something to say."""
    if challenge is None:
        return Sending(
            "bad",
            "No text message was sent",
            "We could not send one yet. Ask for one below, or contact support.",
        )
    state = delivery.state_of(challenge)
    if state is MessageState.REJECTED:
        return Sending(
            "bad", "Your text message could not be sent",
            "Try again with the button below. If it keeps failing, contact support: nobody gets on without a code.",
        )  # fmt: skip
    if state is MessageState.UNKNOWN:
        return Sending(
            "info",
            "Your text message may not have arrived",
            "If it does not come, ask for another one below.",
        )
    return None


def masked_number(challenge: Challenge | None, *, show_ending: bool) -> str:
    """ "+44 •••• ••••56", or "" where the site does not show it."""
    return masked(challenge.destination) if challenge is not None and show_ending else ""
