"""A site in a test: its people, its browsers, its phone."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from config import Settings
from extensions import db
from models import User
from services import delivery, jobs
from tests.support.browser import Browser
from tests.support.factories import World

#: Settings for tests at the real clock: on a slow machine a wait of a second may be over before the next try.
LONG = {"SIGN_IN_DELAY": "15 minutes to 15 minutes"}


class Site:
    """One application: ``browser()`` is a fresh browser, ``world`` makes people, ``texts()`` reads the phones."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.world = World(self)

    @property
    def settings(self) -> Settings:
        found: Settings = self.app.extensions["settings"]
        return found

    @contextmanager
    def context(self) -> Iterator[None]:
        """An application context for calling services and reading rows; nothing of it leaks into requests."""
        with self.app.app_context():
            yield
            db.session.rollback()

    def browser(self, **headers: str) -> Browser:
        """A browser that nobody has used; keyword arguments are request headers ("user_agent" -> User-Agent)."""
        return Browser(self.app, headers)

    def with_cookies(self, cookies: dict[str, str], **headers: str) -> Browser:
        """A thief's browser, with a copy of somebody's cookies."""
        thief = self.browser(**headers)
        for name, value in cookies.items():
            thief.client.set_cookie(name, value)
        return thief

    def half_signed_in(self, user: User) -> Browser:
        """A browser in which the password was right, and whose code is awaited."""
        browser = self.browser()
        browser.get("/login")
        assert browser.submit(email=user.email, password=self.world.password).location == "/login/code"
        return browser

    def trusted(self, user: User) -> Browser:
        """A browser in which ``user`` signed in with a code and out again: it stays trusted."""
        browser = self.signed_in(user)
        browser.post("/logout")
        return browser

    def deliver(self) -> int:
        """Do the worker's work once: send what is due, run the jobs that wait. Returns how many messages were taken."""
        with self.context():
            sent = delivery.send_due()
            for job_id in jobs.due_ids():
                jobs.run(job_id)
            return sent + delivery.send_due()

    def texts(self, to: str | None = None) -> list[dict[str, str]]:
        """What the phones received so far, oldest first."""
        self.deliver()
        return [line for line in _lines(self.settings.sms_outbox) if to is None or line["to"] == to]

    def mails(self, to: str | None = None) -> list[dict[str, str]]:
        self.deliver()
        return [line for line in _lines(self.settings.mail_outbox) if to is None or line["to"] == to]

    def code(self, to: str | None = None) -> str:
        """The code in the newest text that has one."""
        for text in reversed(self.texts(to)):
            if match := re.match(r"(\d{6}) (is your|ist Ihr)", text["text"]):
                return match[1]
        raise AssertionError(f"no code was sent to {to or 'anyone'}")

    def link(self, to: str, path: str) -> str:
        """The newest link whose path begins with ``path`` in the mails to ``to``, as a path."""
        for mail in reversed(self.mails(to)):
            if match := re.search(
                re.escape(self.settings.public_url) + rf"({re.escape(path)}\S+)", mail["text"]
            ):
                return match[1]
        raise AssertionError(f"no link to {path} was mailed to {to}")

    # --- whole stories that many tests begin with

    def signed_in(self, user: Any, *, browser: Browser | None = None) -> Browser:
        """A browser in which ``user`` has just signed in, with a code where one was asked for."""
        browser = browser or self.browser()
        browser.get("/login")
        answer = browser.submit(email=user.email, password=self.world.password)
        if answer.location == "/login/code":
            browser.get("/login/code")
            answer = browser.submit(code=self.code(user.mobile_number))
        assert answer.status == 303, f"could not sign in: {answer.status}"
        return browser

    def step_up(self, browser: Browser, path: str) -> str:
        """Ask for ``path``, enter the code that comes, and return where that leads."""
        answer = browser.get(path)
        assert answer.location.startswith("/step-up"), f"{path} asked for no code: {answer.status}"
        browser.get(answer.location)
        return browser.submit(code=self.code()).location


def _lines(path: Any) -> list[dict[str, str]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
