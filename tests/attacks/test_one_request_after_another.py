"""What one request leaves behind in its thread is nothing to the next."""

import pytest

from tests.support.site import Site


@pytest.mark.threat("C4", "E6")
@pytest.mark.asvs("15.4.1")
def test_an_answer_that_is_still_being_read_lends_its_person_to_nobody(site: Site) -> None:
    account, owner = site.world.acme()
    browser = site.signed_in(owner)
    site.step_up(browser, "/settings/activity.csv")
    unread = browser.client.get("/settings/activity.csv", buffered=False)
    assert unread.status_code == 200
    assert site.browser().get("/contacts").location.startswith("/login")
    another = site.signed_in(site.world.user(account, name="Ben"))
    assert another.get("/settings/profile").value("name") == "Ben"
    assert unread.data.count(b"\r\n") > 2, "and the answer is whole"
