"""Rules of the house about imports that import-linter cannot say, since they are about names, not modules."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OWN_MODULES = {"app", "config", "extensions", "blueprints", "services", "models"}
HTTP_NAMES = {"request", "session", "g", "abort", "redirect", "url_for", "render_template"}


def http_names_of_flask(source: str) -> list[str]:
    """Every use of a name of HTTP_NAMES from flask: imported by name, or as an attribute of the package."""
    used = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "flask":
            used += [alias.name for alias in node.names if alias.name in HTTP_NAMES]
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "flask":
            used += [node.attr] if node.attr in HTTP_NAMES else []
    return used


def own_imports(source: str) -> set[str]:
    """The project's own top-level modules that a file imports."""
    named = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            named |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            named.add(node.module.split(".")[0])
    return named & OWN_MODULES


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_services_and_models_know_nothing_of_a_request() -> None:
    files = python_files("services", "models")
    assert len(files) > 10
    found = {
        str(path.relative_to(ROOT)): names
        for path in files
        if (names := http_names_of_flask(path.read_text()))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "from flask import request",
        "from flask import current_app, session as s",
        "def f():\n    from flask.globals import g",
        "import flask\nflask.abort(404)",
    ],
)
def test_the_search_for_such_names_finds_them(source: str) -> None:
    assert http_names_of_flask(source)


def test_the_search_for_such_names_lets_the_application_pass() -> None:
    assert http_names_of_flask("from flask import current_app, Flask") == []


def uses_of_the_database(source: str) -> list[str]:
    """Imports of ``extensions.db`` and of SQLAlchemy. Its exceptions may be answered."""
    used = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "extensions":
            used += [alias.name for alias in node.names if alias.name == "db"]
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        used += [
            module
            for module in modules
            if module.split(".")[0] in {"sqlalchemy", "flask_sqlalchemy"} and module != "sqlalchemy.exc"
        ]
    return used


def test_blueprints_ask_services_and_not_the_database() -> None:
    files = python_files("blueprints")
    assert len(files) > 10
    found = {
        str(path.relative_to(ROOT)): uses
        for path in files
        if (uses := uses_of_the_database(path.read_text()))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    ["from extensions import csrf, db", "import sqlalchemy as sa", "from sqlalchemy.orm import Session"],
)
def test_the_search_for_the_database_finds_it(source: str) -> None:
    assert uses_of_the_database(source)


@pytest.mark.parametrize("module", ["config.py", "settings_schema.py", "extensions.py"])
def test_the_lowest_layer_imports_nothing_of_ours(module: str) -> None:
    assert own_imports((ROOT / module).read_text()) == set()


def test_the_search_for_own_imports_finds_them() -> None:
    source = "import os, services.codes\ndef f():\n    from models.user import User\n    from .app import x"
    assert own_imports(source) == {"services", "models"}
