"""There is no code that always works, and no switch that makes one."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from settings_schema import Settings
from tests.support.site import Site

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.threat("A12")
def test_no_setting_and_no_line_of_the_code_lets_a_code_be_skipped() -> None:
    words = ("bypass", "master", "skip", "static_code", "test_code", "fixed", "without_code", "disable_code")
    assert [name for name in Settings.model_fields if any(word in name for word in words)] == []
    for path in [
        *(ROOT / "services/codes").glob("*.py"),
        ROOT / "services/sign_in.py",
        ROOT / "services/second_step.py",
        ROOT / "services/completing.py",
        ROOT / "services/step_up.py",
    ]:
        source = path.read_text()
        assert not re.search(r"[\"']\d{4,8}[\"']", source), f"{path.name} holds a code"
        assert not re.search(r"app_env|is_production|environ|\bdebug\b", source), (
            f"{path.name} asks where it runs"
        )


@pytest.mark.threat("A12", "A11")
@pytest.mark.parametrize("environment_name", ["development", "testing"])
def test_no_usual_test_code_is_right(make_site: Callable[..., Site], environment_name: str) -> None:
    site = make_site(APP_ENV=environment_name, CODE_FAILURES_BEFORE_PAUSE="50")
    _, owner = site.world.acme()
    for codes in (
        ("0000", "000000", "123456", "111111", "999999"),
        ("1234", "654321", "000001", "424242", "121212"),
    ):
        browser = site.browser()
        browser.get("/login")
        browser.submit(email=owner.email, password=site.world.password)
        right = site.code(owner.mobile_number)
        for code in codes:
            if code != right:
                assert browser.post("/login/code", {"code": code}).status in {422, 429}
        assert browser.get("/contacts").location == "/login/code"
