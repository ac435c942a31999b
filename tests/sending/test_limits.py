"""Every limit on texts, at n and at n+1; and what honest people do never comes near one."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from config import Settings, parse_rate
from services.clock import now
from tests.sending.conftest import Asker

Ask = Callable[..., Asker]
pytestmark = [pytest.mark.threat("G1"), pytest.mark.asvs("6.6.3")]


@pytest.mark.parametrize("name", ["sms_user", "sms_user_day"])
def test_a_user_is_texted_n_times_and_no_more(asker: Ask, name: str) -> None:
    ask = asker(**{f"LIMIT_{name.upper()}": "3/hour"})
    _, owner = ask.site.world.acme()
    assert [ask.ask(owner) for _ in range(4)] == ["sent"] * 3 + [name]


@pytest.mark.threat("G2", "F5")
def test_a_number_is_texted_n_times_whoever_shares_it_and_however_it_was_typed(asker: Ask) -> None:
    ask = asker(LIMIT_SMS_NUMBER="3/day")
    account, owner = ask.site.world.acme()
    other = ask.site.world.user(
        account, mobile_number=owner.mobile_number, mobile_number_typed="0044 (0)7400-12 34 01"
    )
    assert [ask.ask(who) for who in (owner, other, owner, other)] == ["sent"] * 3 + ["sms_number"]


@pytest.mark.threat("G2", "F4")
@pytest.mark.parametrize("name", ["sms_new_number", "sms_new_number_burst"])
def test_a_strangers_number_is_texted_n_times_whoever_says_it_is_theirs(asker: Ask, name: str) -> None:
    ask = asker(**{f"LIMIT_{name.upper()}": "2/day"})
    account, stranger = ask.site.world.acme()
    others = [ask.site.world.user(account) for _ in range(3)]
    assert [ask.ask(other, stranger.mobile_number) for other in others] == ["sent", "sent", name]
    assert ask.ask(stranger) == "sent", "what others typed takes nothing from who holds the phone"


@pytest.mark.threat("F4", "B11")
def test_a_user_who_was_given_a_strangers_number_takes_nothing_from_the_stranger(asker: Ask) -> None:
    """An owner types it for a made-up user, whose sign-ins text it."""
    ask = asker(LIMIT_SMS_NUMBER="1/day", LIMIT_SMS_NEW_NUMBER="2/day")
    account, stranger = ask.site.world.acme()
    puppet = ask.site.world.user(account, mobile_number=stranger.mobile_number, mobile_confirmed_at=None)
    assert [ask.ask(puppet) for _ in range(3)] == ["sent", "sent", "sms_new_number"]
    assert ask.ask(stranger) == "sent"


def test_a_user_confirms_n_numbers_and_no_more(asker: Ask) -> None:
    ask = asker(LIMIT_SMS_NEW_USER="3/day")
    _, owner = ask.site.world.acme()
    answers = [ask.ask(owner, f"+44740099000{digit}") for digit in range(4)]
    assert answers == ["sent"] * 3 + ["sms_new_user"]
    assert ask.ask(owner) == "sent", "their own phone still gets codes"


def test_an_account_texts_n_new_numbers_and_no_more(asker: Ask) -> None:
    ask = asker(LIMIT_SMS_NEW_ACCOUNT="2/day")
    account, owner = ask.site.world.acme()
    new = [ask.site.world.user(account, mobile_confirmed_at=None) for _ in range(3)]
    assert [ask.ask(user) for user in new] == ["sent", "sent", "sms_new_account"]
    assert ask.ask(owner) == "sent"


def test_numbers_of_one_range_are_texted_n_times_and_others_go_on(asker: Ask) -> None:
    ask = asker(LIMIT_SMS_PREFIX="2/day")
    account, _ = ask.site.world.acme()
    near = [
        ask.site.world.user(account, mobile_number=f"+44740012{last}") for last in ("0000", "4999", "9999")
    ]
    far = ask.site.world.user(account, mobile_number="+447400130000")
    assert [ask.ask(user) for user in near] == ["sent", "sent", "sms_prefix"]
    assert ask.ask(far) == "sent"


def test_an_account_is_texted_n_times_and_others_go_on(asker: Ask) -> None:
    ask = asker(LIMIT_SMS_ACCOUNT="2/day")
    account, owner = ask.site.world.acme()
    people = [owner, ask.site.world.user(account), ask.site.world.user(account)]
    assert [ask.ask(user) for user in people] == ["sent", "sent", "sms_account"]
    assert ask.ask(ask.site.world.acme()[1]) == "sent"
    assert ask.ask(ask.site.world.support()) == "sent"


def test_one_network_asks_n_times_and_others_go_on(asker: Ask) -> None:
    ask = asker(LIMIT_SMS_ADDRESS="2/hour")
    _, owner = ask.site.world.acme()
    inside = ["2001:db8::1", "2001:db8::ffff:2", "2001:db8::3"]
    assert [ask.ask(owner, address=address) for address in inside] == ["sent", "sent", "sms_address"]
    assert ask.ask(owner, address="2001:db8:1::1") == "sent"


def test_a_country_is_texted_n_times_and_others_go_on(asker: Ask) -> None:
    ask = asker(LIMIT_SMS_COUNTRY="2/day")
    account, at_home = ask.site.world.acme()
    french = [ask.site.world.user(account, mobile_number=f"+3361234567{last}") for last in range(3)]
    assert [ask.ask(user) for user in french] == ["sent", "sent", "sms_country"]
    assert ask.ask(ask.site.world.user(account, mobile_number="+4915123456789")) == "sent"
    assert [ask.ask(at_home) for _ in range(3)] == ["sent"] * 3, "the budget bounds the site's own country"


@pytest.mark.parametrize(
    ("numbers", "same"),
    [(("+12015550123", "+14165550123"), False), (("+447400123456", "+447911123456"), False)],
    ids=["+1 is the United States and Canada", "+44 is Britain and Guernsey"],
)
def test_a_shared_country_code_is_not_one_country(asker: Ask, numbers: tuple[str, str], same: bool) -> None:
    ask = asker(LIMIT_SMS_COUNTRY="1/day", DEFAULT_REGION="FR")
    account, _ = ask.site.world.acme()
    people = [ask.site.world.user(account, mobile_number=number) for number in numbers]
    assert (ask.ask(people[0]), ask.ask(people[0])) == ("sent", "sms_country")
    assert (ask.ask(people[1]) == "sms_country") is same


def test_the_site_texts_n_times_and_no_more(asker: Ask) -> None:
    ask = asker(LIMIT_SMS_SITE="3/day")
    people = [ask.site.world.acme()[1] for _ in range(4)]
    assert [ask.ask(user) for user in people] == ["sent"] * 3 + ["sms_site"]


def test_what_is_refused_by_a_later_limit_counts_towards_no_earlier_one(asker: Ask) -> None:
    ask = asker(LIMIT_SMS_SITE="1/day", LIMIT_SMS_USER="2/hour")
    _, owner = ask.site.world.acme()
    assert [ask.ask(owner) for _ in range(4)] == ["sent"] + ["sms_site"] * 3


@pytest.mark.threat("B11")
@pytest.mark.parametrize("used_up", ["sms_number", "sms_new_user", "sms_new_number"])
def test_who_changed_a_stolen_password_gets_codes_although_the_thief_used_them_up(
    asker: Ask, used_up: str
) -> None:
    ask = asker(**{f"LIMIT_{used_up.upper()}": "2/day"}, LIMIT_SMS_NUMBER_RESCUE="2/day")
    account, owner = ask.site.world.acme()
    if used_up != "sms_number":
        owner = ask.site.world.user(account, mobile_confirmed_at=None)
    assert [ask.ask(owner) for _ in range(3)] == ["sent", "sent", used_up]
    with ask.site.context():
        from extensions import db
        from models import User
        from services.unit_of_work import write

        with write():
            db.session.get_one(User, owner.id).password_changed_at = now() - timedelta(hours=1)
    assert [ask.ask(owner) for _ in range(3)] == ["sent", "sent", "sms_number_rescue"]


@pytest.mark.parametrize("number", ["+33612345678", "+12015550123", "+447911123456"])
def test_a_number_stored_before_its_country_was_closed_gets_no_text(asker: Ask, number: str) -> None:
    ask = asker(ALLOWED_REGIONS="GB,IE")
    account, owner = ask.site.world.acme()
    assert ask.ask(ask.site.world.user(account, mobile_number=number)) == "sms_region"
    assert ask.ask(owner) == "sent"


@pytest.mark.parametrize("number", ["+8821612345678", "+870773111632", "nonsense"])
def test_what_belongs_to_no_country_gets_no_text_where_countries_are_named(asker: Ask, number: str) -> None:
    ask = asker(ALLOWED_REGIONS="GB")
    account, _ = ask.site.world.acme()
    assert ask.ask(ask.site.world.user(account, mobile_number=number)) == "sms_region"


def test_the_first_day_of_an_account_of_500_comes_near_no_default() -> None:
    """All of them sign in from one office, with numbers of one range, one in five asks for the text again, and one in
    ten exports; nobody's number was confirmed before."""
    settings = Settings()
    allowed = {name: parse_rate(getattr(settings, f"limit_{name}"))[0] for name in (
        "sms_new_account", "sms_prefix", "sms_account", "sms_address", "sms_country", "sms_site",
        "sms_notices_account",
    )}  # fmt: skip
    first_codes, exports = 500 + 100, 50
    assert first_codes <= allowed["sms_new_account"]
    assert first_codes + exports <= min(allowed.values())
    # Turned on, off by support after a mistake, and on again.
    assert allowed["sms_notices_account"] >= 3 * 500
