"""Commands run in the test's own process, as `flask ...` would."""

import os
from collections.abc import Callable

import pytest
from click.testing import Result

from tests.support.site import Site

Run = Callable[..., Result]


@pytest.fixture
def run(site: Site, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("create-owner", "--account", "Acme", PASSWORD="...")``; ``stdin`` is what is typed."""

    def run_command(*arguments: str, stdin: str = "", app: Site | None = None, **environ: str) -> Result:
        for name in ("PASSWORD",):
            monkeypatch.delenv(name, raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        assert "FLASK_APP" not in os.environ
        return (app or site).app.test_cli_runner().invoke(args=list(arguments), input=stdin)

    return run_command
