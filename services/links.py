"""Links in mails. Each fits one person, one purpose, one use; the secret part is signed, not stored.

The row's public id is signed by itsdangerous under a key of its own and salted with the purpose, so a copy of the
database makes no link, and a link for one purpose is nothing for another.
"""

import hashlib
from datetime import timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from config import settings
from extensions import db
from models.link import Link
from models.user import User
from services.clock import now
from services.keys import keys
from services.origin import acts
from services.unit_of_work import changed, write

PASSWORD_RESET = "password_reset"  # noqa: S105  # a purpose, not a password
INVITATION = "invitation"
NOT_ME = "not_me"
STOP_DISABLE = "stop_disable"
_JUST = timedelta(hours=1)


def create(user: User, purpose: str, *, lifetime: int, scope: str = "", **details: Any) -> Link:
    """``lifetime`` in seconds."""
    moment = now()
    with write() as session:
        link = Link(
            user_id=user.id,
            purpose=purpose,
            scope=scope,
            details=details,
            created_at=moment,
            expires_at=moment + timedelta(seconds=lifetime),
        )
        session.add(link)
        session.flush()
    return link


def token(link: Link) -> str:
    """What stands in the URL: URL-safe, no secret without our key."""
    return _serializer(link.purpose).dumps(link.public_id)


def url(link: Link, path: str) -> str:
    """Absolute, from PUBLIC_URL and never from the Host header; ``path`` has ``{token}`` in it."""
    return settings().public_url + path.format(token=token(link))


def find(presented: str, purpose: str) -> Link | None:
    """The link behind a token if it is ours, for this purpose, unspent and in time."""
    try:
        public_id = _serializer(purpose).loads(presented[:500])
    except BadSignature:
        return None
    link = db.session.scalars(
        select(Link).where(Link.public_id == str(public_id), Link.purpose == purpose)
    ).first()
    return link if link is not None and is_live(link) else None


def is_live(link: Link) -> bool:
    """Whether it can still be used: unspent and in time."""
    return link.spent_at is None and link.expires_at > now()


def follow(presented: str, purpose: str) -> tuple[Link, User] | None:
    """As ``find``, with whom it is for and their account: None for someone who was removed, too."""
    link = find(presented, purpose)
    if link is None:
        return None
    user = db.session.scalars(
        select(User)
        .where(User.id == link.user_id, User.removed_at.is_(None))
        .options(joinedload(User.account))
        .execution_options(populate_existing=True)
    ).first()
    if user is None:
        return None
    acts(user.id)
    return link, user


def just_spent(public_id: str, purpose: str) -> list[tuple[Link, User]]:
    """The link with this public id, if it was used within the last hour, with whom it is for and their account."""
    if not public_id:
        return []
    moment = now()
    found = db.session.execute(
        select(Link, User)
        .join(User, User.id == Link.user_id)
        .where(
            Link.public_id == public_id[:22],
            Link.purpose == purpose,
            Link.spent_at > moment - _JUST,
            Link.expires_at > moment - _JUST,
            User.removed_at.is_(None),
        )
        .options(joinedload(User.account))
        .execution_options(populate_existing=True)
    ).all()
    return [(link, user) for link, user in found]


def spend(link: Link) -> bool:
    """True for exactly one caller, and for nobody when the person was removed meanwhile.

    Holds the user before the link, as all do that void links when something about a person changes.
    """
    with write() as session:
        user = session.scalars(
            select(User)
            .where(User.id == link.user_id, User.removed_at.is_(None))
            .with_for_update(key_share=True, of=User)
            .execution_options(populate_existing=True)
        ).first()
        return user is not None and (
            changed(
                update(Link)
                .where(Link.id == link.id, Link.spent_at.is_(None), Link.expires_at > now())
                .values(spent_at=now())
            )
            == 1
        )


def void_all(user: User, purpose: str) -> None:
    """No link of this purpose works for ``user`` any more."""
    with write():
        changed(
            update(Link)
            .where(Link.user_id == user.id, Link.purpose == purpose, Link.spent_at.is_(None))
            .values(spent_at=now())
        )


def _serializer(purpose: str) -> URLSafeSerializer:
    # itsdangerous signs with the last of several keys, and takes what any of them signed.
    return URLSafeSerializer(
        keys("links")[::-1], salt=f"link:{purpose}", signer_kwargs={"digest_method": hashlib.sha256}
    )
