"""A code fits one person, one session, one purpose, one scope. In every other place it is simply wrong, and counts."""

from collections.abc import Callable
from itertools import permutations

import pytest

from tests.binding.questions import RIGHT, ROOM, WRONG, all_questions, people
from tests.support.site import Site


@pytest.mark.asvs("6.6.2")
@pytest.mark.threat("C3", "C4", "C6")
def test_no_code_answers_another_question(make_site: Callable[..., Site]) -> None:
    site = make_site(**ROOM)
    questions = all_questions(site, people(site))
    held = [question.code for question in questions]
    tried = 0
    for (one, code), (other, its_own) in permutations(zip(questions, held, strict=True), 2):
        if code == its_own:
            continue  # once in a million: two questions with the same six digits
        other.forget_guesses()
        page = other.answer(code)
        told = f"the code of “{one.name}” at “{other.name}”"
        assert page.status == WRONG, f"{told}: {page.status} {page.location}"
        assert other.counted == (1, 1, False), told
        tried += 1
    assert tried > len(questions) ** 2 - 2 * len(questions)
    for question in questions:
        question.forget_guesses()


NAMES = [
    "Ana confirms a new number", "Ana signs in", "Ana signs in elsewhere", "Ben signs in", "Cleo signs in",
    "Sue of support signs in", "Ana exports", "Ana exports something else", "Ana exports in her other session",
    "Ana downloads the log", "Ana changes her number", "Ben exports", "Sam turns Acme off", "Sam turns Other off",
]  # fmt: skip


@pytest.mark.asvs("6.5.1", "6.6.2")
@pytest.mark.threat("C1")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_answers_its_own_question_once_with_all_others_open(
    make_site: Callable[..., Site], name: str
) -> None:
    """So that "wrong" above is the binding's doing: the same code is right in its place."""
    site = make_site(**ROOM)
    questions = all_questions(site, people(site))
    assert [question.name for question in questions] == NAMES
    question = questions[NAMES.index(name)]
    code = question.code
    assert question.answer(code).status == RIGHT
    assert question.counted[2], "the code is spent"
    again = question.browser.post(question.path, {"code": code})
    assert again.status != 500
    assert question.counted[0] == 1, "a code that is spent is not judged again"
