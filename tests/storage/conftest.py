"""Stores to try: a folder, and a bucket of a server that speaks S3 over HTTP."""

import logging
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from moto.server import ThreadedMotoServer

import config
from services.storage import Store, new_store
from tests.conftest import FAST


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a stand-in for S3."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a process needs in its environment to reach it; a STORAGE_URL there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_server)
    files = fsspec.filesystem("s3", endpoint_url=s3_server, use_listings_cache=False)
    if not files.exists("bucket"):
        files.mkdir("bucket")
    return "s3://bucket/the/site"


@pytest.fixture(params=["folder", "s3"])
def storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "s3":
        return str(request.getfixturevalue("s3"))
    (tmp_path / "shared files").mkdir(mode=0o700)
    return f"file://{tmp_path}/shared%20files"


@pytest.fixture
def files(storage_url: str, tmp_path: Path) -> Store:
    return new_store(config.load({**FAST, "INSTANCE_PATH": str(tmp_path), "STORAGE_URL": storage_url}))
