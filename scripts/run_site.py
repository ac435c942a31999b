"""`make run`: the development site, from an empty folder to an address to open.

Brings the database to its newest schema, adds the demo data once, then keeps web and worker running under
supervisord until Ctrl-C. Whichever way this process ends, nothing that it started stays behind.
"""

import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
COMPLAINTS = ROOT / "instance" / "supervisord.log"
START_SECONDS = 120.0
PR_SET_PDEATHSIG = 1  # of Linux's prctl(2)


def end_with_parent() -> None:
    """Have the kernel send SIGTERM when our parent is gone, even by kill -9 (Linux; elsewhere nothing)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def refuse_taken(port: int) -> None:
    """Exit with a clear line when somebody else listens on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as reason:
            sys.exit(
                f"Port {port} cannot be used ({reason.strerror}). Choose another: make run PORT={port + 1}"
            )


def flask(*arguments: str) -> None:
    """Run a command of the site; its own message stands, and its exit code becomes ours."""
    done = subprocess.run([BIN / "flask", *arguments], check=False)
    if done.returncode:
        sys.exit(done.returncode)


def supervise() -> subprocess.Popen[bytes]:
    """Start supervisord apart from the terminal, so that Ctrl-C and hang-up reach it only through us.

    Its complaints go to a file: written to a terminal that is gone, they would end it before its processes.
    """
    with COMPLAINTS.open("wb") as complaints:
        return subprocess.Popen(
            [
                BIN / "supervisord",
                "--nodaemon",
                "--configuration=deploy/dev-supervisord.conf",
                f"--user={pwd.getpwuid(os.geteuid()).pw_name}",  # who we are: else it warns about root
            ],
            env=os.environ | {"SITE_BIN": str(BIN)},
            stdin=subprocess.DEVNULL,
            stderr=complaints,
            start_new_session=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509  # we have no threads
        )


def wait_until_up(site: subprocess.Popen[bytes], address: str) -> bool:
    """Whether the site answered in time."""
    deadline = time.monotonic() + START_SECONDS
    while site.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310  # our own address
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False


def wait_until_ended(site: subprocess.Popen[bytes]) -> int:
    """Exit status of supervisord, which is told to end when our terminal is closed.

    The kernel reports that to the terminal's first process only: under `ssh -t` that is make, which goes on.
    """
    has_terminal = os.isatty(0)
    while True:
        try:
            return site.wait(timeout=1)
        except subprocess.TimeoutExpired:
            if has_terminal and not os.isatty(0):
                site.terminate()
                has_terminal = False


def main() -> int:
    end_with_parent()
    os.chdir(ROOT)
    os.umask(0o077)  # instance/ holds keys, password hashes and codes
    port = int(os.environ.setdefault("PORT", "5000"))
    address = f"http://127.0.0.1:{port}"
    refuse_taken(port)
    Path("instance").mkdir(exist_ok=True)
    flask("db", "upgrade")
    flask("seed-demo")

    site = supervise()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: site.terminate())
    if wait_until_up(site, address):
        print(f"\n  The site:   {address}\n  Its phone:  {address}/dev/phone (codes arrive here)", flush=True)
        print("  Ctrl-C stops both web and worker.\n", flush=True)
    elif site.poll() is None:
        print(f"The site did not answer within {START_SECONDS:.0f} s; see above.", file=sys.stderr)
        site.terminate()
        site.wait()
        return 1
    status = wait_until_ended(site)
    if status:
        print(COMPLAINTS.read_text(errors="replace"), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
