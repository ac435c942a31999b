"""Invariants 3 and 7: what changed about a person or an account was done by somebody who had proved what it takes."""

from services import step_up
from tests.fuzz.evidence import MailedLink, Session
from tests.fuzz.facts import Facts, Person
from tests.fuzz.seen import Seen
from tests.fuzz.world import World


def justify_changes(world: World, seen: Seen) -> None:
    if seen.before is seen.after:
        return
    _two_factor(world, seen)
    for new in seen.after.people.values():
        old = seen.before.people.get(new.id)
        if old is None:
            _invited(world, seen, new)
        elif old.removed != new.removed:
            _by_owner(world, seen, new, "users.remove", new.public_id, "user:removed")
        elif old != new:
            _changed(world, seen, old, new)
    for offer, (account, heir) in seen.after.offers.items():
        if offer not in seen.before.offers:
            person = seen.after.people[heir]
            if person.account_id != account:
                _wrong(world, seen, "an offer to somebody of another account")
            _by_owner(world, seen, person, "ownership.offer", person.public_id, "ownership:offered")


def _wrong(world: World, seen: Seen, what: str, number: int = 3) -> None:
    world.violations[number].append(f"{what} ({seen.told})")


def _logged(world: World, seen: Seen, event: str, person: int | None = None) -> None:
    for found, actor, subject, _ in seen.events:
        if found == event and person in {None, actor, subject}:
            return
    _wrong(world, seen, f"no {event} in the log", 7)


def _two_factor(world: World, seen: Seen) -> None:
    for waiting, (account, _) in seen.after.scheduled.items():
        if waiting not in seen.before.scheduled:
            scope = seen.before.companies[account].public_id
            _taken(world, seen, "support.two_factor.disable", scope, "support")
            _logged(world, seen, "two_factor:off_scheduled")
    for account, new in seen.after.companies.items():
        old = seen.before.companies[account]
        if old.two_factor == new.two_factor:
            continue
        if new.two_factor:
            owner = seen.before.owner(account)
            session = seen.standing
            if session is None or session.person != owner.id:
                _wrong(world, seen, "two-factor went on, and not by the owner")
            elif seen.after.people[owner.id].number not in session.confirmed:
                _wrong(world, seen, "two-factor went on without the owner's number proved in this session")
            _logged(world, seen, "two_factor:on")
        else:
            _taken(world, seen, "support.two_factor.disable", new.public_id, "support")
            if seen.endpoint != "support.disable_two_factor":
                _wrong(world, seen, "two-factor went off, and not by support")
            _logged(world, seen, "two_factor:off")


def justify_work(world: World, before: Facts, events: list[tuple[str, int | None, int | None, str]]) -> None:
    """What a run of the worker may change: turn off what support has scheduled, when its time has come."""
    after = world.facts
    for account, company in after.companies.items():
        if before.companies[account].two_factor == company.two_factor:
            continue
        due = [due for of, due in before.scheduled.values() if of == account]
        if company.two_factor or not due or due[0] > world.now():
            world.violations[3].append("the worker turned two-factor on or off by itself")
        if not any(event == "two_factor:off" for event, *_ in events):
            world.violations[7].append("the worker turned two-factor off, and the log does not tell")
    if before.people != after.people or set(after.scheduled) - set(before.scheduled):
        world.violations[3].append("the worker changed somebody")


def _taken(world: World, seen: Seen, action: str, scope: str, kind: str) -> None:
    """A grant for just this, in the session of somebody of ``kind``; and it is gone with this."""
    session = seen.standing
    person = seen.before.people[session.person] if session else None
    if session is None or person is None or person.kind != kind:
        _wrong(world, seen, f"{action} by somebody who is not {kind}")
    elif seen.before.guarded(person):
        if not session.granted(action, scope, world.now()):
            _wrong(world, seen, f"{action} without a code for just this")
        session.grants.pop((action, scope), None)


def _by_owner(world: World, seen: Seen, person: Person, action: str, scope: str, event: str) -> None:
    actor = seen.before.people[seen.standing.person] if seen.standing else None
    if actor is not None and actor.account_id != person.account_id:
        _wrong(world, seen, f"{action} across accounts", 6)
    _taken(world, seen, action, scope, "owner")
    _logged(world, seen, event, person.id)


