"""Many texts through a provider that fails in every way: none lost, none twice. ``make ten-thousand`` sends 10,000."""

from pathlib import Path

import pytest
from sqlalchemy import select

from extensions import db
from models import Message, User
from tests.delivery.conftest import promise
from tests.support.posts import wrongs
from tests.support.site import Site
from tests.support.vonage_standin import VonageStandin
from tests.support.worker_process import WorkerProcess, wait_until

#: Without "hang", which takes its five seconds for each.
MIX = {"202": 0.6, **dict.fromkeys(("close", "reset", "half", "429", "500", "503", "html", "odd"), 0.05)}


@pytest.mark.slow
def test_of_two_hundred_texts_none_is_lost_and_none_is_sent_twice(
    vonage_site: Site, owner: User, vonage: VonageStandin, environment: dict[str, str],
    vonage_settings: dict[str, str], tmp_path: Path,
) -> None:  # fmt: skip
    vonage.mix = MIX
    promise(vonage_site, owner, 200)
    with WorkerProcess({**environment, **vonage_settings, "LOG_LEVEL": "INFO"}, tmp_path / "worker.log"):
        wait_until(lambda: not unsettled(vonage_site), 60)
    posts = [(seen.body["client_ref"], seen.behaviour) for seen in vonage.requests]
    assert len(fates(vonage_site)) == 200
    assert wrongs(posts, fates(vonage_site)) == []
    assert {behaviour for _, behaviour in posts} == set(MIX)


def fates(site: Site) -> dict[str, str]:
    with site.context():
        return {row[0]: row[1] for row in db.session.execute(select(Message.public_id, Message.state))}


def unsettled(site: Site) -> bool:
    return bool({"queued", "sending"} & set(fates(site).values()))


@pytest.mark.parametrize(
    ("posts", "fates", "told"),
    [
        ([], {"a": "queued"}, "lost"),
        ([("a", "500"), ("a", "202")], {"a": "accepted"}, "sent again"),
        ([("a", "202"), ("a", "202")], {"a": "accepted"}, "sent again"),
        ([("a", "close")], {"a": "rejected"}, "rejected after"),
        ([("a", "202")], {"a": "unknown"}, "unknown after"),
        ([("b", "202")], {}, "never promised"),
    ],
)
def test_what_is_wrong_is_told(posts: list[tuple[str, str]], fates: dict[str, str], told: str) -> None:
    assert [line for line in wrongs(posts, fates) if told in line]
