"""`make sbom`: what a release is made of, as a CycloneDX list: pinned packages, and the files under static/vendor.

The same tree gives the same bytes. With SOURCE_DATE_EPOCH set, that is the list's time; else it has none.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.txt"
VENDORED = ROOT / "static" / "vendor"
NAME = "countersign"


def packages() -> dict[str, Any]:
    """The list of what requirements.txt pins; cyclonedx-py checks it against the schema. Raises CalledProcessError."""
    made = subprocess.run(
        [
            Path(sys.executable).with_name("cyclonedx-py"), "requirements", LOCK,
            "--output-reproducible", "--short-PURLs", "--output-format", "JSON", "--output-file", "-",
        ],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    listed: dict[str, Any] = json.loads(made.stdout)
    return listed


def vendored() -> list[dict[str, Any]]:
    """One component for each folder NAME-VERSION, with its files and their hashes."""
    return [
        {
            "type": "library",
            "bom-ref": folder.name,
            "name": folder.name.rpartition("-")[0],
            "version": folder.name.rpartition("-")[2],
            "components": [
                {
                    "type": "file",
                    "bom-ref": str(file.relative_to(ROOT)),
                    "name": str(file.relative_to(ROOT)),
                    "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(file.read_bytes()).hexdigest()}],
                }
                for file in sorted(folder.iterdir())
            ],
        }
        for folder in sorted(VENDORED.iterdir())
        if folder.is_dir()
    ]


def sbom() -> dict[str, Any]:
    listed = packages()
    listed["metadata"]["component"] = {"type": "application", "bom-ref": NAME, "name": NAME}
    listed["components"] += vendored()
    refs = [component["bom-ref"] for component in listed["components"]]
    listed["dependencies"] = [
        {"ref": NAME, "dependsOn": sorted(refs)},
        *({"ref": ref} for ref in sorted(refs)),
    ]
    return listed


def main() -> int:
    target = Path(sys.argv[1])
    listed = sbom()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(listed, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{target}: {len(listed['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
