"""One site with its people, browsers, phones and clock, driven over HTTP; each answer is shown to the judge."""

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import time_machine
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature
from werkzeug.exceptions import HTTPException

from extensions import db
from services import delivery, jobs
from services.exports import downloads
from services.exports.places import Places
from tests.fuzz.evidence import MailedLink, Pending, Session, Tab, Text, Trust
from tests.fuzz.facts import Eye, Facts, Person, moment
from tests.fuzz.phones import BrokenGateway, Gateway
from tests.fuzz.seen import QuickBrowser, Seen
from tests.fuzz.tally import Tally
from tests.support.browser import Page
from tests.support.factories import PASSWORD
from tests.support.faults import read_only
from tests.support.site import Site

START = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
#: name of the tab -> whether its holder never reads a phone
TABS = {
    "work": False, "home": False, "phone": False, "office": False, "shared": False, "console": False,
    "thief": True, "copy": True,
}  # fmt: skip
_LINKS = {
    "/password/reset/": "password_reset", "/invitations/": "invitation", "/not-me/": "not_me",
    "/two-factor/keep/": "stop_disable",
}  # fmt: skip


class World:
    """``violations[n]``: what broke invariant n, as ``judge`` saw in an answer, ``judge_work`` after work."""

    judge: Callable[["World", Seen], None]
    judge_work: Callable[["World", Facts, list[Any]], None]

    def __init__(self, app: Flask, url: str, tally: Tally) -> None:
        self.app, self.tally = app, tally
        self.site = Site(app)
        self.traveller = time_machine.travel(START, tick=False)
        self.clock = self.traveller.start()
        self.sms, self.mail = Gateway(), Gateway()
        gateways = app.extensions["gateways"]
        gateways._sms_roads, gateways._mail = (self.sms,), self.mail
        app.extensions.pop("waker", None)  # the worker is a rule here, and wakes are a matter of speed only
        downloads._places = Places(downloads.AT_ONCE_HERE)
        self.eye = Eye(url)
        self.violations: dict[int, list[str]] = {number: [] for number in range(1, 9)}
        self.passwords: dict[int, str] = {}
        self.texts: list[Text] = []
        self.links: list[MailedLink] = []
        self.guesses: Counter[int] = Counter()
        self.tokens: set[str] = set()
        self.sessions: list[Session] = []
        self.pendings: list[Pending] = []
        self.trusts: list[Trust] = []
        self.exports: dict[str, tuple[int, int]] = {}
        self.read_only_next = False
        self.spares = 0
        self.cycle = 0
        self._read_texts = self._read_mails = 0
        self.facts = self.eye.facts()
        self.passwords = dict.fromkeys(self.facts.people, PASSWORD)
        self.last_event = self._newest_event()
        assert isinstance(app.session_interface, SecureCookieSessionInterface)
        self.serializer = app.session_interface.get_signing_serializer(app)
        agents = {"user_agent": "Fuzz/1.0"}
        self.tabs = {
            name: Tab(name, QuickBrowser(app, agents), is_thief=thief) for name, thief in TABS.items()
        }
        self.adapter = app.url_map.bind("localhost")
        self.lists = {
            row[0]: (row[1], row[2]) for row in self.eye.rows("SELECT id, account_id, public_id FROM contact_lists")
        }  # fmt: skip

    def close(self) -> None:
        self.eye.close()
        self.traveller.stop()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    # --- time

    def now(self) -> datetime:
        return datetime.now(UTC)

    def move(self, **distance: float) -> None:
        self.clock.shift(timedelta(**distance))

    # --- asking the site

    def send(
        self, tab: Tab, method: str, path: str, data: dict[str, Any] | None = None, **options: Any
    ) -> Page:
        """One request. A POST carries the CSRF token of its browser's session, as a form of the site would."""
        self.tally.requests += 1
        fields = dict(data or {})
        endpoint, arguments = self._route(path, method)
        standing, half, before = self.standing(tab), self.half(tab), self.facts
        reading = method in {"GET", "HEAD"}
        version = self.eye.version() if reading else None
        counted = self.eye.counts() if reading and endpoint != "static" else {}
        if "body" in options:
            options["data"] = options.pop("body")
        elif not reading:
            options["data"] = {"csrf_token": tab.browser.csrf_token(), **fields}
        broken, self.read_only_next = self.read_only_next, False
        if broken:
            with read_only(self.site):
                page = tab.browser._open(method, path, **options)
        else:
            page = tab.browser._open(method, path, **options)
        same = reading and version == self.eye.version()
        after = self.facts if same else self.eye.facts()
        self.facts = after
        if standing is not None and standing.last_seen < self.now():
            standing.last_seen = self.now()
        self.tally.routes[f"{method} {endpoint or 'nowhere'}"] += 1
        counts = None if same or not reading else (counted, self.eye.counts())
        seen = Seen(
            tab, method, path, endpoint, arguments, fields, page, before, after, standing, half,
            [] if same else self.events(), counts, broken,
        )  # fmt: skip
        self.judge(self, seen)
        return page

    def _route(self, path: str, method: str) -> tuple[str, dict[str, Any]]:
        try:
            endpoint, arguments = self.adapter.match(urlsplit(path).path, method=method)
        except HTTPException:
            return "", {}
        return endpoint, dict(arguments)

    def events(self) -> list[tuple[str, int | None, int | None, str]]:
        """What came into the log since the last look."""
        found = self.eye.rows(
            "SELECT event, actor_id, subject_id, outcome, id FROM audit_events WHERE id > ? ORDER BY id",
            self.last_event,
        )
        if found:
            self.last_event = found[-1][4]
        return [(row[0], row[1], row[2], row[3]) for row in found]

    def _newest_event(self) -> int:
        return int(self.eye.one("SELECT coalesce(max(id), 0) FROM audit_events")[0])

    # --- the worker and what it brings

    def work(self) -> None:
        """The worker, once through. A gateway that raises stops it where it is."""
        try:
            with self.site.context():
                delivery.send_due()
                for job_id in jobs.due_ids():
                    jobs.run(job_id)
                delivery.send_due()
        except BrokenGateway:
            pass
        self._read_phones()
        self._read_mail()
        before, self.facts = self.facts, self.eye.facts()
        self.judge_work(self, before, self.events())

    def _read_phones(self) -> None:
        fresh, self._read_texts = self.sms.arrived[self._read_texts :], len(self.sms.arrived)
        for sms in fresh:
            match = re.match(r"(\d{6}) is your", sms.text)
            if match is None:
                continue
            row = self.eye.one(
                "SELECT c.id, c.user_id, c.purpose, c.scope, c.pending_sign_in_id, c.login_session_id, c.created_at"
                " FROM messages m JOIN challenges c ON c.id = m.challenge_id WHERE m.public_id = ?",
                sms.message_id,
            )
            self.texts.append(
                Text(
                    match[1], sms.to, person=row[1], challenge=row[0], purpose=row[2], scope=row[3],
                    pending_row=row[4], session_row=row[5], created=moment(row[6]),
                    spent=any(one.spent for one in self.texts if one.challenge == row[0]),
                )
            )  # fmt: skip

    def _read_mail(self) -> None:
        fresh, self._read_mails = self.mail.arrived[self._read_mails :], len(self.mail.arrived)
        for mail in fresh:
            for path in re.findall(r"http://localhost(/\S+)", mail.text):
                for prefix, kind in _LINKS.items():
                    if path.startswith(prefix):
                        self._keep_link(kind, path, path.removeprefix(prefix))

    def _keep_link(self, kind: str, path: str, token: str) -> None:
        payload = token.split(".", maxsplit=1)[0]
        try:
            public_id = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (binascii.Error, ValueError):
            public_id = json.loads(payload)
        row = self.eye.one("SELECT user_id, created_at FROM links WHERE public_id = ?", public_id)
        self.links.append(MailedLink(kind, path, row[0], moment(row[1])))

    # --- what the model believes

    def cookie(self, tab: Tab) -> dict[str, Any]:
        value = tab.browser.cookie("session")
        if not value:
            return {}
        try:
            return dict(self.serializer.loads(value))
        except BadSignature:
            return {}

    def standing(self, tab: Tab) -> Session | None:
        """The session in which ``tab`` may be, at the most."""
        session, moment_ = tab.session, self.now()
        if session is None or not session.alive or tab.generation != session.generation:
            return None
        if moment_ >= session.started + timedelta(hours=12) or moment_ >= session.last_seen + timedelta(
            hours=1
        ):
            return None
        person = self.facts.people[session.person]
        if person.removed or (not session.with_code and self.facts.guarded(person)):
            return None
        return session

    def half(self, tab: Tab) -> Pending | None:
        pending = tab.pending
        return pending if pending is not None and pending.alive else None

    def person(self, tab: Tab) -> Person | None:
        session = self.standing(tab)
        return self.facts.people[session.person] if session else None

    def trusted(self, tab: Tab, person: int) -> Trust | None:
        return next((t for t in tab.trusts if t.person == person and t.alive and self.now() < t.until), None)

    def end(self, person: int, *, keep: Session | None = None) -> None:
        """All that was open for a person ends, but for ``keep``."""
        for session in self.sessions:
            if session.person == person and session is not keep:
                session.alive = False
        for pending in self.pendings:
            if pending.person == person:
                pending.alive = False
        for trust in self.trusts:
            if trust.person == person:
                trust.alive = False
        for text in self.texts:
            if text.person == person:
                text.spent = True

    def spare(self) -> str:
        """A number that nobody has yet."""
        self.spares += 1
        return f"+4474001236{self.spares:02}"
