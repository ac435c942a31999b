"""The stand-in beside a running site: a process of its own, told what to do over the same port."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from services.gateways import Accepted, Unknown
from tests.gateways.conftest import MakeGateway, text


def test_the_standin_runs_as_a_process_and_is_told_what_to_do(
    tmp_path: Path, make_gateway: MakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca, log = tmp_path / "standin.pem", tmp_path / "requests.jsonl"
    command = [sys.executable, "-m", "tests.support.vonage_standin", "--ca", str(ca), "--log", str(log)]
    with subprocess.Popen([*command, "--behaviours", "500"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca))
            host = f"127.0.0.1:{ready['port']}"
            gateway = make_gateway(api_host=host)

            assert gateway.send(text("m-1")) == Unknown("HTTP 500")
            assert isinstance(gateway.send(text("m-2")), Accepted)
            requests.put(f"https://{host}/standin/behaviours", json=["503"], timeout=5).raise_for_status()
            assert gateway.send(text("m-3")) == Unknown("HTTP 503")
        finally:
            process.terminate()
    assert process.returncode == 0
    seen = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["body"]["client_ref"], line["behaviour"]) for line in seen] == [
        ("m-1", "500"),
        ("m-2", "202"),
        ("m-3", "503"),
    ]
