"""What the gateway answers for each thing a provider and a network can do, with the real SDK over real TLS.

Each row also counts the requests that arrived: whatever happens, one call is one request at most.
"""

import socket
import time
from pathlib import Path

import pytest
import trustme

from services.gateways import Accepted, Answer, Refused, Retry, Unknown
from services.gateways.vonage import VonageSmsGateway
from tests.gateways.conftest import CODE, NUMBER, MakeGateway, text, trust
from tests.support.vonage_standin import VonageStandin

ANSWERED: list[tuple[str, Answer | type[Accepted]]] = [
    ("202", Accepted),
    ("slow:0.3", Accepted),
    ("400", Refused("HTTP 400", None, "parameters")),
    ("401", Refused("HTTP 401", None, "account")),
    ("402", Refused("HTTP 402", None, "account")),
    ("402#1070", Refused("HTTP 402, code 1070", "1070", "account")),
    ("403", Refused("HTTP 403", None, "account")),
    ("403#1050", Refused("HTTP 403, code 1050", "1050", "number")),
    ("403#1120", Refused("HTTP 403, code 1120", "1120", "configuration")),
    ("403#1020", Refused("HTTP 403, code 1020", "1020", "parameters")),
    ("403#9999", Refused("HTTP 403, code 9999", "9999", "account")),
    ("402#1170", Refused("HTTP 402, code 1170", "1170", "number")),
    ("401#1020", Refused("HTTP 401, code 1020", "1020", "account")),
    ("404", Refused("HTTP 404", None, "configuration")),
    ("409", Refused("HTTP 409", None, "parameters")),
    ("422", Refused("HTTP 422", None, "parameters")),
    ("422#1020", Refused("HTTP 422, code 1020", "1020", "parameters")),
    ("422#1040", Refused("HTTP 422, code 1040", "1040", "number")),
    ("422#1060", Refused("HTTP 422, code 1060", "1060", "account")),
    ("422#1120", Refused("HTTP 422, code 1120", "1120", "configuration")),
    ("422#1170", Refused("HTTP 422, code 1170", "1170", "number")),
    ("422#1240", Refused("HTTP 422, code 1240", "1240", "number")),
    ("422#1000", Retry("HTTP 422, code 1000")),
    ("422#1030", Unknown("HTTP 422, code 1030")),
    ("429", Retry("HTTP 429")),
    ("429:2", Retry("HTTP 429", 2.0)),
    ("429#1000:2", Retry("HTTP 429, code 1000", 2.0)),
    ("408", Unknown("HTTP 408")),
    ("500", Unknown("HTTP 500")),
    ("502", Unknown("HTTP 502")),
    ("503", Unknown("HTTP 503")),
    ("503:1", Unknown("HTTP 503")),
    ("504", Unknown("HTTP 504")),
    ("304", Unknown("HTTP 304")),
    ("html", Unknown("no usable answer (TypeError)")),
    ("empty", Unknown("no usable answer (TypeError)")),
    ("list", Unknown("no usable answer (TypeError)")),
    ("odd", Unknown("no usable answer (ValidationError)")),
    ("redirect", Unknown("no usable answer (TooManyRedirects)")),
    ("redirect:307", Unknown("no usable answer (TooManyRedirects)")),
]

UNANSWERED: list[tuple[str, Answer | type[Accepted]]] = [
    ("close", Unknown("no usable answer (ConnectionError)")),
    ("reset", Unknown("no usable answer (ConnectionError)")),
    ("half", Unknown("no usable answer (ChunkedEncodingError)")),
    ("hang", Unknown("no usable answer (ReadTimeout)")),
    ("slow:5", Unknown("no usable answer (ReadTimeout)")),
    ("drip:0.3", Unknown("no usable answer (ReadTimeout)")),
    ("drip-body:0.3", Unknown("no usable answer (ConnectionError)")),
    ("flood", Unknown("no usable answer (ChunkedEncodingError)")),
]

EVERY_ROW = ANSWERED + UNANSWERED


def expect(answer: Answer, expected: Answer | type[Accepted]) -> None:
    if isinstance(expected, type):
        assert isinstance(answer, expected)
    else:
        assert answer == expected


@pytest.mark.parametrize(("behaviour", "expected"), EVERY_ROW)
@pytest.mark.asvs("13.2.6", "15.3.2")
def test_each_behaviour_of_the_provider_has_its_answer_and_costs_one_request(
    behaviour: str, expected: Answer | type[Accepted], vonage: VonageStandin, gateway: VonageSmsGateway
) -> None:
    vonage.answer_with(behaviour)
    started = time.monotonic()

    answer = gateway.send(text())

    expect(answer, expected)
    assert time.monotonic() - started < 3.0, "one call ends by its deadline, however slowly the answer comes"
    assert len(vonage.requests) == 1
    assert CODE not in repr(answer)
    assert NUMBER.removeprefix("+") not in repr(answer)


