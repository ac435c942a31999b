"""A site that asks a stand-in for Identity Insights before a code goes out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models import User
from tests.gateways.conftest import pkcs8, rsa_key, vonage  # noqa: F401
from tests.support.browser import Browser
from tests.support.exporting import fixed_export
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin

OK = {"code": "OK"}
EXPORT = "/settings/activity.csv"


def changed(hours: float | None, code: str = "OK") -> dict[str, Any]:
    """An answer that the SIM was changed ``hours`` ago; None: it does not say when."""
    at = (
        {}
        if hours is None
        else {"latest_sim_swap_at": (datetime.now(UTC) - timedelta(hours=hours)).isoformat()}
    )
    return {"is_swapped": True, "status": {"code": code}, **at}


def an_export(browser: Browser) -> str:
    """The address of the file of one more export: codes for it fit no other."""
    return f"{fixed_export(browser)}/download"


MakeRisky = Callable[..., Site]


@pytest.fixture
def make_risky(make_site: Callable[..., Site], vonage: VonageStandin, pkcs8: str) -> MakeRisky:  # noqa: F811
    def make(**settings: str) -> Site:
        return make_site(
            **{
                "IDENTITY_INSIGHTS": "on",
                "VONAGE_INSIGHTS_HOST": vonage.host,
                "VONAGE_APPLICATION_ID": "78d335fa-323d-0114-9c3d-d6f0d48968cf",
                "VONAGE_PRIVATE_KEY": pkcs8,
                **settings,
            }
        )

    return make


@pytest.fixture
def site(make_risky: MakeRisky) -> Site:
    return make_risky()


@pytest.fixture
def owner(site: Site) -> User:
    account, owner = site.world.acme()
    site.world.contacts(account, 3, list_name="Newsletter")
    return owner


@pytest.fixture
def browser(site: Site, owner: User) -> Browser:
    return site.signed_in(owner)
