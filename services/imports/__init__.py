"""Contacts in: a CSV of any usual kind, read row by row, merged in batches, resumed where a worker stopped."""
