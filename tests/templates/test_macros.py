"""What every page gets from the base and the field macros, whoever writes it."""

from pathlib import Path

import pytest
from flask import Flask, get_template_attribute, render_template, render_template_string
from jinja2 import UndefinedError
from werkzeug.datastructures import MultiDict
from wtforms import Form, RadioField, StringField
from wtforms.validators import InputRequired, Length

from blueprints import languages, template_names, templating
from config import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = '{% extends "layouts/plain.html" %}{% set heading = "Check your phone" %}'


class Example(Form):
    code = StringField("Authentication code", [Length(6, 6, "The code must be 6 numbers")])
    name = StringField("Name", [InputRequired("Enter your name")], description="As your colleagues know you.")
    status = RadioField(
        "Status", choices={"a": "All", "b": "Subscribed"}, validators=[InputRequired("Choose one")]
    )


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__, static_folder=str(ROOT / "static"), template_folder=str(ROOT / "templates"))
    app.secret_key = "only for this test"
    templating.register(app)
    languages.register(app)
    template_names.register(app, Settings(brand_name="Example Cloud"))
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    app.url_build_error_handlers.append(lambda _error, endpoint, _values: f"/{endpoint}")
    return app


def rejected() -> Example:
    form = Example(MultiDict({"code": "12", "name": ""}))
    assert not form.validate()
    return form


def macro(app: Flask, name: str, *given: object, **named: object) -> str:
    with app.test_request_context():
        return str(get_template_attribute("macros/forms.html", name)(*given, **named))


def test_the_title_begins_with_the_heading_and_ends_with_the_brand(app: Flask) -> None:
    with app.test_request_context():
        page = render_template_string(PAGE)
    assert "<title>Check your phone – Example Cloud</title>" in page
    assert page.count("<h1") == 1
    assert "<h1>Check your phone</h1>" in page


def test_a_page_without_a_heading_does_not_render(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(UndefinedError):
        render_template_string('{% extends "layouts/plain.html" %}')


def test_a_rejected_form_shows_in_title_and_summary_in_the_words_at_the_field(app: Flask) -> None:
    with app.test_request_context():
        page = render_template_string(PAGE, form=rejected())
    assert "<title>Error: Check your phone" in page
    assert "error-summary.js" in page
    assert '<a href="#code">The code must be 6 numbers</a>' in page
    assert '<a href="#status-0">Choose one</a>' in page


def test_a_message_about_the_whole_form_stands_in_the_summary(app: Flask) -> None:
    form = Example()
    form.form_errors.append("The text could not be sent")
    assert "<li>The text could not be sent</li>" in macro(app, "error_summary", form)


def test_a_field_is_tied_to_its_hint_and_its_error(app: Flask) -> None:
    html = macro(app, "field", rejected().name, autocomplete="name")
    assert 'aria-describedby="name-hint name-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'autocomplete="name"' in html
    assert 'id="name-hint"' in html
    assert 'id="name-error"' in html


def test_the_browser_neither_limits_nor_checks_what_is_typed(app: Flask) -> None:
    form = Example()
    for html in (macro(app, "field", form.name), macro(app, "code_field", form.code)):
        assert "required" not in html
        assert "maxlength" not in html
        assert "minlength" not in html


def test_the_code_field_is_text_and_never_shows_the_code_again(app: Flask) -> None:
    html = macro(app, "code_field", rejected().code)
    for attribute in ('type="text"', 'inputmode="numeric"', 'autocomplete="one-time-code"', 'value=""'):
        assert attribute in html
    assert "12" not in html
    assert "autofocus" not in html  # the summary has the focus
    assert "autofocus" in macro(app, "code_field", Example().code)


def test_what_was_typed_is_shown_as_text_and_never_as_markup(app: Flask) -> None:
    form = Example(MultiDict({"name": '"><script>alert(1)</script>'}))
    assert "<script>" not in macro(app, "field", form.name)


def test_the_field_macro_knows_the_words_of_nested_errors() -> None:
    field = rejected().name
    field.errors = [{"inner": ["Deep down"]}]  # type: ignore[list-item]
    assert templating.first_error(field) == "Deep down"


@pytest.mark.parametrize("code", [400, 403, 404, 405, 413, 429, 500, 503])
def test_an_error_page_renders_without_anybody_signed_in(app: Flask, code: int) -> None:
    with app.test_request_context():
        page = render_template(f"errors/{code}.html")
    assert page.count("<h1") == 1
    assert "Example Cloud</title>" in page
    assert "Error:" not in page


def test_an_address_of_a_static_file_changes_with_its_content(app: Flask) -> None:
    with app.test_request_context():
        first = render_template_string("{{ asset('app.css') }}")
        other = render_template_string("{{ asset('js/menu.js') }}")
    assert first.startswith("/static/app.css?v=")
    assert first.split("=")[1] != other.split("=")[1]


def test_a_group_of_choices_has_a_legend_and_says_what_is_chosen(app: Flask) -> None:
    form = Example(MultiDict({"status": "b"}))
    html = macro(app, "radios", form.status, hints={"a": "With unsubscribed ones."})
    assert "<legend>Status</legend>" in html
    assert 'id="status-1" name="status" value="b" checked>' in html
    assert html.count("checked") == 1
    assert 'id="status-0-hint"' in html
    assert 'aria-describedby="status-0-hint"' in html
