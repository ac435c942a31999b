"""A file that cannot be kept is not promised, and the person is told in words."""

from sqlalchemy import func, select

from extensions import db
from models import ContactImport, Job
from tests.support.importing import upload
from tests.support.site import Site


def test_a_file_for_which_there_is_no_place_is_refused_in_words_and_nothing_is_promised(site: Site) -> None:
    _, owner = site.world.acme(two_factor=False)
    browser = site.signed_in(owner)
    # In the way of the folder, as a full disk would be: files cannot be made there.
    (site.settings.instance_path / "storage").write_text("")
    answer = upload(browser, "Email\nana@example.org\n")
    assert answer.status == 503
    assert answer.error("file") == "The file could not be kept. Try again in a few minutes"
    with site.context():
        assert db.session.scalar(select(func.count()).select_from(ContactImport)) == 0
        assert db.session.scalar(select(func.count()).where(Job.kind == "contacts.import")) == 0
