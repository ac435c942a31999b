"""What the pages for operators tell people to type is there."""

import re
from pathlib import Path

import pytest

import config
from app import create_app
from tests.conftest import FAST

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/install.md", "docs/backup.md", "docs/operations.md")


def blocks(page: str) -> str:
    return "\n".join(
        re.findall(r"^ *```sh\n(.*?)^ *```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    )


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page: str) -> None:
    named = re.findall(r"\b(?:deploy|docs|tests|scripts)/[\w./*-]*\w", blocks(page))
    assert [path for path in named if not list(ROOT.glob(path))] == []


def test_commands_that_are_named_exist(tmp_path: Path) -> None:
    app = create_app(config.load({**FAST, "INSTANCE_PATH": str(tmp_path)}))
    known = {*app.cli.commands, "db"}
    typed = {
        word for page in PAGES for word in re.findall(r"\b(?:flask|sudo countersign) ([a-z-]+)", blocks(page))
    }
    assert {"db", "worker", "check-config", "create-owner"} <= typed
    assert typed - known == set()
