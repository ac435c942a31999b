"""On -> off is written in one file. Whoever writes it elsewhere hears of it here."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIELDS = {"two_factor_enabled_at", "two_factor_enabled_by"}
#: The one file that may clear them.
HOME = "services/support.py"
#: The files that may write them: switching off, and switching on.
MAY_WRITE = {HOME, "services/two_factor.py"}


def _files() -> Iterator[Path]:
    for folder in ("blueprints", "services", "commands", "models"):
        yield from sorted((ROOT / folder).rglob("*.py"))
    yield from (ROOT / "app.py", ROOT / "extensions.py")


def _makes_an_account(node: ast.AST) -> TypeGuard[ast.Call]:
    """``Account(…)``: a new row was never on."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Account"


def _writes(tree: ast.AST) -> Iterator[ast.expr | None]:
    """What is written into the two fields: assignments, keyword arguments, keys of dictionaries, setattr."""
    made = {word for node in ast.walk(tree) if _makes_an_account(node) for word in node.keywords}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if isinstance(part, ast.Attribute) and part.attr in FIELDS:
                        yield node.value
        elif isinstance(node, ast.keyword) and node.arg in FIELDS and node not in made:
            yield node.value
        elif isinstance(node, ast.Dict):
            yield from (v for k, v in zip(node.keys, node.values, strict=True)
                        if isinstance(k, ast.Constant) and k.value in FIELDS)  # fmt: skip
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
            yield from (a for a in node.args if isinstance(a, ast.Constant) and a.value in FIELDS)


@pytest.mark.threat("F6")
def test_two_factor_is_written_in_few_files_and_cleared_in_one() -> None:
    wrote, cleared = set(), set()
    for path in _files():
        name = str(path.relative_to(ROOT))
        for value in _writes(ast.parse(path.read_text(encoding="utf-8"))):
            wrote.add(name)
            if not (isinstance(value, ast.Call | ast.Attribute | ast.Name)):
                cleared.add(name)
    assert cleared == {HOME}
    assert wrote == MAY_WRITE


def test_no_statement_in_words_touches_it() -> None:
    for path in _files():
        text = path.read_text(encoding="utf-8").lower()
        assert "update accounts" not in text, path
