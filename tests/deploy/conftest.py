"""compose.yaml, and secrets for it that are filled in."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deploy import make_secrets
from tests.deploy.compose_file import ROOT


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of secrets, all of them filled."""
    made = tmp_path / "secrets"
    command: list[str | os.PathLike[str]] = [sys.executable, ROOT / "deploy/make_secrets.py", made]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.count("to be filled by you") == len(make_secrets.OTHERS)
    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    (made / "vonage_private_key").write_bytes(pem)
    (made / "vonage_signature_secret").write_text("s" * 32)
    (made / "smtp_url").write_text("smtps://relay:pass@mail.example.com")
    return made
