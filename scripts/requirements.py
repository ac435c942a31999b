"""Ties requirements to tests: reads the markers, writes docs/asvs.md and docs/threats.md.

A test says what it proves with ``@pytest.mark.asvs("6.6.2")`` or ``@pytest.mark.threat("B5")``. Requirements that ask
for a text, or that are met in another way, are in docs/requirements/decisions.toml with the place that says so.
"""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "requirements"
KINDS = ("asvs", "threat")
STATUSES = ("documented", "decided", "not met")
_SHOWN = 3


@dataclass(frozen=True)
class Proof:
    """A test that proves something: its file, relative to the root, and its name."""

    file: str
    test: str


@dataclass(frozen=True)
class Decision:
    """``where``: file, with "#" and the anchor of a heading."""

    status: str
    where: str
    how: str


@dataclass(frozen=True)
class Requirement:
    """One line of a list. ``level`` is 0 where the list has none."""

    id: str
    level: int
    text: str


def asvs() -> list[Requirement]:
    """What of OWASP ASVS 5.0 applies to this site."""
    return [Requirement(row["id"], row["level"], row["text"]) for row in _rows("asvs.json")]


def threats() -> list[Requirement]:
    """Known ways around a second factor, each with what a safe site does."""
    return [Requirement(row["id"], 0, f"{row['attack']} → {row['answer']}") for row in _rows("threats.json")]


def _rows(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((FOLDER / name).read_text())
    return rows


def decisions(kind: str) -> dict[str, Decision]:
    """``kind``: "asvs" or "threat"."""
    written = tomllib.loads((FOLDER / "decisions.toml").read_text())
    return {number: Decision(**entry) for number, entry in written.get(kind, {}).items()}


def proofs(kind: str, tests: Path = ROOT / "tests") -> dict[str, list[Proof]]:
    """Requirement -> the tests that carry its marker, read from the source: no test need be imported."""
    found: dict[str, list[Proof]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        tree = ast.parse(path.read_text())
        name = path.relative_to(tests.parent).as_posix()
        marked = _Marked(tree, kind)
        of_module = [mark for node in tree.body for mark in marked.by_module(node)]
        for test, marks in marked.tests():
            for number in sorted({*of_module, *marks}):
                found.setdefault(number, []).append(Proof(name, test))
    return found


class _Marked:
    """The markers of one file. Their ids are written out, or named: ``pytest.mark.threat(*INVARIANTS)``."""

    def __init__(self, tree: ast.Module, kind: str) -> None:
        self._tree = tree
        self._kind = kind
        self._named = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def tests(self) -> Iterator[tuple[str, list[str]]]:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name.startswith(("test_", "Test")):
                yield node.name, [mark for one in node.decorator_list for mark in self._ids(one)]

    def by_module(self, node: ast.stmt) -> Iterator[str]:
        """Those that ``pytestmark`` gives every test of the file."""
        if isinstance(node, ast.Assign) and "pytestmark" in {ast.unparse(target) for target in node.targets}:
            for value in node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]:
                yield from self._ids(value)

    def _ids(self, node: ast.expr) -> Iterator[str]:
        """The ids in ``pytest.mark.<kind>("…", "…")``."""
        if not isinstance(node, ast.Call) or ast.unparse(node.func) != f"pytest.mark.{self._kind}":
            return
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                yield from ast.literal_eval(self._named[ast.unparse(argument.value)])
            else:
                yield str(ast.literal_eval(argument))


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


# --- the pages


_HEAD = """# {title}

{intro}

Made by `make requirements` from the markers of the tests and [decisions.toml](requirements/decisions.toml); a test
fails when this page is stale or a requirement is tied to nothing.

{figures}
"""


def page_of_asvs() -> str:
    title = "OWASP ASVS 5.0, requirement by requirement"
    intro = (
        "What of the Application Security Verification Standard 5.0 applies to this site, in our words, and what\n"
        "shows it: tests, or a document where the requirement asks for one or is met in another way."
    )
    return _page(title, intro, "asvs", asvs())


def page_of_threats() -> str:
    title = "Known ways around, and the tests that close them"
    intro = "Attacks on second factors seen elsewhere, what a safe site does, and the tests that show it of this one."
    return _page(title, intro, "threat", threats())


def _page(title: str, intro: str, kind: str, requirements: list[Requirement]) -> str:
    proved, decided = proofs(kind), decisions(kind)
    leveled = any(requirement.level for requirement in requirements)
    lines = [
        _HEAD.format(title=title, intro=intro, figures=_figures(requirements, proved, decided)),
        "| id | level | requirement | what shows it |"
        if leveled
        else "| id | attack → answer | what shows it |",
        "| --- | --- | --- | --- |" if leveled else "| --- | --- | --- |",
    ]
    for one in requirements:
        level = f" {one.level} |" if leveled else ""
        shown = _shown(proved.get(one.id, []), decided.get(one.id))
        lines.append(f"| {one.id} |{level} {one.text} | {shown} |")
    return "\n".join(lines) + "\n"


def _figures(
    requirements: list[Requirement], proved: dict[str, list[Proof]], decided: dict[str, Decision]
) -> str:
    lines = []
    for level in sorted({one.level for one in requirements}):
        of_level = [one.id for one in requirements if one.level == level]
        by_test = sum(number in proved for number in of_level)
        open_ = sum(
            number not in proved and decided[number].status == "not met"
            for number in of_level
            if number in decided
        )
        by_text = sum(number not in proved and number in decided for number in of_level) - open_
        name = f"Level {level}: {len(of_level)} requirements" if level else f"{len(of_level)} attacks"
        lines.append(f"- {name}: {by_test} with tests, {by_text} by a document or decision, {open_} not met.")
    return "\n".join(lines)


def _shown(tests: list[Proof], decision: Decision | None) -> str:
    parts = [f"[{one.test}](../{one.file})" for one in tests[:_SHOWN]]
    if len(tests) > _SHOWN:
        parts.append(f"and {len(tests) - _SHOWN} more")
    if decision is not None:
        target = (
            decision.where.removeprefix("docs/")
            if decision.where.startswith("docs/")
            else f"../{decision.where}"
        )
        parts.append(f"**{decision.status}** [{decision.where.rpartition('/')[2]}]({target}): {decision.how}")
    return "<br>".join(parts) or "nothing"


PAGES = {"docs/asvs.md": page_of_asvs, "docs/threats.md": page_of_threats}


def _untied(kind: str, requirements: list[Requirement]) -> list[str]:
    tied = proofs(kind).keys() | decisions(kind).keys()
    return [one.id for one in requirements if one.id not in tied]


def main() -> int:
    for name, page in PAGES.items():
        (ROOT / name).write_text(page())
    untied = [
        f"{kind} {number}"
        for kind, requirements in (("asvs", asvs()), ("threat", threats()))
        for number in _untied(kind, requirements)
    ]
    print(f"{len(untied)} tied to nothing: {', '.join(untied)}" if untied else "everything is tied")
    return 1 if untied else 0


if __name__ == "__main__":
    sys.exit(main())
