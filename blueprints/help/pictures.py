"""The pictures of the article: of our own pages, in the language that is spoken. `make help-pictures` takes them."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from flask import current_app

from services import language

#: What is shown of which page; tests/browser/help_pictures.py takes them.
NAMES = ("menu", "security", "window", "text", "code")
#: Pixels of a file for one of CSS.
FINENESS = 1.5


class Picture(NamedTuple):
    """``path`` below static/; the size in CSS pixels."""

    path: str
    width: int
    height: int


def pictures() -> dict[str, Picture]:
    """By name; of a language without any, in English."""
    folder = Path(current_app.static_folder or "static")
    code = _pictured(folder, language.current())
    return {name: _find(folder, path(name, code)) for name in NAMES}


def path(name: str, code: str) -> str:
    """Below static/, of the picture in the language ``code``."""
    return f"help/{name}.{code}.webp"


@cache
def _pictured(folder: Path, code: str) -> str:
    return code if (folder / path(NAMES[0], code)).exists() else language.SOURCE


@cache
def _find(folder: Path, file: str) -> Picture:
    width, height = (round(pixels / FINENESS) for pixels in size(folder / file))
    return Picture(file, width, height)


def size(file: Path) -> tuple[int, int]:
    """Of a WebP file with the extended head that browsers write: both less one, in three bytes each."""
    head = file.read_bytes()[:30]
    if head[8:16] != b"WEBPVP8X":
        raise ValueError(f"{file.name} is no WebP file as a browser writes it")
    return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
