"""A site whose texts go to a stand-in for Vonage, by the real SDK over TLS."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import select

from extensions import db
from models import Message, User
from models.message import MessageEvent
from services.clock import now
from services.outbox import queue_sms
from services.unit_of_work import write
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin

Clock = time_machine.Traveller

NUMBER = "+447400123456"
OPERATOR = "operator@example.com"


@pytest.fixture(scope="session")
def vonage_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def vonage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VonageStandin]:
    with VonageStandin() as standin:
        (tmp_path / "ca.pem").write_bytes(standin.ca_pem)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
        yield standin


@pytest.fixture
def vonage_settings(vonage: VonageStandin, vonage_key: str, tmp_path: Path) -> dict[str, str]:
    """For this process's sites and for workers of their own."""
    return {
        "SMS_GATEWAY": "vonage",
        "VONAGE_APPLICATION_ID": "78d335fa-323d-0114-9c3d-d6f0d48968cf",
        "VONAGE_PRIVATE_KEY": vonage_key,
        "VONAGE_SENDER": "Acme",
        "VONAGE_API_HOST": vonage.host,
        "VONAGE_RATE": "0",
        "OPERATOR_MAIL": OPERATOR,
        "REQUESTS_CA_BUNDLE": str(tmp_path / "ca.pem"),
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture
def vonage_site(make_site: Callable[..., Site], vonage_settings: dict[str, str]) -> Site:
    return make_site(**vonage_settings)


@pytest.fixture
def owner(vonage_site: Site) -> User:
    return vonage_site.world.acme()[1]


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The clock stands still, and is moved by ``clock.shift(seconds)``."""
    with time_machine.travel(now(), tick=False) as found:
        yield found


def promise(site: Site, user: User, count: int = 1, **options: object) -> list[int]:
    """Texts without a code, to one phone; returns their ids."""
    with site.context(), write():
        return [queue_sms("two_factor_on", to=NUMBER, user=user, **options).id for _ in range(count)]  # type: ignore[arg-type]


def states(site: Site) -> list[str]:
    """Of all texts, in the order of their promises."""
    with site.context():
        found = select(Message.state).where(Message.channel == "sms").order_by(Message.id)
        return list(db.session.scalars(found))


def message(site: Site, message_id: int) -> Message:
    with site.context():
        found = db.session.get_one(Message, message_id, populate_existing=True)
        db.session.expunge(found)
        return found


def life_of(site: Site, message_id: int) -> list[str]:
    with site.context():
        found = (
            select(MessageEvent.event).where(MessageEvent.message_id == message_id).order_by(MessageEvent.id)
        )
        return list(db.session.scalars(found))
