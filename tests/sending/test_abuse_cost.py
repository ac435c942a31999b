"""A day of two attackers, shortened: they get what the limits say, and not one text more."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.abuse_cost import Attack, table


@pytest.mark.threat("G1", "G2")
@pytest.mark.asvs("6.6.3")
def test_a_day_of_attacks_costs_what_the_limits_say(tmp_path: Path) -> None:
    """docs/security.md, "What abuse can cost", states this bound."""
    changed = {
        "LIMIT_SMS_NUMBER": "4/day", "LIMIT_SMS_NEW_ACCOUNT": "9/day", "LIMIT_SMS_NOTICES_ACCOUNT": "5/day",
        "LIMIT_SMS_USER_DAY": "6/day", "LIMIT_SMS_NEW_USER": "3/day",
    }  # fmt: skip
    attack = Attack(
        tmp_path, users=4, accounts=2, puppets=6, changed=changed, watch_every=timedelta(minutes=20)
    )
    day = attack.run()
    assert day.by_whom["the thief"] == 4 * 4, "each phone of a stolen password, as often as it may ring"
    assert day.texts["two_factor_on"] == 5, "everyone was told, up to the account's limit"
    assert day.total - day.texts["code"] <= 5
    # What its owner's own phone got is not among the nine.
    assert 9 <= day.by_whom["the evil owner"] - 5 <= 9 + 6
    assert day.total <= day.bound
    assert f"| {day.total} |" in table([day], 0.05, "EUR")
