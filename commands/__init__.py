"""What an operator types: ``flask …``. Each command prints plain sentences and leaves with status 1 when it failed."""

from flask import Flask


def register(app: Flask) -> None:
    from commands.worker import worker

    for command in (worker,):
        app.cli.add_command(command)
