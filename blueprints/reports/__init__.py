"""What browsers report: things on a page that the content security policy refused."""

from flask import Blueprint

from extensions import csrf

blueprint = Blueprint("reports", __name__)
# A browser reports by itself and has no form's token; nothing is changed but a counter.
csrf.exempt(blueprint)

from blueprints.reports import views  # noqa: E402, F401  # binds its route
