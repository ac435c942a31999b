"""Calls by the real SDK over real TLS: what goes out, and the same answers as for texts."""

import logging
from collections.abc import Callable

import pytest

from services.gateways import Accepted, Answer, OutgoingCall, Refused, Retry
from services.gateways.vonage_voice import VonageVoiceGateway
from tests.gateways.conftest import CODE, NUMBER
from tests.gateways.test_fault_table import ANSWERED, UNANSWERED, expect
from tests.support.vonage_standin import VonageStandin

WORDS = f'This is Acme. Your code is: <prosody rate="slow">{", ".join(CODE)}</prosody>'
#: What takes no second of its own to happen.
_QUICK = {"close", "reset", "half", "hang"}
MakeVoice = Callable[..., VonageVoiceGateway]


def spoken(message_id: str = "m-1", *, to: str = NUMBER, words: str = WORDS) -> OutgoingCall:
    return OutgoingCall(message_id=message_id, to=to, words=words, purpose="login")


@pytest.fixture
def make_voice(vonage: VonageStandin, pkcs8: str) -> MakeVoice:
    def make(**given: object) -> VonageVoiceGateway:
        arguments = {
            "application_id": "78d335fa-323d-0114-9c3d-d6f0d48968cf",
            "private_key": pkcs8, "api_host": vonage.host, "timeout": 1, "deadline": 1.5,
        }  # fmt: skip
        return VonageVoiceGateway(**(arguments | given))  # type: ignore[arg-type]

    return make


def test_a_call_goes_out_whole_and_needs_no_page_of_ours(
    vonage: VonageStandin, make_voice: MakeVoice
) -> None:
    answer = make_voice(
        number="+442079460000", event_url="https://app.example.com/webhooks/vonage/voice"
    ).call(spoken("m-1"))

    assert isinstance(answer, Accepted)
    assert (answer.gateway, answer.sender) == ("vonage-voice", "442079460000")
    seen = vonage.requests[0]
    assert seen.path == "/v1/calls"
    assert seen.body == {
        "to": [{"type": "phone", "number": "447400123456"}],
        "from": {"type": "phone", "number": "442079460000"},
        "ncco": [{"action": "talk", "text": f"<speak>{WORDS}</speak>", "loop": 2, "language": "en-GB"}],
        "event_url": ["https://app.example.com/webhooks/vonage/voice?call=m-1"],
        "event_method": "POST",
        "machine_detection": "hangup",
        "ringing_timer": 30,
        "length_timer": 60,
    }


def test_without_a_number_of_its_own_a_call_comes_from_one_of_the_application(
    vonage: VonageStandin, make_voice: MakeVoice
) -> None:
    make_voice(language="cy-GB").call(spoken())

    body = vonage.requests[0].body
    assert body["random_from_number"] is True
    assert not {"from", "event_url", "event_method"} & body.keys()
    assert body["ncco"][0]["language"] == "cy-GB"


@pytest.mark.parametrize(
    ("behaviour", "expected"), ANSWERED + [row for row in UNANSWERED if row[0] in _QUICK]
)
@pytest.mark.asvs("13.2.6")
def test_each_behaviour_of_the_provider_has_the_answer_that_texts_have(
    behaviour: str, expected: Answer | type[Accepted], vonage: VonageStandin, make_voice: MakeVoice
) -> None:
    vonage.answer_with(behaviour)

    answer = make_voice().call(spoken())

    expect(answer, expected)
    assert len(vonage.requests) == 1, "whatever happens, one call is one request at most"
    assert CODE not in repr(answer)
    assert NUMBER.removeprefix("+") not in repr(answer)


def test_a_connection_that_is_refused_may_be_tried_again(
    vonage: VonageStandin, make_voice: MakeVoice
) -> None:
    vonage.stop()

    assert make_voice().call(spoken()) == Retry("not connected (ConnectionError)")


@pytest.mark.parametrize(
    ("call", "refused"),
    [
        (spoken(to="07400123456"), Refused("not an E.164 number", None, "number")),
        (spoken(words="x" * 1486), Refused("more words than a call may have", None, "parameters")),
    ],
)
def test_what_cannot_be_called_costs_no_request(
    call: OutgoingCall, refused: Refused, vonage: VonageStandin, make_voice: MakeVoice
) -> None:
    assert make_voice().call(call) == refused
    assert vonage.requests == []


def test_no_log_line_tells_the_code_or_the_number(
    vonage: VonageStandin, make_voice: MakeVoice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    vonage.answer_with("201", "422#1020", "close")
    gateway = make_voice()
    for call in (spoken("m-1"), spoken("m-2"), spoken("m-3")):
        gateway.call(call)

    assert "call m-2: Refused" in caplog.text
    assert ", ".join(CODE) not in caplog.text
    assert NUMBER.removeprefix("+") not in caplog.text
    assert CODE not in repr(spoken())
