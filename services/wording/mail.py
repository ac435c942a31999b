"""The words of every mail: a text template whose first line is the subject. A mail never carries a code.

``mail_html`` makes the HTML from them. What a template says with ``public_url`` or ``link`` at the beginning of a line
is a link there, and a line that begins with ``{{ fact }}`` is a row of a small table.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app

from config import settings
from models.link import Link
from models.user import User
from services import links
from services.wording import mail_html

_PATHS = {
    links.PASSWORD_RESET: "/password/reset/{token}",
    links.INVITATION: "/invitations/{token}",
    links.NOT_ME: "/not-me/{token}",
    links.STOP_DISABLE: "/two-factor/keep/{token}",
}


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    text: str
    html: str


def render(template: str, params: dict[str, Any], user: User | None, link: Link | None, zone: str) -> Words:
    """Times are as in ``zone`` (IANA name). The link's secret is made here and stored nowhere."""
    config = settings()
    marks = mail_html.Marks()
    values = {name: _local(value, zone) if name in {"at", "due"} else value for name, value in params.items()}
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
        marks.removed(marked).strip() + "\n",
        mail_html.render(subject, marked, marks, brand_name=config.brand_name, public_url=config.public_url),
    )


def _local(value: str, zone: str) -> str:
    """An ISO 8601 time, as people there read it: "24 November 2026, 10:05 (Europe/London)"."""
    moment = datetime.fromisoformat(value).astimezone(ZoneInfo(zone))
    return f"{moment.day} {moment:%B %Y, %H:%M} ({zone})"