def _invited(world: World, seen: Seen, new: Person) -> None:
    account = seen.before.companies[new.account_id or 0]
    scope = step_up.exactly(account.public_id, new.email, new.name, new.number, new.can_export)
    _by_owner(world, seen, new, "users.add", scope, "user:invited")


def _changed(world: World, seen: Seen, old: Person, new: Person) -> None:
    actor = seen.standing.person if seen.standing else None
    if old.password_hash != new.password_hash:
        _password(world, seen, new, actor)
    if old.role != new.role:
        _role(world, seen, old, new, actor)
    own = actor == new.id and seen.endpoint in {
        "settings.account", "settings.profile", "settings.confirm_mobile", "settings.confirm_own_mobile",
    }  # fmt: skip
    if own and old.number != new.number:
        _own_number(world, seen, old, new)
    elif (old.email, old.can_export, old.number) != (new.email, new.can_export, new.number):
        _others(world, seen, old, new)


def _others(world: World, seen: Seen, old: Person, new: Person) -> None:
    if seen.endpoint == "settings.mobile_numbers":
        account = seen.before.companies[new.account_id or 0]
        moved = sorted(
            (p.public_id, p.number) for p in seen.after.people.values()
            if p.id in seen.before.people and seen.before.people[p.id].number != p.number
        )  # fmt: skip
        if moved[0][0] == new.public_id:  # one code for all of them
            scope = step_up.exactly(account.public_id, *moved)
            _by_owner(world, seen, new, "mobile.set_for_users", scope, "number:set_by_owner")
        return
    scope = step_up.exactly(new.public_id, new.email, new.name, new.number, new.can_export)
    event = "number:set_by_owner" if old.number != new.number else "user:changed"
    _by_owner(world, seen, new, "users.change", scope, event)


def _own_number(world: World, seen: Seen, old: Person, new: Person) -> None:
    session = seen.standing
    assert session is not None
    if seen.before.guarded(old):
        scope = step_up.exactly(new.public_id, old.number, new.number)
        if ("mobile.change", scope) not in session.grants:
            _wrong(world, seen, "one's own number was changed without the old phone")
        if new.number is None:
            _wrong(world, seen, "a number went while two-factor is on")
    if new.number is not None and new.number not in session.confirmed:
        _wrong(world, seen, "one's own number was changed without a code to the new one")
    _logged(world, seen, "number:changed", new.id)


def _password(world: World, seen: Seen, new: Person, actor: int | None) -> None:
    typed = str(seen.data.get("password", ""))
    if seen.endpoint == "settings.password":
        if actor != new.id or seen.data.get("current_password") != world.passwords.get(new.id):
            _wrong(world, seen, "a password was changed without the one before")
        _logged(world, seen, "password:changed", new.id)
    else:
        link = _link(world, seen)
        kinds = {"login.reset_password": "password_reset", "login.invitation": "invitation"}
        if link is None or link.person != new.id or link.kind != kinds.get(seen.endpoint):
            _wrong(world, seen, "a password was set without a live link to just this person")
        elif link.kind == "password_reset":
            _logged(world, seen, "password:reset", new.id)
        else:
            _logged(world, seen, "user:invitation_accepted", new.id)
        if link is not None:
            link.spent = True
    world.passwords[new.id] = typed


def _link(world: World, seen: Seen) -> MailedLink | None:
    link = next((one for one in world.links if one.path == seen.path), None)
    if link is None or link.spent:
        return None
    age = (world.now() - link.sent).total_seconds()
    return link if age < (3600 if link.kind == "password_reset" else 7 * 86400) else None


def _role(world: World, seen: Seen, old: Person, new: Person, actor: int | None) -> None:
    if new.role != "owner":
        return  # the other side of the same change
    offers = {heir: offer for offer, (_, heir) in seen.before.offers.items()}
    if actor != new.id or new.id not in offers or seen.endpoint != "settings.answer_ownership":
        _wrong(world, seen, "an owner who was not offered the account, or did not accept")
        return
    session: Session | None = seen.standing
    assert session is not None
    if seen.before.guarded(old):
        row = world.eye.one("SELECT public_id FROM ownership_transfers WHERE id = ?", offers[new.id])
        if not session.granted("ownership.accept", row[0], world.now()):
            _wrong(world, seen, "the account was accepted without a code for just this")
        session.grants.pop(("ownership.accept", row[0]), None)
    _logged(world, seen, "ownership:accepted", new.id)
