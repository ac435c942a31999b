"""``flask messages …``: what became of a text, call or mail."""

from datetime import datetime

import click

from commands.plain_faults import fail, with_database
from models.message import Message
from services.delivery.meanings import MEANINGS
from services.gateways.vonage_codes import meaning_of

_KINDS = {"sms": "text", "voice": "call", "mail": "mail"}


@click.group(short_help="What became of texts, calls and mails.")
def messages() -> None:
    """Texts, calls and mails: what became of them. Numbers are masked; codes and words are shown nowhere."""


# An id may begin with a dash.
@messages.command(
    short_help="The life of one message, step by step.", context_settings={"ignore_unknown_options": True}
)
@click.argument("name", metavar="ID")
@with_database
def show(name: str) -> None:
    """The life of one message. ID: its own, or the provider's."""
    from services.delivery import reading

    message = reading.find(name.strip())
    if message is None:
        fail(f"There is no message {name!r}. Messages are kept for 30 days. See: flask messages list")
    for term, told in _facts(message, reading.whom(message)):
        print(f"{term:<12}{told}")
    print()
    for step in reading.steps(message):
        print(f"{step.at:%H:%M:%S}.{step.at.microsecond // 1000:03}  {step.event:<10}{step.detail}")


@messages.command("list")
@click.option("--failed", is_flag=True, help="Only what was refused, is unknown, or expired.")
@click.option("--request", "request_id", help="Only what one request asked for (X-Request-Id).")
@click.option("--last", default=20, type=click.IntRange(1, 1000), help="How many, newest first. Default: 20.")
@with_database
def list_(failed: bool, request_id: str | None, last: int) -> None:
    """The newest messages, one a line."""
    from services.delivery import reading

    found = reading.newest(last, failed=failed, request=request_id)
    if not found:
        print("There is none.")
    for message in found:
        print(
            f"{message.created_at:%Y-%m-%d %H:%M:%S}  {message.public_id:<23}{_KINDS[message.channel]:<5}"
            f"{message.state:<10}{reading.whom(message):<22}{message.country or '':<4}{why(message)}".rstrip()
        )


def why(message: Message) -> str:
    """Why it did not arrive, as far as is known: "1240: the person answered STOP before"; else nothing."""
    if message.error_code:
        meaning = MEANINGS[meaning_of(message.error_code)]
        return f"{message.error_code}: {meaning[0].lower()}{meaning[1:]}"
    return message.reason or ""


def _facts(message: Message, whom: str) -> list[tuple[str, str]]:
    price = f"{message.price_micros / 1_000_000:.4f} {message.currency}" if message.price_micros else ""
    by = " as ".join(filter(None, (message.gateway, message.sender)))
    facts = [
        ("message", message.public_id),
        ("kind", f"{_KINDS[message.channel]}, words {message.template!r}"),
        ("to", f"{whom} ({message.country})" if message.country else whom),
        ("state", message.state),
        ("why", why(message)),
        ("tries", str(message.attempts)),
        ("by", by),
        ("their id", message.provider_id or ""),
        ("price", price),
        ("request", message.request_id or ""),
        ("asked for", _time(message.created_at)),
        ("sent", _after(message, message.sent_at)),
        ("accepted", _after(message, message.accepted_at)),
        ("delivered", _after(message, message.delivered_at)),
        ("not after", _time(message.expires_at)),
    ]
    return [(term, told) for term, told in facts if told]


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else ""


def _after(message: Message, at: datetime | None) -> str:
    return f"{_time(at)}, {(at - message.created_at).total_seconds():.1f} s after" if at else ""
