"""Contacts out: what leaves is fixed as a row first, asked for with a code, streamed, and recorded."""
