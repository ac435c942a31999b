"""The site's budget: the operator hears of it in time, once, and can read it."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from extensions import db
from models import AuditEvent
from services import notices, sending
from services.audit import Event
from services.sending import budget, watch
from services.unit_of_work import write
from tests.sending.conftest import Asker, Make

pytestmark = [pytest.mark.threat("G1")]
OPS = "ops@site.example"


def look(ask: Asker) -> list[str]:
    """What the operator's mails say so far."""
    with ask.site.context():
        watch.look()
        watch.look()
    return [mail["subject"] for mail in ask.site.mails(OPS)]


@pytest.mark.parametrize("setting", ["OPERATOR_MAIL", "SUPPORT_MAIL"])
def test_the_operator_is_told_at_80_and_at_100_percent_once(
    asker: Callable[..., Asker], setting: str, caplog: pytest.LogCaptureFixture
) -> None:
    ask = asker(LIMIT_SMS_SITE="10/day", **{setting: OPS})
    _, owner = ask.site.world.acme()
    assert [ask.ask(owner) for _ in range(7)] == ["sent"] * 7
    assert look(ask) == []
    ask.ask(owner)
    almost = "80 % of the budget of texts are used"
    assert look(ask) == [almost]
    assert [ask.ask(owner) for _ in range(3)] == ["sent", "sent", "sms_site"]
    over = "No more codes by text: the budget is used up"
    assert look(ask) == [almost, over]
    assert [line.levelname for line in caplog.records if "LIMIT_SMS_SITE" in line.getMessage()] == [
        "ERROR"
    ] * 2
    with ask.site.context():
        found = select(AuditEvent).where(AuditEvent.event == Event.SMS_BUDGET.value).order_by(AuditEvent.id)
        told = db.session.scalars(found).all()
        assert [(one.chain, one.details["percent"], one.details["used"]) for one in told] == [
            ("site", 80, 8), ("site", 100, 10),
        ]  # fmt: skip


def test_it_can_be_read_by_command_and_on_this_machine(asker: Callable[..., Asker]) -> None:
    ask = asker(LIMIT_SMS_SITE="4/day")
    _, owner = ask.site.world.acme()
    assert "notes" not in (ask.site.browser().get("/readyz").response.json or {})
    assert [ask.ask(owner) for _ in range(4)] == ["sent"] * 4
    ready = ask.site.browser().get("/readyz")
    assert (ready.status, ready.response.json["notes"]) == (200, ["texts: 4 of 4 are used"])
    elsewhere = ask.site.browser().get("/readyz", headers={"X-Forwarded-For": "192.0.2.1"})
    assert elsewhere.response.json == {"ready": True}
    told = ask.site.app.test_cli_runner().invoke(args=["sms", "budget"]).output
    assert told.startswith("4 of 4 texts (100 %) since ")
    assert "\n0 of 500 calls (0 %) since " in told


def test_notices_are_counted_with_the_codes_and_are_not_refused(asker: Callable[..., Asker]) -> None:
    ask = asker(LIMIT_SMS_SITE="2/day")
    account, owner = ask.site.world.acme()
    assert [ask.ask(owner) for _ in range(3)] == ["sent", "sent", "sms_site"]
    with ask.site.context(), write():
        notices.two_factor_on(account, owner)
    with ask.site.context():
        assert budget.today().used == 3


def test_a_site_without_an_address_to_tell_logs_it_and_goes_on(
    make_site: Make, caplog: pytest.LogCaptureFixture
) -> None:
    ask = Asker(make_site(LIMIT_SMS_SITE="1/day"))
    _, owner = ask.site.world.acme()
    ask.ask(owner)
    assert look(ask) == []
    assert len([line for line in caplog.records if "LIMIT_SMS_SITE" in line.getMessage()]) == 1


def test_calls_have_a_budget_that_the_operator_hears_of_in_time_and_once(
    asker: Callable[..., Asker], caplog: pytest.LogCaptureFixture
) -> None:
    ask = asker(LIMIT_CALLS_SITE="5/day", OPERATOR_MAIL=OPS)
    _, owner = ask.site.world.acme()

    def call(times: int) -> None:
        for at in range(times):
            with ask.site.context(), write():
                sending.count_call(sending.Code(owner.id + at, None, f"+44740013{at:04}", proved=True))

    call(3)
    assert look(ask) == []
    call(1)
    almost = "80 % of the budget of calls are used"
    assert look(ask) == [almost]
    call(1)
    over = "No more calls: the budget is used up"
    assert look(ask) == [almost, over]
    assert len([line for line in caplog.records if "LIMIT_CALLS_SITE" in line.getMessage()]) == 2
    with ask.site.context():
        found = select(AuditEvent).where(AuditEvent.event == Event.CALLS_BUDGET.value).order_by(AuditEvent.id)
        told = db.session.scalars(found).all()
        assert [(one.chain, one.details["percent"]) for one in told] == [("site", 80), ("site", 100)]
    ready = ask.site.browser().get("/readyz").response.json or {}
    assert ready["notes"] == ["calls: 5 of 5 are used"]
    output = ask.site.app.test_cli_runner().invoke(args=["sms", "budget"]).output
    assert "5 of 5 calls (100 %) since " in output
