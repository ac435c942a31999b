"""Addresses of buttons. Whoever opens one (Back, a reload after a sign-in, a kept address) is led to its page."""

from flask import current_app, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

#: Posted to by machines: there is no page beside them.
_NO_PAGE = ("/webhooks/",)


def page_beside(error: HTTPException) -> str:
    """The path of the page on which the button of this address stands, "" where none was asked for.

    It is the nearest address above that can be opened: ``/login/code`` for ``/login/code/resend``.
    """
    if not isinstance(error, MethodNotAllowed) or request.method not in {"GET", "HEAD"}:
        return ""
    path = request.path
    if "POST" not in (error.valid_methods or ()) or path.startswith(_NO_PAGE):
        return ""
    while path.rpartition("/")[0]:
        path = path.rpartition("/")[0]
        if _can_be_opened(path):
            return path
    return "/"


def _can_be_opened(path: str) -> bool:
    routes = current_app.url_map.bind(request.host)
    try:
        routes.match(path, method="GET")
    except HTTPException:
        return False
    return True
