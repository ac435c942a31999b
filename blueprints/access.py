"""Roles at the door of a view. Rights are read from the row at each request, never from the cookie."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import abort, request
from flask_login import current_user

from services.exports import rights
from services.sessions import SignedIn

View = Callable[..., Any]


def me() -> SignedIn:
    """Who is signed in, on a page that only signed-in people reach."""
    return cast(SignedIn, current_user._get_current_object())


def member_required(view: View) -> View:
    """For people of an account; support staff have none and get 403."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if me().user.is_support:
            abort(403)
        return view(*args, **kwargs)

    return guarded


def exporter_required(view: View) -> View:
    """For members who may export; everyone else gets 403, and the account's log an entry."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not me().user.may_export:
            if request.method != "HEAD":
                rights.refused(me())
            abort(403)
        return view(*args, **kwargs)

    return member_required(guarded)


def owner_required(view: View) -> View:
    """For the account owner; everyone else gets 403."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not me().user.is_owner:
            abort(403)
        return view(*args, **kwargs)

    return guarded


def support_required(view: View) -> View:
    """For the support role; everyone else gets 403."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not me().user.is_support:
            abort(403)
        return view(*args, **kwargs)

    return guarded
