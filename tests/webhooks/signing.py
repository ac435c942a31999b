"""Calls as Vonage signs them, and as it does not."""

import hashlib
import hmac
import json
import uuid
from base64 import urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from jwt import PyJWS
from sqlalchemy import select, update

from extensions import db
from models import Message
from services.clock import now
from services.unit_of_work import write
from tests.support.browser import Page
from tests.support.site import Site

#: As long as HS512 wants it, so that a token of another algorithm is refused for that alone.
SECRET = "a signature secret of 32 bytes or more, and here of even more than 64"
APPLICATION = "78d335fa-323d-0114-9c3d-d6f0d48968cf"
_OWN_KEY = (
    generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
PATHS = ["/webhooks/vonage/status", "/webhooks/vonage/voice"]


def change(site: Site, **values: Any) -> None:
    with site.context(), write() as session:
        session.execute(update(Message).values(**values).execution_options(synchronize_session=False))


def event(message_id: str, status: str, **more: Any) -> bytes:
    return json.dumps(
        {
            "message_uuid": "uuid-1", "to": "447400123456", "from": "Acme", "timestamp": "2026-11-24T07:00:00Z",
            "status": status, "channel": "sms", "client_ref": message_id, **more,
        }
    ).encode()  # fmt: skip


def signed(body: bytes, *, secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    content = {
        "iat": int(now().timestamp()), "jti": str(uuid.uuid4()), "iss": "Vonage", "api_key": "abcd1234",
        "payload_hash": hashlib.sha256(body).hexdigest(), "application_id": APPLICATION, **claims,
    }  # fmt: skip
    told = {name: value for name, value in content.items() if value is not None}
    # Not by jwt.encode(), which refuses to sign claims of odd types.
    return PyJWS().encode(json.dumps(told).encode(), secret, algorithm)


def _head(**more: Any) -> str:
    told = json.dumps({"typ": "JWT", **more}).encode()
    return urlsafe_b64encode(told).rstrip(b"=").decode()


def _by_hand(body: bytes, secret: bytes) -> str:
    """With a secret that the library does not take for one."""
    told = ".".join([_head(alg="HS256"), signed(body).split(".")[1]])
    mac = hmac.digest(secret, told.encode(), "sha256")
    return f"{told}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _public_key() -> bytes:
    public = load_pem_private_key(_OWN_KEY.encode(), None).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def post(site: Site, body: bytes, token: str | None, path: str = PATHS[0]) -> Page:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    client = site.app.test_client()
    return Page(client.post(path, data=body, headers=headers, content_type="application/json"), path)


def state(site: Site) -> tuple[str, str | None]:
    with site.context():
        found = db.session.execute(select(Message.state, Message.reason)).one()
        return found.state, found.reason


def the_message(site: Site) -> Message:
    """The only one, as it is now."""
    with site.context():
        found = db.session.scalars(select(Message).execution_options(populate_existing=True)).one()
        db.session.expunge(found)
        return found


def forged(body: bytes) -> dict[str, str | None]:
    moment = int(now().timestamp())
    good = signed(body)
    head, claims, signature = good.split(".")
    return {
        "no token": None,
        "an empty token": "",
        "garbage": "a.b.c",
        "bearer twice": f"Bearer {signed(body)}",
        "another secret": signed(body, secret="x" * 40),
        "no algorithm": f"{_head(alg='none')}.{claims}.",
        "no algorithm, in capitals": f"{_head(alg='NONE')}.{claims}.",
        "no algorithm, and the signature of another": f"{_head(alg='none')}.{claims}.{signature}",
        "no algorithm named": f"{_head()}.{claims}.{signature}",
        "an algorithm that is a list": f"{_head(alg=['HS256'])}.{claims}.{signature}",
        "no signature": f"{head}.{claims}.",
        "half a signature": good[:-10],
        "another head": f"{_head(alg='HS256', kid='1')}.{claims}.{signature}",
        "a longer algorithm": signed(body, algorithm="HS384"),
        "the longest algorithm": signed(body, algorithm="HS512"),
        "a key of its own": signed(body, secret=_OWN_KEY, algorithm="RS256"),
        # Where a server lets the token choose, what is public becomes the secret.
        "a public key for a secret": _by_hand(body, _public_key()),
        "no secret": _by_hand(body, b""),
        "the account for a secret": _by_hand(body, b"abcd1234"),
        "five minutes old": signed(body, iat=moment - 302),
        "a year old": signed(body, iat=moment - 365 * 86400),
        "from the future": signed(body, iat=moment + 310),
        "a time that is none": signed(body, iat=float("nan")),
        "a time without end": signed(body, iat=float("inf")),
        "a time as text": signed(body, iat=str(moment)),
        "a time that is true": signed(body, iat=True),
        "a time in a list": signed(body, iat=[moment]),
        "expired": signed(body, exp=moment - 1),
        "another issuer": signed(body, iss="Vonnage"),
        "another application": signed(body, application_id="another"),
        "another account": signed(body, api_key="zzzz"),
        "an account that is a number": signed(body, api_key=1234),
        "an application in a list": signed(body, application_id=[APPLICATION]),
        "issuers in a list": signed(body, iss=["Vonage"]),
        "no issuer": signed(body, iss=None),
        "an issuer in small letters": signed(body, iss="vonage"),
        "no account": signed(body, api_key=None),
        "not yet": signed(body, nbf=moment + 400),
        "an audience": signed(body, aud="somebody"),
        "another body": signed(body + b" "),
        "a hash in a list": signed(body, payload_hash=[hashlib.sha256(body).hexdigest()]),
        "a hash of another kind": signed(body, payload_hash=hashlib.sha512(body).hexdigest()),
        "no hash": signed(body, payload_hash=None),
        "no jti": signed(body, jti=None),
        "a jti that is a number": signed(body, jti=17),
        "a jti that is true": signed(body, jti=True),
        "a jti in a list": signed(body, jti=["a"]),
        "a jti of parts": signed(body, jti={"a": "b"}),
        "a jti of lines": signed(body, jti="a\nb"),
        "an empty jti": signed(body, jti=""),
        "a jti without end": signed(body, jti="x" * 101),
        "no iat": signed(body, iat=None),
        "no application": signed(body, application_id=None),
    }  # fmt: skip
