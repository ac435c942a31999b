"""The rules, without HTTP. A function here decides, writes in one transaction, and records the event in it."""
