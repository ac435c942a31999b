"""What a worker looks after every half minute: the budget, and whether the codes that are sent come back."""

from services.sending import budget, conversion


def look() -> None:
    budget.watch()
    conversion.watch()
