"""Takes reports of the content security policy: a line in the log for each, of words that are all our own."""

import logging
from urllib.parse import urlsplit

from flask import Response, abort, request

from blueprints.headers import REPORT_PATH
from blueprints.own_path import endpoint_at
from blueprints.reports import blueprint
from blueprints.reports.violations import MIMETYPES, violations
from services import limits
from services.origin import current_origin

_MOST_BYTES = 16 * 1024

_log = logging.getLogger(__name__)


@blueprint.post(REPORT_PATH)
def csp() -> Response:
    """204 whatever the report says; 415 for what no browser sends as one; 413 and 429 as elsewhere."""
    if request.mimetype not in MIMETYPES:  # none of these comes from another site's form or script
        abort(415)
    request.max_content_length = _MOST_BYTES
    limits.hit("csp_reports_address", current_origin().network)
    for one in violations(request.get_data()):
        _log.warning("a browser refused %s from %s on %s", one.directive, one.source, _page(one.address))
    return Response(status=204)


def _page(address: str) -> str:
    """The endpoint, never the address itself: that may hold a token."""
    try:
        path = urlsplit(address).path
    except ValueError:
        path = ""
    return endpoint_at(path) or "no page of ours"
