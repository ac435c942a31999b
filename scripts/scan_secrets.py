"""`make secrets`: looks through every file of the repository for keys, tokens and passwords that are somebody's.

detect-secrets finds them; nothing is sent anywhere to try one out. What it may find, and why, stands in
scripts/allowed_secrets.toml.
"""

import fnmatch
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = ROOT / "scripts" / "allowed_secrets.toml"

#: Those that go by form alone. The package's other detectors are for providers that the site has no dealings with.
PLUGINS = [
    "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "GitHubTokenDetector", "JwtTokenDetector",
    "KeywordDetector", "MailchimpDetector", "NpmDetector", "PrivateKeyDetector", "SendGridDetector", "SlackDetector",
    "StripeDetector", "TwilioKeyDetector",
]  # fmt: skip
SETTINGS = {
    "plugins_used": [
        *({"name": name} for name in PLUGINS),
        {"name": "Base64HighEntropyString", "limit": 4.5},
        {"name": "HexHighEntropyString", "limit": 3.0},
    ],
    "filters_used": [
        *(
            {"path": f"detect_secrets.filters.heuristic.{name}"}
            for name in (
                "is_indirect_reference", "is_likely_id_string", "is_not_alphanumeric_string", "is_potential_uuid",
                "is_prefixed_with_dollar_sign", "is_sequential_string", "is_templated_secret",
            )
        ),
        # A package's hash in a lock file is its opposite: public, and there to be compared with.
        {"path": "detect_secrets.filters.regex.should_exclude_line", "pattern": [r"--hash=sha256:[0-9a-f]{64}"]},
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """``mark`` is the secret's SHA-1, by which it can be allowed without being repeated."""

    path: str
    line: int
    kind: str
    mark: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.kind} (mark {self.mark[:12]})"


@dataclass(frozen=True)
class Allowed:
    """Findings of these kinds in files of this pattern, or only those with one of ``marks``."""

    path: str
    kinds: frozenset[str]
    marks: tuple[str, ...]

    def covers(self, found: Finding) -> bool:
        return (
            fnmatch.fnmatchcase(found.path, self.path)
            and found.kind in self.kinds
            and (not self.marks or found.mark.startswith(self.marks))
        )


def files(root: Path) -> list[str]:
    """What is in the repository or could be added to it, by path. Raises CalledProcessError outside one."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={root}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return sorted({name for name in listed.stdout.split("\0") if name and (root / name).is_file()})


def scan(root: Path, names: list[str]) -> list[Finding]:
    found: list[Finding] = []
    with transient_settings(SETTINGS):
        for name in names:
            collection = SecretsCollection(root=str(root))
            collection.scan_file(name)
            found += [Finding(name, one.line_number, one.type, one.secret_hash) for _, one in collection]
    return found


def allowed(path: Path) -> list[Allowed]:
    """Raises ValueError for an entry that does not say why."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("allowed", [])
    for entry in entries:
        if not entry.get("why"):
            raise ValueError(f"{path.name}: the entry for {entry['path']} does not say why")
    return [Allowed(one["path"], frozenset(one["kinds"]), tuple(one.get("marks", ()))) for one in entries]


def main() -> int:
    names = files(ROOT)
    permitted = allowed(ALLOWED)
    secrets = [one for one in scan(ROOT, names) if not any(rule.covers(one) for rule in permitted)]
    for one in secrets:
        print(one)
    if secrets:
        print(
            "Take it out, and out of the history, and make a new one; or say in scripts/allowed_secrets.toml why not."
        )
        return 1
    print(f"{len(names)} files hold no secret.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
