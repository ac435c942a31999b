"""The database that every example begins with."""

import shutil
from pathlib import Path

from models import Account, ContactList, User
from tests.support.site import Site


def make_people(site: Site) -> None:
    """Two accounts and support: Acme with two-factor authentication, Borealis without."""
    world = site.world
    for name, stem, on in (("Acme", "acme", True), ("Borealis", "borealis", False)):
        account: Account = world.account(name, two_factor=on)
        people: list[User] = [world.owner(account, email=f"owner@{stem}.example", name=f"Owner of {name}")]
        for who in ("exporter", "member"):
            people.append(
                world.user(
                    account, email=f"{who}@{stem}.example", name=f"{who.capitalize()} of {name}",
                    can_export=who == "exporter",
                    **({} if on or who == "exporter" else {"mobile_number": None, "mobile_number_typed": None}),
                )
            )  # fmt: skip
        listed: ContactList | None = world.contacts(account, 3, list_name=f"{name} list")
        assert listed is not None
    world.support(email="first@countersign.example", name="Support one")
    world.support(email="second@countersign.example", name="Support two")


def restore(template: str, path: str) -> None:
    """A fresh copy of the database."""
    for suffix in ("-wal", "-shm"):
        Path(path + suffix).unlink(missing_ok=True)
    shutil.copy(template, path)
