"""Health checks and well-known addresses. They set no cookie and ask for no sign-in."""

from datetime import timedelta
from ipaddress import ip_address

from flask import Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from blueprints.health import blueprint
from config import settings
from services import readiness
from services.clock import now

_SECURITY_TXT_DAYS = 180


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers. Nothing else is looked at: restarting it would not mend a database."""
    return jsonify(alive=True)


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Database, schema, age of the queue: 503 while something is missing. This machine alone is told what.

    A provider that refuses us leaves the site ready, and ``degraded``: the pages must be there to say so.
    """
    faults = readiness.faults()
    troubles = [] if faults else readiness.troubles()
    told: dict[str, object] = {"degraded": True} if troubles else {}
    if _from_this_machine():
        notes = [] if faults else readiness.notes()
        told |= {"faults": faults + troubles, **({"notes": notes} if notes else {})}
    return jsonify(ready=not faults, **told), 503 if faults else 200


def _from_this_machine() -> bool:
    """What a proxy on this machine passes on comes from elsewhere."""
    if "X-Forwarded-For" in request.headers:
        return False
    return ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104  # nobody's address


@blueprint.get("/.well-known/change-password")
def change_password() -> WerkzeugResponse:
    """Where password managers lead their users (W3C: A Well-Known URL for Changing Passwords)."""
    return redirect(url_for("settings.password"), 302)


@blueprint.get("/.well-known/security.txt")
def security_txt() -> Response:
    """Whom to tell of a security hole (RFC 9116)."""
    site = settings().public_url
    mail = settings().support_mail
    lines = [
        f"Contact: mailto:{mail}" if mail else f"Contact: {site}{url_for('help.contact_support')}",
        f"Expires: {(now() + timedelta(days=_SECURITY_TXT_DAYS)).strftime('%Y-%m-%dT00:00:00Z')}",
        "Preferred-Languages: en",
        f"Canonical: {site}{url_for('health.security_txt')}",
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")
