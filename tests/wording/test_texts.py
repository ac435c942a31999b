"""Every text is one GSM-7 message, whatever the site is called and wherever it stands."""

import re
from collections.abc import Callable

import pytest

from models import Challenge
from services import gsm7
from services.wording import sms
from tests.support.site import Site

LONG_BRAND = "Wunderbare Größenmode Überall ~"[:30]
LONG_HOST = "account-security.engagement.a-long-company-name.example"
DUE = "2026-11-30T23:59:00+00:00"


@pytest.fixture
def challenge() -> Challenge:
    return Challenge(
        public_id="A" * 22, purpose="step_up:contacts.export", destination="+447400123456", nonce=b"0" * 16
    )


@pytest.mark.parametrize("template", sms._TEXTS)
@pytest.mark.parametrize("brand", ["A", LONG_BRAND])
def test_a_text_is_one_message_and_ends_in_host_and_code(
    make_site: Callable[..., Site], challenge: Challenge, template: str, brand: str
) -> None:
    site = make_site(BRAND_NAME=brand, PUBLIC_URL=f"https://{LONG_HOST}")
    with site.context():
        text = sms.render(
            template, {"wording": "export 12,431 contacts from Everybody who bought something", "due": DUE},
            challenge, "Pacific/Auckland",
        )  # fmt: skip
    assert gsm7.is_gsm7(text)
    assert gsm7.septets(text) <= 160
    if template == "code":
        assert re.fullmatch(rf"@{re.escape(LONG_HOST)} #\d{{6}}", text.splitlines()[-1])
        assert text.startswith(text[-6:])
    else:
        assert "#" not in text
