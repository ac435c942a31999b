"""The log of the process: one form for every line, whoever writes it.

A trace tells where something broke and what kind of fault it was, never its message: what a database, a driver or a
library says about a fault quotes rows and what people typed (PostgreSQL: "Key (email)=(…) already exists").

Each line has the id of the request that it is about, and the message or job: what services/origin.py has bound.
"""

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

#: Loggers with handlers of their own, which do not pass their lines on. gunicorn logs what breaks a stream.
_APART = ("gunicorn.error",)

_FACTS = "countersign_facts"


def tell(logger: logging.Logger, event: str, *, level: int = logging.INFO, **facts: Any) -> None:
    """An event with its facts, each a field of its own. No code, token or text among them, and numbers only masked."""
    logger.log(level, event, extra={_FACTS: facts})


def set_up(level: str, *, for_machines: bool) -> None:
    """Give every stream of this process the one formatter: JSON lines ``for_machines``, else for reading."""
    root = logging.getLogger()
    root.setLevel(level)
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    form = formatter(for_machines=for_machines)
    for logger in (root, *map(logging.getLogger, _APART)):
        for handler in logger.handlers:
            # What else listens (a test's, an operator's) keeps the form it chose.
            if type(handler) in {logging.StreamHandler, logging.FileHandler}:
                handler.setFormatter(form)


def formatter(*, for_machines: bool) -> logging.Formatter:
    readable = structlog.dev.ConsoleRenderer(
        colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
    )
    show: Processor = structlog.processors.JSONRenderer() if for_machines else readable
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _facts,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _without_words, show],
    )


def _facts(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """What the line tells beside its words, and what was bound around it; what is not known is left out."""
    told = {**structlog.contextvars.get_contextvars(), **getattr(event["_record"], _FACTS, {})}
    return {**{name: value for name, value in told.items() if value is not None}, **event}


def _without_words(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    info: ExcInfo | None = event.pop("exc_info", None)
    if info and info[1] is not None:
        event["exception"] = "\n".join(_told(info[1], set()))
    return event


def _told(fault: BaseException, told: set[int]) -> Iterator[str]:
    """Stack and kind of a fault, after those that led to it and before those that it holds."""
    told.add(id(fault))
    before = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
    if before is not None and id(before) not in told:
        yield from _told(before, told)
        yield "which led to:"
    for part in traceback.StackSummary.extract(traceback.walk_tb(fault.__traceback__)).format():
        yield part.rstrip("\n")
    yield f"{type(fault).__module__}.{type(fault).__qualname__}".removeprefix("builtins.")
    if isinstance(fault, BaseExceptionGroup):
        for one in fault.exceptions:
            if id(one) not in told:
                yield "of which one is:"
                yield from _told(one, told)
