"""Every address of the site, and who may reach it. One that appears or vanishes unlisted fails here."""

import pytest

from tests.support.browser import Browser, Page
from tests.support.estate import Estate, address, estate, routes
from tests.support.site import Site

#: Who gets in, beyond the door. Each includes those after it on its line.
#: "public": everybody. "half": everybody, also between password and code. "signed in": members and support.
#: "member": owner, exporter, user. "exporter": owner, exporter. "owner". "support": support staff.
EVERYBODY = ("anonymous", "half", "user", "exporter", "owner", "support")
MAY = {
    "half": set(EVERYBODY),
    "public": set(EVERYBODY) - {"half"},
    "signed in": {"user", "exporter", "owner", "support"},
    "member": {"user", "exporter", "owner"},
    "exporter": {"exporter", "owner"},
    "owner": {"owner"},
    "support": {"support"},
}

#: endpoint: (methods, who, the code that it asks for by decorator)
ROUTES = {
    "contacts.contact": ("GET POST", "member", ""),
    "contacts.field": ("GET POST", "owner", ""),
    "contacts.fields": ("GET POST", "member", ""),
    "contacts.import_": ("GET", "member", ""),
    "contacts.import_columns": ("GET POST", "member", ""),
    "contacts.import_refused": ("GET", "exporter", "contacts.refused_rows"),
    "contacts.import_status": ("GET", "member", ""),
    "contacts.imports_new": ("GET POST", "member", ""),
    "contacts.index": ("GET", "member", ""),
    "contacts.list_": ("GET POST", "member", ""),
    "contacts.lists": ("GET POST", "member", ""),
    "contacts.new": ("GET POST", "member", ""),
    "contacts.remove_contact": ("POST", "member", ""),
    "contacts.remove_list": ("POST", "member", ""),
    "contacts.stop_import": ("POST", "member", ""),
    "export.download": ("GET", "exporter", "contacts.export"),
    "export.index": ("GET", "exporter", ""),
    "export.new": ("GET POST", "exporter", ""),
    "export.prepare": ("POST", "exporter", ""),
    "export.remove_file": ("POST", "exporter", ""),
    "export.show": ("GET", "exporter", ""),
    "export.status": ("GET", "exporter", ""),
    "health.change_password": ("GET", "public", ""),
    "health.healthz": ("GET", "public", ""),
    "health.readyz": ("GET", "public", ""),
    "health.security_txt": ("GET", "public", ""),
    "help.contact_support": ("GET POST", "public", ""),
    "help.keep_two_factor": ("GET POST", "public", ""),
    "help.not_me": ("GET POST", "public", ""),
    "help.two_factor": ("GET POST", "public", ""),
    "home.start": ("GET", "signed in", ""),
    "language.choose": ("POST", "public", ""),
    "login.code": ("GET POST", "half", ""),
    "login.code_call": ("POST", "half", ""),
    "login.code_cancel": ("POST", "half", ""),
    "login.code_resend": ("POST", "half", ""),
    "login.code_status": ("GET", "half", ""),
    "login.forgot_password": ("GET POST", "public", ""),
    "login.invitation": ("GET POST", "public", ""),
    "login.reset_password": ("GET POST", "public", ""),
    "login.sign_in": ("GET POST", "public", ""),
    "login.sign_out": ("POST", "signed in", ""),
    "phone.index": ("GET", "half", ""),
    "phone.mails": ("GET", "half", ""),
    "reports.csp": ("POST", "half", ""),
    "settings.account": ("GET POST", "member", ""),
    "settings.activity": ("GET", "owner", ""),
    "settings.activity_csv": ("GET", "owner", "activity.download"),
    "settings.answer_ownership": ("GET POST", "member", ""),
    "settings.browsers": ("GET", "signed in", ""),
    "settings.bind_number": ("POST", "owner", ""),
    "settings.confirm_mobile": ("GET POST", "owner", ""),
    "settings.confirm_mobile_call": ("POST", "owner", ""),
    "settings.confirm_mobile_cancel": ("POST", "owner", ""),
    "settings.confirm_mobile_resend": ("POST", "owner", ""),
    "settings.confirm_mobile_status": ("GET", "owner", ""),
    "settings.confirm_own_mobile": ("GET POST", "member", ""),
    "settings.confirm_own_mobile_call": ("POST", "member", ""),
    "settings.confirm_own_mobile_cancel": ("POST", "member", ""),
    "settings.confirm_own_mobile_resend": ("POST", "member", ""),
    "settings.confirm_own_mobile_status": ("GET", "member", ""),
    "settings.invite_again": ("POST", "owner", ""),
    "settings.mobile_numbers": ("GET POST", "owner", ""),
    "settings.new_user": ("GET POST", "owner", ""),
    "settings.offer_ownership": ("POST", "owner", ""),
    "settings.password": ("GET POST", "signed in", ""),
    "settings.profile": ("GET POST", "signed in", ""),
    "settings.remove_user": ("POST", "owner", ""),
    "settings.revoke_all_browsers": ("POST", "signed in", ""),
    "settings.revoke_browser": ("POST", "signed in", ""),
    "settings.sign_out_user": ("POST", "owner", ""),
    "settings.user": ("GET POST", "owner", ""),
    "settings.users": ("GET", "owner", ""),
    "settings.keep_two_factor": ("POST", "owner", ""),
    "settings.withdraw_ownership": ("POST", "owner", ""),
    "static": ("GET", "half", ""),
    "step_up.call": ("POST", "signed in", ""),
    "step_up.cancel": ("POST", "signed in", ""),
    "step_up.code": ("GET POST", "signed in", ""),
    "step_up.resend": ("POST", "signed in", ""),
    "step_up.resume": ("GET", "signed in", ""),
    "step_up.status": ("GET", "signed in", ""),
    "support.account": ("GET", "support", ""),
    "support.bind_number": ("POST", "support", ""),
    "support.close_request": ("POST", "support", ""),
    "support.disable_two_factor": ("GET POST", "support", ""),
    "support.help_answers": ("GET", "support", ""),
    "support.index": ("GET", "support", ""),
    "support.request_": ("GET", "support", ""),
    "support.requests": ("GET", "support", ""),
    "support.delivery": ("GET", "support", ""),
    "support.sign_out_account": ("POST", "support", ""),
    "support.stop_disable": ("POST", "support", ""),
    "webhooks.vonage_status": ("POST", "public", ""),
    "webhooks.vonage_voice": ("POST", "public", ""),
}

