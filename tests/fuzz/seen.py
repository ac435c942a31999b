"""What is shown to the judge: a request with its answer, and what was true around them."""

from dataclasses import dataclass
from typing import Any

from tests.fuzz.evidence import Pending, Session, Tab
from tests.fuzz.facts import Facts
from tests.support.browser import Browser, Page


@dataclass(frozen=True)
class Seen:
    """One request and its answer, with the facts before and after."""

    tab: Tab
    method: str
    path: str
    endpoint: str
    arguments: dict[str, Any]
    data: dict[str, Any]
    page: Page
    before: Facts
    after: Facts
    #: As the model had it before the request.
    standing: Session | None
    half: Pending | None
    #: (event, actor, subject, outcome)
    events: list[tuple[str, int | None, int | None, str]]
    counts: tuple[dict[str, int], dict[str, int]] | None
    broken: bool

    @property
    def told(self) -> str:
        return f"{self.tab.name}: {self.method} {self.path} -> {self.page.status} {self.page.location}"


class QuickBrowser(Browser):
    """Keeps no page and looks at none: the judge does."""

    def _open(self, method: str, path: str, *, keep: bool = True, **options: Any) -> Page:
        response = self.client.open(path, method=method, headers=self.headers, **options)
        self.last = Page(response, path)
        self.last.data  # noqa: B018  # read to the end, as a browser does: a download ends with it
        response.close()
        return self.last
