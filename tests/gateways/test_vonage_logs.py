"""Invariant: no number, code or token reaches a log, at whatever level and whoever writes it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.gateways.vonage import VonageSmsGateway
from tests.gateways.conftest import CODE, NUMBER, text
from tests.support.vonage_standin import VonageStandin


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """All that any logger says, at any level, with every module set to say all it can."""
    lines: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.name} {record.getMessage()} {record.exc_info or ''}")

    collector = Collector(level=0)
    names = ["", "vonage", "urllib3", "urllib3.connectionpool", "requests", "services"]
    before = {name: logging.getLogger(name).level for name in names}
    logging.getLogger().addHandler(collector)
    logging.getLogger("vonage").addHandler(collector)
    for name in names:
        logging.getLogger(name).setLevel(1)
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(collector)
        logging.getLogger("vonage").removeHandler(collector)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("behaviour", ["202", "401", "422#1170", "429:1", "500", "close", "html", "hang"])
def test_no_log_line_at_any_level_holds_a_number_a_code_or_a_token(
    behaviour: str, vonage: VonageStandin, gateway: VonageSmsGateway
) -> None:
    vonage.answer_with(behaviour)
    with everything_logged() as lines:
        gateway.send(text("m-1"))
        gateway.send(text("m-2"))

    everything = "\n".join(lines)
    assert "urllib3" in everything, "the collector does hear debug lines"
    assert "text m-1" in everything
    for secret in (CODE, NUMBER.removeprefix("+"), "Bearer", vonage.requests[0].authorization[-20:]):
        assert secret not in everything


def test_a_message_shows_neither_number_nor_text_when_it_is_printed() -> None:
    shown = repr(text("m-1"))

    assert "m-1" in shown
    assert NUMBER not in shown
    assert CODE not in shown
