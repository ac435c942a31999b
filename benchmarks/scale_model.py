"""From measured costs and named assumptions to machines, bytes and texts: the tables of docs/scale.md.

    python benchmarks/scale_model.py [--write]

``--write`` puts them into docs/scale.md. The costs are those of benchmarks/scale_costs.json; a test compares the page.
"""

import argparse
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from math import ceil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_KEPT: dict[str, str | float] = json.loads((ROOT / "benchmarks/scale_costs.json").read_text())
COSTS = {name: value for name, value in _KEPT.items() if isinstance(value, float)}
PAGE = ROOT / "docs/scale.md"
SITES = (1_000, 100_000, 10_000_000)

_DAY, _YEAR_DAYS, _PASSING_DAYS = 86_400, 365, 30


@dataclass(frozen=True)
class Assumed:
    """What is not measured but supposed. Change a number, run again."""

    users: float = 3  # of an account
    contacts: float = 2_000  # of an account, on average; the largest may have ten million
    sign_ins: float = 0.5  # of a user on a working day
    with_code: float = 0.15  # of the sign-ins: from browsers that are not trusted (any more)
    pages: float = 25  # of a sign-in
    exports: float = 4  # of an account in a month, each of all its contacts, each behind a code
    imported: float = 0.1  # of an account's contacts, brought again by files of a month
    working_days: float = 22  # of a month
    busiest_hour: float = 0.2  # of a day's work is done in it
    peak: float = 2  # the busiest seconds of that hour, beside its average
    load: float = 0.5  # of the processors at the peak; the rest is for surprises and machines that are down
    web_cores: float = 4  # of a web or worker machine; a web process on each
    connections: float = 16  # of a process at most: 15 to the database, 1 to the queue
    text_cpu_ms: float = 4.0  # of a worker for a text by the provider's SDK (performance.md)
    texts_a_worker: float = 117  # a second: half of what two workers brought to the provider (performance.md)
    texts_a_key: float = 30  # a second, by one key of the provider (`VONAGE_RATE`)


@dataclass(frozen=True)
class Site:
    """Everything about a site of so many accounts."""

    accounts: float
    of: Assumed = Assumed()

    # --- what people do

    @property
    def contacts(self) -> float:
        return self.accounts * self.of.contacts

    @property
    def sign_ins(self) -> float:
        """A working day."""
        return self.accounts * self.of.users * self.of.sign_ins

    @property
    def exports(self) -> float:
        """A working day."""
        return self.accounts * self.of.exports / self.of.working_days

    @property
    def texts(self) -> float:
        """A working day: sign-ins and exports."""
        return self.sign_ins * self.of.with_code + self.exports

    def at_peak(self, a_day: float) -> float:
        """Of something that happens so often a day: how often in the busiest second."""
        return a_day * self.of.busiest_hour / 3600 * self.of.peak

    # --- processors: busy at the peak

    @property
    def web(self) -> float:
        pages = self.at_peak(self.sign_ins * self.of.pages) * COSTS["page_app_ms"]
        return (pages + self._signing_in("app_ms")) / 1000 + self._exported(COSTS["export_app_s_a_million"])

    @property
    def hashing(self) -> float:
        """Most of a sign-in of a known browser; part of what the web machines do."""
        return self.at_peak(self.sign_ins) * COSTS["known_app_ms"] / 1000

    @property
    def worker(self) -> float:
        imported = self.contacts * self.of.imported / self.of.working_days / 1e6 * COSTS["import_s_a_million"]
        return self.at_peak(self.texts) * self.of.text_cpu_ms / 1000 + self.at_peak(imported)

    def database(self, page_ms: float) -> float:
        pages = self.at_peak(self.sign_ins * self.of.pages) * page_ms
        return (pages + self._signing_in("db_ms")) / 1000 + self._exported(COSTS["export_db_s_a_million"])

    def _signing_in(self, what: str) -> float:
        known, code = COSTS[f"known_{what}"], COSTS[f"code_{what}"]
        # An approval costs what a code costs beyond a sign-in without one.
        return self.at_peak(self.sign_ins) * known + self.at_peak(self.texts) * (code - known)

    def _exported(self, a_million: float) -> float:
        return self.at_peak(self.exports * self.of.contacts / 1e6 * a_million)

    # --- machines and connections

    def machines(self, cores: float) -> int:
        """Two at least, so that one may be down."""
        return max(2, ceil(cores / self.of.load / self.of.web_cores))

    @property
    def worker_machines(self) -> int:
        """By their processors, and by how many texts their hands can wait for."""
        return max(self.machines(self.worker), ceil(self.at_peak(self.texts) / self.of.texts_a_worker))

    @property
    def connections(self) -> float:
        """To PostgreSQL without a pooler, when every process has all that it may have."""
        return (self.machines(self.web) * self.of.web_cores + self.worker_machines) * self.of.connections

    # --- bytes

    @property
    def stored(self) -> float:
        return self.contacts * COSTS["contact_bytes"]

    @property
    def passing(self) -> float:
        """Messages, sessions, codes and the like of 30 days."""
        return self._kept("bytes_passing") * self.of.working_days / 30 * _PASSING_DAYS

    @property
    def log(self) -> float:
        """What the security log grows by in a year."""
        return self._kept("bytes_always") * self.of.working_days / 30 * _YEAR_DAYS

    @property
    def files(self) -> float:
        """Long exports kept for 30 days, were every export one."""
        return self.exports * self.of.working_days * self.of.contacts * COSTS["file_bytes"]

    def _kept(self, what: str) -> float:
        known, code = COSTS[f"known_{what}"], COSTS[f"code_{what}"]
        return self.sign_ins * known + self.texts * (code - known)


