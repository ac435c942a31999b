"""``flask send-test-sms``: does a text arrive?"""

import time
from collections.abc import Callable

import click

from commands.messages import why
from commands.plain_faults import fail, one_line, with_database
from config import settings
from models.message import Message, MessageState
from services.disabling import Operator
from services.gateway_setup import gateways
from services.gateways import GatewayMisconfigured
from services.numbers import NumberRefused, parse_mobile
from services.origin import acting_from, following, new_name


@click.command("send-test-sms", short_help="Send one text, and tell what becomes of it.")
@click.argument("number")
@click.option("--operator", required=True, help="Your name, for the log.")
@click.option(
    "--wait", default=30, type=click.IntRange(0, 300), help="Seconds to wait for the receipt. Default: 30."
)
@with_database
def send_test_sms(number: str, operator: str, wait: int) -> None:
    """Send one text to NUMBER by the provider that is set, and tell what becomes of it. It costs what a text costs."""
    from services.delivery import circuits, trial

    by = Operator.at_the_command_line(one_line("--operator", operator, 2, 100))
    try:
        to = parse_mobile(number, settings().default_region)
        gateways().sms_roads  # noqa: B018  # builds them
    except NumberRefused as fault:
        fail(f"{number}: {fault}.")
    except GatewayMisconfigured as fault:
        fail(f"configuration: {fault}")
    with acting_from("command line"), following(new_name()):
        message = trial.send(to, by)
    print(f"Message {message.public_id}. Its life: flask messages show {message.public_id}")
    stopped = circuits.all_open()

    def answered(found: Message) -> bool:
        return found.state not in {"queued", "sending"} or bool(found.reason or stopped)

    # A worker may have been faster than this process, and is sending it now.
    message = _once(message, answered, 10)
    _tell_answer(message, stopped)
    if message.gateway == "outbox":
        print("That is a file on this machine (SMS_OUTBOX): no phone gets it.")
    elif settings().vonage_signature_secret and wait:
        _tell_receipt(message, wait)
    else:
        print("Whether it arrives is for the phone to say: no receipts are waited for.")


def _once(message: Message, true: Callable[[Message], bool], seconds: float) -> Message:
    """The row as it is once that is true of it, or after so many seconds."""
    from services.delivery import reading

    deadline = time.monotonic() + seconds
    while True:
        found = reading.find(message.public_id) or message
        if true(found) or time.monotonic() >= deadline:
            return found
        time.sleep(0.5)


def _tell_answer(message: Message, circuits: list[tuple[str, str]]) -> None:
    # Its receipt may have come in the same moment: what was accepted may be more than that by now.
    if message.accepted_at is not None or message.state in {MessageState.ACCEPTED, MessageState.DELIVERED}:
        print(f"Accepted by {message.gateway}" + (f", as {message.sender}." if message.sender else "."))
        return
    for name, reason in circuits:
        print(f"Nothing is sent by {name} now: it refuses this site ({reason}).")
    fail(
        {
            MessageState.QUEUED: f"Not sent yet: {why(message) or 'it waits'}. It is given up after ten minutes.",
            MessageState.SENDING: "A worker is still sending it.",
            MessageState.UNKNOWN: f"Nobody knows whether it was taken: {why(message)}. It is not sent again.",
            MessageState.EXPIRED: "It was too late to send it.",
        }.get(MessageState(message.state), f"Refused: {why(message)}.")
    )


def _tell_receipt(message: Message, wait: int) -> None:
    print(f"Waiting for its receipt, {wait} s at most …")
    message = _once(message, lambda found: found.state != MessageState.ACCEPTED, wait)
    if message.state == MessageState.DELIVERED and message.delivered_at:
        took = (message.delivered_at - message.created_at).total_seconds()
        print(f"Delivered to the phone after {took:.1f} s.")
    elif message.state == MessageState.ACCEPTED:
        print("No receipt came. It may come later, or the provider's webhooks do not reach this site.")
    else:
        fail(f"Not delivered: {why(message) or message.state}.")
