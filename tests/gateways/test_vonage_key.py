"""The private key in every form in which operators have it, and words for those that cannot be used."""

from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from services.gateways import Accepted, GatewayMisconfigured
from tests.gateways.conftest import MakeGateway, text
from tests.support.vonage_standin import VonageStandin


def key_forms(key: RSAPrivateKey, folder: Path) -> dict[str, str]:
    pkcs8 = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    pkcs1 = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    (folder / "private.key").write_text(pkcs8)
    (folder / "no-suffix").write_text(pkcs1)
    return {
        "PKCS#8 text": pkcs8,
        "PKCS#1 text": pkcs1,
        "PKCS#8 file": str(folder / "private.key"),
        "PKCS#1 file without a suffix": str(folder / "no-suffix"),
        "literal \\n": pkcs8.replace("\n", "\\n"),
        "literal \\n, PKCS#1": pkcs1.replace("\n", "\\n"),
        "literal \\r\\n": pkcs8.replace("\n", "\\r\\n"),
        "Windows line ends": pkcs8.replace("\n", "\r\n"),
        "spaces for line ends": pkcs8.replace("\n", " "),
        "quotation marks left on": '"' + pkcs8.replace("\n", "\\n") + '"',
        "no last line end": pkcs8.rstrip("\n"),
    }


FORMS = [
    "PKCS#8 text",
    "PKCS#1 text",
    "PKCS#8 file",
    "PKCS#1 file without a suffix",
    "literal \\n",
    "literal \\n, PKCS#1",
    "literal \\r\\n",
    "Windows line ends",
    "spaces for line ends",
    "quotation marks left on",
    "no last line end",
]


@pytest.mark.parametrize("form", FORMS)
def test_the_private_key_is_understood_in_each_form(
    form: str, rsa_key: RSAPrivateKey, tmp_path: Path, vonage: VonageStandin, make_gateway: MakeGateway
) -> None:
    gateway = make_gateway(private_key=key_forms(rsa_key, tmp_path)[form])

    assert isinstance(gateway.send(text()), Accepted)
    token = vonage.requests[0].authorization.removeprefix("Bearer ")
    claims = jwt.decode(token, rsa_key.public_key(), algorithms=["RS256"])
    assert claims["application_id"] == "78d335fa-323d-0114-9c3d-d6f0d48968cf"


def unusable_keys(key: RSAPrivateKey, folder: Path) -> dict[str, str]:
    pkcs8 = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    lock = BestAvailableEncryption(b"secret")
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    curve = ec.generate_private_key(ec.SECP256R1())
    small = rsa.generate_private_key(65537, 1024)
    (folder / "binary").write_bytes(bytes(range(256)))
    return {
        "is required": "",
        "is neither": str(folder / "missing.key"),
        "is neither a PEM": str(folder),
        "is neither a PEM private key": str(folder / "binary"),
        "is neither a PEM private key nor": "x" * 5000,
        "holds no complete PEM": pkcs8[: len(pkcs8) // 2],
        "cannot be read as a private key": "".join(
            line for n, line in enumerate(pkcs8.splitlines(keepends=True)) if n != 5
        ),
        "is locked with a passphrase": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode(),
        "is locked": key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, lock).decode(),
        "is a public key, not a private key": public,
        "must be an RSA key": curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "of 2048 bits or more": small.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode(),
    }


def test_a_private_key_that_cannot_be_used_is_named_in_plain_words_without_its_value(
    rsa_key: RSAPrivateKey, tmp_path: Path, make_gateway: MakeGateway
) -> None:
    for problem, value in unusable_keys(rsa_key, tmp_path).items():
        with pytest.raises(GatewayMisconfigured) as raised:
            make_gateway(private_key=value)
        assert str(raised.value).startswith("VONAGE_PRIVATE_KEY: ")
        assert problem in str(raised.value)
        assert "\n" not in str(raised.value)
        assert not value or value not in str(raised.value)
        assert raised.value.__suppress_context__ or raised.value.__context__ is None
