"""`flask --help` can be read: each command has a line of its own that is not cut off."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from flask.cli import FlaskGroup

import config
from app import create_app
from tests.conftest import FAST

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def commands(tmp_path: Path) -> dict[str, click.Command]:
    """Ours, by what is typed; those of Flask and its extensions have words of their own."""
    app = create_app(config.load({**FAST, "INSTANCE_PATH": str(tmp_path)}))
    return dict(_walk({name: one for name, one in app.cli.commands.items() if name != "db"}))


def _walk(group: Mapping[str, click.Command], before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.items():
        yield f"{before}{name}", command
        if isinstance(command, click.Group):
            yield from _walk(command.commands, f"{before}{name} ")


def test_a_terminal_of_80_columns_shows_every_command_on_one_line(tmp_path: Path) -> None:
    app = create_app(config.load({**FAST, "INSTANCE_PATH": str(tmp_path)}))
    flask = FlaskGroup(create_app=lambda: app)
    shown = (
        CliRunner()
        .invoke(flask, ["--help"], terminal_width=80)
        .output.partition("Commands:\n")[2]
        .splitlines()
    )
    assert "  worker                Send texts and mails and run jobs, until stopped." in shown
    assert [line for line in shown if not line.startswith("  ") or line.startswith("    ")] == []
    assert [line for line in shown if line.endswith("...")] == []


def test_every_command_says_what_it_does_in_a_sentence(commands: dict[str, click.Command]) -> None:
    told = {name: one.get_short_help_str(52) for name, one in commands.items()}
    assert [name for name, line in told.items() if not line.endswith((".", "?")) or "..." in line] == []
    assert [name for name, one in commands.items() if not (one.help or "").strip()] == []


def test_every_option_says_what_it_is_for(commands: dict[str, click.Command]) -> None:
    options = [
        (name, option.name, option.help)
        for name, one in commands.items()
        for option in one.params
        if isinstance(option, click.Option)
    ]
    assert options
    assert [(name, option) for name, option, words in options if not words] == []


def test_the_readme_names_every_command(commands: dict[str, click.Command]) -> None:
    table = (ROOT / "README.md").read_text().partition("### Commands")[2].partition("\n## ")[0]
    tops = {name.split()[0] for name in commands}
    assert {name for name in tops if f"`flask {name}" not in table and f", `{name}" not in table} == set()
