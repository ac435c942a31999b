"""The provider behind a forward proxy: the same answers, told apart just as surely."""

import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from services.gateways import Accepted, Retry, Unknown
from services.gateways.vonage import VonageSmsGateway
from tests.gateways.conftest import text
from tests.support.vonage_standin import VonageStandin


@contextmanager
def connect_proxy(answer: bytes, wrap: Callable[[socket.socket], socket.socket]) -> Iterator[int]:
    """A proxy that takes CONNECT, says ``answer`` and, if that was a yes, passes bytes on. Gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client = wrap(listener.accept()[0])
            except OSError:
                return
            threading.Thread(target=pass_on, args=(client,), daemon=True).start()

    def pass_on(client: socket.socket) -> None:
        with client:
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += client.recv(4096)
            client.sendall(answer)
            if b" 200 " not in answer:
                return
            host, port = asked.split()[1].decode().rsplit(":", 1)
            with socket.create_connection((host, int(port))) as provider:
                while True:
                    pending = isinstance(client, ssl.SSLSocket) and client.pending()
                    ready = [client] if pending else select.select([client, provider], [], [])[0]
                    for side in ready:
                        data = side.recv(65536)
                        if not data:
                            return
                        (provider if side is client else client).sendall(data)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


YES = b"HTTP/1.1 200 Connection established\r\n\r\n"
NO = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def set_proxy(url: str) -> None:
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTPS_PROXY", url)
        monkeypatch.setenv("https_proxy", url)

    return set_proxy


def test_a_text_goes_through_a_proxy(
    vonage: VonageStandin, gateway: VonageSmsGateway, behind: Callable[[str], None]
) -> None:
    with connect_proxy(YES, lambda client: client) as port:
        behind(f"http://127.0.0.1:{port}")
        vonage.answer_with("202", "close", "202")

        assert isinstance(gateway.send(text("m-1")), Accepted)
        assert isinstance(gateway.send(text("m-2")), Unknown)
        assert isinstance(gateway.send(text("m-3")), Accepted)
        assert [seen.body["client_ref"] for seen in vonage.requests] == ["m-1", "m-2", "m-3"]


def test_a_proxy_that_says_no_leaves_the_text_to_be_tried_again(
    vonage: VonageStandin, gateway: VonageSmsGateway, behind: Callable[[str], None]
) -> None:
    with connect_proxy(NO, lambda client: client) as port:
        behind(f"http://127.0.0.1:{port}")

        assert gateway.send(text()) == Retry("not connected (ProxyError)")
        assert vonage.requests == []


def test_a_text_that_vanished_behind_an_encrypted_proxy_is_not_sent_again(
    vonage: VonageStandin,
    gateway: VonageSmsGateway,
    behind: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    (tmp_path / "proxy.pem").write_bytes(ca.cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "proxy.pem"))
    with connect_proxy(YES, lambda client: context.wrap_socket(client, server_side=True)) as port:
        behind(f"https://127.0.0.1:{port}")
        vonage.answer_with("202", "close")

        assert isinstance(gateway.send(text("m-1")), Accepted)
        assert isinstance(gateway.send(text("m-2")), Unknown)
        assert len(vonage.requests) == 2
