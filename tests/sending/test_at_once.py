"""Many askers at the same moment, through several web processes: no limit is slipped past."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.conftest import FAST
from tests.parallel.conftest import Crowd, _no_proxy
from tests.sending.conftest import sent_to, texts
from tests.support.at_once import at_once
from tests.support.browser import Browser
from tests.support.exporting import cookies_of

__all__ = ["_no_proxy"]
BUDGET, OF_A_NUMBER = 10, 4


@pytest.fixture(scope="module")
def crowd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    settings = {
        "LIMIT_SIGN_IN_ADDRESS": "10000/hour",
        "LIMIT_SMS_SITE": f"{BUDGET}/day",
        "LIMIT_SMS_NUMBER": f"{OF_A_NUMBER}/day",
        "RESEND_AFTER": "0",
    }
    template = request.getfixturevalue("migrated_postgres")
    with request.getfixturevalue("postgres_server").database(template) as url:
        found = Crowd(
            {**FAST, **settings, "DATABASE_URL": url, "INSTANCE_PATH": str(tmp_path_factory.mktemp("crowd"))},
            3,
        )
        try:
            found.wait()
            yield found
        finally:
            found.stop()


def resend_at_once(crowd: Crowd, browsers: list[Browser]) -> list[int]:
    import requests

    def post(browser: Browser) -> requests.Response:
        return requests.post(
            f"{crowd.address}/login/code/resend", data={"csrf_token": browser.csrf_token()},
            cookies=cookies_of(browser), timeout=60, allow_redirects=False,
        )  # fmt: skip

    return [answer.status_code for answer in at_once(*[partial(post, one) for one in browsers])]


@pytest.mark.threat("G1", "G2", "B5")
@pytest.mark.asvs("2.3.4")
def test_neither_a_number_nor_the_budget_is_overdrawn(crowd: Crowd) -> None:
    """First one phone by twelve resends at once, then the rest of the budget by twelve people at once."""
    of = crowd.estate()
    browsers = [crowd.half_signed_in(of) for _ in range(2)]
    assert sent_to(crowd.site, of.owner.mobile_number) == 2
    statuses = resend_at_once(crowd, browsers * 6)
    assert sent_to(crowd.site, of.owner.mobile_number) == OF_A_NUMBER
    assert sorted(set(statuses)) == [303, 429]
    assert statuses.count(303) == OF_A_NUMBER - 2
    others = [crowd.estate() for _ in range(4)]
    people = [who for one in others for who in (one.owner, one.exporter, one.user)]
    waiting = []
    for user in people:
        browser = crowd.site.browser()
        browser.get("/login")
        browser.submit(email=user.email, password=crowd.site.world.password)
        waiting.append(browser)
    resend_at_once(crowd, waiting)
    assert texts(crowd.site)["code"] == BUDGET
