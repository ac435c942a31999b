"""Figures for Prometheus, read from the database when they are asked for (docs/decisions/0017).

Any worker tells those of the whole site: they are the same wherever they are read. Only answers of providers are
counted by each process for itself. Labels are countries, channels, states and names of gateways: never an id or a
number.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from wsgiref.simple_server import WSGIServer

from flask import Flask
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from extensions import db
from models.job import Job
from models.message import Message, MessageState
from services.clock import now
from services.delivery import answers, circuits, figure_queries
from services.sending import budget

_log = logging.getLogger(__name__)

#: What "lately" means in the names below.
WINDOW = timedelta(hours=1)
_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@contextmanager
def serving(app: Flask) -> Iterator[None]:
    """Answer on http://METRICS_HOST:METRICS_PORT/metrics meanwhile; not at all where the port is 0 or taken."""
    config = app.extensions["settings"]
    server = _start(app, config.metrics_host, config.metrics_port) if config.metrics_port else None
    try:
        yield
    finally:
        if server is not None:
            server.shutdown()
            server.server_close()


def _start(app: Flask, host: str, port: int) -> WSGIServer | None:
    registry = CollectorRegistry()
    registry.register(SiteFigures(app))
    try:
        server, _ = start_http_server(port, addr=host, registry=registry)
    except OSError as fault:
        # Messages matter more. Another worker on this machine tells the same figures.
        _log.warning("no metrics from this process: port %d: %s", port, fault.strerror)
        return None
    _log.info("metrics: http://%s:%d/metrics", host, port)
    return server


class SiteFigures(Collector):
    def __init__(self, app: Flask) -> None:
        self._app = app

    def describe(self) -> list[Metric]:
        """Nothing: the database is not asked before somebody asks for figures."""
        return []

    def collect(self) -> Iterator[Metric]:
        readable = GaugeMetricFamily("countersign_database_up", "1: the figures of the site could be read.")
        with self._app.app_context():
            try:
                found = [*_messages(), *_queues(), *_circuits(), *_budget()]
            except SQLAlchemyError:
                found = []
        readable.add_metric([], 1 if found else 0)
        yield readable
        yield from found
        yield _provider_answers()


def _messages() -> Iterator[Metric]:
    since = now() - WINDOW
    states: Counter[tuple[str, str, str]] = Counter()
    codes: Counter[tuple[str, str]] = Counter()
    for group in figure_queries.groups(since, hourly=True):
        country = group.country or "unknown"
        states[group.channel, country, group.state] += group.number
        codes[group.channel, "sent"] += group.codes
        codes[group.channel, "entered"] += group.verified
    yield _gauge(
        "countersign_messages_last_hour", "Texts and calls asked for in the last hour, by what is known of them now.",
        ("channel", "country", "state"), states,
    )  # fmt: skip
    yield _gauge(
        "countersign_codes_last_hour", "Texts and calls of the last hour with a code, and those whose code came back.",
        ("channel", "what"), codes,
    )  # fmt: skip
    accepted = GaugeHistogramMetricFamily(
        "countersign_seconds_to_accepted_last_hour",
        "From the click to the provider's yes, for texts and calls of the last hour.",
        labels=["channel"],
    )
    took = list(figure_queries.acceptance_times(since))
    for channel in ("sms", "voice"):
        tenths = {row.tenths: row.number for row in took if row.channel == channel}
        buckets = [
            (str(most), float(sum(n for tenth, n in tenths.items() if tenth <= 10 * most)))
            for most in _BUCKETS
        ]
        buckets.append(("+Inf", float(sum(tenths.values()))))
        accepted.add_metric([channel], buckets, sum(tenth * n for tenth, n in tenths.items()) / 10)
    yield accepted


def _queues() -> Iterator[Metric]:
    moment = now()
    statement = (
        select(Message.channel, func.count(), func.min(Message.due_at))
        .where(Message.state == MessageState.QUEUED, Message.due_at <= moment)
        .group_by(Message.channel)
    )
    length: Counter[Any] = Counter({("sms",): 0, ("voice",): 0, ("mail",): 0})
    oldest: dict[Any, float] = dict(length)
    for channel, number, due_at in db.session.execute(statement):
        length[channel,], oldest[channel,] = number, max(0.0, (moment - due_at).total_seconds())
    yield _gauge(
        "countersign_outbox_messages", "Messages that are due and not sent yet.", ("channel",), length
    )
    yield _gauge(
        "countersign_outbox_oldest_seconds", "For how long the oldest of them is due.", ("channel",), oldest
    )
    jobs = select(func.count()).select_from(Job).where(Job.state == "waiting", Job.due_at <= moment)
    yield _gauge(
        "countersign_jobs_waiting", "Background jobs that are due.", (), {(): db.session.scalar(jobs) or 0}
    )


def _circuits() -> Iterator[Metric]:
    found = {(name,): 1 for name, _ in circuits.all_open()}
    yield _gauge("countersign_circuit_open", "1: nothing is sent by this gateway now.", ("gateway",), found)


def _budget() -> Iterator[Metric]:
    today = budget.today()
    yield _gauge("countersign_sms_budget_used", "Texts counted against LIMIT_SMS_SITE.", (), {(): today.used})
    yield _gauge("countersign_sms_budget_limit", "LIMIT_SMS_SITE.", (), {(): today.limit})
    calls = budget.calls_today()
    yield _gauge(
        "countersign_calls_budget_used", "Calls counted against LIMIT_CALLS_SITE.", (), {(): calls.used}
    )
    yield _gauge("countersign_calls_budget_limit", "LIMIT_CALLS_SITE.", (), {(): calls.limit})


def _provider_answers() -> Metric:
    found = CounterMetricFamily(
        "countersign_provider_answers", "Answers of gateways to this process.", labels=["gateway", "answer"]
    )
    for (gateway, answer), number in sorted(answers.counted().items()):
        found.add_metric([gateway, answer], number)
    return found


def _gauge(name: str, about: str, labels: tuple[str, ...], values: Any) -> Metric:
    found = GaugeMetricFamily(name, about, labels=list(labels))
    for key, number in sorted(values.items()):
        found.add_metric([str(part) for part in key], float(number))
    return found
