"""Who may not export opens every contact in turn: that must not give out what an export would ask a code for."""

from collections.abc import Callable

import pytest

from tests.support.estate import estate
from tests.support.site import Site


@pytest.mark.threat("X6")
def test_contacts_are_not_read_one_after_the_other_without_end(make_site: Callable[..., Site]) -> None:
    site = make_site(LIMIT_CONTACTS_OPENED_USER="3/hour")
    of = estate(site, "Borealis", contacts=6)
    browser, other = site.signed_in(of.user), site.signed_in(of.owner)
    addresses = [str(link["href"]) for link in browser.get("/contacts").html.select("tbody td a")]
    assert browser.client.head(addresses[0]).status_code == 200  # no page, so none is counted
    assert browser.get("/contacts/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").status == 404
    answers = [browser.get(address) for address in addresses]
    assert [page.status for page in answers] == [200, 200, 200, 429, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "example.org" not in answers[-1].text
    refused = browser.post(addresses[3], {"status": "no such status"})
    assert refused.status == 429  # its page would be the contact's
    assert other.get(addresses[3]).status == 200
