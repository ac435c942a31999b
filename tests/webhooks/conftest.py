"""A site that knows how Vonage signs, and messages that it may tell of."""

from typing import Any

import pytest

from tests.support.site import Site
from tests.webhooks.signing import APPLICATION, SECRET, change
from tests.worker.conftest import queue_texts


@pytest.fixture
def site(make_site: Any) -> Site:
    found: Site = make_site(
        VONAGE_SIGNATURE_SECRET=SECRET, VONAGE_APPLICATION_ID=APPLICATION, VONAGE_API_KEY="abcd1234"
    )
    return found


@pytest.fixture
def message_id(site: Site) -> str:
    """Public id of a text that the provider has accepted as "uuid-1"."""
    [public_id] = queue_texts(site, site.world.acme()[1], 1)
    change(site, state="accepted", provider_id="uuid-1")
    return public_id
