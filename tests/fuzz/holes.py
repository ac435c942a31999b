"""Holes to be found: each is dug into the running site for one run of the machine, which must fall into it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select, true

from models.trusted_browser import TrustedBrowser
from models.user import User
from services import audit, codes, sessions, step_up, trusted_browsers
from services.audit import Event
from services.codes import challenges, judging
from services.tokens import token_hash


def _any_scope(patch: pytest.MonkeyPatch) -> None:
    """A grant for one export is taken for every other."""

    def granted(session: Any, action: str, scope: str) -> bool:
        return bool(session.verified_at.get(action))

    patch.setattr(step_up, "is_granted", granted)


def _grant_not_spent(patch: pytest.MonkeyPatch) -> None:
    """One code, any number of times."""
    patch.setattr(step_up, "use_up", lambda row, action, scope: True)


def _anybodys_browser(patch: pytest.MonkeyPatch) -> None:
    """A browser that is trusted for one person is trusted for all."""

    def find(cookie: str, user: User) -> TrustedBrowser | None:
        from extensions import db

        hashes = [token_hash(token) for token in trusted_browsers._tokens(cookie)]
        found = select(TrustedBrowser).where(TrustedBrowser.token_hash.in_(hashes)).limit(1)
        return db.session.scalars(found).first()

    patch.setattr(trusted_browsers, "find", find)


def _token_stays(patch: pytest.MonkeyPatch) -> None:
    """The session keeps its token when a code was right."""
    patch.setattr(sessions, "renew", lambda me: me)


def _sign_out_ends_nothing(patch: pytest.MonkeyPatch) -> None:
    """Signing out clears the cookie and not the record."""
    patch.setattr(sessions, "end", lambda row, because: None)


def _new_password_ends_nothing(patch: pytest.MonkeyPatch) -> None:
    """Sessions and browsers outlive a new password."""
    from services import password_changes

    patch.setattr(password_changes, "shut_every_door", lambda user, because, *, keep=None: None)


def _any_session(patch: pytest.MonkeyPatch) -> None:
    """A code is taken in whatever session it is typed."""
    patch.setattr(judging, "owned_by", lambda belongs_to: true())


def _reading_sends(patch: pytest.MonkeyPatch) -> None:
    """Each look at a guarded page opens another question."""
    patch.setattr(challenges, "_live", lambda *_: None)
    patch.setattr(step_up, "_waiting", lambda *_: None)


def _old_grants(patch: pytest.MonkeyPatch) -> None:
    """A grant lasts as long as its session."""

    def granted(session: Any, action: str, scope: str) -> bool:
        return scope in session.verified_at.get(action, {})

    patch.setattr(step_up, "is_granted", granted)


def _exports_of_all(patch: pytest.MonkeyPatch) -> None:
    """An export is found by its id, whoever's it is."""
    from sqlalchemy.orm import joinedload

    from extensions import db
    from models.account import Account
    from models.export import Export
    from services.exports import fixing

    def find(account: Account, public_id: str) -> Export | None:
        found = select(Export).where(Export.public_id == public_id).options(joinedload(Export.user))
        return db.session.scalars(found).one_or_none()

    patch.setattr(fixing, "find", find)


def _silent_sign_out(patch: pytest.MonkeyPatch) -> None:
    """Nobody writes down who signed out."""
    from services import sign_in

    def record(event: Event, **about: Any) -> None:
        if event is not Event.SIGNED_OUT:
            _record(event, **about)

    _record = audit.record
    patch.setattr(sign_in, "record", record)


def _half_is_enough(patch: pytest.MonkeyPatch) -> None:
    """A right password signs in, code or not."""
    from services import sign_in

    patch.setattr(sign_in, "needs_second_step", lambda user: False)


def _code_in_the_page(patch: pytest.MonkeyPatch) -> None:
    """The code page tells the code."""
    from blueprints import code_page

    patch.setattr(
        code_page, "masked_number", lambda challenge, **_: codes.code_for(challenge) if challenge else ""
    )


HOLES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    dig.__name__.strip("_"): dig
    for dig in (
        _any_scope, _grant_not_spent, _anybodys_browser, _token_stays, _sign_out_ends_nothing,
        _new_password_ends_nothing, _any_session, _reading_sends, _old_grants, _exports_of_all, _silent_sign_out,
        _half_is_enough, _code_in_the_page,
    )
}  # fmt: skip


@contextmanager
def hole(name: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        HOLES[name](patch)
        yield
