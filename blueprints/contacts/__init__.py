"""Contacts: search, add, lists, import."""

from flask import Blueprint

blueprint = Blueprint("contacts", __name__)

from blueprints.contacts import import_views, list_views, views  # noqa: E402, F401  # bind their routes
from blueprints.contacts.uploads import accept_large_files  # noqa: E402

blueprint.record_once(accept_large_files)
