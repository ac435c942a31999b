"""Ten thousand codes through a provider with one fault in twenty of every kind: none lost, none sent twice.

    python benchmarks/ten_thousand.py [--texts 10000] [--on postgresql sqlite]

Two real workers, the real SDK over TLS, a stand-in as a process of its own. A code may reach the provider again only
where every answer before was a 429. Exits 1 when that does not hold.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import make_url

from benchmarks.sending import Bench, Provider, cpu_of
from tests.support.postgres import LocalServer
from tests.support.posts import wrongs

FAULTS = ("close", "reset", "half", "hang", "429", "500", "503", "html")
SHARE = 0.05
_AT_ONCE = 100


def main() -> None:
    parser = argparse.ArgumentParser(description="Many codes through a faulty provider")
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--on", nargs="*", default=["postgresql", "sqlite"], choices=["postgresql", "sqlite"])
    given = parser.parse_args()
    _say(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    wrong = [line for kind in given.on for line in _run(kind, given.texts)]
    for line in wrong[:20]:
        _say(f"WRONG: {line}")
    raise SystemExit(bool(wrong))


def _run(kind: str, texts: int) -> list[str]:
    mix = {"202": 1 - SHARE * len(FAULTS), **dict.fromkeys(FAULTS, SHARE)}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        provider = Provider(folder, "--mix", ",".join(f"{of}={share}" for of, share in mix.items()))
        stack.callback(provider.stop)
        database, queue = f"sqlite:///{folder / 'site.sqlite3'}", ""
        if kind == "postgresql":
            database = stack.enter_context(stack.enter_context(LocalServer()).database())
            queue = make_url(database).set(drivername="postgresql").render_as_string(hide_password=False)
        bench = Bench(database, queue, folder, provider)
        with bench.workers(2) as workers:
            began = time.monotonic()
            promised = {one for _ in range(texts // _AT_ONCE) for one in bench.promise(_AT_ONCE)}
            bench.wait_until_quiet()
            took, cpu = time.monotonic() - began, sum(cpu_of(worker.process.pid) for worker in workers)
        posts = [post for post in provider.posts() if post[0] in promised]
        fates = {one: state for one, state in bench.fates().items() if one in promised}
    _tell(kind, posts, fates, took, cpu)
    missing = [f"{one}: no row" for one in promised - fates.keys()]
    return missing + wrongs(posts, fates)


def _tell(kind: str, posts: list[tuple[str, str]], fates: dict[str, str], took: float, cpu: float) -> None:
    again = len(posts) - len({one for one, _ in posts})
    _say(f"{kind}: {len(fates)} codes in {took:.0f} s ({len(fates) / took:.0f}/s), {cpu:.0f} s CPU")
    _say(
        f"  requests {len(posts)}, of which again {again}; answered {_counted(behaviour for _, behaviour in posts)}"
    )
    _say(f"  codes {_counted(fates.values())}")


def _counted(things: object) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(things).most_common())  # type: ignore[call-overload]


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
