"""Telling whoever runs the site: by mail, in the log, and in the site's own chain of the audit log."""

import logging
from typing import Any

from config import settings
from services.outbox import queue_mail

_log = logging.getLogger("countersign.sending")


def tell(
    template: str, line: str, *args: object, level: int = logging.ERROR, mail: bool = True, **facts: Any
) -> None:
    """One mail in the words of ``template`` and one line of the log. Inside the write() that found it."""
    _log.log(level, line, *args)
    to = settings().operator_mail or settings().support_mail
    if to and mail:
        queue_mail(template, to=to, user=None, **facts)
