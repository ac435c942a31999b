"""What the operator is told of a provider that refuses us is true of that provider."""

from collections.abc import Callable

import pytest

from services.delivery import circuits
from services.unit_of_work import write
from tests.delivery.conftest import OPERATOR
from tests.support.site import Site

ALL_STOPS = "cannot sign in"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # its words, not its rows
@pytest.mark.parametrize(
    ("gateways", "refuses", "told", "is_all"),
    [
        ("vonage", "vonage", "codes that expire meanwhile are given up", True),
        ("vonage,second", "vonage", "Texts go by the next provider", False),
        ("vonage", "vonage-voice", "Texts still go", False),
        ("vonage", "outbox", "Codes still go to phones", False),  # the gateway of this site's mails
    ],
)
def test_the_mail_says_what_stops_and_what_goes_on(
    make_site: Callable[..., Site],
    vonage_settings: dict[str, str],
    gateways: str,
    refuses: str,
    told: str,
    is_all: bool,
) -> None:
    site = make_site(**vonage_settings)
    # There is one provider today; the words are for two.
    site.app.extensions["settings"] = site.settings.model_copy(update={"sms_gateway": gateways})
    with site.context(), write():
        circuits.refused(refuses, "HTTP 401", probe=False)
        if refuses == "outbox":
            circuits.close(refuses)  # or this mail would wait, too
    mail = site.mails(OPERATOR)[0]
    words = " ".join(mail["text"].split())
    assert f"Nothing is sent by {refuses} any more" in mail["subject"]
    assert told in words
    assert (ALL_STOPS in words) is is_all
