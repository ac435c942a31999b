"""What the provider's codes mean, and to whom."""

import pytest

from services.gateways.vonage_codes import TEXTS, Meaning, code_of_call, meaning_of


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("1040", Meaning.NUMBER_WRONG),
        ("1190", Meaning.NO_TEXTS),
        ("1290", Meaning.CARRIER_REFUSED),
        ("1240", Meaning.OPTED_OUT),
        ("1180", Meaning.PHONE_OFF),
        ("1241", Meaning.TOO_MANY),
        ("1360", Meaning.EXPIRED),
        ("1070", Meaning.ACCOUNT),
        ("busy", Meaning.BUSY),
        ("machine", Meaning.MACHINE),
        ("1330", Meaning.UNKNOWN),
        ("9999", Meaning.UNKNOWN),
        (None, Meaning.UNKNOWN),
    ],
)
def test_a_code_has_one_meaning(code: str | None, meaning: Meaning) -> None:
    assert meaning_of(code) is meaning


def test_what_is_ours_to_mend_is_no_fault_of_a_number() -> None:
    for code in TEXTS:
        assert meaning_of(code).is_ours == (
            meaning_of(code).kind != "number" and code not in {"1330", "1360"}
        )


@pytest.mark.parametrize(
    "detail", ["invalid_number", "number_out_of_service", "carrier_timeout", "unavailable"]
)
def test_why_a_call_failed_fits_its_column_and_means_something(detail: str) -> None:
    code = code_of_call("failed", detail)
    assert len(code) <= 10
    assert meaning_of(code) is not Meaning.UNKNOWN
