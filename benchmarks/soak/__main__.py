"""Thirty minutes of a real site under mixed load, with faults.

    python -m benchmarks.soak [--minutes 30] [--people 8] [--json FILE]

PostgreSQL, two web processes of gunicorn, two workers, the real SDK over TLS to a stand-in for the provider. People
sign in with the code on their phone, look, search, rename themselves, export with a step-up, import, and sign out.
Meanwhile a worker and a web process are killed, PostgreSQL is restarted in order and at once, and the disk fills up.
Exits 1 when an error comes where no fault is near, a text is lost or doubled, a row of the log is missing, or memory
grows.
"""

import argparse
import json
import os
import re
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.sending import Provider
from benchmarks.soak import checks
from benchmarks.soak.house import House
from benchmarks.soak.people import IMPORTED, Person
from benchmarks.soak.phones import Phones
from benchmarks.soak.records import RECOVERY, Records
from tests.support.postgres import LocalServer

_CONTACTS = 2000
#: After the last fault there is at least this part of the time without one.
_CALM = 0.2
_SETTLE = 180.0
#: A fault of the machine is foreseen: it is told in words (503) or breaks the line, and is no fault of the program.
_UNFORESEEN = re.compile(r"\b500\b")


def main() -> None:
    parser = argparse.ArgumentParser(description="A site under mixed load and faults")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--json", type=Path, help="where the figures go as JSON")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, LocalServer() as server:
        folder = Path(name)
        provider = Provider(folder, "--default", "202")
        try:
            told = _run(folder, server, provider, given.minutes * 60, given.people)
        finally:
            provider.stop()
    _tell(told)
    if given.json:
        given.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    raise SystemExit(bool(told["wrong"]))


def _run(
    folder: Path, server: LocalServer, provider: Provider, seconds: float, people: int
) -> dict[str, Any]:
    records, phones = Records(), Phones(folder / "requests.jsonl")
    load = os.getloadavg()[0]
    with House(folder, server, provider, records) as house:
        stop, over = threading.Event(), threading.Event()
        threads: list[threading.Thread] = [
            Person(who, house.address, phones, records, stop) for who in house.people(people, _CONTACTS)
        ]
        watch = threading.Thread(target=house.watch_memory, args=(over,))
        began = time.time()
        watch.start()
        for thread in threads:
            thread.start()
        _befall(house, records, began, seconds)
        stop.wait(max(0.0, began + seconds - time.time()))
        stop.set()
        for thread in threads:
            thread.join(90)
        over.set()
        watch.join()
        with house.site.context():
            until = time.monotonic() + _SETTLE
            while not checks.is_quiet() and time.monotonic() < until:
                time.sleep(0.5)
            phones.count("")
            return _judged(records, phones, seconds, load, people) | {"not tried": house.not_tried}


def _befall(house: House, records: Records, began: float, seconds: float) -> None:
    """The faults, one after the other, evenly over the time but its end."""
    kinds = list(house.faults)
    rounds = max(1, round(seconds / 600))
    every = seconds * (1 - _CALM) / (rounds * len(kinds))
    for number in range(rounds * len(kinds)):
        time.sleep(max(0.0, began + (number + 0.6) * every - time.time()))
        kind = kinds[number % len(kinds)]
        _say(f"{time.time() - began:5.0f} s: {kind}")
        with records.fault(kind):
            house.faults[kind]()


def _judged(records: Records, phones: Phones, seconds: float, load: float, people: int) -> dict[str, Any]:
    excused, others = records.errors()
    grown, too_much = checks.memory(records)
    wrong = [f"{step.what}: {step.error}" for step in others] + too_much
    wrong += [
        f"{step.what}, with a fault: {step.error}" for step in excused if _UNFORESEEN.search(step.error)
    ]
    wrong += checks.messages(phones.posts, records)
    wrong += checks.audit_rows(records)
    wrong += checks.imports(records, IMPORTED)
    return {
        "minutes": seconds / 60, "people": people, "date": time.strftime("%Y-%m-%d %H:%M"), "load before": load,
        "steps": dict(Counter(step.what for step in records.steps if not step.error)),
        "seconds at the median": _medians(records),
        "faults": dict(Counter(fault.kind for fault in records.faults)),
        f"errors while a fault was on, or in the {RECOVERY:.0f} s after it": dict(Counter(
            f"{step.what}: {step.error[:60]}" for step in excused
        )),
        "errors where no fault was near": len(others),
        "messages": checks.message_states(), "texts that the provider took": len(phones.posts),
        "imports": len(records.imports),
        "rows of the log that were looked for": sum(n for (_, event), n in records.confirmed.items() if event),
        "memory, MiB in the first third and the last": grown,
        "memory, MiB by the minute": checks.memory_by_minute(records), "wrong": wrong,
    }  # fmt: skip


def _medians(records: Records) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for step in records.steps:
        if not step.error:
            found.setdefault(step.what, []).append(step.ended - step.began)
    return {what: round(sorted(taken)[len(taken) // 2], 3) for what, taken in found.items()}


def _tell(told: dict[str, Any]) -> None:
    for name, value in told.items():
        if isinstance(value, dict):
            _say(f"{name}:")
            for key, one in value.items():
                _say(f"    {key}: {one}")
        elif name not in {"wrong", "not tried"}:
            _say(f"{name}: {value}")
    for line in told["wrong"]:
        _say(f"WRONG: {line}")
    for line in told["not tried"]:
        _say(f"NOT TRIED: {line}")
    whole = "" if not told["not tried"] else " of what was tried"
    _say(f"nothing{whole} is wrong" if not told["wrong"] else f"{len(told['wrong'])} things are wrong")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
