"""Contacts and their lists: looking, adding, naming."""
