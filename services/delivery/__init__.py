"""From a promised message to a phone or a mailbox, and what is known of it on the way."""

from services.delivery.sending import deliver, due_ids, send_due

__all__ = ["deliver", "due_ids", "send_due"]
