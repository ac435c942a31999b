"""Visitors of a web server, in a process of their own: their CPU is not the server's.

    python -m benchmarks.visitors 127.0.0.1:8000 requests.json

The file: {"requests": [{"path", "headers", "body"}, …], "connections": 4, "count": 600} asks one after the other on
each connection, as fast as answers come; with "rate" and "seconds" in place of "count" requests come when they are due,
whoever is still waiting, and their time counts from then. Prints {"statuses", "seconds", "p50", "p99"}, times in
milliseconds.
"""

import asyncio
import itertools
import json
import multiprocessing
import socket
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any


class Connection:
    """One after the other; opened again where the server closed it."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes) -> int:
        fresh = self._writer is None
        try:
            return await self._ask(request)
        except (OSError, asyncio.IncompleteReadError):
            self._writer = None
            if fresh:
                return 0
        try:  # closed while nobody asked
            return await self._ask(request)
        except (OSError, asyncio.IncompleteReadError):
            self._writer = None
            return 0

    async def _ask(self, request: bytes) -> int:
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        _, _, length = head.partition(b"content-length:")
        if length:
            await self._reader.readexactly(int(length.partition(b"\r\n")[0]))
        if not length or b"connection: close" in head:
            self._writer.close()
            self._writer = None
        return int(head.split(b" ", 2)[1])


def raw(request: dict[str, Any]) -> bytes:
    body: bytes = request.get("body", "").encode()
    lines = [f"{'POST' if body else 'GET'} {request['path']} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in request.get("headers", {}).items()]
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def visit(host: str, port: int, plan: dict[str, Any]) -> dict[str, Any]:
    """Requests that come when they are due."""
    requests = itertools.cycle([raw(request) for request in plan["requests"]])
    times: list[float] = []
    statuses: Counter[int] = Counter()

    async def one(connection: Connection, due: float) -> None:
        statuses[await connection.ask(next(requests))] += 1
        times.append(time.perf_counter() - due)

    connections = [Connection(host, port) for _ in range(plan["connections"])]
    began = time.perf_counter()
    await _when_due(one, connections, plan)
    return told(statuses, times, time.perf_counter() - began)


def told(statuses: Counter[int], times: list[float], seconds: float) -> dict[str, Any]:
    times.sort()
    return {
        "statuses": statuses,
        "seconds": seconds,
        "p50": 1000 * times[len(times) // 2],
        "p99": 1000 * times[min(len(times) - 1, len(times) * 99 // 100)],
    }


def in_turn(host: str, port: int, plan: dict[str, Any]) -> dict[str, Any]:
    """A process for each connection, which does nothing but ask: so the server never waits for a visitor."""
    each = plan["count"] // plan["connections"]
    began = time.perf_counter()
    with multiprocessing.get_context("fork").Pool(plan["connections"]) as pool:
        found = pool.starmap(_ask_on, [(host, port, plan["requests"], each)] * plan["connections"])
    statuses: Counter[int] = Counter()
    for some, _ in found:
        statuses.update(some)
    return told(statuses, [one for _, times in found for one in times], time.perf_counter() - began)


def _ask_on(
    host: str, port: int, requests: list[dict[str, Any]], count: int
) -> tuple[Counter[int], list[float]]:
    statuses: Counter[int] = Counter()
    times = []
    asked = itertools.cycle([raw(request) for request in requests])
    connection = socket.create_connection((host, port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(count):
        began = time.perf_counter()
        connection.sendall(next(asked))
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(65536)
        head, _, body = answer.partition(b"\r\n\r\n")
        left = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0) - len(body)
        while left > 0:
            left -= len(connection.recv(65536))
        statuses[int(head.split(b" ", 2)[1])] += 1
        times.append(time.perf_counter() - began)
        if b"\r\nconnection: close" in head.lower():
            connection = socket.create_connection((host, port))
    return statuses, times


_One = Callable[[Connection, float], Awaitable[None]]


async def _when_due(one: _One, connections: list[Connection], plan: dict[str, Any]) -> None:
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in connections:
        free.put_nowait(connection)
    began = time.perf_counter()

    async def ask(due: float) -> None:
        connection = await free.get()
        await one(connection, due)
        free.put_nowait(connection)

    waiting = set()
    for number in range(int(plan["rate"] * plan["seconds"])):
        due = began + number / plan["rate"]
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        waiting.add(task := asyncio.create_task(ask(due)))
        task.add_done_callback(waiting.discard)
    await asyncio.gather(*waiting)


if __name__ == "__main__":
    host, _, port = sys.argv[1].partition(":")
    plan = json.loads(Path(sys.argv[2]).read_text())
    seen = asyncio.run(visit(host, int(port), plan)) if "rate" in plan else in_turn(host, int(port), plan)
    print(json.dumps(seen))
