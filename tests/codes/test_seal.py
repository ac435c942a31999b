"""Sealed values: read by nobody else, and for nothing but their purpose."""

import pytest

from services import seal
from tests.support.site import Site

VALUE = {"name": ["Ana", "Lindqvist"], "mobile_number": ["07400 123456"]}


def test_what_was_sealed_is_read_again_and_not_by_others(site: Site) -> None:
    with site.context():
        sealed = seal.seal(VALUE, seal.PAGE)
        assert seal.unseal(sealed, seal.PAGE) == VALUE
        assert b"07400" not in sealed
        assert seal.unseal(sealed[:-9] + b"A" + sealed[-8:], seal.PAGE) is None
        assert seal.unseal(b"", seal.PAGE) is None


@pytest.mark.parametrize("other", [seal.INTERRUPTED_FORM, seal.WAITING_NUMBER])
def test_what_was_sealed_for_one_purpose_is_nothing_for_another(site: Site, other: str) -> None:
    with site.context():
        assert seal.unseal(seal.seal(VALUE, seal.PAGE), other) is None
