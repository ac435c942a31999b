"""A database of the release before keeps its codes; none of them is judged."""

from datetime import timedelta

from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from extensions import db
from models import Challenge
from services.clock import now
from services.sending import conversion
from tests.sending.conftest import Asker
from tests.support.site import Site


def test_codes_of_before_are_kept_and_pause_nobody(site: Site) -> None:
    account, _ = site.world.acme()
    user = site.world.user(account, mobile_confirmed_at=None)
    assert Asker(site).ask(user) == "sent"
    with site.context():
        db.session.remove()
        downgrade(revision="0002")
        assert db.session.scalars(text("SELECT destination FROM challenges")).all() == [user.mobile_number]
        db.session.remove()
        upgrade()
        kept = db.session.get_one(Challenge, 1)
        assert (kept.country, kept.prefix, kept.proved) == ("", "", True)
        assert conversion._tally(now() - timedelta(days=1)) == {}
