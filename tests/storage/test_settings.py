"""Where files are kept, as the operator says it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import config
from services import storage
from services.storage import NotSetUp
from tests.conftest import FAST
from tests.support.importing import run_import
from tests.support.site import Site


@pytest.mark.parametrize(
    "url",
    [
        "file://relative", "file://", "/mnt/shared", "s3://", "s3://key:secret@bucket", "ftp://host/x",
        "http://host", "s3://bucket/a?x=1", "file:///mnt/../etc",
    ],
)  # fmt: skip
def test_a_place_that_is_none_is_told_at_the_start(url: str, tmp_path: Path) -> None:
    with pytest.raises(config.SettingsError) as wrong:
        config.load({**FAST, "INSTANCE_PATH": str(tmp_path), "STORAGE_URL": url})
    assert wrong.value.faults == [
        "STORAGE_URL: must look like file:///a/folder or s3://bucket/prefix, or be empty"
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_bucket_without_its_package_is_told_by_check_config(
    make_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    # A test before this one may have found it. (The name in the package is a view of what the module keeps.)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)
    done = (
        make_site(STORAGE_URL="s3://bucket").app.test_cli_runner().invoke(args=["check-config", "--offline"])
    )
    assert done.exit_code == 1
    assert "configuration: STORAGE_URL: s3:// needs the package s3fs (pip install s3fs)" in done.output


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_folder_that_is_not_there_is_told_by_check_config(make_site: Callable[..., Site]) -> None:
    done = make_site(STORAGE_URL="file:///no/disk").app.test_cli_runner().invoke(args=["check-config"])
    assert done.exit_code == 1
    assert "configuration: STORAGE_URL: the folder does not exist" in done.output


def test_in_production_no_bucket_is_spoken_to_in_the_clear(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://store.example")
    settings = config.load({**FAST, "INSTANCE_PATH": str(tmp_path), "STORAGE_URL": "s3://bucket"})
    with pytest.raises(NotSetUp, match="https://"):
        storage.new_store(settings.model_copy(update={"app_env": "production"}))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_import_goes_by_way_of_the_bucket_and_leaves_nothing_there(
    make_site: Callable[..., Site], storage_url: str
) -> None:
    site = make_site(STORAGE_URL=storage_url)
    _, owner = site.world.acme(two_factor=False)
    for content in (b"Email\na@example.org\n", "Email;Name\nb@example.org;Zoë\n".encode("utf-16")):
        found = run_import(site, site.signed_in(owner), content)
        assert (found.state, found.added) == ("done", 1)
    with site.context():
        assert list(storage.store().names("imports")) == []
