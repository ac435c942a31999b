"""The sending seam: one method, four answers.

A gateway hands one message to the world and says what became of it. It never raises, never repeats a message
by itself and never puts a number, an address, a code or a secret into an answer, so that answers may be
stored and logged. What to do with an answer is the caller's business:

========== ====================================================== ==========================================
answer     meaning                                                what the caller may do
========== ====================================================== ==========================================
Accepted   the provider took it; ``provider_id`` names it there   wait for a receipt
Refused    the provider, or our own check, said no for good       tell the person; ``account`` and
                                                                  ``configuration`` concern the operator
Retry      surely not accepted                                    try again, not before ``after`` seconds
Unknown    it may have been accepted                              never send it again by itself
========== ====================================================== ==========================================

Each may say which gateway gave it and what sender stood above the message, for those who count them; two answers
that differ only in that are the same answer.
"""

import re
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

#: Who can mend a refusal. ``number`` (SMS) and ``address`` (mail): the recipient, so the person. ``account``:
#: credentials, credit or a bar at the provider: every other message would be refused too. ``configuration``: our
#: settings, for instance the sender of a country. ``parameters``: a fault of this program.
Kind = Literal["number", "address", "account", "parameters", "configuration"]

#: Names, for those who ask about a gateway and build none. Calls have one of their own: a key that may not call must
#: not stop the texts.
VONAGE, VONAGE_VOICE = "vonage", "vonage-voice"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """``gateway``: its name, where one stands for several. ``sender``: as the recipient sees it."""

    gateway: str | None = field(default=None, compare=False, repr=False)
    sender: str | None = field(default=None, compare=False, repr=False)


#: What may name a message at its provider.
PROVIDER_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Accepted(_Given):
    """The provider took the message. ``provider_id``: its name there, as PROVIDER_ID has it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Refused(_Given):
    """The message will not be sent. ``code``: the provider's own error code, if it gave one."""

    reason: str
    code: str | None = None
    kind: Kind = "parameters"


@dataclass(frozen=True, slots=True)
class Retry(_Given):
    """Surely not accepted. ``after``: seconds the provider asked us to wait, if it did."""

    reason: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown(_Given):
    """It may or may not have been accepted."""

    reason: str


Answer = Accepted | Refused | Retry | Unknown


@dataclass(frozen=True, slots=True)
class OutgoingSms:
    """One text. The number and the text stay out of ``repr``, and so out of logs.

    ``message_id``: our public id, echoed in receipts; the same id is the same message. ``to``: E.164.
    ``ttl``: seconds for which a late delivery is still of use. ``sender``: overrides the configured sender.
    """

    message_id: str
    to: str = field(repr=False)
    text: str = field(repr=False)
    ttl: int
    purpose: str
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """One mail to one address. Address and content stay out of ``repr``."""

    message_id: str
    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """One call that speaks. The number and the words stay out of ``repr``.

    ``message_id``: our public id; the same id is the same call. ``to``: E.164. ``words``: SSML without its root, as the
    provider speaks them once; the gateway repeats them. ``language``: of the voice, such as "de-DE"; None: the
    gateway's own.
    """

    message_id: str
    to: str = field(repr=False)
    words: str = field(repr=False)
    purpose: str
    language: str | None = None


class SmsGateway(Protocol):
    """Thread-safe: several worker threads share one."""

    name: str
    #: The same ``message_id`` handed over twice is sent once: what a dead worker may have sent can be sent again.
    idempotent: bool

    def send(self, sms: OutgoingSms) -> Answer:
        """Hand over one text. Never raises."""
        ...


class VoiceGateway(Protocol):
    """Thread-safe: several worker threads share one."""

    name: str
    #: The same ``message_id`` handed over twice rings once: what a dead worker may have begun can be begun again.
    idempotent: bool

    def call(self, call: OutgoingCall) -> Answer:
        """Have one call made. Never raises."""
        ...


class MailGateway(Protocol):
    """Thread-safe: several worker threads share one."""

    name: str
    #: The same ``message_id`` handed over twice is sent once: what a dead worker may have sent can be sent again.
    idempotent: bool

    def send(self, mail: OutgoingMail) -> Answer:
        """Hand over one mail. Never raises."""
        ...


@runtime_checkable
class CanBeTried(Protocol):
    """A gateway that talks to another machine, for ``flask check-config``."""

    def trouble(self) -> str | None:
        """What would keep a message from being taken now, as ``SETTING: what is wrong``; None when nothing would.

        Sends nothing, costs nothing, never raises, and shows no value of a setting.
        """
        ...


class GatewayMisconfigured(ValueError):
    """A gateway cannot work with the settings it was given.

    The message reads ``SETTING: what is wrong``, in plain words and without the value.
    """

    def __init__(self, setting: str, problem: str) -> None:
        super().__init__(f"{setting}: {problem}")
        self.setting = setting
        self.problem = problem
