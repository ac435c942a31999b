"""A site with one more action, guarded as a developer would guard it."""

import pytest
from flask import Blueprint, Response, request

from blueprints.step_up import step_up_required
from models import User
from tests.support.browser import Browser
from tests.support.site import Site


def extra_actions() -> Blueprint:
    blueprint = Blueprint("extra", __name__)

    @blueprint.get("/extra/<thing>")
    @step_up_required("extra.look", scope=lambda thing: thing, wording=lambda thing: f"look at {thing}")
    def look(thing: str) -> Response:
        return Response(f"secret of {thing}", mimetype="text/plain")

    @blueprint.post("/extra/<thing>")
    @step_up_required("extra.look", scope=lambda thing: thing, wording=lambda thing: f"look at {thing}")
    def opened(thing: str) -> Response:
        return Response(f"opened {thing} with {request.form['value']}", mimetype="text/plain")

    @blueprint.post("/extra/<thing>/change")
    @step_up_required("extra.change", scope=lambda thing: thing, wording=lambda thing: f"change {thing}")
    def change(thing: str) -> Response:
        values = ",".join(request.form.getlist("value"))
        return Response(f"changed {thing} to {values}", mimetype="text/plain")

    return blueprint


@pytest.fixture
def site(site: Site) -> Site:
    site.app.register_blueprint(extra_actions())
    return site


@pytest.fixture
def owner(site: Site) -> User:
    return site.world.acme()[1]


@pytest.fixture
def browser(site: Site, owner: User) -> Browser:
    return site.signed_in(owner)
