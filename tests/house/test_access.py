"""What docs/access.md says of roles, settings and words is what the code does."""

import re
from pathlib import Path

import pytest

from services import passwords, reauthentication, sessions
from settings_schema import Settings
from tests.house.test_docs import defaults_said
from tests.house.test_routes import EVERYBODY, MAY, ROUTES

PAGE = (Path(__file__).resolve().parents[2] / "docs/access.md").read_text()


def section(heading: str) -> str:
    return re.split(r"^## ", PAGE.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.asvs("8.1.1")
def test_the_matrix_of_roles_is_that_of_the_routes() -> None:
    said: dict[str, set[str]] = {}
    for _, who, endpoints in re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| (`[^|]+) \|$", section("Roles and functions"), re.M
    ):
        everybody = set(EVERYBODY) if "half" in who else set(EVERYBODY) - {"half"}
        roles = everybody if "everybody" in who else set(who.split())
        said |= dict.fromkeys(re.findall(r"`([^`]+)`", endpoints), roles)
    assert said == {endpoint: MAY[who] for endpoint, (_, who, _) in ROUTES.items()}


@pytest.mark.asvs("6.1.1", "7.1.1")
def test_defaults_in_its_tables_are_those_of_the_settings() -> None:
    said = defaults_said(PAGE)
    assert said == {name: str(Settings.model_fields[name.lower()].default) for name in said}
    guessing = {
        name
        for name in Settings.model_fields
        if name.startswith(("limit_sign_in", "limit_wrong_codes", "sign_in_"))
    }
    times = {"session_idle", "session_lifetime", "step_up_lifetime", "trusted_browser_days"}
    assert {name.upper() for name in guessing | times} <= said.keys()


@pytest.mark.asvs("6.1.2")
def test_the_barred_words_are_those_of_the_code() -> None:
    quoted = " ".join(re.findall(r"^> (.+)$", PAGE, re.MULTILINE))
    assert re.findall(r"\w+", quoted) == list(passwords.CONTEXT_WORDS)


@pytest.mark.asvs("7.1.2")
def test_figures_in_its_sentences_are_those_of_the_code() -> None:
    assert sessions.MAX_AT_ONCE == 10
    assert "Ten for a person" in PAGE
    assert reauthentication.FRESH.total_seconds() == 15 * 60
    assert "older than 15 minutes" in PAGE
