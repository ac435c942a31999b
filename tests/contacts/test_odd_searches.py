"""What is searched for is letters: no pattern, no wildcard, no SQL."""

import pytest

from tests.support.site import Site


@pytest.mark.asvs("1.2.9")
@pytest.mark.parametrize("searched", ["(", "[", "*", "\\", "a{9999", "(?P<x>", "%", "_", "' OR 1=1 --"])
def test_a_search_is_for_letters_and_not_for_patterns(site: Site, searched: str) -> None:
    account, owner = site.world.acme()
    site.world.contacts(account, 2)
    page = site.signed_in(owner).get("/contacts", query_string={"q": searched})
    assert page.status == 200
    assert f"contact-{account.id}-" not in page.words
