"""The private key of a Vonage application, in whatever form it reached us."""

import re
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from services.gateways import GatewayMisconfigured

KEY_SETTING = "VONAGE_PRIVATE_KEY"
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)


def private_key_pem(setting: str) -> str:
    """The RSA key in ``setting`` as PKCS#8 PEM, the one form the SDK takes as text.

    Takes PKCS#1 or PKCS#8, as a path or as text, and a text whose line breaks became ``\\n`` or spaces on the
    way through an environment file. Raises GatewayMisconfigured.
    """
    if not setting.strip():
        raise GatewayMisconfigured(
            KEY_SETTING, "is required: the private key of the application, or its path"
        )
    text = setting if "-----BEGIN" in setting else _read(setting)
    found = _PEM.search(text.replace("\\n", "\n").replace("\\r", ""))
    if found is None:
        raise GatewayMisconfigured(KEY_SETTING, "holds no complete PEM private key (BEGIN and END lines)")
    label, body = found.groups()
    if label.startswith("ENCRYPTED") or "ENCRYPTED" in body:
        raise GatewayMisconfigured(KEY_SETTING, "is locked with a passphrase; give the key without one")
    if not label.endswith("PRIVATE KEY"):
        raise GatewayMisconfigured(KEY_SETTING, f"is a {label.lower()}, not a private key")
    pem = _wrapped(label, body)
    try:
        key = load_pem_private_key(pem.encode("ascii"), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise GatewayMisconfigured(
            KEY_SETTING, "cannot be read as a private key; it may be cut short"
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise GatewayMisconfigured(KEY_SETTING, "must be an RSA key")
    if key.key_size < 2048:
        raise GatewayMisconfigured(KEY_SETTING, "must be an RSA key of 2048 bits or more")
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def _read(path: str) -> str:
    try:
        with Path(path).expanduser().open("rb") as file:
            return file.read(64 * 1024).decode("ascii")
    except (OSError, ValueError, RuntimeError):
        # The value may be half a key pasted wrongly, so it is not shown.
        raise GatewayMisconfigured(
            KEY_SETTING, "is neither a PEM private key nor the path of a file that can be read"
        ) from None


def _wrapped(label: str, body: str) -> str:
    base64 = "".join(body.split())
    lines = [base64[start : start + 64] for start in range(0, len(base64), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])
