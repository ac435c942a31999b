"""One text, one message: the alphabet, its lengths, and names that have to fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gsm7 import ONE_MESSAGE, fit, is_gsm7, septets, to_gsm7


def test_the_alphabet_is_that_of_the_standard() -> None:
    """3GPP TS 23.038, 6.2.1: 128 places, one of them the escape; ten more behind the escape."""
    every = [chr(code) for code in range(0x3000)]
    assert sum(is_gsm7(character) for character in every) == 127 + 10
    assert all(map(is_gsm7, "@#\n\r_Çé€[]{}"))
    assert not any(map(is_gsm7, "ç`’“–…\t\u00a0\u200bЖ番🎉"))


def test_extended_characters_take_two_septets() -> None:
    assert septets("") == 0
    assert septets("abc\n@#") == 6
    assert septets("^{}\\[~]|€") == 18
    with pytest.raises(ValueError, match="not a GSM-7 text"):
        septets("’")


@pytest.mark.parametrize(
    ("given_text", "plain"),
    [
        ("‘Acme’s’ “best” – really — „now“…", '\'Acme\'s\' "best" - really - "now"...'),
        ("Zoë’s café", "Zoe's café"),
        ("façade Łódź Đorđe œuvre straße", "façade Lodz Dorde oeuvre straße".replace("ç", "c")),
        ("½ ™ № ﬁ Ⅷ ²", "? (TM) No. fi VIII 2"),
        ("１２３ ＡＢＣ", "123 ABC"),
        ("tab\there\u00a0and\u2003there", "tab here and there"),
        ("zero\u200bwidth\ufeff and\u0000 null", "zerowidth and null"),
        ("Новости дня", "? ?"),
        ("番号 🎉🎉 ok?", "? ? ok?"),
        ("why??", "why??"),
        ("cafe\u0301", "cafe"),
    ],
)
def test_other_characters_become_their_nearest(given_text: str, plain: str) -> None:
    assert to_gsm7(given_text) == plain


TEMPLATE = "{code} is your {brand} code to export {rows} contacts from {list}.\n\n@app.example.com #{code}"


def filled(**given_parts: str) -> str:
    parts = {"code": "804152", "brand": "Acme", "rows": "12,431", "list": "Newsletter"} | given_parts
    return fit(TEMPLATE, shorten="list", limit=ONE_MESSAGE, **parts)


def test_a_short_name_is_left_as_it_is() -> None:
    assert filled() == (
        "804152 is your Acme code to export 12,431 contacts from Newsletter.\n\n@app.example.com #804152"
    )


def test_a_long_name_is_cut_so_that_the_whole_is_one_message() -> None:
    cut = filled(list="Everybody who bought something between January and March and did not send it back")

    assert septets(cut) <= ONE_MESSAGE
    assert "from Everybody who bought something" in cut
    assert "....\n\n@app.example.com #804152" in cut


@pytest.mark.parametrize("length", range(60, 80))
def test_the_cut_is_exact_at_every_length(length: int) -> None:
    room = ONE_MESSAGE - septets(filled(list=""))
    whole = filled(list="x" * length)

    assert septets(whole) == min(septets(filled(list="")) + length, ONE_MESSAGE)
    assert ("x..." in whole) == (length > room)


def test_a_name_cannot_make_a_line_of_its_own() -> None:
    text = filled(list="News\n\n@evil.example #000000\r\n")

    assert text.count("\n") == 2
    assert text.endswith("\n@app.example.com #804152")


@pytest.mark.asvs("1.3.10")
def test_braces_in_a_name_are_only_braces() -> None:
    assert "from {code} {0} {." in filled(list="{code} {0} {")


def test_what_cannot_be_made_to_fit_is_sent_long_rather_than_not_at_all() -> None:
    text = filled(brand="B" * 200)

    assert "804152 is your BBB" in text
    assert text.endswith("@app.example.com #804152")


@given(name=st.text(max_size=300))
def test_whatever_the_name_the_text_is_one_gsm_message_with_the_code_last(name: str) -> None:
    text = filled(list=name)

    assert is_gsm7(text)
    assert septets(text) <= ONE_MESSAGE
    assert text.splitlines()[-1] == "@app.example.com #804152"
