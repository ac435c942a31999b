"""A stand-in for Vonage that the real SDK trusts, and gateways that talk to it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.gateways import OutgoingSms
from services.gateways.vonage import VonageSmsGateway
from tests.support.vonage_standin import VonageStandin

NUMBER = "+447400123456"
CODE = "804152"
TEXT = f"{CODE} is your Acme code. It works for 10 minutes.\n\n@app.example.com #{CODE}"


def text(message_id: str = "m-1", *, to: str = NUMBER, words: str = TEXT, ttl: int = 600) -> OutgoingSms:
    return OutgoingSms(message_id=message_id, to=to, text=words, ttl=ttl, purpose="login")


@pytest.fixture(scope="session")
def rsa_key() -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def pkcs8(rsa_key: RSAPrivateKey) -> str:
    return rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def vonage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VonageStandin]:
    with VonageStandin() as standin:
        trust(standin, tmp_path, monkeypatch)
        yield standin


def trust(standin: VonageStandin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process trust the stand-in and nobody else: no wrong setting can reach the real provider."""
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(standin.ca_pem)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)


MakeGateway = Callable[..., VonageSmsGateway]


@pytest.fixture
def make_gateway(vonage: VonageStandin, pkcs8: str) -> MakeGateway:
    """Gateways on the stand-in with short patience; any constructor argument may be given."""

    def make(**given: object) -> VonageSmsGateway:
        arguments = {
            "application_id": "78d335fa-323d-0114-9c3d-d6f0d48968cf",
            "private_key": pkcs8,
            "sender": "Acme",
            "api_host": vonage.host,
            "timeout": 1,
            "deadline": 1.5,
        }
        return VonageSmsGateway(**(arguments | given))  # type: ignore[arg-type]

    return make


@pytest.fixture
def gateway(make_gateway: MakeGateway) -> VonageSmsGateway:
    return make_gateway()