ROWS: tuple[tuple[str, Callable[[Site], str]], ...] = (
    ("contacts", lambda site: count(site.contacts)),
    ("pages a second at the peak", lambda site: count(site.at_peak(site.sign_ins * site.of.pages))),
    ("sign-ins a second at the peak", lambda site: count(site.at_peak(site.sign_ins))),
    ("texts a working day", lambda site: count(site.texts)),
    ("texts a second at the peak", lambda site: count(site.at_peak(site.texts))),
    ("keys of the provider (30 texts a second each)",
     lambda site: str(ceil(site.at_peak(site.texts) / site.of.texts_a_key))),
    ("contacts exported a working day", lambda site: count(site.exports * site.of.contacts)),
    ("web: cores busy at the peak", lambda site: count(site.web)),
    ("… of which hash passwords", lambda site: count(site.hashing)),
    ("web machines of 4 cores", lambda site: str(site.machines(site.web))),
    ("workers: cores busy at the peak", lambda site: count(site.worker)),
    ("worker machines", lambda site: str(site.worker_machines)),
    ("database: cores busy at the peak, straight", lambda site: count(site.database(COSTS["page_db_ms"]))),
    ("… behind PgBouncer", lambda site: count(site.database(COSTS["page_db_pooled_ms"]))),
    ("connections without a pooler, at most", lambda site: count(site.connections)),
    ("contacts and lists, with indexes", lambda site: size(site.stored)),
    ("messages, sessions, codes of 30 days", lambda site: size(site.passing)),
    ("security log, a year", lambda site: size(site.log)),
    ("exported files of 30 days, were all of them stored", lambda site: size(site.files)),
)  # fmt: skip


def count(value: float) -> str:
    """With two digits that say something."""
    if value >= 1e9:
        return f"{_two(value / 1e9)} billion"
    if value >= 1e6:
        return f"{_two(value / 1e6)} million"
    return f"{float(_two(value)):,.0f}" if value >= 10 else _two(value)


def size(value: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{_two(value)} {unit}"
        value /= 1000
    return f"{_two(value)} TB"


def _two(value: float) -> str:
    rounded = float(f"{value:.2g}")
    return f"{rounded:.0f}" if rounded >= 10 else f"{rounded:g}"


def tables() -> dict[str, str]:
    """{name of a place in docs/scale.md: what belongs there}"""
    source = Path(__file__).read_text()
    words = dict(re.findall(r"^    (\w+): float = \S+  # (.+)$", source, re.MULTILINE))
    assumed = [f"| `{one.name}` | {one.default:,g} | {words[one.name]} |" for one in fields(Assumed)]
    costs = [f"| `{name}` | {value:,g} |" for name, value in COSTS.items()]
    sites = [f"| {name} | {' | '.join(tell(Site(accounts)) for accounts in SITES)} |" for name, tell in ROWS]
    return {
        "assumed": "\n".join(["| assumption | | of what |", "| --- | --- | --- |", *assumed]),
        "costs": "\n".join([f"| measured on {_KEPT['date']} | |", "| --- | --- |", *costs]),
        "sites": "\n".join(
            [f"| accounts | {' | '.join(count(n) for n in SITES)} |", "| --- | --- | --- | --- |", *sites]
        ),
    }


def filled(page: str) -> str:
    """``page`` with the tables of today between their marks."""
    for name, table in tables().items():
        between = rf"(?<=<!-- {name} -->\n).*?(?=<!-- end -->)"
        # Nothing in a table is a group of the pattern.
        page, found = re.subn(between, table.replace("\\", r"\\") + "\n", page, flags=re.DOTALL)
        if found != 1:
            raise SystemExit(f"docs/scale.md has {found} places for {name}")
    return page


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        PAGE.write_text(filled(PAGE.read_text()))
    for table in tables().values():
        print(table, end="\n\n")


if __name__ == "__main__":
    main()
