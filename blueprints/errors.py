"""The site's own page for everything that goes wrong. None of them reads the database."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, current_app, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, SQLAlchemyError, TimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from blueprints.answers import Page, retry_header, too_many
from blueprints.post_only import page_beside
from services.hashing import Busy
from services.limits import LimitExceeded
from services.origin import request_id

_log = logging.getLogger(__name__)
_E = TypeVar("_E", bound=Exception)
_PAGES = {400, 403, 404, 405, 413, 429, 500, 503}


def register(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(LimitExceeded, _limit)
    app.register_error_handler(Busy, _busy)
    # Gone, full, read-only, or no connection free: not a fault of what was asked, and over when it is mended.
    for unavailable in (OperationalError, InterfaceError, InternalError, TimeoutError):
        app.register_error_handler(unavailable, _database)
    app.register_error_handler(Exception, _fault)


def with_handlers(answer: Callable[[_E], Any]) -> Callable[[_E], Any]:
    """For a handler that asks the database: what it raises itself is no case for the others, says Flask, and a 500."""

    @wraps(answer)
    def guarded(error: _E) -> Any:
        try:
            return answer(error)
        except Exception as another:
            return current_app.handle_user_exception(another)

    return guarded


def _http(error: HTTPException) -> Page | Response | HTTPException:
    code = error.code or 500
    if code < 400:  # a redirect that was raised
        return error
    if beside := page_beside(error):
        return redirect(beside, 303)
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return render_template(f"errors/{code if code in _PAGES else 400}.html"), code, headers


def _csrf(_: CSRFError) -> Page:
    signing_in = request.endpoint in {"login.sign_in", "login.code"}  # the token changes with the session
    return render_template("errors/400.html", signing_in=signing_in), 400


def _limit(error: LimitExceeded) -> Page:
    return too_many(error.retry_after)


def _busy(_: Busy) -> Page:
    return render_template("errors/busy.html"), 503, retry_header(Busy.retry_after)


def _database(error: SQLAlchemyError) -> Page:
    _log.error("the database did not answer: %s", type(getattr(error, "orig", error)).__name__)
    return render_template("errors/503.html"), 503, {"Retry-After": "10"}


def _fault(error: Exception) -> Page:
    # The message of an exception can hold what was typed: services/logs.py leaves it out.
    _log.error("fault in %s %s", request.method, request.endpoint, exc_info=error)
    return render_template("errors/500.html", request_id=request_id()), 500
