"""What documents say of settings is what the settings are."""

import re
from pathlib import Path

import pytest

from settings_schema import Settings

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]+)` \| ([^|]+) \|", re.MULTILINE)
LIMITS = {name.upper() for name in Settings.model_fields if name.startswith("limit_")}


def defaults_said(page: str) -> dict[str, str]:
    """Rows of tables that begin with the name of a setting that has a default, and what stands beside it."""
    fields = {name.upper(): field.default for name, field in Settings.model_fields.items()}
    return {name: said.strip() for name, said in ROW.findall(page) if fields.get(name) not in {None, ""}}


@pytest.mark.asvs("2.1.3")
@pytest.mark.parametrize("name", ["data.md", "operations.md"])
def test_defaults_in_tables_are_those_of_the_settings(name: str) -> None:
    said = defaults_said((ROOT / "docs" / name).read_text())
    assert said == {setting: str(Settings.model_fields[setting.lower()].default) for setting in said}


@pytest.mark.asvs("2.1.3")
def test_every_limit_is_written_down() -> None:
    assert set(defaults_said((ROOT / "docs/data.md").read_text())) >= LIMITS


def test_a_wrong_default_is_found() -> None:
    assert defaults_said("| `LIMIT_SMS_USER` | 99/hour | x |\n| `SMTP_URL` | made by | x |") == {
        "LIMIT_SMS_USER": "99/hour"
    }


@pytest.mark.asvs("11.1.2")
def test_every_derived_key_is_in_the_inventory() -> None:
    used = set()
    for path in (ROOT / "services").rglob("*.py"):
        used |= set(re.findall(r"\bkeys?\(f?\"([a-z]+)", path.read_text()))
    inventory = (ROOT / "docs/data.md").read_text().partition("## Keys and algorithms")[2]
    said = set(re.findall(r"\| `([a-z]+)(?:: …)?`", inventory))
    assert used
    assert used == said


LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize(
    "page", sorted(str(p.relative_to(ROOT)) for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
)
def test_links_to_files_lead_somewhere(page: str) -> None:
    dead = []
    for link in LINK.findall((ROOT / page).read_text()):
        if re.match(r"https?:|mailto:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def anchors(page: Path) -> set[str]:
    """The ids of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}
