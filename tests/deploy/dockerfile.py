"""A Dockerfile and a .dockerignore, read as a builder reads them; as much of both languages as ours are written in."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Stage:
    image: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def of(self, instruction: str) -> list[str]:
        return [rest for name, rest in self.steps if name == instruction]


def stages(text: str) -> list[Stage]:
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        instruction, _, rest = line.partition(" ")
        if instruction == "FROM":
            image, _, name = rest.partition(" AS ")
            found.append(Stage(image, name))
        elif found:
            found[-1].steps.append((instruction, rest.strip()))
    return found


def command(rest: str) -> list[str]:
    """The exec form, the only one that no shell reads; ValueError for the other."""
    words: list[str] = json.loads(rest[rest.index("[") :])
    return words


def context(ignore: str, into: Path) -> list[str]:
    """What of the files in git the builder is sent, copied; the last pattern that fits decides."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    patterns = [line.strip() for line in ignore.splitlines() if line.strip() and not line.startswith("#")]
    sent = [path for path in listed.stdout.split("\0") if path and _is_sent(path, patterns)]
    for path in sent:
        if (ROOT / path).is_file():  # not one that was just removed
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, into / path)
    return sent


def _is_sent(path: str, patterns: list[str]) -> bool:
    parts = path.split("/")
    every = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    sent = True
    for pattern in patterns:
        wanted = pattern.removeprefix("!").strip("/").removeprefix("**/")
        deep = "**/" in pattern
        if any(fnmatch(part, wanted) for part in (parts if deep else every)):
            sent = pattern.startswith("!")
    return sent
