"""Contacts: search, add, lists, import."""

from flask import Blueprint

from services.contacts import statuses, values

blueprint = Blueprint("contacts", __name__)

from blueprints.contacts import column_views, contact_views, field_views, import_views, list_views, views  # noqa: E402, F401  # bind their routes
from blueprints.contacts.uploads import accept_large_files  # noqa: E402

blueprint.record_once(accept_large_files)
blueprint.add_app_template_filter(statuses.words, "status_words")
blueprint.add_app_template_filter(statuses.kind, "status_kind")
blueprint.add_app_template_filter(statuses.meaning, "status_meaning")
blueprint.add_app_template_filter(values.type_words, "type_words")
blueprint.add_app_template_filter(values.opt_in_words, "opt_in_words")
blueprint.add_app_template_filter(values.email_type_words, "email_type_words")
blueprint.add_app_template_global(statuses.choices, "status_choices")
