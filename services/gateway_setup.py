"""The gateways of this process. Built at the first send: the web process never sends and need not load an SDK."""

from flask import Flask, current_app

from config import Settings
from services.gateways import MailGateway, SmsGateway, VoiceGateway
from services.gateways.insights import InsightsGateway


class Gateways:
    """``sms``, ``voice`` and ``mail`` as the settings name them, each built once.

    Raises GatewayMisconfigured on first use.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sms_roads: tuple[SmsGateway, ...] = ()
        self._voice: VoiceGateway | None = None
        self._mail: MailGateway | None = None
        self._insights: InsightsGateway | None = None

    @property
    def sms(self) -> SmsGateway:
        """The first choice."""
        return self.sms_roads[0]

    @property
    def sms_roads(self) -> tuple[SmsGateway, ...]:
        """All that SMS_GATEWAY names, the first choice first."""
        if not self._sms_roads:
            from services.gateways.build import build_sms_gateways

            self._sms_roads = build_sms_gateways(self._settings)
        return self._sms_roads

    @property
    def voice(self) -> VoiceGateway:
        if self._voice is None:
            from services.gateways.build import build_voice_gateway

            self._voice = build_voice_gateway(self._settings)
        return self._voice

    @property
    def mail(self) -> MailGateway:
        if self._mail is None:
            from services.gateways.build import build_mail_gateway

            self._mail = build_mail_gateway(self._settings)
        return self._mail

    @property
    def insights(self) -> InsightsGateway:
        """For IDENTITY_INSIGHTS=on only."""
        if self._insights is None:
            from services.gateways.build import build_insights

            self._insights = build_insights(self._settings)
        return self._insights


def prepare(app: Flask, settings: Settings) -> None:
    app.extensions["gateways"] = Gateways(settings)


def gateways() -> Gateways:
    found = current_app.extensions["gateways"]
    assert isinstance(found, Gateways)  # noqa: S101  # for the type checker; prepare() put it there
    return found
