"""One line of the log for each message that was handed over: which, what the answer was, how long it took."""

import logging
import time
from collections.abc import Callable

from services.gateways import Accepted, Answer


def told(logger: logging.Logger, what: str, message_id: str, hand_over: Callable[[], Answer]) -> Answer:
    """What ``hand_over()`` answers. Answers hold no number, address, code or secret, so they may be logged."""
    started = time.monotonic()
    answer = hand_over()
    took = round(1000 * (time.monotonic() - started))
    level = logging.INFO if isinstance(answer, Accepted) else logging.WARNING
    logger.log(level, "%s %s: %s, %d ms", what, message_id, answer, took)
    return answer
