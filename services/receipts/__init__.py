"""Delivery receipts of the provider: is this call really Vonage's, and what does it say of a text or a call.

A receipt changes what is known of a message, and nothing else: it can be late, doubled, missing or false, so no
sign-in, code or permission ever depends on one.
"""

from services.receipts.calls import take_voice_event
from services.receipts.texts import take_status
from services.receipts.verifying import WINDOW, Forged, NotConfigured, Signed, verify

__all__ = ["WINDOW", "Forged", "NotConfigured", "Signed", "take_status", "take_voice_event", "verify"]
