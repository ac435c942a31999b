"""What a person does with a browser and a phone, one thing after the other. The rules are made of these."""

from typing import Any

from tests.fuzz.evidence import Tab, Text
from tests.fuzz.world import World
from tests.support.browser import Page

#: What is typed where a code is asked for.
ANSWERS = ("right", "right", "right", "wrong", "old", "other person's", "other purpose's", "junk", "nothing")
_CONFIRM = ("/settings/account/confirm-mobile", "/settings/profile/confirm-mobile")


class Hands:
    def __init__(self, world: World) -> None:
        self.world = world

    def sign_in(
        self, tab: Tab, email: str, password: str, *, answer: str = "right", shared: bool = False
    ) -> Page:
        """Password, and the code where one is asked for."""
        page = self.world.send(tab, "POST", "/login", {"email": email, "password": password})
        if page.location == "/login/code" and answer != "leave":
            page = self.code(tab, "/login/code", answer, shared=shared)
        return page

    def act(
        self, tab: Tab, method: str, path: str, data: dict[str, Any] | None = None, answer: str = "right"
    ) -> Page:
        """Ask for something; answer the codes that stand before it, and go on as the pages lead."""
        page = self.world.send(tab, method, path, data)
        for _ in range(3):
            where = page.location
            if answer == "leave" or not where.startswith(("/step-up?on=", *_CONFIRM)):
                return page
            page = self.code(tab, where, answer)
            if page.location.startswith("/step-up/resume/"):
                self.world.send(tab, "GET", page.location)
                page = self.world.send(tab, method, path, data)
            elif page.location and where.startswith("/step-up") and method == "GET":
                page = self.world.send(tab, "GET", page.location)
        return page

    def code(self, tab: Tab, place: str, answer: str, *, shared: bool = False) -> Page:
        self.world.work()
        data = {"code": self.choose(tab, place, answer)}
        if shared:
            data["shared_computer"] = "y"
        return self.world.send(tab, "POST", place, data)

    def choose(self, tab: Tab, place: str, answer: str) -> str:
        """The digits of that kind; made-up ones where there are none."""
        asked = self._asked(tab, place)
        mine = [text for text in self.world.texts if text.challenge == asked]
        others = [text for text in self.world.texts if text.challenge != asked]
        session, half = self.world.standing(tab), self.world.half(tab)
        person = half.person if half and place == "/login/code" else session.person if session else None
        found: list[Text] = []
        if answer == "right" and not tab.is_thief:
            found = mine
        elif answer == "other person's":
            found = [text for text in others if text.person != person and not text.spent]
        elif answer == "other purpose's":
            found = [text for text in others if text.person == person and not text.spent]
        elif answer in {"old", "right"}:
            found = [text for text in others if text.spent] or others
        elif answer == "junk":
            return "١٢٣ <b>'\x00"
        elif answer == "nothing":
            return ""
        if found:
            return found[-1].code
        return f"{(int(mine[-1].code) + 1) % 10**6:06}" if mine else "000000"

    def _asked(self, tab: Tab, place: str) -> int | None:
        eye, on = self.world.eye, place.partition("on=")[2]
        half = self.world.half(tab)
        if place == "/login/code":
            if half is None:
                return None
            row = eye.one("SELECT max(id) FROM challenges WHERE pending_sign_in_id = ?", half.row)
        elif place.startswith("/step-up"):
            row = eye.one("SELECT challenge_id FROM interruptions WHERE public_id = ?", on)
        else:
            row = eye.one("SELECT challenge_id FROM number_confirmations WHERE public_id = ?", on)
        return row[0] if row else None
