"""The same mail as simple HTML, made from its words, so that no mail is written twice.

What becomes a link, a button or a row of facts is marked by the template itself, with marks that are new in every mail.
Nothing is found out by looking at the words: a company called "http://evil.example" stays a name.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Literal

from flask import current_app

from services.language import N_
from services.language import gettext as _

#: What a button says, by the beginning of its address's path. The address itself stands below it.
_BUTTONS = {
    "/password/": N_("Set a new password"),
    "/invitations/": N_("Choose a password"),
    "/not-me/": N_("This was not me"),
    "/two-factor/keep/": N_("Keep two-factor authentication on"),
    "/contacts/exports/": N_("Open the export"),
    "/help/contact-support": N_("Contact support"),
    "/settings/activity": N_("See the activity"),
    "/settings/users": N_("Open Users"),
}
_OTHER_BUTTON = N_("Open this page")
_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n)+")
INDENT = "    "


class Marks:
    """What a template puts before an address of ours (``address``) and before a line "Label: value" (``fact``)."""

    def __init__(self) -> None:
        token = secrets.token_hex(8)
        self.address = f"\x02{token}\x02"
        self.fact = f"\x03{token}\x03"

    def removed(self, text: str) -> str:
        return text.replace(self.address, "").replace(self.fact, "")


@dataclass(frozen=True)
class Block:
    """``words``: text. ``facts``: pairs. ``commands``: lines as they are. ``button``, ``address``: one of ours."""

    kind: Literal["words", "facts", "commands", "button", "address"]
    words: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    label: str = ""


def render(subject: str, marked: str, marks: Marks, *, brand_name: str, public_url: str) -> str:
    """``marked``: the text with its marks still in it. Its last paragraph, the foot, is the layout's own."""
    paragraphs = _EMPTY_LINES.split(marked.strip("\n"))
    blocks = [block for paragraph in paragraphs[:-1] for block in _blocks(paragraph, marks)]
    return current_app.jinja_env.get_template("mail/_layout.html").render(
        subject=subject,
        blocks=_with_button(blocks, public_url),
        brand_name=brand_name,
        public_url=public_url,
    )


def _blocks(paragraph: str, marks: Marks) -> list[Block]:
    """Neighbouring lines of one kind are one block: lines were broken for the text, and flow in HTML."""
    found: list[Block] = []
    for line in paragraph.splitlines():
        block = _block(line, marks)
        if found and found[-1].kind == block.kind and block.kind != "address":
            between = "\n" if block.kind == "commands" else " "
            last = found.pop()
            words = between.join(filter(None, (last.words, block.words)))
            block = Block(block.kind, words, last.facts + block.facts)
        found.append(block)
    return found


def _block(line: str, marks: Marks) -> Block:
    plain = marks.removed(line)
    if line.startswith(marks.address):
        return Block("address", plain.strip())
    if line.startswith(marks.fact):
        label, _, value = plain.partition(": ")
        return Block("facts", facts=((label, value),))
    if line.startswith(INDENT):
        return Block("commands", plain.strip())
    return Block("words", plain.strip())


def _with_button(blocks: list[Block], public_url: str) -> list[Block]:
    """The first address, which is what the mail is about, as a button."""
    for index, block in enumerate(blocks):
        if block.kind == "address":
            path = block.words.removeprefix(public_url)
            label = next(
                (words for start, words in _BUTTONS.items() if path.startswith(start)), _OTHER_BUTTON
            )
            return [*blocks[:index], Block("button", block.words, label=_(label)), *blocks[index + 1 :]]
    return blocks
