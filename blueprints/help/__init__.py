"""Help that anyone can read, requests to support, and the links in notices that close things."""

from flask import Blueprint

blueprint = Blueprint("help", __name__)

from blueprints.help import notice_links, views  # noqa: E402, F401  # they bind their routes
