"""Which function does which kind of job. Named by text, so that the web process loads none of them."""

#: kind -> "module:function"; the function is ``run(job: Job, lease: Lease) -> None`` and safe to run twice.
HANDLERS: dict[str, str] = {
    "contacts.forget_field": "services.contacts.forgetting:run_forget",
    "contacts.import": "services.imports.run:run_import",
    "export.settle": "services.exports.downloads:run_settle",
    "export.settle_part": "services.exports.stored:run_settle",
    "export.write": "services.exports.long_writing:run_write",
    "password.reset_asked": "services.password_changes:run_reset_asked",
    "support.disable": "services.support:run_scheduled",
}

#: Kinds that take minutes. A worker keeps a hand free of them.
LONG = frozenset({"contacts.forget_field", "contacts.import", "export.write"})

#: kind -> "module:function" called as ``given_up(job: Job, reason: str)``, inside write(), when a job failed for good.
GIVEN_UP: dict[str, str] = {
    "contacts.forget_field": "services.contacts.forgetting:given_up",
    "contacts.import": "services.imports.run:given_up",
    "export.write": "services.exports.long_writing:given_up",
    "support.disable": "services.support:given_up",
}
