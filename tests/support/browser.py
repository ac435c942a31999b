"""A person's browser, without scripts: it reads pages, fills the forms it finds, and looks at every page it gets."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse


@dataclass
class Page:
    """One answer. ``location`` is the path (with query) that a redirect leads to, "" for none."""

    response: TestResponse
    path: str

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def text(self) -> str:
        return self.response.get_data(as_text=True)

    @property
    def data(self) -> bytes:
        return self.response.get_data()

    @property
    def headers(self) -> Any:
        return self.response.headers

    @property
    def location(self) -> str:
        parts = urlsplit(self.response.headers.get("Location", ""))
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @cached_property
    def html(self) -> BeautifulSoup:
        """Read once: a test looks at it many times, and changes nothing in it."""
        return BeautifulSoup(self.text, "html.parser")

    @property
    def heading(self) -> str:
        found = self.html.find("h1")
        return found.get_text(" ", strip=True) if found else ""

    @property
    def words(self) -> str:
        """All text of the page, with single spaces."""
        return " ".join(self.html.get_text(" ").split())

    def error(self, field: str) -> str:
        """The message beside a field, without the "Error:" that screen readers hear; "" for none."""
        box = self.html.select_one(f'[name="{field}"]')
        found = self.html.find(id=f"{box['id']}-error") if isinstance(box, Tag) else None
        return (
            found.get_text(" ", strip=True).removeprefix("Error:").removeprefix("Fehler:").strip()
            if found
            else ""
        )

    @property
    def errors(self) -> list[str]:
        """The lines of "There is a problem"."""
        summary = self.html.select_one("[data-error-summary] ul")
        return [item.get_text(" ", strip=True) for item in summary.find_all("li")] if summary else []

    @property
    def notes(self) -> str:
        """What was flashed."""
        return " ".join(item.get_text(" ", strip=True) for item in self.html.select("[role=status]"))

    def value(self, field: str) -> str:
        box = self.html.select_one(f'[name="{field}"]')
        assert isinstance(box, Tag), f"no field {field}"
        if box.name == "select":
            chosen = box.find("option", selected=True)
            return str(chosen["value"]) if isinstance(chosen, Tag) else ""
        if box.name == "textarea":
            return box.get_text().removeprefix("\n").removeprefix("\r\n")
        return str(box.get("value", ""))

    def form(self, action: str | None = None, having: str | None = None) -> Tag:
        """The form whose action contains ``action``, or that has the field ``having``; else the main one."""
        forms = [
            form for form in self.html.select("main form, dialog form, form") if form.get("method") == "post"
        ]
        for form in forms:
            target = str(form.get("action", ""))
            if action is not None and action not in target:
                continue
            if having is not None and form.select_one(f'[name="{having}"]') is None:
                continue
            if action is None and having is None and target.endswith("/logout"):
                continue
            return form
        raise AssertionError(f"no form for action={action} having={having} on {self.path}")


class Browser:
    """Keeps cookies and the page it is on. ``submit`` posts a form of that page as a person would."""

    def __init__(self, app: Flask, headers: dict[str, str] | None = None) -> None:
        self.app = app
        self.client = app.test_client()
        self.headers = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        self.page: Page | None = None

    def get(self, path: str, **options: Any) -> Page:
        return self._open("GET", path, **options)

    def head(self, path: str) -> Page:
        return self._open("HEAD", path)

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, csrf: bool = True, **options: Any
    ) -> Page:
        """Post to ``path`` with the token of this browser's session."""
        fields = dict(data or {})
        if csrf and "csrf_token" not in fields:
            fields["csrf_token"] = self.csrf_token()
        return self._open("POST", path, data=fields, **options)

    def submit(self, *, form: str | None = None, having: str | None = None, **fields: Any) -> Page:
        """Fill and send a form of the current page; what is not given is sent as it stands. None leaves a field out."""
        assert self.page is not None, "no page is open"
        found = self.page.form(form, having or next((n for n in fields if form is None), None))
        data = {**_as_filled(found), **fields}
        target = str(found.get("action") or self.page.path)
        return self._open(
            "POST", target, data={name: value for name, value in data.items() if value is not None}
        )

    def follow(self) -> Page:
        """Go where the last answer redirects, to the end."""
        for _ in range(10):
            assert self.last.location, f"{self.last.path} answered {self.last.status}, not a redirect"
            page = self.get(self.last.location)
            if not page.location:
                return page
        raise AssertionError("redirects without end")

    def csrf_token(self) -> str:
        """The token that any page of this browser's session would carry."""
        with self.client.session_transaction() as session:
            raw = session.setdefault("csrf_token", "of this browser")
        return str(URLSafeTimedSerializer(str(self.app.secret_key), salt="wtf-csrf-token").dumps(raw))

    def cookie(self, name: str) -> str | None:
        found = self.client.get_cookie(name)
        return found.value if found else None

    def _open(self, method: str, path: str, *, keep: bool = True, **options: Any) -> Page:
        headers = {**self.headers, **options.pop("headers", {})}
        response = self.client.open(path, method=method, headers=headers, **options)
        page = Page(response, path)
        self.last = page
        if response.mimetype == "text/html" and method != "HEAD" and not page.location:
            check_page(page)
            if keep:
                self.page = page
        return page


