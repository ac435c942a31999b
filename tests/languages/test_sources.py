"""What people read passes through gettext: in templates, and in what Python says to them."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, nodes

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES), extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True,
    autoescape=True,
)  # fmt: skip
ENVIRONMENT.policies["ext.i18n.trimmed"] = True
GETTEXT = {"_", "gettext", "ngettext", "_l", "lazy_gettext", "N_"}

#: What is the same in every language: names, a unit, the field of a mail's head, commands and paths.
ALLOWED = re.compile(r"SHA-256|\bs\b|^Subject:|\bflask [a-z -]+|(?<=\ue000)/[a-z/-]+|class=.*")
_SAID = {"title", "aria-label", "aria-description", "aria-valuetext", "placeholder", "alt", "label"}
_SAID_LATER = re.compile(r"data-.*-(text|status|said)$")
#: A constant of an expression that is read as words: a capital and small letters, or several words.
_WORDS = re.compile(r"^[A-Z][a-z]+(?:[ ,.!?…]|$)|[a-z]{2,} [a-z]{2,}")
_HOLE = "\ue000"


def templates() -> list[str]:
    return sorted(
        str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt"}
    )


def parsed(name: str) -> nodes.Template:
    return ENVIRONMENT.parse((TEMPLATES / name).read_text(), name)


class _Reader(HTMLParser):
    """Texts and read attributes of a template whose expressions are holes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in {"script", "style"}
        later = (value for name, value in attrs if re.match(r"data-.*-(text|status|said)$", name))
        self.texts += [value or "" for name, value in attrs if name in _SAID] + [
            value or "" for value in later
        ]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.texts.append(data)


def literal_texts(template: nodes.Template, *, html: bool) -> list[str]:
    source = "".join(_pieces(template))
    texts = [source]
    if html:
        reader = _Reader()
        reader.feed(source)
        reader.close()
        texts = reader.texts
    return [" ".join(text.replace(_HOLE, " ").split()) for text in texts if _is_language(text)]


def _pieces(node: nodes.Node) -> Iterator[str]:
    """The text of a template in its order, every expression a hole."""
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Expr):
        yield _HOLE
    elif not (isinstance(node, nodes.Block) and node.name == "body_class"):
        for child in node.iter_child_nodes():
            yield from _pieces(child)


def _is_language(text: str) -> bool:
    return any(ch.isalpha() for line in text.splitlines() for ch in ALLOWED.sub(" ", line.strip()))


def literal_constants(node: nodes.Node) -> Iterator[str]:
    """Words in expressions, such as arguments of macros, that no gettext is around."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in GETTEXT:
        for value in node.kwargs:
            yield from literal_constants(value)
        return
    if isinstance(node, nodes.Keyword) and node.key == "class":
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and _WORDS.search(node.value):
        yield node.value
    for child in node.iter_child_nodes():
        yield from literal_constants(child)


def test_templates_say_nothing_of_their_own() -> None:
    found = {}
    for name in templates():
        template = parsed(name)
        said = [*literal_texts(template, html=name.endswith(".html")), *literal_constants(template)]
        if said:
            found[name] = said
    assert found == {}


def test_text_of_a_templates_own_is_found() -> None:
    source = (
        '<p title="Here">A <b>{{ x }}</b> b</p>{% trans %}Fine{% endtrans %}{{ submit("Save it", kind="primary") }}'
        '{{ _("Fine") }}<i data-resend-text="Later">{{ url_for("a.b") }}</i><script src="x">var a</script>'
    )
    template = ENVIRONMENT.parse(source)
    assert literal_texts(template, html=True) == ["Here", "A", "b", "Later"]
    assert list(literal_constants(template)) == ["Save it"]
    assert literal_texts(ENVIRONMENT.parse("Subject: {{ x }}\n{{ url }}/login\nHi {{ x }}"), html=False) != []
    assert (
        literal_texts(ENVIRONMENT.parse("Subject: {{ x }}\n{{ url }}/login\n\n  flask sms lift"), html=False)
        == []
    )


# --- Python

#: What is shown to people: by name of the function that takes it first.
SPEAKERS = {
    "flash", "ValidationError", "StopValidation", "NumberRefused", "PasswordRefused", "CannotOffer", "InputRequired",
}  # fmt: skip


def python() -> list[Path]:
    return [path for folder in ("blueprints", "services") for path in sorted((ROOT / folder).rglob("*.py"))]


def faults(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):  # there it is not found for the catalogues
            found += [f"{node.lineno}: in an f-string" for one in ast.walk(node) if _is_message(one)]
        if isinstance(node, ast.Call):
            found += [f"{node.lineno}: put together" for one in _messages(node) if _is_put_together(one)]
            found += [f"{node.lineno}: {ast.unparse(one)}" for one in _spoken(node) if _is_literal(one)]
        elif (
            isinstance(node, ast.Assign) and _is_errors(node.targets[0]) and isinstance(node.value, ast.List)
        ):
            found += [f"{node.lineno}: {ast.unparse(one)}" for one in node.value.elts if _is_literal(one)]
    return found


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "id", "") or getattr(node.func, "attr", ""))


def _messages(node: ast.Call) -> list[ast.expr]:
    return node.args[: 2 if _called(node) == "ngettext" else 1] if _called(node) in GETTEXT else []


def _is_message(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and any(isinstance(one, ast.Constant) for one in _messages(node))


def _spoken(node: ast.Call) -> list[ast.expr]:
    added = _called(node) == "append" and isinstance(node.func, ast.Attribute) and _is_errors(node.func.value)
    return node.args[:1] if added or _called(node) in SPEAKERS else []


def _is_put_together(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr | ast.BinOp) or (
        isinstance(node, ast.Call) and _called(node) == "format"
    )


def _is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_errors(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"errors", "form_errors"}


def test_python_says_to_people_only_what_is_in_the_catalogues_and_puts_no_message_together() -> None:
    wrong = {str(path.relative_to(ROOT)): faults(ast.parse(path.read_text())) for path in python()}
    assert {path: found for path, found in wrong.items() if found} == {}


@pytest.mark.parametrize(
    "line",
    [
        'flash("Saved.")', 'flash(f"Saved {x}.")', '_(f"Saved {x}.")', '_("Saved " + x)', '_("Saved {}".format(x))',
        'ngettext("one", f"{x}", 1)', 'form.form_errors.append("No")', 'f"{_(\'No\')}."', 'field.errors = ["No"]',
    ],
)  # fmt: skip
def test_text_that_bypasses_the_catalogues_is_found(line: str) -> None:
    assert len(faults(ast.parse(line))) == 1


def test_text_that_goes_through_them_is_not() -> None:
    fine = 'flash(_("Saved."))\n_("Saved %(x)s.", x=x)\nflash(_(WORDS[x]))\nf.errors = [_("No")]\nraise ValueError("x")'
    assert faults(ast.parse(fine)) == []


def test_scripts_say_nothing_of_their_own() -> None:
    """What they say stands in the page that loads them, in its language."""
    says = re.compile(
        r"(?:textContent|innerText|title|ariaLabel|placeholder|alert\(|confirm\()\s*=?\s*[\"'`](?=[^\"'`]*[A-Za-z])"
    )
    scripts = sorted((ROOT / "static/js").glob("*.js"))
    assert scripts
    assert {path.name for path in scripts if says.search(path.read_text())} == set()
    assert says.search('status.textContent = "Saved"')
