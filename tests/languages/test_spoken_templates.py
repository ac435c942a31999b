"""Templates say their messages in the language that is spoken, whichever was spoken when they were first read."""

import pytest
from markupsafe import Markup

from services import language
from tests.support.site import Site

SAVE = {"en": "Save settings", "de": "Einstellungen speichern"}


@pytest.mark.parametrize("first", ["en", "de"])
def test_each_language_has_its_own_words_whatever_was_read_first(site: Site, first: str) -> None:
    with site.app.test_request_context():
        for code in (first, *SAVE, first):
            with language.using(code):
                template = site.app.jinja_env.get_template("settings/account.html")
                said = site.app.jinja_env.from_string('{{ _("Save settings") }}').render()
            assert said == SAVE[code]
            assert template is not None


def test_markup_of_a_message_stays_and_what_is_put_in_is_escaped(site: Site) -> None:
    source = '{{ _("100%% <b>sure</b>") }} {{ _("Hello %(name)s", name="<i>") }} {% trans %}5% & more{% endtrans %}'
    with site.app.test_request_context():
        env = site.app.jinja_env.overlay(autoescape=True)
        assert env.from_string(source).render() == "100% <b>sure</b> Hello &lt;i&gt; 5% & more"


def test_a_message_given_to_a_macro_is_not_escaped_twice(site: Site) -> None:
    source = "{% macro shout(what) %}<p>{{ what }}</p>{% endmacro %}{{ shout(_('Lists & <b>fields</b>')) }}"
    with site.app.test_request_context():
        env = site.app.jinja_env.overlay(autoescape=True)
        assert env.from_string(source).render() == Markup("<p>Lists & <b>fields</b></p>")
