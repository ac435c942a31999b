"""Whose sessions they are."""

import pytest

from models import User
from tests.support.site import Site


@pytest.fixture
def owner(site: Site) -> User:
    return site.world.acme()[1]
