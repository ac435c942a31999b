"""Secrets for compose.yaml, one a file: ``python3 deploy/make_secrets.py [folder]``. What is there already stays.

The folder is for its owner only. The files in it are readable for all, since a container's user is another one than
yours; only who can enter the folder reaches them. Keep a copy elsewhere: without `secret_key` a backup opens nothing.
"""

import os
import secrets
import sys
from pathlib import Path
from urllib.parse import quote

SOCKET = "/run/postgresql"
#: To be filled by whoever has them; the site does not start before.
OTHERS = ("vonage_private_key", "vonage_signature_secret", "smtp_url")


def url(scheme: str, user: str, password: str, more: str = "") -> str:
    """By a socket in the file system: the server listens on no network."""
    return f"{scheme}://{user}:{quote(password, safe='')}@/countersign?host={SOCKET}{more}"


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "secrets")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    keep(folder / "secret_key", secrets.token_urlsafe(48))
    owner = keep(folder / "database_owner_password", secrets.token_urlsafe(32))
    site = keep(folder / "database_site_password", secrets.token_urlsafe(32))
    keep(folder / "database_owner_url", url("postgresql+psycopg", "countersign_owner", owner))
    keep(folder / "database_url", url("postgresql+psycopg", "countersign_site", site))
    keep(folder / "queue_url", url("postgresql", "countersign_site", site, "&options=-csearch_path%3Dwake"))
    for name in OTHERS:
        if not keep(folder / name, ""):
            print(f"{folder / name}: empty, to be filled by you")
    return 0


def keep(path: Path, value: str) -> str:
    """What the file holds: ``value``, unless it was there before."""
    try:
        with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o644)) as file:
            file.write(value)
        path.chmod(0o644)  # whatever the umask says
    except FileExistsError:
        return path.read_text().strip()
    return value


if __name__ == "__main__":
    raise SystemExit(main())
