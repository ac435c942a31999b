"""What goes wrong with a store."""


class StoreUnavailable(OSError):
    """The store cannot be reached, or refuses us."""


class NotSetUp(StoreUnavailable):
    """``str()`` tells the operator what to change about STORAGE_URL."""
