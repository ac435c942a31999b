"""Templates compiled once for each language, with what they say put in: a page has a hundred messages, and looking each
of them up at every reading would cost a quarter of its time. What has values in it is still looked up."""

from flask.templating import Environment
from jinja2 import nodes
from jinja2.utils import LRUCache
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from services import language

_TEMPLATES = 400


class SpokenEnvironment(Environment):
    """Flask's, with a cache of templates for each language."""

    @property  # type: ignore[override]  # it acts as a mapping and is none by its type
    def cache(self) -> LRUCache:
        found = self._caches.get(language.current())
        return (
            found if found is not None else self._caches.setdefault(language.current(), LRUCache(_TEMPLATES))
        )

    @cache.setter
    def cache(self, _: object) -> None:
        """Jinja's own, made by its constructor, is never looked into."""
        self._caches: dict[str, LRUCache] = {}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed = super()._parse(source, name, filename)
        escapes = self.autoescape(name) if callable(self.autoescape) else self.autoescape
        said: nodes.Template = _Said(is_markup=bool(escapes)).visit(parsed)
        return said


class _Said(NodeTransformer):
    """``_("Save settings")`` becomes what is said for it."""

    def __init__(self, *, is_markup: bool) -> None:
        self._is_markup = is_markup

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        if not _is_plain_message(node):
            return self.generic_visit(node)
        text = language.catalogue(language.current()).gettext(node.args[0].value) % ()  # type: ignore[attr-defined]
        return nodes.Const(Markup(text) if self._is_markup else text, lineno=node.lineno)  # noqa: S704  # our own catalogue's


def _is_plain_message(node: nodes.Call) -> bool:
    return (
        isinstance(node.node, nodes.Name)
        and node.node.name in {"_", "gettext"}
        and len(node.args) == 1
        and isinstance(node.args[0], nodes.Const)
        and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
    )
