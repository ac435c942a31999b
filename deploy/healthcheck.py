"""Is the web process of this container alive? ``python deploy/healthcheck.py [/readyz]``: status 0, or 1 and why.

``/healthz`` by default: a container that is started anew mends a dead process, and no database.
"""

import http.client
import os
import sys

SECONDS = 5


def main() -> int:
    path = sys.argv[1] if len(sys.argv) > 1 else "/healthz"
    port = int(os.environ.get("HEALTH_PORT", "8000"))
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(2000).decode("utf-8", "replace").strip()
    except OSError as fault:
        print(f"{path}: no answer ({type(fault).__name__})")
        return 1
    print(f"{path}: HTTP {answer.status} {body}")
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    raise SystemExit(main())
