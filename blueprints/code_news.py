"""What became of the newest text or call of a code, in words that a person can act on, and what to offer them now."""

from dataclasses import dataclass, replace
from datetime import datetime

from blueprints.code_news_words import FAILED_CALLS, FAILED_TEXTS, NOT_THROUGH, UNSAID, text_of
from blueprints.code_words import codes_stopped, get_help, sim_changed, why_not
from blueprints.templating import ago_words, duration_words
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
from services.language import N_
from services.language import gettext as _
from services.undelivered import why

#: Seconds after which a carrier that reports at all has reported.
_NO_NEWS = 30
#: Seconds after which the phone has rung to its end.
_RUNG = 60
_NO_TEXTS = N_("We cannot send text messages at the moment")
_NO_CALLS = N_("We cannot call at the moment")


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
        return News("info", _("A text message was sent"), _("If it is not there, ask for another one below."))
    found = (_of_call if newest.channel == "voice" else _of_text)(newest, user)
    may_call = codes.may_call(challenge, user, newest)
    if may_call and newest.channel == "sms" and found.kind != "good":
        found = replace(found, text=_("%(text)s We can call you instead.", text=found.text))
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
    ask = _("Ask for a new text message below.")
    if challenge.attempts >= settings().code_attempts:
        return News(
            "bad",
            _("Too many wrong codes"),
            _("Ask for a new text message below and enter the code from it."),
        )
    if challenge.expires_at <= now():
        if circuits.stopped():
            told = _(
                "We know about it. The code has expired: ask for a new text message below, and it goes as soon as we"
                " can."
            )
            return News("bad", _(_NO_TEXTS), f"{told} {_in_a_hurry(user)}")
        return News("bad", _("The code has expired"), ask)
    return News("bad", _("The code does not work any more"), ask)


def _unsent(outlook: texts.Outlook, user: User) -> News:
    title = _("No text message was sent")
    if outlook.reason == texts.WAIT:
        ago = ago_words(outlook.sent_ago)
        return News(
            "info",
            _("No text message was sent yet"),
            _("We sent one to this phone %(ago)s, and its code does not work here.", ago=ago),
        )
    if outlook.reason == texts.GUESSES:
        wait = duration_words(outlook.retry_after)
        return News("bad", title, _("Too many wrong codes. Try again in %(wait)s.", wait=wait))
    if outlook.reason == texts.STOPPED:
        return News("bad", title, f"{codes_stopped(user)}.")
    if outlook.reason == risk.SIM_CHANGED:
        return _sim_changed(user.mobile_number or "", user)
    if outlook.reason:
        return News("bad", title, f"{why_not(outlook.reason, outlook.retry_after, user)}.")
    told = _("We could not send one yet. Ask for one below, or %(help)s.", help=get_help(user))
    return News("bad", title, told)


def _sim_changed(number: str, user: User) -> News:
    return News("bad", _("No text message was sent"), f"{sim_changed(number, user)}.", resend=False)


def _of_text(message: Message, user: User) -> News:
    state = MessageState(message.state)
    late = _seconds_since(message.sent_at or message.created_at) >= _NO_NEWS
    if state in {MessageState.QUEUED, MessageState.SENDING}:
        if circuits.stopped():
            return _stopped(_NO_TEXTS, _("We know about it. Your text message goes as soon as we can."), user)
        if late:
            keep = _("We keep trying.")
            return News(
                "warning",
                _("Your text message has not left yet"),
                f"{keep} {_in_a_hurry(user)}",
            )
        return News("info", _("Sending…"), _("Your text message is about to leave."))
    if state is MessageState.ACCEPTED:
        if late:
            return News(
                "info",
                _("Sent, but no news from your carrier"),
                _(
                    "Not every carrier reports. If the text message is not on your phone, turn the phone off and on"
                    " again."
                ),
            )
        return News("info", _("Sent"), _("It can take a minute to arrive."))
    if state is MessageState.DELIVERED:
        return News(
            "good",
            _("Delivered to your phone"),
            _("Enter the code from it. If you do not see it, look among messages from unknown senders."),
        )
    if state is MessageState.UNKNOWN:
        return News(
            "info",
            _("Your text message may not have arrived"),
            _("If it does not come, ask for another one below."),
        )
    return _failed_text(message, why(message), user)


def _failed_text(message: Message, meaning: Meaning, user: User) -> News:
    if meaning.is_ours:
        return _stopped(_NO_TEXTS, _("We know about it. Your text message could not be sent."), user)
    if message.reason == risk.CANNOT_RECEIVE:
        return News(
            "bad",
            _("This number cannot receive texts"),
            _(
                "It is a landline, freephone or premium-rate number. Give a mobile number in its place, or %(help)s.",
                help=get_help(user),
            ),
            resend=False,
        )
    failure = FAILED_TEXTS.get(meaning, UNSAID)
    return News("bad", _(failure.title), text_of(failure, user), resend=failure.resend)


def _of_call(message: Message, user: User) -> News:
    state = MessageState(message.state)
    ago = _seconds_since(message.sent_at or message.created_at)
    if state in {MessageState.QUEUED, MessageState.SENDING}:
        if circuits.is_open(VONAGE_VOICE):
            return _stopped(_NO_CALLS, _("We know about it. Ask for a text message below."), user)
        if ago >= _NO_NEWS:
            keep = _("We keep trying.")
            return News("warning", _("We have not called yet"), f"{keep} {_in_a_hurry(user)}")
        return News("info", _("Calling your phone…"), _(_ANSWER))
    if state is MessageState.ACCEPTED:
        if ago >= _RUNG:
            return News(
                "info",
                _("We called your phone"),
                _("If it did not ring, ask for a text message or another call."),
            )
        return News("info", _("Calling your phone…"), _(_ANSWER))
    if state is MessageState.DELIVERED:
        return News(
            "good", _("Your phone was answered"), _("Enter the code that the voice says. It says it twice.")
        )
    if state is MessageState.UNKNOWN:
        return News(
            "info",
            _("Our call may not come through"),
            _("If your phone does not ring, ask for a text message below."),
        )
    if message.reason == risk.NOT_CALLED:
        return News(
            "bad",
            _("We do not call this kind of number"),
            _(
                "It is a landline, freephone or premium-rate number. Ask for a text message below, or %(help)s.",
                help=get_help(user),
            ),
        )
    meaning = why(message)
    if meaning.is_ours:
        return _stopped(_NO_CALLS, _("We know about it. Ask for a text message below."), user)
    failure = FAILED_CALLS.get(meaning, NOT_THROUGH)
    return News("bad", _(failure.title), text_of(failure, user))


_ANSWER = N_("Answer it: a voice says the code, one number after the other, twice.")


def _stopped(title: str, text: str, user: User) -> News:
    """A fault of ours, so everybody's: nothing that one person can press mends it."""
    return News("bad", _(title), f"{text} {_in_a_hurry(user)}", resend=not circuits.stopped())


def _in_a_hurry(user: User) -> str:
    if user.is_support:
        return _("In a hurry? Ask whoever runs this site.")
    return _("In a hurry? Contact support.")
