"""The examples for nginx and Caddy fit the site's own addresses and limits."""

import re
from pathlib import Path

import pytest
from flask import Flask

import config
from app import create_app
from settings_schema import Settings
from tests.conftest import FAST

ROOT = Path(__file__).resolve().parents[2]
NGINX = re.sub(r"(^|\s)#.*", "", (ROOT / "deploy/nginx.conf").read_text())
CADDY = re.sub(r"(^|\s)#.*", "", (ROOT / "deploy/Caddyfile").read_text())
UPLOADS = Settings.model_fields["import_max_mib"].default


@pytest.fixture
def site_app(tmp_path: Path) -> Flask:
    return create_app(config.load({**FAST, "INSTANCE_PATH": str(tmp_path)}))


def locations() -> dict[str, str]:
    """nginx's, by what they are for."""
    found = re.findall(r"location (?:= |~ )?(\S+) \{([^}]*)\}", NGINX)
    assert len(found) >= 6
    return dict(found)


@pytest.mark.asvs("15.3.4")
def test_the_site_is_told_of_one_address_and_it_is_the_visitors() -> None:
    assert re.search(r"proxy_set_header X-Forwarded-For +\$remote_addr;", NGINX)
    assert "$proxy_add_x_forwarded_for" not in NGINX
    assert "header_up X-Forwarded-For {remote_host}" in CADDY
    # One header in a location would take all of those above away from it.
    assert [name for name, said in locations().items() if "proxy_set_header" in said] == []


@pytest.mark.asvs("12.1.1", "12.1.2")
def test_nothing_older_than_tls_1_2_is_spoken_and_port_80_only_redirects() -> None:
    assert re.findall(r"ssl_protocols (.*);", NGINX) == ["TLSv1.2 TLSv1.3"]
    assert re.search(r"tls\s*\{|protocols", CADDY) is None  # its default is the same
    plain = [block for block in NGINX.split("server {") if "listen 80" in block]
    assert len(plain) == 2
    assert not any("proxy_pass" in block.partition("listen 443")[0] for block in plain)


def test_figures_are_not_public() -> None:
    assert "return 404" in locations()["/metrics"]
    assert "@metrics path /metrics" in CADDY
    assert "respond @metrics 404" in CADDY


def test_a_file_that_the_site_would_take_is_not_refused_before() -> None:
    uploads = locations()["/contacts/import"]
    assert UPLOADS < int(re.search(r"client_max_body_size (\d+)m", uploads)[1]) <= UPLOADS * 1.2
    assert UPLOADS * 1.048576 < int(re.search(r"max_size (\d+)MB", CADDY)[1]) <= UPLOADS * 1.2


@pytest.mark.asvs("14.2.1")
def test_no_address_with_a_one_use_token_gets_into_a_log(site_app: Flask) -> None:
    logged = re.search(r"~(\^/\(password\S+)\s+0;", NGINX)[1]
    tokens = [rule.rule for rule in site_app.url_map.iter_rules() if "token" in rule.arguments]
    assert len(tokens) >= 4
    assert [rule for rule in tokens if not re.match(logged, rule)] == []
    form = re.search(r"log_format countersign '([^']*)'", NGINX)[1]
    # $request, $request_uri and the Referer hold the query.
    assert set(re.findall(r"\$\w+", form)).isdisjoint({"$request", "$request_uri", "$args", "$http_referer"})
    assert re.search(r"^\s*log\b", CADDY, re.MULTILINE) is None


def test_downloads_are_passed_on_as_they_come(site_app: Flask) -> None:
    (pattern,) = [name for name, said in locations().items() if "proxy_buffering off" in said]
    rules = [rule.rule for rule in site_app.url_map.iter_rules() if rule.rule.endswith("/download")]
    assert rules
    assert [rule for rule in rules if not re.match(pattern, rule)] == []
    assert "flush_interval -1" in CADDY
