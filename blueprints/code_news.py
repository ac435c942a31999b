"""What became of the newest text or call of a code, in words that a person can act on, and what to offer them now."""

from dataclasses import dataclass, replace
from datetime import datetime

from blueprints.code_news_words import FAILED_CALLS, FAILED_TEXTS, NOT_THROUGH, UNSAID, with_help
from blueprints.code_words import codes_stopped, get_help, sim_changed, why_not
from blueprints.templating import duration_words
from config import settings
from models.challenge import Challenge
from models.message import Message, MessageState
from models.user import User
from services import codes, risk
from services import sending as texts
from services.clock import now
from services.delivery import circuits
from services.gateways import VONAGE_VOICE
from services.gateways.vonage_codes import Meaning
from services.undelivered import why

#: Seconds after which a carrier that reports at all has reported.
_NO_NEWS = 30
#: Seconds after which the phone has rung to its end.
_RUNG = 60
_KNOWN = "We know about it"


@dataclass(frozen=True)
class News:
    """``kind``: "info", "good", "warning" or "bad". ``resend``, ``call``: whether the page offers them."""

    kind: str
    title: str
    text: str
    resend: bool = True
    call: bool = False

    @property
    def sentence(self) -> str:
        return f"{self.title.rstrip('…')}. {self.text}"


def news(challenge: Challenge | None, outlook: texts.Outlook, user: User) -> News:
    if challenge is None:
        return _unsent(outlook, user)
    if not codes.is_live(challenge):
        return _over(challenge, user)
    newest = codes.newest_message(challenge)
    if newest is None:  # its row went with old messages
        return News("info", "A text message was sent", "If it is not there, ask for another one below.")
    found = (_of_call if newest.channel == "voice" else _of_text)(newest, user)
    may_call = codes.may_call(challenge, user, newest)
    if may_call and newest.channel == "sms" and found.kind != "good":
        found = replace(found, text=f"{found.text} We can call you instead.")
    # The button that helps least stays where there is no other: what a carrier reports can be wrong.
    return replace(found, call=may_call, resend=found.resend or not may_call)


def ask_again_in(challenge: Challenge | None) -> int:
    """Seconds until the page's script asks once more: soon while much happens."""
    if challenge is None or challenge.last_sent_at is None:
        return 10
    ago = _seconds_since(challenge.last_sent_at)
    return 2 if ago < 2 * _RUNG else 5 if ago < settings().code_lifetime else 30


def _seconds_since(moment: datetime) -> float:
    return (now() - moment).total_seconds()


def _over(challenge: Challenge, user: User) -> News:
    if challenge.outcome == risk.SIM_CHANGED:
        return _sim_changed(challenge.destination, user)
    ask = "Ask for a new text message below"
    if challenge.attempts >= settings().code_attempts:
        return News("bad", "Too many wrong codes", f"{ask} and enter the code from it.")
    if challenge.expires_at <= now():
        if circuits.stopped():
            return News(
                "bad", "We cannot send text messages at the moment",
                f"{_KNOWN}. The code has expired: ask for a new text message below, and it goes as soon as we can. "
                f"In a hurry? {_help(user)}",
            )  # fmt: skip
        return News("bad", "The code has expired", f"{ask}.")
    return News("bad", "The code does not work any more", f"{ask}.")


def _unsent(outlook: texts.Outlook, user: User) -> News:
    title = "No text message was sent"
    if outlook.reason == texts.WAIT:
        ago = duration_words(outlook.sent_ago)
        return News(
            "info",
            "No text message was sent yet",
            f"We sent one to this phone {ago} ago, and its code does not work here.",
        )
    if outlook.reason == texts.GUESSES:
        wait = duration_words(outlook.retry_after)
        return News("bad", title, f"Too many wrong codes. Try again in {wait}.")
    if outlook.reason == texts.STOPPED:
        return News("bad", title, f"{codes_stopped(user)}.")
    if outlook.reason == risk.SIM_CHANGED:
        return _sim_changed(user.mobile_number or "", user)
    if outlook.reason:
        return News("bad", title, f"{why_not(outlook.reason, outlook.retry_after, user)}.")
    return News("bad", title, f"We could not send one yet. Ask for one below, or {get_help(user)}.")


