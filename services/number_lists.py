"""A list out of a spreadsheet, pasted into the numbers window: who, and their mobile number.

Each line has a name or an email address and a number, in any order, with tabs, semicolons or commas between them. A
list only fills rows: what is in them is judged when the rows are saved.
"""

import csv
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from models.user import User
from services.language import gettext as _
from services.language import ngettext
from services.numbers import NumberRefused, looks_like_number, parse_mobile

#: More is not looked at: no account has so many users.
MAX_LINES = 5_000
#: What is quoted of a line, and of how many lines.
MAX_QUOTED = 60
MAX_PROBLEMS = 20


@dataclass
class Filled:
    """``numbers``: as they go into the rows, by public id. ``problems``: a sentence for each line that filled none."""

    numbers: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def said(self) -> str:
        """How it went, for the status line."""
        if not self.numbers:
            return _("No row was filled. Each line needs a name or an email address, and a mobile number.")
        return ngettext(
            "%(num)s row was filled. Nothing is saved yet.",
            "%(num)s rows were filled. Nothing is saved yet.",
            len(self.numbers),
        )

    def problems_said(self) -> list[str]:
        """The first problems; of a long list of them, also how many more there are."""
        more = len(self.problems) - MAX_PROBLEMS
        if more <= 0:
            return self.problems
        rest = ngettext("And %(num)s more line.", "And %(num)s more lines.", more)
        return [*self.problems[:MAX_PROBLEMS], rest]


def read(text: str, users: Sequence[User], region: str) -> Filled:
    """Find for each line of ``text`` its user. The owner's own number is not one of the rows."""
    known = _by_name_and_address(users)
    filled = Filled()
    for place, line in enumerate(text.splitlines()[:MAX_LINES], start=1):
        cells = _cells(line)
        if not cells:
            continue
        numbers = [cell for cell in cells if looks_like_number(cell)]
        people = _people([cell for cell in cells if cell not in numbers], known)
        problem = _problem(place, line, numbers, people, filled)
        if problem:
            filled.problems.append(problem)
        elif people and numbers:
            filled.numbers[people[0].public_id] = _with_plus(numbers[0], region)
    return filled


def _problem(place: int, line: str, numbers: list[str], people: list[User], filled: Filled) -> str:
    quoted = " ".join(line.split())
    quoted = quoted if len(quoted) <= MAX_QUOTED else f"{quoted[:MAX_QUOTED]}…"
    if not people:
        if not numbers and place == 1:
            return ""  # the headings of the columns
        return _("Line %(line)s matches nobody: %(text)s", line=place, text=quoted)
    if len(people) > 1:
        return _("Line %(line)s matches more than one user: %(text)s", line=place, text=quoted)
    if people[0].is_owner:
        return _("Line %(line)s is you. Your own number is the field in the Security section.", line=place)
    if not numbers:
        return _("Line %(line)s has no mobile number: %(text)s", line=place, text=quoted)
    if people[0].public_id in filled.numbers:
        return _(
            "Line %(line)s is about a user who was in the list before: %(text)s", line=place, text=quoted
        )
    return ""


def _cells(line: str) -> list[str]:
    separator = next((one for one in "\t;," if one in line), ",")
    try:
        row = next(csv.reader([line.replace("\x00", "")], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return []
    return [cell.strip() for cell in row if cell.strip()]


def _people(cells: list[str], known: dict[str, list[User]]) -> list[User]:
    """Whom the words of a line name: one cell alone, or a first and a last name in two, either way round."""
    for words in (*cells, " ".join(cells), " ".join(reversed(cells))):
        found = known.get(_plain(words))
        if found:
            return found
    return []


def _by_name_and_address(users: Sequence[User]) -> dict[str, list[User]]:
    known: dict[str, list[User]] = {}
    for user in users:
        for words in {_plain(user.name), _plain(user.email)}:
            known.setdefault(words, []).append(user)
    return known


def _plain(words: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split())


def _with_plus(typed: str, region: str) -> str:
    """Spreadsheets drop the plus before a number: put it back where only that makes it one."""
    try:
        parse_mobile(typed, region)
    except NumberRefused:
        try:
            parse_mobile(f"+{typed}", region)
        except NumberRefused:
            return typed
        return f"+{typed}"
    return typed
