"""The language of a request, and gettext for templates.

First the setting of who is signed in, then what was chosen here, then what the browser asks for, then the site's own.
"""

from functools import lru_cache
from typing import Any

from flask import Flask, session
from flask.globals import request_ctx
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from config import settings
from services import language

#: Where the session keeps what was chosen by somebody who is not signed in.
CHOSEN = "language"


def register(app: Flask) -> None:
    env = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.policies["ext.i18n.trimmed"] = True
    env.newstyle_gettext = True  # type: ignore[attr-defined]  # the extension's: values are escaped, then put in
    env.globals.update(gettext=_gettext, ngettext=_ngettext, language=language.current)
    # Before anything else, each time: a thread keeps what the request before it spoke.
    app.before_request_funcs.setdefault(None, []).insert(0, _speak)


def speak_as(own: str | None) -> None:
    """Somebody is known now; with a language of their own, that is spoken from here on."""
    if own:
        language.speak(own)


def _speak() -> None:
    asked = request_ctx.request
    chosen = session.get(CHOSEN)
    language.speak(
        chosen or _of_browser(asked.headers.get("Accept-Language", "")) or settings().default_language
    )


@lru_cache(maxsize=512)
def _of_browser(header: str) -> str | None:
    """The best of ours for an Accept-Language header; "de-AT" is German."""
    accepted = parse_accept_header(header[:200], LanguageAccept)
    return accepted.best_match(language.LANGUAGES)


@pass_context
def _gettext(context: Context, message: str, /, **values: Any) -> str:
    text = language.catalogue(language.current()).gettext(message)
    return _filled(context, text, values)


@pass_context
def _ngettext(context: Context, one: str, many: str, number: int, /, **values: Any) -> str:
    text = language.catalogue(language.current()).ngettext(one, many, number)
    return _filled(context, text, {"num": number, **values})


def _filled(context: Context, text: str, values: dict[str, Any]) -> str:
    if context.eval_ctx.autoescape:
        text = Markup(text)  # noqa: S704  # from our own catalogue; what is put in is escaped
    return text % language.written(values)  # also without values: templates write a percent sign as %%
