"""The account's security log, for its owner: to read, and to take away."""

import json
from collections.abc import Iterator
from itertools import islice

from flask import Response, render_template, request

from blueprints.access import me, owner_required
from blueprints.settings import blueprint
from blueprints.step_up import step_up_required
from models.audit import AuditEvent
from models.user import User
from services import activity as log
from services import browsers, language
from services.activity import Filter
from services.audit_events import KINDS
from services.audit_sentences import address, kind, sentence
from services.clock import now
from services.csv_guard import guard
from services.csv_lines import csv_lines
from services.exports import spool
from services.wording import approvals

_HEADER = (
    "Number",
    "Time (UTC)",
    "Kind",
    "Event",
    "Outcome",
    "What happened",
    "Person",
    "About",
    "Address",
    "Browser",
    "Details",
)
#: Rows to a write: small enough to begin at once.
_ROWS = 200


@blueprint.get("/activity")
@owner_required
def activity() -> str:
    people = log.people(me().account)
    wanted = _filter(people)
    page = log.page(me().account, wanted, before=_number(request.args.get("before", "")))
    return render_template(
        "settings/activity.html",
        lines=[
            (event, sentence(event), kind(event), address(event), browsers.name(event.user_agent))
            for event in page.events
        ],
        older=page.older,
        wanted=wanted,
        people=people,
        kinds=KINDS,
        is_first=not request.args.get("before"),
    )


def _filter(people: list[User]) -> Filter:
    """What is asked for in words that mean nothing here is not filtered by."""
    person = next((user for user in people if user.public_id == request.args.get("person")), None)
    asked = request.args.get("kind", "")
    return Filter(person, asked if asked in KINDS else "")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _scope() -> str:
    return me().account.public_id


@blueprint.get("/activity.csv")
@owner_required
@step_up_required("activity.download", scope=_scope, wording=approvals.DOWNLOAD_ACTIVITY, is_download=True)
def activity_csv() -> Response:
    rows = iter(()) if request.method == "HEAD" else log.download(me())
    name = f"activity-{now():%Y-%m-%d}.csv"
    return Response(
        _whole(_csv(rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _whole(parts: Iterator[str]) -> Iterator[bytes]:
    """All of it is written before the answer begins: a stream would keep this request's context open while it is
    read, and with it the person who asks."""
    file = spool.new_file()
    for part in parts:
        file.write(part.encode())
    return spool.blocks(file)


def _csv(events: Iterator[AuditEvent]) -> Iterator[str]:
    """Header and rows, no cell that a spreadsheet would run. In English: what reads a file next knows one language."""
    yield csv_lines([_HEADER])
    while some := list(islice(events, _ROWS)):
        with language.using(language.SOURCE):
            lines = csv_lines(map(guard, _cells(event)) for event in some)
        yield lines


def _cells(event: AuditEvent) -> list[str]:
    return [
        str(event.number), event.at.strftime("%Y-%m-%dT%H:%M:%SZ"), kind(event), event.event, event.outcome,
        sentence(event), event.actor_label, event.subject_label, event.address, event.user_agent,
        json.dumps(event.details, ensure_ascii=False, sort_keys=True),
    ]  # fmt: skip
