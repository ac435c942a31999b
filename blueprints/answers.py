"""What views answer with, and how they answer somebody who must wait."""

from flask import render_template
from flask_wtf import FlaskForm

from blueprints.templating import duration_words
from services.hashing import Busy
from services.language import gettext as _
from services.limits import LimitExceeded

#: A page: its HTML, the status, and headers where it has any of its own.
Page = tuple[str, int] | tuple[str, int, dict[str, str]]


def too_many(retry_after: int) -> Page:
    """429, with the wait in seconds, as a page of its own: where there is no form to keep."""
    return render_template("errors/429.html", retry_after=retry_after), 429, retry_header(retry_after)


def limited(
    form: FlaskForm,
    limit: LimitExceeded,
    why: str = "",
) -> tuple[int, dict[str, str]]:
    """429 and its headers, for the page with the form once more: what was typed is kept, and the wait is told there.

    ``why`` is the sentence before the wait, in the language of the page and without its full stop. ::

        except LimitExceeded as limit:
            return _page(form, *limited(form, limit))
    """
    why = why or _("This was done too often in a short time. Nothing was saved")
    wait = duration_words(limit.retry_after)
    form.form_errors.append(_("%(why)s. Try again in %(wait)s", why=why, wait=wait))
    return 429, retry_header(limit.retry_after)


def busy(form: FlaskForm) -> tuple[int, dict[str, str]]:
    """503 and its headers, for the page with the form once more, as ``limited``."""
    form.form_errors.append(
        _(
            "Too many people are signing in at this moment. Your password was not looked at."
            " Try again in a few seconds"
        )
    )
    return 503, retry_header(Busy.retry_after)


def retry_header(seconds: int) -> dict[str, str]:
    """RFC 9110, 10.2.3; none for 0."""
    return {"Retry-After": str(seconds)} if seconds else {}
