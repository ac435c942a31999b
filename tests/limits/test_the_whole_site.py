"""A limit of the whole site: exact in sum, and nobody waits for another's transaction to count."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from services import limits
from services.unit_of_work import write
from tests.support.site import Site


@pytest.mark.parametrize("allowed", [1, 7, 40])
def test_the_site_may_do_as_often_as_the_setting_says(make_site: Callable[..., Site], allowed: int) -> None:
    site = make_site(LIMIT_SMS_SITE=f"{allowed}/day")
    with site.context():
        for _ in range(allowed):
            limits.hit_for_all("sms_site")
        with pytest.raises(limits.LimitExceeded) as refused:
            limits.hit_for_all("sms_site")
    assert 0 < refused.value.retry_after <= 86400 * 5 // 4 + 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_sign_in_under_way_holds_up_no_other(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [0, -1]
    monkeypatch.setattr("random.choice", lambda free: free[places.pop(0)])
    told: list[object] = []

    def count() -> None:
        try:
            with site.context(), write() as session:
                session.execute(text("SET LOCAL lock_timeout = '2s'"))
                limits.hit_for_all("sms_site")
            told.append("counted")
        except Exception as exc:  # told to the test, which is in another thread
            told.append(exc)

    with site.context(), write():
        limits.hit_for_all("sms_site")
        other = threading.Thread(target=count)
        other.start()
        other.join(30)
    assert told == ["counted"]
