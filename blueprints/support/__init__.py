"""The support console: accounts, requests, and turning two-factor authentication off. For the support role only."""

from flask import Blueprint

blueprint = Blueprint("support", __name__, url_prefix="/support")

from blueprints.support import (  # noqa: E402, F401  # they bind their routes
    accounts,
    binding,
    delivery,
    disable,
    help_answers,
    requests,
    signing_out,
)
