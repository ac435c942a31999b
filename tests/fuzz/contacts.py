"""Rules: what is done with contacts, and what of an account is taken away in files."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.fuzz.people import Base, answers, some, tabs


class Contacts(Base):
    """Exports, the log, imports, contacts and lists."""

    @rule(tab=tabs, answer=answers, all_=st.booleans())
    def export(self, tab: int, answer: str, all_: bool) -> None:
        browser = self.pick(tab, "exporter")
        me = self.world.person(browser)
        lists = [public for account, public in self.world.lists.values() if me and account == me.account_id]
        data = {"list": "" if all_ or not lists else lists[0], "status": "", "columns": ["Email", "Status"]}
        page = self.world.send(browser, "POST", "/contacts/export", data)
        if page.location.startswith("/contacts/exports/"):
            self.act(browser, "GET", f"{page.location}/download", answer=answer)

    @rule(tab=tabs, at=some, answer=st.sampled_from(["leave", "leave", "right", "old"]))
    def take_an_export(self, tab: int, at: int, answer: str) -> None:
        """Anybody's export, asked for twice; the second time asks nothing anew."""
        browser = self.pick(tab, "exporter")
        if not self.world.exports:
            return
        known = list(self.world.exports)
        path = f"/contacts/exports/{known[-1 - at % min(4, len(known))]}/download"
        self.world.send(browser, "GET", path.removesuffix("/download"))
        self.act(browser, "GET", path, answer=answer)
        texts = self.world.eye.one("SELECT count(*) FROM messages WHERE channel = 'sms'")[0]
        self.world.send(browser, "GET", path)
        if (
            self.world.eye.one("SELECT count(*) FROM messages WHERE channel = 'sms'")[0] != texts
            and answer == "leave"
        ):
            self.world.violations[5].append(f"{browser.name}: asking twice for {path} sent two texts")

    @rule(tab=tabs, at=some, what=st.sampled_from(["prepare", "prepare", "remove-file"]))
    def have_an_export_written(self, tab: int, at: int, what: str) -> None:
        """The worker writes the file, or it goes; downloads are of it from then on."""
        browser = self.pick(tab, "exporter")
        if self.world.exports:
            known = list(self.world.exports)
            path = f"/contacts/exports/{known[-1 - at % min(4, len(known))]}"
            self.world.send(browser, "POST", f"{path}/{what}", {})
            self.world.work()
            self.world.send(browser, "GET", f"{path}/status")

    @rule(tab=tabs, answer=answers)
    def take_the_log(self, tab: int, answer: str) -> None:
        browser = self.pick(tab, "owner")
        self.act(browser, "GET", "/settings/activity.csv", answer=answer)

    @rule(tab=tabs, answer=answers)
    def import_contacts(self, tab: int, answer: str) -> None:
        browser = self.pick(tab, "exporter")
        me = self.world.person(browser)
        token = browser.browser.csrf_token()
        account = me.account_id if me else 1
        self.world.spares += 1
        parts = {"csrf_token": token, "list": ""}
        body = "".join(
            f'--limit\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in parts.items()
        )
        file = f"email\r\ncontact-{account}-{5000 + self.world.spares}@example.org\r\nnot an address\r\n"
        head = '--limit\r\nContent-Disposition: form-data; name="file"; filename="a.csv"'
        body += f"{head}\r\n\r\n{file}\r\n--limit--\r\n"
        kind = "multipart/form-data; boundary=limit"
        page = self.world.send(browser, "POST", "/contacts/import", body=body.encode(), content_type=kind)
        if page.location.startswith("/contacts/imports/"):
            self.world.work()
            self.act(browser, "GET", f"{page.location}/refused.csv", answer=answer)

    @rule(tab=tabs, at=some, what=st.sampled_from(["contact", "list", "rename", "drop"]))
    def look_after_contacts(self, tab: int, at: int, what: str) -> None:
        browser = self.pick(tab, "member")
        me = self.world.person(browser)
        account = me.account_id if me and me.account_id else 1
        self.world.spares += 1
        if what == "contact":
            email = f"contact-{account}-{5000 + self.world.spares}@example.org"
            self.act(browser, "POST", "/contacts/new", {"email": email, "mobile": "", "list": ""})
            return
        rows = self.world.eye.rows("SELECT public_id FROM contact_lists ORDER BY id")
        public_id = rows[at % len(rows)][0] if rows else "A" * 22
        path = {"list": "", "rename": f"/{public_id}", "drop": f"/{public_id}/remove"}[what]
        self.act(browser, "POST", f"/contacts/lists{path}", {"name": f"List {self.world.spares}"})