#: The signature over the body shows who posts there.
SIGNED = {"webhooks.vonage_status", "webhooks.vonage_voice"}
#: A browser posts by itself, without a form.
BY_ITSELF = {"reports.csp"}
#: One address, of which only the owner may do more than look.
OWNER_POSTS = {"settings.account"}


def test_every_route_is_listed_with_its_methods_and_its_code(site: Site) -> None:
    found = {}
    for rule in routes(site):
        methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        action = getattr(site.app.view_functions[rule.endpoint], "step_up_action", "")
        assert rule.endpoint not in found, f"{rule.endpoint} has two addresses"
        found[rule.endpoint] = (methods, action)
    assert found == {endpoint: (methods, action) for endpoint, (methods, _, action) in ROUTES.items()}


def browsers_of(site: Site, of: Estate) -> dict[str, Browser]:
    return {
        "anonymous": site.browser(),
        "half": site.half_signed_in(of.exporter),
        "user": site.signed_in(of.user),
        "exporter": site.signed_in(of.exporter),
        "owner": site.signed_in(of.owner),
        "support": site.signed_in(site.world.support()),
    }


def turned_away(page: Page) -> bool:
    """Sent to the sign-in or the code page, or told that this is not for them."""
    return page.status == 403 or page.location.partition("?")[0] in {"/login", "/login/code"}


@pytest.mark.asvs("8.2.1")
@pytest.mark.threat("F8")
def test_each_role_gets_where_it_may_and_nowhere_else(site: Site) -> None:
    of = estate(site, "Borealis")
    browsers = browsers_of(site, of)
    wrong = []
    for rule in routes(site):
        _, who, _ = ROUTES[rule.endpoint]
        for role, browser in browsers.items():
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                if method == "POST" and role in MAY[who]:
                    continue  # it would do what it is for
                path = address(rule, of.ids)
                page = browser.get(path) if method == "GET" else browser.post(path)
                allowed = role in MAY[who] and not (rule.endpoint in OWNER_POSTS and method == "POST")
                if turned_away(page) == allowed and not expected_redirect(rule.endpoint, page):
                    wrong.append(f"{role} {method} {rule.endpoint}: {page.status} {page.location}")
    assert wrong == []


def expected_redirect(endpoint: str, page: Page) -> bool:
    """The code page with nothing to answer leads back to the sign-in."""
    return endpoint == "login.code" and page.location == "/login"


@pytest.mark.threat("F8")
def test_only_the_owner_saves_account_settings(site: Site) -> None:
    of = estate(site, "Borealis")
    assert site.signed_in(of.exporter).post("/settings/account").status == 403


@pytest.mark.asvs("3.5.1")
@pytest.mark.threat("E7")
def test_every_post_without_a_token_is_refused(site: Site) -> None:
    of = estate(site, "Borealis")
    browsers = browsers_of(site, of)
    for rule in routes(site):
        if "POST" not in (rule.methods or ()) or rule.endpoint in SIGNED | BY_ITSELF:
            continue
        for role, browser in browsers.items():
            for token in ({}, {"csrf_token": ""}, {"csrf_token": "forged"}):
                page = browser.post(address(rule, of.ids), dict(token), csrf=False)
                assert page.status == 400, f"{role} {rule.endpoint}: {page.status}"


@pytest.mark.threat("E7")
def test_a_token_of_another_session_is_refused(site: Site) -> None:
    of = estate(site, "Borealis")
    stranger, owner = site.browser(), site.signed_in(of.owner)
    stranger.get("/login")
    with stranger.client.session_transaction() as session:
        session["csrf_token"] = "of the stranger"
    assert owner.post("/logout", {"csrf_token": stranger.csrf_token()}).status == 400
    assert owner.get("/settings/profile").status == 200


def test_unsigned_posts_to_the_webhooks_change_nothing(site: Site) -> None:
    for endpoint in ("status", "voice"):
        assert site.browser().post(f"/webhooks/vonage/{endpoint}", csrf=False).status in {401, 404}


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_or_field_turns_a_get_into_a_post(site: Site, header: str) -> None:
    browser = site.signed_in(estate(site, "Borealis").owner)
    browser.get("/logout?_method=POST", headers={header: "POST"})
    assert browser.get("/settings/profile").status == 200


@pytest.mark.asvs("13.4.4")
@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "BREW"])
def test_methods_that_no_page_takes_do_nothing(site: Site, method: str) -> None:
    browser = site.signed_in(estate(site, "Borealis").owner)
    for path in ("/contacts", "/logout", "/settings/account"):
        answer = browser.client.open(path, method=method, headers={"X-CSRFToken": browser.csrf_token()})
        assert answer.status_code == 405
    assert browser.get("/settings/profile").status == 200
