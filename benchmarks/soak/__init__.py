"""A real site under mixed load for a while, with faults: errors only where a fault is, nothing lost, memory flat."""
