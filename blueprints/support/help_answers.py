"""Whether the help helped, for support: what people looked for in it and did not find."""

from flask import render_template

from blueprints.access import support_required
from blueprints.support import blueprint
from services import help_answers
from services.language import LANGUAGES, N_

#: What the articles are called.
PAGES = {"two-factor-authentication": N_("Two-factor authentication")}


@blueprint.get("/help-answers", endpoint="help_answers")
@support_required
def help_answers_page() -> str:
    return render_template(
        "support/help_answers.html",
        counts=help_answers.counts(),
        comments=help_answers.comments(),
        pages=PAGES,
        languages=LANGUAGES,
    )