#: How a title begins where something is wrong.
_ERROR = {"de": "Fehler: ", "qps": "⟦Error: "}


def check_page(page: Page) -> None:
    """What is true of every page of the site."""
    html = page.html
    headings = [h.get_text(" ", strip=True) for h in html.find_all("h1")]
    assert len(headings) == 1, f"{page.path}: {len(headings)} main headings"
    title = html.title.get_text() if html.title else ""
    error = _ERROR.get(str(html.html["lang"]) if html.html else "", "Error: ")
    assert title.removeprefix(error).startswith(headings[0]), (
        f"{page.path}: title {title!r}, heading {headings[0]!r}"
    )
    ids = [str(tag["id"]) for tag in html.find_all(id=True)]
    assert len(ids) == len(set(ids)), (
        f"{page.path}: the same id twice: {sorted(i for i in ids if ids.count(i) > 1)}"
    )
    for tag in html.find_all(True):
        assert not tag.get("style"), f"{page.path}: inline style"
        assert not any(name.startswith("on") for name in tag.attrs), f"{page.path}: inline handler"
    assert not [s for s in html.find_all("script") if not s.get("src")], f"{page.path}: inline script"
    for label in html.find_all("label"):
        assert not label.get("for") or label["for"] in ids, f"{page.path}: a label for nothing: {label}"
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert (page.status in {422, 429}) == title.startswith(error) or page.status >= 400, (
        f"{page.path}: {title}"
    )


def _as_filled(form: Tag) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for box in form.find_all(["input", "select", "textarea"]):
        name, kind = box.get("name"), box.get("type", "text")
        if not name or box.has_attr("disabled") or kind in {"submit", "button", "file"}:
            continue
        if kind in {"checkbox", "radio"}:
            if box.has_attr("checked"):
                _add(data, str(name), str(box.get("value", "on")))
        elif box.name == "select":
            chosen = box.find_all("option", selected=True) or (
                [] if box.has_attr("multiple") else box.find_all("option")[:1]
            )
            for option in chosen:
                _add(data, str(name), str(option.get("value", option.get_text())))
        elif box.name == "textarea":
            _add(data, str(name), box.get_text().removeprefix("\n"))
        else:
            _add(data, str(name), str(box.get("value", "")))
    return data


def _add(data: dict[str, Any], name: str, value: str) -> None:
    if name not in data:
        data[name] = value
    else:
        before = data[name]
        data[name] = [*before, value] if isinstance(before, list) else [before, value]
