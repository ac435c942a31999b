"""Running the machine: on one application whose database begins anew for every example."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.engine import make_url

import config
from app import create_app
from extensions import db
from tests.conftest import FAST
from tests.fuzz.beginning import make_people, restore
from tests.fuzz.machine import SiteMachine
from tests.fuzz.tally import Tally
from tests.fuzz.world import World
from tests.support.postgres_databases import Server
from tests.support.site import Site

#: Nothing that is sent or asked is too often here: limits have tests of their own, and would end most stories early.
ENDLESS = {
    name.upper(): "1000000/hour" for name in config.Settings.model_fields if name.startswith("limit_")
}  # fmt: skip
_QUIET = [
    HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example,
]  # fmt: skip
Prepare = Callable[[Tally], World]


def on_sqlite(migrated: Path, instance: Path) -> Prepare:
    """``migrated``: a database file at head. Examples run on copies of it in ``instance``."""
    template, path = instance / "people.sqlite3", instance / "fuzz.sqlite3"
    url = f"sqlite:///{path}"
    restore(str(migrated), str(path))
    _people(url, instance)
    restore(str(path), str(template))
    return _sites(url, instance, lambda: restore(str(template), str(path)))


@contextmanager
def on_postgres(server: Server, migrated: str, instance: Path) -> Iterator[Prepare]:
    """``migrated``: the name of a database at head. Each example runs on a copy of it."""
    with server.database(migrated) as template, server.database(migrated) as url:
        _people(template, instance)
        source, name = (str(make_url(one).database) for one in (template, url))

        def fresh() -> None:
            server.drop_database(name)
            server.create_database(name, source)

        yield _sites(url, instance, fresh)


def fuzz(prepare: Prepare, examples: int, steps: int, tally: Tally | None = None, **options: Any) -> Tally:
    """Run the machine; returns its figures. Raises what an invariant said. The same every time, unless ``options`` of
    Hypothesis say otherwise; a failing example is told as it is, and not made smaller."""
    tally = tally or Tally()
    machine = type("Fuzzed", (SiteMachine,), {"prepare": staticmethod(prepare), "tally": tally})
    random_seed = options.pop("seed", None)
    if random_seed is not None:
        machine = seed(random_seed)(machine)
    chosen = {"derandomize": random_seed is None, "print_blob": False, "phases": (Phase.generate,), **options}
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, database=None,
            suppress_health_check=_QUIET, **chosen,
        ),
    )  # fmt: skip
    return tally


def _environment(url: str, instance: Path) -> dict[str, str]:
    return {**FAST, **ENDLESS, "LOG_LEVEL": "ERROR", "DATABASE_URL": url, "INSTANCE_PATH": str(instance)}


def _people(url: str, instance: Path) -> None:
    site = Site(create_app(config.load(_environment(url, instance))))
    make_people(site)
    with site.context():
        db.engine.dispose()


def _sites(url: str, instance: Path, fresh: Callable[[], None]) -> Prepare:
    app = create_app(config.load(_environment(url, instance)))

    def prepare(tally: Tally) -> World:
        fresh()
        return World(app, url, tally)

    return prepare
