"""What every page that asks for an authentication code has in common: form, answers, and the words for each outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import jsonify, redirect, render_template
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField

from blueprints.answers import Page
from blueprints.code_news import ask_again_in, news
from blueprints.code_words import (
    Explained,
    codes_stopped,
    explain,
    masked_number,
    no_call,
    over_limit,
    too_soon,
    wait_for_text,
)
from blueprints.fields import Form
from config import settings
from models.challenge import Challenge
from models.user import User
from services import codes
from services import sending as texts
from services.codes import Verdict
from services.language import gettext as _
from services.language import lazy_gettext as _l
from services.limits import LimitExceeded
from services.step_up import NoNumber


class CodeForm(Form):
    """What is empty, doubled or malformed is judged like any other guess: none of them is free."""

    code = StringField(_l("Authentication code"))

    @property
    def entered(self) -> str:
        return self.code.data or ""


class SignInCodeForm(CodeForm):
    shared_computer = BooleanField(_l("This is a shared computer"))


F = TypeVar("F", bound=CodeForm)


@dataclass(frozen=True)
class CodePage(Generic[F]):
    """One page that asks for a code.

    ``challenge`` looks up the newest one, anew at each call: guesses and texts change it; ``destination`` is where the
    text of ``user`` goes. ``start_over`` says what to do when no more texts are sent. ``on`` names what waits, where
    more than one thing can. ``needs_old_sim``: no text goes to a SIM that was just
    changed. ``more`` goes to the template beside what ``_code_form.html`` needs.
    """

    template: str
    form_class: type[F]
    code_url: str
    resend_url: str
    call_url: str
    cancel_url: str
    status_url: str
    challenge: Callable[[], Challenge | None]
    user: User
    destination: str | None
    start_over: str
    on: str = ""
    needs_old_sim: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)

    def ask(self, judge: Callable[[F], Verdict | Response | Page]) -> Response | Page:
        """GET shows the page; POST has the code judged. ``judge`` answers the right one, or tells what was wrong."""
        form = self.form_class()
        if not form.validate_on_submit():
            return self._show(form)
        outcome = judge(form)
        if not isinstance(outcome, Verdict):
            return outcome
        explained = explain(outcome, form.entered, self.challenge(), self.user)
        form.code.errors = [explained.message]
        return self._show(form, explained)

    def resend(self, send: Callable[[], None]) -> Response | Page:
        """Ask for another text, and back to the page; where there is none, the page says why."""
        return self._asked(send)

    def call(self, call: Callable[[], None]) -> Response | Page:
        """Have the phone called, and back to the page; where nobody calls, the page says why."""
        return self._asked(call, is_call=True)

    def _asked(self, ask: Callable[[], None], *, is_call: bool = False) -> Response | Page:
        try:
            ask()
        except codes.CodesStopped:  # no wait ends it
            return self.refuse(Explained(codes_stopped(self.user), 422))
        except codes.TooSoon as wait:
            return self.refuse(too_soon(wait.retry_after, call=is_call))
        except LimitExceeded as limit:
            return self.refuse(over_limit(limit, self.user))
        except codes.NoMoreTexts:
            told = _("We have sent this code as often as we can. %(then)s", then=self.start_over)
            return self.refuse(Explained(told, 429, 60))
        except codes.NoCall as why:
            return self.refuse(no_call(self.user, why))
        except NoNumber:
            return self.refuse(Explained(_("There is no mobile number to send a code to"), 422))
        return redirect(self.code_url, 303)

    def refuse(self, explained: Explained) -> Page:
        """The page with an empty box, and what went wrong above it."""
        form = self.form_class(formdata=None)
        form.form_errors.append(explained.message)
        return self._show(form, explained)

    def _show(self, form: F, explained: Explained | None = None) -> Page:
        challenge = self.challenge()
        outlook = self._outlook(challenge)
        told = news(challenge, outlook, self.user)
        page = render_template(
            self.template,
            form=form,
            code_url=self.code_url,
            resend_url=self.resend_url,
            call_url=self.call_url,
            cancel_url=self.cancel_url,
            status_url=self.status_url,
            waiting={"on": self.on} if self.on else {},
            news=told,
            # What stands above, beside the field, is not said once more.
            show_news=explained is None or explained.message not in told.sentence,
            was_sent=challenge is not None,
            can_call=settings().can_call,
            person=self.user,
            number=masked_number(challenge, show_ending=settings().show_number_ending),
            resend_in=wait_for_text(challenge, outlook),
            **self.more,
        )
        return (page, explained.status, explained.headers) if explained else (page, 200)

    def status(self) -> Response:
        """How the text is doing, for the page's script: the same words as on the page."""
        challenge = self.challenge()
        told = news(challenge, self._outlook(challenge), self.user)
        return jsonify(
            status=told.sentence, finished=False, again=ask_again_in(challenge), kind=told.kind, title=told.title,
            text=told.text, resend=told.resend, call=told.call, help=told.kind == "bad",
        )  # fmt: skip

    def _outlook(self, challenge: Challenge | None) -> texts.Outlook:
        """Why there is no text, where there is none."""
        if challenge is not None or self.destination is None:
            return texts.Outlook()
        return texts.outlook(self.user, self.destination, needs_old_sim=self.needs_old_sim)


def over() -> Response:
    """The status of a page on which nothing is asked any more: its script leaves it."""
    return jsonify({"status": "", "finished": True})
