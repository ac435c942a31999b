"""What is over, by the log or by the facts: whoever is let in after it breaks invariant 1."""

from tests.fuzz.evidence import Session
from tests.fuzz.facts import Facts
from tests.fuzz.seen import Seen
from tests.fuzz.verdict import expect
from tests.fuzz.world import World


def endings(world: World, seen: Seen) -> None:
    """What the log and the facts say is over, is over in the model: whoever is let in after it breaks invariant 1."""
    keep = seen.standing
    for event, actor, subject, _ in seen.events:
        if event == "sign_in:signed_out" and keep is not None and actor == keep.person:
            keep.alive = False
        elif event == "notice:not_me" and subject is not None:
            world.end(subject)
        elif event == "browser:all_revoked" and seen.endpoint == "settings.revoke_all_browsers":
            world.end(actor or 0, keep=keep)
    if seen.endpoint == "login.sign_out" and "Clear-Site-Data" in seen.page.headers and keep is not None:
        expect(world, seen, "sign_in:signed_out", keep.person)
    if seen.endpoint == "settings.revoke_browser" and seen.page.status == 303:
        _revoked(world, seen)
    if seen.endpoint == "login.code_cancel" and seen.page.status == 303 and seen.half is not None:
        seen.half.alive = False
    end_with(world, seen.before, seen.after, keep)


def _revoked(world: World, seen: Seen) -> None:
    public_id = seen.arguments["browser_id"]
    row = world.eye.one("SELECT id FROM login_sessions WHERE public_id = ?", public_id)
    known = {event for event, *_ in seen.events}
    for session in world.sessions:
        if row and session.row == row[0] and "session:ended" in known:
            session.alive = False
    for trust in world.trusts:
        if trust.public_id == public_id and "browser:revoked" in known:
            trust.alive = False


def end_with(world: World, before: Facts, after: Facts, keep: Session | None) -> None:
    """What a change of facts ends."""
    for account, company in after.companies.items():
        if company.two_factor != before.companies[account].two_factor:
            for person in after.members(account):
                world.end(person.id, keep=keep if company.two_factor else None)
            if company.two_factor and keep is not None:
                keep.with_code = True
    for new in after.people.values():
        old = before.people.get(new.id)
        if old is None or old == new:
            continue
        own = keep is not None and keep.person == new.id
        number = old.number != new.number and (old.number is not None or own)
        others = (old.password_hash, old.email, old.can_export, old.role, old.removed)
        if number or others != (new.password_hash, new.email, new.can_export, new.role, new.removed):
            world.end(new.id, keep=keep if own else None)
            for link in world.links:
                if link.person == new.id and link.kind == "password_reset":
                    link.spent = True
