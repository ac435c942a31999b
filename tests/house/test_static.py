"""Rules of the house about what the browser gets: small, frozen where it is not ours, and safe under our own CSP."""

import gzip
import re
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
MODULES = sorted((STATIC / "js").glob("*.js"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

#: What Trusted Types refuse, and what runs text as code.
SINKS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|\beval\b|new Function"
    r"|setAttribute\(\s*[\"'](on|src|href|style)"
)
INLINE = re.compile(
    r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|javascript:|<script(?![^>]*\ssrc=)|https?://", re.IGNORECASE
)


def weight(*paths: Path) -> int:
    """Bytes over the wire, compressed."""
    return sum(len(gzip.compress(path.read_bytes())) for path in paths)


def locked() -> dict[str, str]:
    """Path below vendor/ -> SHA-256, as `sha256sum` writes them."""
    lines = (VENDOR / "vendor.lock").read_text().splitlines()
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


@pytest.mark.asvs("3.6.1")
def test_vendored_files_are_exactly_those_of_the_lock() -> None:
    files = [path for path in VENDOR.rglob("*") if path.is_file() and path.name != "vendor.lock"]
    found = {str(path.relative_to(VENDOR)): sha256(path.read_bytes()).hexdigest() for path in files}
    assert found == locked()


def test_every_vendored_folder_keeps_its_licence() -> None:
    for folder in VENDOR.iterdir():
        if folder.is_dir():
            assert list(folder.glob("LICENSE*")), f"{folder.name} has no licence beside it"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
@pytest.mark.asvs("3.2.2")
def test_a_module_is_small_and_never_writes_html(module: Path) -> None:
    assert not SINKS.search(module.read_text())
    assert weight(module) < 2048


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
@pytest.mark.asvs("3.6.1", "14.2.3")
def test_a_template_has_nothing_inline_and_nothing_foreign(template: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", template.read_text(), flags=re.DOTALL)
    # Mail programs drop style sheets: a mail has styles of its own, and nothing else of all that.
    styled = "style" if template.parent.name == "mail" else ""
    assert [found for found in INLINE.findall(source) if not styled or styled not in found] == []


@pytest.mark.asvs("3.6.1", "14.2.3")
def test_the_style_sheets_never_load_from_data_or_elsewhere() -> None:
    addresses = re.findall(r"url\(([^)]*)\)", (STATIC / "app.css").read_text())
    assert addresses == ['"vendor/pico-2.1.1/pico.min.css?v=2.1.1"']


def test_style_icons_and_all_modules_together_leave_room_for_the_page() -> None:
    styles = weight(
        STATIC / "app.css", VENDOR / "pico-2.1.1/pico.min.css", VENDOR / "lucide-1.62.0/icons.svg"
    )
    assert styles + weight(*MODULES) < 40_000
