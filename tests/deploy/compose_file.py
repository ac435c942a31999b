"""What the processes of compose.yaml see."""

from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OURS = ("migrate", "web", "worker")
#: What whoever copies site.env.example has to fill in.
FILLED = {
    "PUBLIC_URL": "https://app.example.com", "VONAGE_APPLICATION_ID": "an-id", "VONAGE_SENDER": "Acme",
    "MAIL_FROM": "no-reply@example.com",
}  # fmt: skip


def site_env() -> dict[str, str]:
    lines = (ROOT / "deploy/site.env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def environment(compose: dict[str, Any], service: str, folder: Path) -> dict[str, str]:
    """What the container's process sees, with the files of ``folder`` where its secrets lie."""
    told = compose["services"][service]
    given = site_env() | FILLED | {name: str(value) for name, value in told["environment"].items()}
    for name, value in given.items():
        if name.endswith("_FILE"):
            secret = value.removeprefix("/run/secrets/")
            assert secret in told["secrets"], f"{service} has no secret {secret}"
            given[name] = str(folder / secret)
    return given | {"INSTANCE_PATH": str(folder.parent / "instance"), "ARGON2_MEMORY_MIB": "8"}
