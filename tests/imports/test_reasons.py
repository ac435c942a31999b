"""Why a row or a file was refused, in the language of who reads it."""

import pytest

from services import language
from services.imports import reasons


@pytest.mark.parametrize("message", reasons._ALL)
def test_what_was_kept_is_said_in_german_with_what_was_put_in(message: str) -> None:
    kept = message % {name: f"<{name}> 100%" for name in ("cells", "width", "text", "most", "fault")}
    assert reasons.said(kept) == kept
    with language.using("de"):
        said = reasons.said(kept)
    assert said != kept
    assert said.count("100%") == kept.count("100%")


def test_what_no_version_wrote_is_shown_as_it_stands() -> None:
    with language.using("de"):
        assert reasons.said("Something else entirely") == "Something else entirely"
