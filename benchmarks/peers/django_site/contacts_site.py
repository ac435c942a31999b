"""A Django site with two exports of the same contacts: a stream over iterator(), and django-import-export's.

Run by gunicorn in the peers' own environment; nothing of ours is imported.
"""

import csv
import os
from urllib.parse import urlsplit

import django
from django.conf import settings

_url = urlsplit(os.environ["PEER_DATABASE"])
settings.configure(
    SECRET_KEY="a peer in a benchmark",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=["import_export"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": _url.path.lstrip("/"), "USER": _url.username,
            "HOST": _url.hostname, "PORT": _url.port, "CONN_MAX_AGE": 600,
        }
    },
)  # fmt: skip
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402  # after the settings
from django.db import models  # noqa: E402
from django.http import HttpResponse, StreamingHttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from import_export import resources  # noqa: E402

_SUSPECT = "=+-@\t\r"
_FIELDS = ("FIRSTNAME", "LASTNAME", "FULLNAME", "POSTCODE")
_COLUMNS = ("Email", "Mobile", "OptInType", "EmailType", "Status", *_FIELDS, "DateCreated", "LastUpdated")


class Contact(models.Model):
    account_id = models.IntegerField()
    email = models.TextField()
    mobile = models.TextField()
    opt_in_type = models.TextField()
    email_type = models.TextField()
    status = models.TextField()
    data = models.JSONField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        app_label = "peer"
        managed = False
        db_table = "contacts"


class ContactResource(resources.ModelResource):
    class Meta:
        model = Contact


class _Echo:
    """A file that gives back what is written: the way of Django's own documentation."""

    def write(self, value):
        return value


def _guard(cell):
    return f"'{cell}" if cell[:1] and cell[0] in _SUSPECT else cell


def _row(c):
    data = c.data
    return (
        _guard(c.email), _guard(c.mobile), c.opt_in_type, c.email_type, c.status,
        *(_guard(data.get(name, "")) for name in _FIELDS), c.created_at.isoformat(), c.updated_at.isoformat(),
    )  # fmt: skip


def _asked(request):
    account, limit = int(request.GET["account"]), int(request.GET["limit"])
    return Contact.objects.filter(account_id=account).order_by("id")[:limit]


def _iterator(request):
    writer = csv.writer(_Echo())

    def lines():
        yield writer.writerow(_COLUMNS)
        for contact in _asked(request).iterator():
            yield writer.writerow(_row(contact))

    return StreamingHttpResponse(lines(), content_type="text/csv")


def _import_export(request):
    return HttpResponse(ContactResource().export(_asked(request)).csv, content_type="text/csv")


urlpatterns = [
    path("", lambda request: HttpResponse("up")),
    path("iterator", _iterator),
    path("import-export", _import_export),
]
application = get_wsgi_application()
