"""What goes over the wire to Vonage, and what stays at home."""

import threading
import time
from pathlib import Path

import pytest

from services.gateways import Accepted, GatewayMisconfigured, Refused
from services.gateways.vonage import VonageSmsGateway
from services.gateways.vonage_client import TOKEN_LIFE, CachedAuth
from services.gateways.vonage_key import private_key_pem
from tests.gateways.conftest import TEXT, MakeGateway, text
from tests.support.vonage_standin import VonageStandin


def test_a_text_goes_out_whole(vonage: VonageStandin, gateway: VonageSmsGateway) -> None:
    assert isinstance(gateway.send(text("m-1", ttl=415)), Accepted)

    seen = vonage.requests[0]
    assert seen.path == "/v1/messages"
    assert seen.body == {
        "to": "447400123456",
        "from": "Acme",
        "text": TEXT,
        "ttl": 415,
        "client_ref": "m-1",
        "sms": {"encoding_type": "text"},
        "channel": "sms",
        "message_type": "text",
    }
    assert seen.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(("life", "ttl"), [(-5, 20), (0, 20), (19, 20), (20, 20), (21, 21), (10**9, 604_800)])
def test_the_time_to_live_keeps_within_what_the_provider_takes(
    life: int, ttl: int, vonage: VonageStandin, gateway: VonageSmsGateway
) -> None:
    gateway.send(text(ttl=life))

    assert vonage.requests[0].body["ttl"] == ttl


def test_a_text_outside_gsm_7_leaves_the_encoding_to_the_provider(
    vonage: VonageStandin, gateway: VonageSmsGateway
) -> None:
    gateway.send(text(words="Ваш код 804152"))

    assert vonage.requests[0].body["sms"] == {"encoding_type": "auto"}
    assert vonage.requests[0].body["text"] == "Ваш код 804152"


def test_receipts_are_asked_for_only_where_they_can_arrive(
    vonage: VonageStandin, make_gateway: MakeGateway
) -> None:
    make_gateway(webhook_url="https://app.example.com/webhooks/vonage/status").send(text())
    make_gateway().send(text())

    asked, silent = (seen.body for seen in vonage.requests)
    assert asked["webhook_url"] == "https://app.example.com/webhooks/vonage/status"
    assert asked["webhook_version"] == "v1"
    assert not {"webhook_url", "webhook_version"} & silent.keys()


def test_the_sender_follows_the_country_of_the_number(
    vonage: VonageStandin, make_gateway: MakeGateway
) -> None:
    gateway = make_gateway(sender="GB=AcmeUK, US=+12015550123, *=Acme")
    for to in ("+447400123456", "+12015550199", "+16135550123", "+33612345678"):
        gateway.send(text(to=to))

    assert [seen.body["from"] for seen in vonage.requests] == ["AcmeUK", "12015550123", "Acme", "Acme"]


def test_a_country_without_a_sender_is_refused_and_costs_no_request(
    vonage: VonageStandin, make_gateway: MakeGateway
) -> None:
    answer = make_gateway(sender="GB=Acme").send(text(to="+33612345678"))

    assert answer == Refused("no sender for the country of this number", None, "configuration")
    assert vonage.requests == []


@pytest.mark.parametrize(
    "sender",
    [
        "",
        ",",
        "Acme Retail",
        "TwelveLetter",
        "Acmé",
        "GB",
        "GB=",
        "GB=Acme,gb=Other",
        "GBR=Acme",
        "=Acme",
        "+0123",
    ],
)
def test_a_sender_that_no_network_takes_is_found_at_start(sender: str, make_gateway: MakeGateway) -> None:
    if sender == "GB":  # two letters are a short brand
        make_gateway(sender=sender)
        return
    with pytest.raises(GatewayMisconfigured, match=r"^VONAGE_SENDER: "):
        make_gateway(sender=sender)


@pytest.mark.parametrize(
    "host",
    ["", "https://api.nexmo.com", "api.nexmo.com/v1", "user@api.nexmo.com", "a b", "api.nexmo.com:port"],
)
def test_a_host_that_is_none_is_found_at_start(host: str, make_gateway: MakeGateway) -> None:
    with pytest.raises(GatewayMisconfigured, match=r"^VONAGE_API_HOST: "):
        make_gateway(api_host=host)


@pytest.mark.parametrize("application_id", ["", "two words", "line\nbreak"])
def test_an_application_id_that_is_none_is_found_at_start(
    application_id: str, make_gateway: MakeGateway
) -> None:
    with pytest.raises(GatewayMisconfigured, match=r"^VONAGE_APPLICATION_ID: "):
        make_gateway(application_id=application_id)


# --- the token


def test_one_token_serves_many_texts(vonage: VonageStandin, gateway: VonageSmsGateway) -> None:
    for number in range(20):
        gateway.send(text(f"m-{number}"))

    assert len({seen.authorization for seen in vonage.requests}) == 1
    assert len(vonage.requests) == 20


def test_a_token_is_signed_anew_well_before_it_ends_and_when_the_clock_was_set_back(pkcs8: str) -> None:
    time_is = [1_000_000.0]
    auth = CachedAuth("an-application", private_key_pem(pkcs8), clock=lambda: time_is[0])
    first = auth.create_jwt_auth_string()

    time_is[0] += TOKEN_LIFE - 1
    assert auth.create_jwt_auth_string() == first
    time_is[0] += 1
    second = auth.create_jwt_auth_string()
    assert second != first
    time_is[0] -= 3600
    assert auth.create_jwt_auth_string() != second


def test_a_token_the_provider_refused_is_not_shown_to_it_again(
    vonage: VonageStandin, gateway: VonageSmsGateway
) -> None:
    vonage.answer_with("401", "202")
    gateway.send(text("m-1"))
    gateway.send(text("m-2"))

    refused, taken = (seen.authorization for seen in vonage.requests)
    assert refused != taken


def test_a_netrc_file_does_not_replace_the_token(
    vonage: VonageStandin, gateway: VonageSmsGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    gateway.send(text())

    assert vonage.requests[0].authorization.startswith("Bearer ")


# --- threads and connections


def test_threads_share_a_gateway_without_mixing_anything_up(
    vonage: VonageStandin, gateway: VonageSmsGateway
) -> None:
    answers: list[object] = []

    def work(worker: int) -> None:
        for number in range(25):
            name = f"m-{worker}-{number}"
            answers.append(gateway.send(text(name, to=f"+4474001{worker:05d}", words=f"for {name}")))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 150
    assert all(isinstance(answer, Accepted) for answer in answers)
    assert len({seen.body["client_ref"] for seen in vonage.requests}) == 150
    for seen in vonage.requests:
        name = seen.body["client_ref"]
        assert seen.body["text"] == f"for {name}"
        assert seen.body["to"] == f"4474001{int(name.split('-')[1]):05d}"
    assert len({seen.authorization for seen in vonage.requests}) == 1
    assert vonage.connections <= 6, "each thread keeps one connection"


def test_a_connection_left_idle_is_not_used_again(
    vonage: VonageStandin, gateway: VonageSmsGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.send(text("m-1"))
    gateway.send(text("m-2"))
    assert vonage.connections == 1

    monkeypatch.setattr("services.gateways.vonage_client.IDLE_LIMIT", 0.05)
    time.sleep(0.1)
    assert isinstance(gateway.send(text("m-3")), Accepted)
    assert vonage.connections == 2
