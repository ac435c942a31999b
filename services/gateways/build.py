"""Gateways as the settings name them.

Each module is imported only when it is chosen: the provider's SDK costs a third of a second and ten
megabytes, which neither the web process nor the development site needs.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from config import Settings
from services.gateways import MailGateway, SmsGateway, VoiceGateway
from services.gateways.insights import InsightsGateway
from services.gateways.outbox import OutboxMailGateway, OutboxSmsGateway, OutboxVoiceGateway
from services.gateways.senders import brand_sender

STATUS_WEBHOOK_PATH = "/webhooks/vonage/status"
VOICE_WEBHOOK_PATH = "/webhooks/vonage/voice"


def build_sms_gateways(settings: Settings) -> tuple[SmsGateway, ...]:
    """What SMS_GATEWAY names, in its order.

    Raises GatewayMisconfigured: ``flask check-config`` and the start of the worker show it as one line.
    """
    return tuple(SMS_BUILDERS[name](settings) for name in settings.sms_gateways)


def _outbox_sms(settings: Settings) -> SmsGateway:
    sender = settings.vonage_sender if settings.vonage_sender.isalnum() else brand_sender(settings.brand_name)
    return OutboxSmsGateway(settings.sms_outbox, sender)


def _vonage_sms(settings: Settings) -> SmsGateway:
    from services.gateways.vonage import VonageSmsGateway

    return VonageSmsGateway(
        application_id=settings.vonage_application_id,
        private_key=settings.vonage_private_key,
        sender=settings.vonage_sender,
        api_host=settings.vonage_api_host,
        webhook_url=_webhook_url(settings.public_url, STATUS_WEBHOOK_PATH),
    )


#: Another provider is one module, one function and one line here (docs/decisions/0018).
SMS_BUILDERS: dict[str, Callable[[Settings], SmsGateway]] = {"outbox": _outbox_sms, "vonage": _vonage_sms}


def build_voice_gateway(settings: Settings) -> VoiceGateway:
    """Raises GatewayMisconfigured."""
    if "vonage" not in settings.sms_gateways:
        return OutboxVoiceGateway(settings.voice_outbox, settings.vonage_voice_number or "unknown")

    from services.gateways.vonage_voice import VonageVoiceGateway

    return VonageVoiceGateway(
        application_id=settings.vonage_application_id,
        private_key=settings.vonage_private_key,
        number=settings.vonage_voice_number,
        language=settings.voice_language,
        api_host=settings.vonage_api_host,
        event_url=_webhook_url(settings.public_url, VOICE_WEBHOOK_PATH),
    )


def build_mail_gateway(settings: Settings) -> MailGateway:
    """Raises GatewayMisconfigured."""
    if settings.mail_gateway == "outbox":
        return OutboxMailGateway(settings.mail_outbox)

    from services.gateways.smtp import SmtpMailGateway

    return SmtpMailGateway(url=settings.smtp_url, sender=settings.mail_from, sender_name=settings.brand_name)


def build_insights(settings: Settings) -> InsightsGateway:
    """For IDENTITY_INSIGHTS=on. Raises GatewayMisconfigured."""
    from services.gateways.vonage_insights import VonageInsights

    return VonageInsights(
        application_id=settings.vonage_application_id,
        private_key=settings.vonage_private_key,
        host=settings.vonage_insights_host,
    )


def _webhook_url(public_url: str, path: str) -> str | None:
    """Where receipts of what we send go; None (the dashboard decides) unless this site is reached by https."""
    if urlsplit(public_url).scheme != "https":
        return None
    return public_url.rstrip("/") + path
