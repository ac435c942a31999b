"""Mail over a real SMTP server: what is taken, what is refused, and what is never said in clear."""

import email
import email.policy
import logging
import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from services.gateways import Accepted, Answer, GatewayMisconfigured, OutgoingMail, Refused, Retry, Unknown
from services.gateways.smtp import SmtpMailGateway
from tests.support.smtp_server import DROP, SmtpServer

ADDRESS = "cleo@borealis.example"


def mail(
    message_id: str = "m-1",
    *,
    to: str = ADDRESS,
    subject: str = "Your number was changed",
    html: str | None = None,
) -> OutgoingMail:
    return OutgoingMail(
        message_id, to, subject, "Your mobile number ends in 56 now.\n.\nA line of a dot.\n", html
    )


def gateway(url: str, timeout: float = 2.0) -> SmtpMailGateway:
    return SmtpMailGateway(
        url=url, sender="no-reply@countersign.example", sender_name="Engagement Cloud", timeout=timeout
    )


def content(server: SmtpServer) -> EmailMessage:
    raw = server.received[-1].original_content
    assert raw is not None
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def trust(server: SmtpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "mail-ca.pem"
    bundle.write_bytes(server.ca_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        trust(running, tmp_path, monkeypatch)
        yield running


def test_a_mail_arrives_over_starttls(server: SmtpServer) -> None:
    assert gateway(f"smtp://127.0.0.1:{server.port}").send(mail()) == Accepted("m-1")

    envelope, message = server.received[0], content(server)
    assert envelope.mail_from == "no-reply@countersign.example"
    assert envelope.rcpt_tos == [ADDRESS]
    assert message["From"] == "Engagement Cloud <no-reply@countersign.example>"
    assert message["To"] == ADDRESS
    assert message["Subject"] == "Your number was changed"
    assert message["Message-ID"] == "<m-1@countersign.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.tzinfo is not None
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n") == mail().text


def test_a_mail_may_carry_html_beside_its_text(server: SmtpServer) -> None:
    gateway(f"smtp://127.0.0.1:{server.port}").send(mail(html="<p>Your mobile number ends in 56 now.</p>"))

    parts = [part.get_content_type() for part in content(server).walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]


def test_a_mail_arrives_over_tls_from_the_first_byte_with_a_sign_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SmtpServer("implicit", password="p@ss:word/1") as server:
        trust(server, tmp_path, monkeypatch)
        url = f"smtps://relay:p%40ss%3Aword%2F1@127.0.0.1:{server.port}"

        assert gateway(url).send(mail()) == Accepted("m-1")
        assert server.signed_in == ["relay"]


def test_a_wrong_password_concerns_the_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with SmtpServer(password="right") as server:
        trust(server, tmp_path, monkeypatch)

        answer = gateway(f"smtp://relay:wrong@127.0.0.1:{server.port}").send(mail())

        assert answer == Refused("sign-in: SMTP 535", "535", "account")
        assert server.received == []


def test_a_server_that_wants_no_sign_in_is_told_so(server: SmtpServer) -> None:
    answer = gateway(f"smtp://relay:secret@127.0.0.1:{server.port}").send(mail())

    assert answer == Refused("the server offers no sign-in", None, "configuration")


FAULTS = [
    ({"MAIL": "550 no such sender"}, Refused("sender: SMTP 550", "550", "configuration"), 0),
    ({"MAIL": "451 later"}, Retry("sender: SMTP 451"), 0),
    ({"RCPT": "550 no such user"}, Refused("recipient: SMTP 550", "550", "address"), 0),
    ({"RCPT": "450 greylisted"}, Retry("recipient: SMTP 450"), 0),
    ({"RCPT": DROP}, Retry("not sent (SMTPServerDisconnected)"), 0),
    ({"DATA": "554 spam"}, Refused("message: SMTP 554", "554", "parameters"), 1),
    ({"DATA": "451 later"}, Retry("message: SMTP 451"), 1),
    ({"DATA": DROP}, Unknown("connection lost (SMTPServerDisconnected)"), 1),
    ({"QUIT": "500 what"}, Accepted("m-1"), 1),
]


@pytest.mark.parametrize(("replies", "expected", "handed_over"), FAULTS)
def test_each_reply_of_a_server_has_its_answer(
    replies: dict[str, str], expected: Answer, handed_over: int, server: SmtpServer
) -> None:
    server.replies = replies

    assert gateway(f"smtp://127.0.0.1:{server.port}").send(mail()) == expected
    assert len(server.received) == handed_over
    assert server.sessions == 1


def test_a_server_that_is_not_there_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    assert gateway(f"smtp://127.0.0.1:{port}").send(mail()) == Retry("not sent (ConnectionRefusedError)")


@pytest.mark.asvs("13.2.6")
def test_a_server_that_says_nothing_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = gateway(f"smtp://127.0.0.1:{silent.getsockname()[1]}", timeout=0.3).send(mail())

    assert answer == Retry("not sent (SMTPServerDisconnected)")


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.asvs("12.3.2")
def test_a_certificate_that_is_not_trusted_gets_no_mail(scheme: str) -> None:
    with SmtpServer("implicit" if scheme == "smtps" else "starttls") as server:
        answer = gateway(f"{scheme}://127.0.0.1:{server.port}").send(mail())

        assert answer == Retry("not sent (SSLCertVerificationError)")
        assert server.received == []


@pytest.mark.asvs("12.3.1")
def test_a_server_without_encryption_gets_no_mail_where_encryption_is_asked_for() -> None:
    with SmtpServer("none") as server:
        answer = gateway(f"smtp://127.0.0.1:{server.port}?starttls=yes").send(mail())

        assert answer == Refused("the server offers no encryption (STARTTLS)", None, "configuration")
        assert server.received == []


def test_a_server_on_this_machine_may_do_without_encryption() -> None:
    with SmtpServer("none") as server:
        assert gateway(f"smtp://127.0.0.1:{server.port}").send(mail()) == Accepted("m-1")


@pytest.mark.parametrize(
    "to",
    [
        "",
        "nobody",
        "@example.com",
        "a@",
        "a@example.com, b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com>\r\nDATA",
        "Name <a@example.com>",
        "a b@example.com",
    ],
)
def test_what_is_not_one_address_is_refused_without_a_connection(to: str, server: SmtpServer) -> None:
    assert gateway(f"smtp://127.0.0.1:{server.port}").send(mail(to=to)) == Refused(
        "not a mail address", None, "address"
    )
    assert server.sessions == 0


@pytest.mark.asvs("1.3.11")
def test_no_value_can_add_a_header_or_a_recipient(server: SmtpServer) -> None:
    gateway(f"smtp://127.0.0.1:{server.port}").send(
        mail(subject="Acme\r\nBcc: thief@example.com\r\n\r\nA body of their own")
    )

    message = content(server)
    assert "Bcc" not in message
    assert message["Subject"] == "Acme Bcc: thief@example.com A body of their own"
    assert server.received[0].rcpt_tos == [ADDRESS]


def test_other_scripts_survive_in_every_place(server: SmtpServer) -> None:
    answer = gateway(f"smtp://127.0.0.1:{server.port}").send(
        OutgoingMail("m-1", "zoë@bücher.example", "Изменён номер – Zoë", "Ваш номер изменён. 番号 🎉", None)
    )

    assert answer == Accepted("m-1")
    assert server.received[0].rcpt_tos == ["zoë@xn--bcher-kva.example"]
    assert content(server)["Subject"] == "Изменён номер – Zoë"
    assert content(server).get_content().strip() == "Ваш номер изменён. 番号 🎉"


def test_a_text_that_cannot_be_written_is_refused(server: SmtpServer) -> None:
    broken = OutgoingMail("m-1", ADDRESS, "Subject", "half a character: \ud800")

    assert gateway(f"smtp://127.0.0.1:{server.port}").send(broken) == Refused("not a possible mail")


def test_threads_share_a_gateway(server: SmtpServer) -> None:
    shared = gateway(f"smtp://127.0.0.1:{server.port}", timeout=10)
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(shared.send(mail(f"m-{n}")))) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers, key=str) == sorted((Accepted(f"m-{n}") for n in range(8)), key=str)
    assert len(server.received) == 8


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example:25",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example/path",
        "smtp://user@mail.example",
        "smtp://mail.example?tls=off",
        "smtp://user:secret@mail.example?starttls=no",
    ],
)
def test_an_address_of_a_server_that_cannot_work_is_found_at_start(url: str) -> None:
    with pytest.raises(GatewayMisconfigured, match=r"^SMTP_URL: ") as raised:
        gateway(url)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("sender", ["", "nobody", "a@example.com\nBcc: b@example.com", "zoë@example.com"])
def test_a_sender_that_is_no_address_is_found_at_start(sender: str) -> None:
    with pytest.raises(GatewayMisconfigured, match=r"^MAIL_FROM: "):
        SmtpMailGateway(url="smtp://127.0.0.1", sender=sender, sender_name="Acme")


def test_no_log_line_and_no_print_of_a_mail_holds_its_address_or_content(
    server: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        gateway(f"smtp://127.0.0.1:{server.port}").send(mail())

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("services")]
    assert ours
    for line in [*ours, repr(mail())]:
        assert "m-1" in line
        assert ADDRESS not in line
        assert "ends in 56" not in line
