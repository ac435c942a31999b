"""The phones: what the stand-in for the provider took, read from its log as it grows."""

import json
import re
import threading
import time
from collections import defaultdict
from pathlib import Path

_CODE = re.compile(r"(\d{6}) is your")


class NoText(Exception):
    """Nothing came within the time that a person would wait."""


class Phones:
    def __init__(self, log: Path) -> None:
        self._log = log
        self._at = 0
        self._texts: dict[str, list[str]] = defaultdict(list)
        #: Our ids, in the order in which the provider saw them.
        self.posts: list[str] = []
        self._lock = threading.Lock()

    def count(self, number: str) -> int:
        with self._lock:
            self._read()
            return len(self._texts[number])

    def next_code(self, number: str, seen: int, seconds: float = 30) -> str:
        """The code in the newest text after the first ``seen``."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with self._lock:
                self._read()
                found = [match[1] for text in self._texts[number][seen:] if (match := _CODE.match(text))]
            if found:
                return found[-1]
            time.sleep(0.05)
        raise NoText(f"no code within {seconds:.0f} s")

    def _read(self) -> None:
        if not self._log.exists():
            return
        with self._log.open("rb") as file:
            file.seek(self._at)
            whole, line_end, _ = file.read().rpartition(b"\n")
        self._at += len(whole) + len(line_end)
        for line in whole.splitlines():
            body = json.loads(line)["body"]
            self._texts["+" + body["to"]].append(body["text"])
            self.posts.append(body["client_ref"])
