"""docs/examples/notebook.py as somebody runs it: a process of its own, in an empty folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Asks for the dangerous button, reads the code on the page as its visitor would, and enters it.
VISITOR = """
import re, sys, notebook
client = notebook.create_app().test_client()

def token(page):
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)[1]

first = client.get("/")
assert "3 notes" in first.text
asked = client.post("/notes/burn", data={"csrf_token": token(first)})
page = client.get(asked.location)
assert "burn all notes" in page.text and "3 notes" in client.get("/").text
code = re.findall(r"(\\d{6}) is your Notebook authentication code to burn all notes", client.get("/").text)[-1]
wrong = client.post(asked.location, data={"csrf_token": token(page), "code": str((int(code) + 1) % 10**6).zfill(6)})
assert wrong.status_code == 422
right = client.post(asked.location, data={"csrf_token": token(page), "code": code})
again = client.get(right.location)
assert "Your code was right" in again.text and "3 notes" in client.get("/").text
done = client.post("/notes/burn", data={"csrf_token": token(again)})
assert done.location == "/" and "0 notes" in client.get("/").text
print("OTHERS", *[name for name in sys.modules if re.match(r"(blueprints|services)[.]\\w+", name)])
"""


def test_another_site_guards_its_button_with_our_parts_and_loads_nothing_of_contacts(tmp_path: Path) -> None:
    came = subprocess.run(
        [sys.executable, "-c", VISITOR],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}:{ROOT / 'docs/examples'}",
            "APP_ENV": "testing",
            "SECRET_KEY": "a key for tests only, 32 bytes or more",
            "PUBLIC_URL": "http://localhost",
            "INSTANCE_PATH": str(tmp_path),
            "LOG_LEVEL": "ERROR",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert came.returncode == 0, came.stderr
    loaded = came.stdout.partition("OTHERS ")[2].split()
    assert "services.step_up" in loaded
    whole_house = re.compile(
        r"blueprints\.(login|settings|contacts|export|support|help|gate)\b"
        r"|services\.(contacts|imports|storage|sign_in|two_factor|exports\.(?!rights))"
    )
    assert [name for name in loaded if whole_house.match(name)] == []


def test_the_example_is_short_enough_to_be_read_at_once() -> None:
    lines = (ROOT / "docs" / "examples" / "notebook.py").read_text().splitlines()
    assert sum(1 for line in lines if line.strip()) <= 60
