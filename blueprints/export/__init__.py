"""Export: choose, fix, confirm with a code, download; and what was exported before."""

from flask import Blueprint

blueprint = Blueprint("export", __name__)

from blueprints.export import download_views, file_views, late_answers, slow_readers, views  # noqa: E402, F401  # binds
