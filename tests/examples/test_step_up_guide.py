"""The worked example of docs/step-up.md, taken from the page as it stands there and used as its reader would."""

import re
from pathlib import Path
from typing import Any

from flask import Blueprint

from tests.support.site import Site

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "step-up.md"


def its_blueprint() -> Blueprint:
    written = re.search(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert written is not None
    names: dict[str, Any] = {"__name__": "guide"}
    exec(compile(written[1], str(GUIDE), "exec"), names)  # noqa: S102  # our own page, as its reader types it
    found = names["blueprint"]
    assert isinstance(found, Blueprint)
    return found


def test_the_action_of_the_guide_waits_for_a_code_that_names_it(site: Site) -> None:
    site.app.register_blueprint(its_blueprint())
    _, owner = site.world.acme()
    browser = site.signed_in(owner)

    asked = browser.post("/settings/api-keys")
    assert asked.location.startswith("/step-up")
    page = browser.get(asked.location)
    assert "make a key to all your contacts" in page.text
    newest = site.texts(owner.mobile_number)[-1]["text"]
    assert "authentication code to make a key to all your contacts. Never share it." in newest

    resumed = browser.submit(code=site.code())
    browser.get(resumed.location)
    done = browser.submit()
    assert done.location == "/settings/account"
    assert "Your key" in browser.get(done.location).text


def test_a_colleague_of_the_guide_is_sent_away_without_a_text(site: Site) -> None:
    site.app.register_blueprint(its_blueprint())
    account, _ = site.world.acme()
    colleague = site.world.user(account)
    browser = site.signed_in(colleague)
    before = len(site.texts())
    assert browser.post("/settings/api-keys").status == 403
    assert len(site.texts()) == before
