"""What an operator types: ``flask …``. Each command prints plain sentences and leaves with status 1 when it failed."""

from flask import Flask


def register(app: Flask) -> None:
    from commands.audit_log import audit
    from commands.binding import bind_number
    from commands.check_config import check_config
    from commands.demo import seed_demo
    from commands.disable import disable_two_factor
    from commands.messages import messages
    from commands.partition import partition_contacts
    from commands.people import create_owner, create_support_admin
    from commands.purge import purge_expired
    from commands.recount import recount_contacts
    from commands.send_test import send_test_sms
    from commands.sms import sms
    from commands.worker import worker

    for command in (
        worker, check_config, create_owner, create_support_admin, seed_demo, purge_expired, audit,
        disable_two_factor, sms, bind_number, messages, send_test_sms, recount_contacts,
        partition_contacts,
    ):  # fmt: skip
        app.cli.add_command(command)
