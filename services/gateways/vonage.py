"""Texts by Vonage's Messages API (docs/decisions/0003 says why this one of its products)."""

import logging
from dataclasses import replace

from pydantic import ValidationError
from vonage_http_client import HttpClient
from vonage_messages import Messages, Sms
from vonage_messages.models import EncodingType, SmsOptions

from services.gateways import VONAGE, Answer, OutgoingSms, Refused
from services.gateways.senders import E164, Senders
from services.gateways.telling import told
from services.gateways.vonage_client import VonageConnection
from services.gateways.vonage_trial import trouble
from services.gsm7 import is_gsm7

SHORTEST_TTL, LONGEST_TTL = 20, 604_800
"""Seconds; outside them Vonage refuses the text."""

logger = logging.getLogger(__name__)


class VonageSmsGateway:
    """Hands a text to Vonage once. Thread-safe.

    ``timeout``: whole seconds for connecting and for each read. ``deadline``: seconds for a whole answer.
    ``webhook_url``: where receipts of these texts go; without it, where the dashboard says.
    Raises GatewayMisconfigured.
    """

    name = VONAGE
    idempotent = False

    def __init__(
        self,
        *,
        application_id: str,
        private_key: str,
        sender: str,
        api_host: str = "api.nexmo.com",
        webhook_url: str | None = None,
        timeout: int = 5,
        deadline: float = 10.0,
    ) -> None:
        self._senders = Senders.parse(sender)
        self._connection = VonageConnection(application_id, private_key, api_host, timeout)
        self._webhook_url = webhook_url
        self._deadline = deadline

    def send(self, sms: OutgoingSms) -> Answer:
        answer = told(
            logger, "text", sms.message_id,
            lambda: self._connection.hand_over(self._deadline, lambda client: self._send(client, sms)),
        )  # fmt: skip
        return replace(answer, gateway=self.name, sender=self._sender(sms))

    def trouble(self) -> str | None:
        return trouble(self._connection, self._deadline, calls=False)

    def _send(self, client: HttpClient, sms: OutgoingSms) -> str | Refused:
        message = self._message(sms)
        return message if isinstance(message, Refused) else Messages(client).send(message).message_uuid

    def _sender(self, sms: OutgoingSms) -> str | None:
        return sms.sender or self._senders.for_number(sms.to)

    def _message(self, sms: OutgoingSms) -> Sms | Refused:
        if not E164.fullmatch(sms.to):
            return Refused("not an E.164 number", kind="number")
        sender = self._sender(sms)
        if sender is None:
            return Refused("no sender for the country of this number", kind="configuration")
        try:
            return Sms(
                to=sms.to.removeprefix("+"),
                from_=sender.removeprefix("+"),
                text=sms.text,
                ttl=min(max(sms.ttl, SHORTEST_TTL), LONGEST_TTL),
                client_ref=sms.message_id,
                sms=SmsOptions(encoding_type=EncodingType.TEXT if is_gsm7(sms.text) else EncodingType.AUTO),
                webhook_url=self._webhook_url,
                webhook_version="v1" if self._webhook_url else None,
            )
        except ValidationError as error:
            fields = {str(fault["loc"][0]) for fault in error.errors(include_input=False) if fault["loc"]}
            return Refused(f"not a possible text: {', '.join(sorted(fields))}", kind="parameters")
