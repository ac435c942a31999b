"""Calls by Vonage's Voice API: one that speaks, without a page of ours that would tell anybody what to say.

What is said goes out with the request (an inline NCCO), so no address ever answers with a code.
"""

import logging
from dataclasses import replace
from urllib.parse import quote

from pydantic import ValidationError
from vonage_http_client import HttpClient
from vonage_voice import CreateCallRequest, Voice
from vonage_voice.models.common import Phone
from vonage_voice.models.ncco import Talk
from vonage_voice.models.requests import ToPhone

from services.gateways import VONAGE_VOICE, Answer, OutgoingCall, Refused
from services.gateways.senders import E164
from services.gateways.telling import told
from services.gateways.vonage_client import VonageConnection
from services.gateways.vonage_trial import trouble

LONGEST_TALK = 1500
"""Characters, marks included; beyond them Vonage refuses the call."""

RINGS_FOR, LASTS_FOR = 30, 60
"""Seconds: before most voicemails pick up; and before the provider hangs up, whatever is still to be said."""

_TIMES = 2

logger = logging.getLogger(__name__)


class VonageVoiceGateway:
    """Has one call made, once. Thread-safe.

    ``number``: E.164, what the phone shows; without it, one of the application's own numbers. ``language``: of the
    voice, such as "en-GB", for calls that name none. ``event_url``: where events of these calls go; without it, where
    the dashboard says. The rest as for texts. Raises GatewayMisconfigured.
    """

    name = VONAGE_VOICE
    idempotent = False

    def __init__(
        self,
        *,
        application_id: str,
        private_key: str,
        number: str = "",
        language: str = "en-GB",
        api_host: str = "api.nexmo.com",
        event_url: str | None = None,
        timeout: int = 5,
        deadline: float = 10.0,
    ) -> None:
        self._connection = VonageConnection(application_id, private_key, api_host, timeout)
        self._number = number.removeprefix("+")
        self._language = language
        self._event_url = event_url
        self._deadline = deadline

    def call(self, call: OutgoingCall) -> Answer:
        answer = told(
            logger, "call", call.message_id,
            lambda: self._connection.hand_over(self._deadline, lambda client: self._call(client, call)),
        )  # fmt: skip
        return replace(answer, gateway=self.name, sender=self._number or None)

    def trouble(self) -> str | None:
        return trouble(self._connection, self._deadline, calls=True)

    def _call(self, client: HttpClient, call: OutgoingCall) -> str | Refused:
        request = self._request(call)
        return request if isinstance(request, Refused) else Voice(client).create_call(request).uuid

    def _request(self, call: OutgoingCall) -> CreateCallRequest | Refused:
        if not E164.fullmatch(call.to):
            return Refused("not an E.164 number", kind="number")
        words = f"<speak>{call.words}</speak>"
        if len(words) > LONGEST_TALK:
            return Refused("more words than a call may have", kind="parameters")
        try:
            return CreateCallRequest(
                to=[ToPhone(number=call.to.removeprefix("+"))],
                from_=Phone(number=self._number) if self._number else None,
                random_from_number=None if self._number else True,
                ncco=[Talk(text=words, loop=_TIMES, language=call.language or self._language)],
                event_url=self._events_of(call),
                event_method="POST" if self._event_url else None,
                machine_detection="hangup",  # a code does not belong into a voicemail
                ringing_timer=RINGS_FOR,
                length_timer=LASTS_FOR,
            )
        except ValidationError as error:
            fields = {str(fault["loc"][0]) for fault in error.errors(include_input=False) if fault["loc"]}
            return Refused(f"not a possible call: {', '.join(sorted(fields))}", kind="parameters")

    def _events_of(self, call: OutgoingCall) -> list[str] | None:
        """An event can be here before our own request has returned, so it is told which message it is of."""
        if self._event_url is None:
            return None
        return [f"{self._event_url}?call={quote(call.message_id, safe='')}"]
