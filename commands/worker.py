"""``flask worker``: sends what the outbox promised and does the background jobs."""

import click
from flask import current_app
from flask.cli import with_appcontext

from commands.plain_faults import fail
from services.gateway_setup import gateways
from services.gateways import GatewayMisconfigured
from services.worker_setup import background


@click.command()
@with_appcontext
def worker() -> None:
    """Send texts and mails, and do background jobs, until told to stop.

    Any number of workers can run beside each other, on one machine or many.
    """
    from services import worker as process

    try:
        name = f"texts by {gateways().sms.name}, mails by {gateways().mail.name}"
    except GatewayMisconfigured as fault:
        fail(f"configuration: {fault}")
    try:
        background().huey  # noqa: B018  # opens it
    except Exception as fault:
        fail(f"configuration: QUEUE_URL: the queue cannot be opened ({type(fault).__name__})")
    process.started(name)
    process.run(current_app._get_current_object(), background())  # type: ignore[attr-defined]
