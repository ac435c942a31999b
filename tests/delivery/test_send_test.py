"""`flask send-test-sms` says in plain words what the provider answered, and what its receipt told."""

import threading
from collections.abc import Callable

import pytest
from click.testing import Result
from sqlalchemy import select, update

from extensions import db
from models import Message
from services.clock import now
from services.unit_of_work import write
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin
from tests.support.worker_process import wait_until


def run(site: Site, *options: str) -> Result:
    arguments = ["send-test-sms", "07400 123456", "--operator", "Olga", *options]
    return site.app.test_cli_runner().invoke(args=arguments)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("402", "Nothing is sent by vonage now: it refuses this site"),
        ("422", "Refused: "),
        ("close", "Nobody knows whether it was taken"),
    ],
)
def test_what_the_provider_answers_is_told(
    vonage_site: Site, vonage: VonageStandin, answer: str, told: str
) -> None:
    vonage.answer_with(answer)
    ran = run(vonage_site)
    assert ran.exit_code == 1
    assert told in ran.output
    assert "7400123456" not in ran.output


def test_without_receipts_none_is_waited_for(vonage_site: Site, vonage: VonageStandin) -> None:
    ran = run(vonage_site)
    assert ran.exit_code == 0, ran.output
    assert "Accepted by vonage, as Acme." in ran.output
    assert "no receipts are waited for" in ran.output


@pytest.mark.parametrize(
    ("state", "told", "status"),
    [("delivered", "Delivered to the phone after", 0), ("rejected", "Not delivered: 1240: the person", 1)],
)
def test_the_receipt_is_waited_for_and_told(
    make_site: Callable[..., Site], vonage_settings: dict[str, str], state: str, told: str, status: int
) -> None:
    site = make_site(**vonage_settings, VONAGE_SIGNATURE_SECRET="x" * 32)

    def accepted() -> bool:
        with site.context():
            return db.session.scalar(select(Message.state)) == "accepted"

    def receipt() -> None:
        wait_until(accepted)
        with site.context(), write() as session:
            moment = now()
            code = None if state == "delivered" else "1240"
            session.execute(
                update(Message)
                .values(state=state, delivered_at=None if code else moment, error_code=code)
                .execution_options(synchronize_session=False)
            )

    provider = threading.Thread(target=receipt)
    provider.start()
    ran = run(site, "--wait", "60")
    provider.join()
    assert told in ran.output
    assert ran.exit_code == status


def test_with_a_key_that_cannot_be_read_nothing_is_promised(
    make_site: Callable[..., Site], vonage_settings: dict[str, str]
) -> None:
    site = make_site(**{**vonage_settings, "VONAGE_PRIVATE_KEY": "/no/such/key"})
    ran = run(site)
    assert ran.exit_code == 1
    assert ran.output.startswith("configuration: VONAGE_PRIVATE_KEY: ")
    with site.context():
        assert db.session.scalar(select(Message.id)) is None
