"""``flask worker``: sends what the outbox promised and does the background jobs."""

import click
from flask import current_app
from flask.cli import with_appcontext

from commands.plain_faults import fail
from services import self_test
from services.gateway_setup import gateways
from services.worker_setup import background


@click.command(short_help="Send texts and mails and run jobs, until stopped.")
@with_appcontext
def worker() -> None:
    """Send texts and mails, and do background jobs, until told to stop.

    Any number of workers can run beside each other, on one machine or many.
    """
    from services import worker as process

    # Of all that it may need, so that a wrong setting is told now and not with the first message.
    if faults := self_test.gateway_faults():
        fail("\n".join(f"configuration: {fault}" for fault in faults))
    name = f"texts by {gateways().sms.name}, mails by {gateways().mail.name}"
    try:
        background().huey  # noqa: B018  # opens it
    except Exception as fault:
        fail(f"configuration: QUEUE_URL: the queue cannot be opened ({type(fault).__name__})")
    process.started(name)
    process.run(current_app._get_current_object(), background())  # type: ignore[attr-defined]
