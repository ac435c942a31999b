"""Where Vonage reports. Answers are empty: 200 taken, 401 not theirs, 404 or 503 not set up; 413 as elsewhere."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from flask import Response, request

from blueprints.webhooks import blueprint
from config import settings
from services import receipts
from services.receipts import Forged, NotConfigured, Signed

#: A report has about one thousand.
_MOST_BYTES = 64 * 1024

_log = logging.getLogger(__name__)


@blueprint.post("/vonage/status")
def vonage_status() -> Response:
    return _verified(receipts.take_status)


@blueprint.post("/vonage/voice")
def vonage_voice() -> Response:
    named = request.args.get("call", "")  # by us, in the address that we asked to be told at
    return _verified(lambda signed, body: receipts.take_voice_event(signed, body, named))


def _verified(take: Callable[[Signed, bytes], None]) -> Response:
    request.max_content_length = _MOST_BYTES
    body = request.get_data()  # raw: the signature covers the bytes, not what they mean
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        signed = receipts.verify(token.strip() if scheme.lower() == "bearer" else "", body)
    except NotConfigured:
        # 503 is repeated by Vonage for a day, which gives the operator time to set the secret.
        return _empty(503 if "vonage" in settings().sms_gateways else 404)
    except Forged as fault:
        _log.warning("a call to %s was refused: %s", request.path, fault)
        return _empty(HTTPStatus.UNAUTHORIZED)
    take(signed, body)
    return _empty(HTTPStatus.OK)


def _empty(status: int) -> Response:
    response = Response(status=status, mimetype="text/plain")
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
