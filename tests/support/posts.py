"""What requests to the provider say of a site's texts: none lost, none sent twice that should not be."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

#: Answers after which a text was surely not taken, so that it may be sent again.
NOT_TAKEN = frozenset({"429"})
#: What a text is, by how the provider answered last.
_FATES = {"202": {"accepted", "delivered"}, "429": {"rejected", "expired"}}


def wrongs(posts: Iterable[tuple[str, str]], fates: Mapping[str, str]) -> list[str]:
    """One line for each text that is lost, doubled, or not told as it is; empty when all is well.

    ``posts``: (our id, behaviour of the stand-in) in order. ``fates``: {our id: state}, every text.
    """
    answers = defaultdict(list)
    for name, behaviour in posts:
        answers[name].append(behaviour)
    found = [f"{name}: never promised" for name in answers.keys() - fates.keys()]
    for name, state in fates.items():
        its = answers.get(name, [])
        if not its:
            found.append(f"{name}: lost ({state}, and no request)")
        elif not NOT_TAKEN.issuperset(its[:-1]):
            found.append(f"{name}: sent again after {its}")
        elif state not in _FATES.get(its[-1], {"unknown"}):
            found.append(f"{name}: {state} after {its}")
    return found