def _sim_changed(number: str, user: User) -> News:
    return News("bad", "No text message was sent", f"{sim_changed(number, user)}.", resend=False)


def _of_text(message: Message, user: User) -> News:
    state = MessageState(message.state)
    late = _seconds_since(message.sent_at or message.created_at) >= _NO_NEWS
    if state in {MessageState.QUEUED, MessageState.SENDING}:
        if circuits.stopped():
            return _stopped(
                "We cannot send text messages at the moment", "Your text message goes as soon as we can", user
            )
        if late:
            return News(
                "warning", "Your text message has not left yet", f"We keep trying. In a hurry? {_help(user)}"
            )
        return News("info", "Sending…", "Your text message is about to leave.")
    if state is MessageState.ACCEPTED:
        if late:
            return News(
                "info", "Sent, but no news from your carrier",
                "Not every carrier reports. If the text message is not on your phone, turn the phone off and on again.",
            )  # fmt: skip
        return News("info", "Sent", "It can take a minute to arrive.")
    if state is MessageState.DELIVERED:
        return News(
            "good", "Delivered to your phone",
            "Enter the code from it. If you do not see it, look among messages from unknown senders.",
        )  # fmt: skip
    if state is MessageState.UNKNOWN:
        return News(
            "info", "Your text message may not have arrived", "If it does not come, ask for another one below."
        )  # fmt: skip
    return _failed_text(message, why(message), user)


def _failed_text(message: Message, meaning: Meaning, user: User) -> News:
    if meaning.is_ours:
        return _stopped(
            "We cannot send text messages at the moment", "Your text message could not be sent", user
        )
    if message.reason == risk.CANNOT_RECEIVE:
        return News(
            "bad", "This number cannot receive texts",
            "It is a landline, freephone or premium-rate number. "
            f"Give a mobile number in its place, or {get_help(user)}.",
            resend=False,
        )  # fmt: skip
    title, text, resend = FAILED_TEXTS.get(meaning, UNSAID)
    return News("bad", title, with_help(text, user), resend=resend)


def _of_call(message: Message, user: User) -> News:
    state = MessageState(message.state)
    ago = _seconds_since(message.sent_at or message.created_at)
    if state in {MessageState.QUEUED, MessageState.SENDING}:
        if circuits.is_open(VONAGE_VOICE):
            return _stopped("We cannot call at the moment", "Ask for a text message below", user)
        if ago >= _NO_NEWS:
            return News("warning", "We have not called yet", f"We keep trying. In a hurry? {_help(user)}")
        return News("info", "Calling your phone…", _ANSWER)
    if state is MessageState.ACCEPTED:
        if ago >= _RUNG:
            return News(
                "info", "We called your phone", "If it did not ring, ask for a text message or another call."
            )
        return News("info", "Calling your phone…", _ANSWER)
    if state is MessageState.DELIVERED:
        return News(
            "good", "Your phone was answered", "Enter the code that the voice says. It says it twice."
        )
    if state is MessageState.UNKNOWN:
        return News(
            "info",
            "Our call may not come through",
            "If your phone does not ring, ask for a text message below.",
        )
    if message.reason == risk.NOT_CALLED:
        return News(
            "bad", "We do not call this kind of number",
            f"It is a landline, freephone or premium-rate number. Ask for a text message below, or {get_help(user)}.",
        )  # fmt: skip
    meaning = why(message)
    if meaning.is_ours:
        return _stopped("We cannot call at the moment", "Ask for a text message below", user)
    title, text = FAILED_CALLS.get(meaning, NOT_THROUGH)
    return News("bad", title, with_help(text, user))


_ANSWER = "Answer it: a voice says the code, one number after the other, twice."


def _stopped(title: str, text: str, user: User) -> News:
    """A fault of ours, so everybody's: nothing that one person can press mends it."""
    return News("bad", title, f"{_KNOWN}. {text}. In a hurry? {_help(user)}", resend=not circuits.stopped())


def _help(user: User) -> str:
    return f"{get_help(user).capitalize()}."
