"""What a web process does not load: it neither sends nor opens the queue until somebody must be woken."""

import subprocess
import sys

from tests.support.worker_process import ROOT, process_environment


def test_the_web_process_loads_neither_the_providers_sdk_nor_the_queue(environment: dict[str, str]) -> None:
    script = (
        "import sys; from app import create_app; create_app(); "
        "print(sorted({'vonage_http_client', 'vonage_messages', 'huey', 'redis', 'smtplib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=process_environment(environment), capture_output=True,
        text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
