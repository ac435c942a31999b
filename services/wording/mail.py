"""The words of every mail: a text template whose first line is the subject. A mail never carries a code.

``mail_html`` makes the HTML from them. What a template says with ``public_url`` or ``link`` at the beginning of a line
is a link there, and a line that begins with ``{{ fact }}`` is a row of a small table. A paragraph is one long line when
it comes from its template, in whatever language; here it is broken into lines that a mailbox can show as they are.
"""

import re
import textwrap
from dataclasses import dataclass
from typing import Any

from flask import current_app

from config import settings
from models.link import Link
from models.user import User
from services import links
from services.language import gettext as _
from services.wording import lists, mail_html, times

_PATHS = {
    links.PASSWORD_RESET: "/password/reset/{token}",
    links.INVITATION: "/invitations/{token}",
    links.NOT_ME: "/not-me/{token}",
    links.STOP_DISABLE: "/two-factor/keep/{token}",
}


_WIDTH = 78
_HOW: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
_BOUND = "\x1f•"
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    text: str
    html: str


def render(template: str, params: dict[str, Any], user: User | None, link: Link | None, zone: str) -> Words:
    """In the language spoken now, with times as in ``zone`` (IANA name). The link's secret is made here and stored
    nowhere."""
    config = settings()
    marks = mail_html.Marks()
    values = {name: _told(name, value, zone) for name, value in params.items()}
    whole = current_app.jinja_env.get_template(f"mail/{template}.txt").render(
        brand_name=config.brand_name,
        public_url=marks.address + config.public_url,
        user=user,
        link=marks.address + links.url(link, _PATHS[link.purpose]) if link else "",
        fact=marks.fact,
        **values,
    )
    first, _, marked = whole.partition("\n")
    subject = first.removeprefix("Subject: ").strip()
    return Words(
        subject,
        _EMPTY_LINES.sub("\n\n", marks.removed(_broken(marked, marks))).strip() + "\n",
        mail_html.render(subject, marked, marks, brand_name=config.brand_name, public_url=config.public_url),
    )


def _told(name: str, value: Any, zone: str) -> Any:
    """What a row keeps as a time, or as a word of ours, as a reader has it. The words of people stay as they are."""
    if name in {"at", "due"}:
        return times.in_full(value, zone)
    if name == "list_name":
        return lists.said(value)
    if name == "purpose":
        return _(value)
    return value


def _broken(marked: str, marks: mail_html.Marks) -> str:
    """Words in lines of at most ``_WIDTH``; addresses, facts and commands stay whole, and so do masked numbers."""
    whole = (marks.address, marks.fact, mail_html.INDENT)
    return "\n".join(
        line if line.startswith(whole) else textwrap.fill(line.replace(" •", _BOUND), _WIDTH, **_HOW)
        for line in marked.splitlines()
    ).replace(_BOUND, " •")
