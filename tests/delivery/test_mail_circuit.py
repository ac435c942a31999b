"""A mail server that does not know us any more: mails wait, texts go on."""

from collections.abc import Callable

from services import delivery
from services.delivery import circuits
from services.outbox import queue_mail
from services.unit_of_work import write
from tests.delivery.conftest import Clock, message
from tests.support.site import Site
from tests.support.smtp_server import SmtpServer


def test_mails_wait_while_the_server_refuses_our_password_and_go_when_it_takes_it_again(
    make_site: Callable[..., Site], clock: Clock
) -> None:
    with SmtpServer("none", password="another") as server:
        url = f"smtp://us:ours@127.0.0.1:{server.port}?starttls=no"
        site = make_site(MAIL_GATEWAY="smtp", SMTP_URL=url)
        owner = site.world.acme()[1]
        with site.context():
            with write():
                mails = [
                    queue_mail("removed", to=owner.email, user=owner, account_name="Acme", by="Dana").id
                    for _ in range(2)
                ]
            delivery.send_due()
            assert circuits.is_open("smtp")
            assert not circuits.stopped()
        assert [message(site, mail).state for mail in mails] == ["queued", "queued"]
        assert server.sessions == 1
        server._password = "ours"
        clock.shift(37)
        with site.context():
            delivery.send_due()
            assert not circuits.is_open("smtp")
        assert [message(site, mail).state for mail in mails] == ["accepted", "accepted"]
