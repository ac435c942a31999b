"""The decorator that guards an action, and the code page it redirects to."""

from flask import Blueprint

blueprint = Blueprint("step_up", __name__, url_prefix="/step-up")

from blueprints.step_up import late, views  # noqa: E402, F401  # bind their routes and answers
from blueprints.step_up.decorator import ask_first, step_up_required  # noqa: E402

__all__ = ["ask_first", "blueprint", "step_up_required"]
