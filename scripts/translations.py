"""make translations: every message of the source once in each catalogue, new ones empty, gone ones dropped."""

import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from services.language import LANGUAGES, SOURCE

#: Lines of a catalogue's head that change with the day or name nobody.
_NOISE = (
    '"POT-Creation', '"PO-Revision', '"Last-Trans', '"Report-', '"Language-Team', '"Project-Id', '"Generated',
)  # fmt: skip

ROOT = Path(__file__).resolve().parents[1]
#: How messages are named in the source, beside gettext's own names.
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None, "_l": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2),
    "_d": (2,),  # services/audit_events.py: its sentence
}  # fmt: skip


def extracted() -> Catalog:
    """Every message of the source with the files that it stands in."""
    with open(ROOT / "translations" / "babel.cfg") as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]
    found = Catalog(project="Countersign", fuzzy=False)
    for folder in ("templates", "blueprints", "services", "models"):
        here = [
            (pattern.removeprefix(f"{folder}/"), how)
            for pattern, how in methods
            if pattern.startswith(folder)
        ]
        settings = {pattern.removeprefix(f"{folder}/"): value for pattern, value in options.items()}
        for file, _line, message, comments, context in extract_from_dir(
            ROOT / folder, here, settings, keywords=KEYWORDS, comment_tags=("L10N:",), strip_comment_tags=True
        ):
            found.add(message, None, [(f"{folder}/{file}", 0)], auto_comments=comments, context=context)
    return found


def update(code: str) -> Catalog:
    """Bring the catalogue of ``code`` up to the source, in its file too, and give it back."""
    catalogue = brought_up(code)
    write(path_of(code), catalogue)
    return catalogue


def brought_up(code: str) -> Catalog:
    """The catalogue of ``code`` with every message of the source and no other."""
    path = path_of(code)
    if path.exists():
        with open(path, "rb") as stored:
            catalogue = read_po(stored, locale=code)
    else:
        catalogue = Catalog(locale=code, project="Countersign")
    catalogue.fuzzy = False
    catalogue.update(extracted(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = f"# {LANGUAGES[code]}. How to work on it: docs/languages.md"
    return catalogue


def write(path: Path | str, catalogue: Catalog) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text_of(catalogue))


def text_of(catalogue: Catalog) -> str:
    """Without line numbers and dates, so that a file changes only where its words do."""
    for message in catalogue:
        message.locations = sorted(set(message.locations))
    whole = BytesIO()
    write_po(whole, catalogue, width=120, sort_by_file=True, include_lineno=False, omit_header=False)
    lines = [line for line in whole.getvalue().decode().splitlines() if not line.startswith(_NOISE)]
    return "\n".join(lines).rstrip() + "\n"


def untranslated(catalogue: Catalog) -> list[Any]:
    return [one.id for one in catalogue if one.id and not all(forms(one.string))]


def forms(string: Any) -> tuple[str, ...]:
    """One, or one for each plural."""
    return tuple(string) if isinstance(string, tuple | list) else (string,)


def path_of(code: str) -> Path:
    return ROOT / "translations" / code / "LC_MESSAGES" / "messages.po"


def lacking(catalogue: Catalog) -> list[str]:
    """The messages without a translation, or with half of one."""
    return [str(one.id) for one in catalogue if one.id and not all(_strings(one.string))]


def _strings(said: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...] | list[str]:
    return said if isinstance(said, tuple | list) else (said or "",)


def main() -> int:
    for code in LANGUAGES:
        if code != SOURCE:
            left = untranslated(update(code))
            print(f"{code}: {len(left)} messages without a translation", *left, sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
