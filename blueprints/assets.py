"""Static files and the versions in their addresses: part of a hash of what is in them."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app

_KEY = "asset_versions"


def register(app: Flask) -> None:
    folder = Path(app.static_folder or "static")

    @lru_cache(maxsize=256)
    def of_content(path: str, modified: int) -> str:
        return hashlib.sha256((folder / path).read_bytes()).hexdigest()[:12]

    def version(path: str) -> str:
        return of_content(path, (folder / path).stat().st_mtime_ns)

    app.extensions[_KEY] = version


def version(path: str) -> str:
    """Of a file below static/; another one when the content is, so that an address with it can be kept for a year."""
    found: str = current_app.extensions[_KEY](path)
    return found
