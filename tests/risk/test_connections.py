"""Asking the provider of a number, and sending to it afterwards, holds no connection to the database."""

from typing import Any

import pytest

from extensions import db
from models import User
from tests.risk.conftest import EXPORT
from tests.support.browser import Browser
from tests.support.site import Site


def test_none_is_held_while_a_provider_is_asked_or_sends(
    site: Site, owner: User, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[tuple[str, int]] = []

    def counting(name: str, method: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            held.append((name, db.engine.pool.checkedout()))  # type: ignore[attr-defined]
            return method(*args, **options)

        return call

    with site.context():
        found = site.app.extensions["gateways"]
        monkeypatch.setattr(found.insights, "ask", counting("ask", found.insights.ask))
        monkeypatch.setattr(found.sms, "send", counting("send", found.sms.send))
    site.deliver()
    held.clear()
    browser.get(EXPORT)
    site.deliver()
    assert held == [("ask", 0), ("send", 0)]
    held.clear()
    site.half_signed_in(owner).get("/login/code")  # of this number nobody is asked
    site.deliver()
    assert held == [("send", 0)]
