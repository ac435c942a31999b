"""What people asked support for."""

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.access import me, support_required
from blueprints.support import blueprint
from models.support import SupportRequest
from services import support_requests
from services.disabling import Operator
from services.language import gettext as _


@blueprint.get("/requests", endpoint="requests")
@support_required
def requests_page() -> str:
    rows, after = support_requests.page(request.args.get("after", ""))
    return render_template("support/requests.html", rows=rows, after=after)


@blueprint.get("/requests/<request_id>", endpoint="request_")
@support_required
def request_page(request_id: str) -> str:
    return render_template("support/request.html", asked=_find(request_id))


@blueprint.post("/requests/<request_id>/close")
@support_required
def close_request(request_id: str) -> Response:
    asked = _find(request_id)
    if support_requests.close(asked, operator=Operator.person(me().user)):
        flash(_("Request closed."))
    else:
        flash(_("This request was closed already."), "info")
    return redirect(url_for("support.requests"), 303)


def _find(request_id: str) -> SupportRequest:
    return support_requests.find(request_id) or abort(404)