@pytest.mark.parametrize(("behaviour", "_"), EVERY_ROW)
def test_after_any_fault_the_next_text_goes_out(
    behaviour: str, _: Answer, vonage: VonageStandin, make_gateway: MakeGateway
) -> None:
    gateway = make_gateway(deadline=1.0)
    vonage.answer_with(behaviour, "202")

    gateway.send(text("m-1"))

    assert isinstance(gateway.send(text("m-2")), Accepted)
    assert [seen.body["client_ref"] for seen in vonage.requests] == ["m-1", "m-2"]


def test_a_connection_that_is_refused_may_be_tried_again(
    vonage: VonageStandin, gateway: VonageSmsGateway
) -> None:
    vonage.stop()

    assert gateway.send(text()) == Retry("not connected (ConnectionError)")


def test_a_provider_that_stops_between_two_texts_is_not_taken_for_one_that_swallowed_the_second(
    vonage: VonageStandin, gateway: VonageSmsGateway
) -> None:
    assert isinstance(gateway.send(text("m-1")), Accepted)
    vonage.stop()

    assert gateway.send(text("m-2")) == Retry("not connected (ConnectionError)")


def test_a_host_that_takes_no_connections_may_be_tried_again(make_gateway: MakeGateway) -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):  # with its queue full, Linux drops further attempts without a word
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        gateway = make_gateway(api_host=f"127.0.0.1:{full.getsockname()[1]}")

        assert gateway.send(text()) == Retry("not connected (ConnectTimeout)")


@pytest.mark.parametrize("mode", ["untrusted", "wrong-host"])
@pytest.mark.asvs("12.3.2")
def test_a_certificate_that_is_not_trusted_gets_no_text(
    mode: str, vonage: VonageStandin, gateway: VonageSmsGateway
) -> None:
    vonage.tls = mode  # type: ignore[assignment]

    assert gateway.send(text()) == Retry("not connected (SSLError)")
    assert vonage.requests == []


def test_a_handshake_that_never_comes_may_be_tried_again(
    vonage: VonageStandin, gateway: VonageSmsGateway
) -> None:
    vonage.tls = "silent"

    answer = gateway.send(text())

    assert isinstance(answer, Retry)
    assert vonage.requests == []


def test_an_unknown_host_may_be_tried_again(make_gateway: MakeGateway) -> None:
    assert isinstance(make_gateway(api_host="vonage.invalid").send(text()), Retry)


def test_a_proxy_that_is_not_there_may_be_tried_again(
    gateway: VonageSmsGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    assert gateway.send(text()) == Retry("not connected (ProxyError)")


@pytest.mark.parametrize(
    "to",
    ["", "+", "07400123456", "+44 7400 123456", "+4474001234567890", "+44740012345x", "+4474001٢٣٤٥٦"],
)
@pytest.mark.asvs("1.3.6")
def test_a_number_that_cannot_be_one_costs_no_request(
    to: str, vonage: VonageStandin, gateway: VonageSmsGateway
) -> None:
    answer = gateway.send(text(to=to))

    assert answer == Refused("not an E.164 number", None, "number")
    assert vonage.requests == []


def test_a_text_longer_than_the_provider_takes_costs_no_request(
    vonage: VonageStandin, gateway: VonageSmsGateway
) -> None:
    assert gateway.send(text(words="x" * 3201)) == Refused("not a possible text: text", None, "parameters")
    assert vonage.requests == []


def test_the_same_table_holds_when_the_connection_was_used_before(
    vonage: VonageStandin, gateway: VonageSmsGateway
) -> None:
    """The SDK repeats a request on a dropped connection by default; a kept connection is where that happens."""
    vonage.answer_with("202", "close", "202", "reset", "202")

    answers = [type(gateway.send(text(f"m-{n}"))).__name__ for n in range(5)]

    assert answers == ["Accepted", "Unknown", "Accepted", "Unknown", "Accepted"]
    assert [seen.body["client_ref"] for seen in vonage.requests] == [f"m-{n}" for n in range(5)]


def test_trust_is_for_the_standin_alone(
    vonage: VonageStandin, gateway: VonageSmsGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VonageStandin(ca=trustme.CA()) as another:
        trust(another, tmp_path, monkeypatch)

        assert isinstance(gateway.send(text()), Retry)
        assert vonage.requests == []
