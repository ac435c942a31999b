"""Waking the worker. The row is the truth; a lost wake costs a delay, never a message or a job."""

import logging

from flask import current_app

_log = logging.getLogger(__name__)

#: What a wake for a message of each channel is about; "job" beside them.
WAKES = {"sms": "message", "voice": "call", "mail": "mail"}


def wake(kind: str, row_id: int) -> None:
    """Tell a worker that a row ("message", "call", "mail" or "job") is waiting.

    Never raises: the sweep finds it anyway.
    """
    waker = current_app.extensions.get("waker")
    if waker is None:
        return
    try:
        waker(kind, row_id)
    except Exception:
        _log.exception("the worker could not be woken; the next sweep will find the row")
