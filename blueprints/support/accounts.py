"""Finding an account, and looking at what is needed to judge a request."""

from flask import abort, render_template, request

from blueprints.access import me, support_required
from blueprints.support import blueprint
from blueprints.support.forms import DisableForm, SignOutForm
from blueprints.templating import exact_time
from config import settings
from models.account import Account
from services import audit_sentences, places, scheduled_disables, support_accounts, support_requests
from services.numbers import masked
from services.origin import printable


@blueprint.get("", endpoint="index")
@support_required
def index() -> str:
    query = _query("q")
    page = support_accounts.search(
        query, before=request.args.get("before", ""), after=request.args.get("after", "")
    )
    return render_template("support/index.html", page=page, query=query, countries=places.countries())


@blueprint.get("/accounts/<account_id>", endpoint="account")
@support_required
def account_page(account_id: str) -> str:
    account = find_account(account_id)
    form = DisableForm.for_account(
        account, formdata=None, data={"request_id": request.args.get("request", "")}
    )
    return show(account, form)


def find_account(account_id: str) -> Account:
    return support_accounts.find(account_id) or abort(404)


def show(account: Account, form: DisableForm, sign_out_form: SignOutForm | None = None) -> str:
    """The page of one account. Whoever reads it has read the account: that is recorded first."""
    if request.method != "HEAD":
        support_accounts.record_look(me(), account)
    query = _query("person")
    people, more_people = support_accounts.people(account, query)
    return render_template(
        "support/account.html",
        account=account,
        form=form,
        sign_out_form=sign_out_form or SignOutForm(formdata=None),
        people=people,
        more_people=more_people,
        person_query=query,
        requests=support_requests.open_of(account),
        waiting=scheduled_disables.waiting_for(account),
        events=[
            (event, audit_sentences.sentence(event), audit_sentences.address(event))
            for event in support_accounts.recent_events(account)
        ],
        delay=settings().support_disable_delay,
        countries=places.countries(),
        masked=masked,
        exact_time=exact_time,
    )


def _query(name: str) -> str:
    return printable(request.args.get(name, ""))[: support_accounts.QUERY_MAX].strip()
