"""What never stands in the code of the site, found by reading it. Each rule has a case that it must find."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("blueprints", "commands", "models", "services")
FILES = ("app.py", "config.py", "extensions.py", "settings_schema.py")

RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill", "yaml", "xml", "subprocess", "pty"}
GUESSABLE_MODULES = {"random", "uuid"}
NETWORK_MODULES = {
    "requests", "urllib3", "smtplib", "socket", "http.client", "urllib.request", "httpx", "aiohttp", "vonage",
    "vonage_http_client", "fsspec", "s3fs",
}  # fmt: skip
WEAK = re.compile(r"md5|sha1|ECB|PKCS1v15|ARC4|TripleDES|Blowfish", re.IGNORECASE)
TEMPLATE_MAKERS = {"render_template_string", "Template", "from_string", "Markup"}
PATTERN_USERS = {"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
SECRET_NAMES = re.compile(r"(^|_)(token|secret|digest|hash|code|signature|mac)$")

#: (file, what) that is meant, and why nothing is wrong with it.
MEANT = {
    ("settings_schema.py", "pattern from data: f'{one} to {one}'"): "put together from a pattern beside it",
    ("services/limits.py", "guessable: random"): "which row counts a visit is no secret",
    ("services/delivery/retries.py", "guessable: random"): "nor is when a text is tried again",
    ("services/delivery/circuits.py", "guessable: random"): "nor is when a provider is tried again",
    ("services/sweep.py", "guessable: random"): "nor is when a worker looks again",
    ("services/demo_contacts.py", "guessable: random"): "nor are people who do not exist",
    ("services/browser_names.py", "pattern from data: pattern"): "of the table above it",
    ("services/imports/reasons.py", "pattern from data: _pattern(message)"): "of the table above it, escaped",
    (
        "blueprints/languages.py",
        "template from text: Markup",
    ): "of our own catalogues; what is put in is escaped",
    ("blueprints/spoken_templates.py", "template from text: Markup"): "of our own catalogues",
    (
        "services/gsm7.py",
        "format string from data: plain",
    ): "written by services/wording; names are arguments",
    ("services/links.py", "format string from data: path"): "written by services/wording",
    ("services/delivery/sql_times.py", "format string from data: words[element.name]"): "of the tables above",
    (
        "services/password_changes.py",
        "not in constant time: user.password_hash != judged",
    ): "a row with itself",
    ("services/sign_in.py", "not in constant time: user.password_hash == judged"): "a row with itself",
}


def sources() -> Iterator[tuple[str, str]]:
    paths = [ROOT / name for name in FILES]
    for folder in FOLDERS:
        paths += sorted((ROOT / folder).rglob("*.py"))
    for path in paths:
        yield path.relative_to(ROOT).as_posix(), path.read_text()


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def is_constant(node: ast.expr) -> bool:
    """Text written here: a literal, literals joined, or a name in capitals for one."""
    if isinstance(node, ast.BinOp):
        return is_constant(node.left) and is_constant(node.right)
    if isinstance(node, ast.JoinedStr):
        return all(
            isinstance(part, ast.Constant)
            or (isinstance(part, ast.FormattedValue) and is_escaped(part.value))
            for part in node.values
        )
    return isinstance(node, ast.Constant) or name_of(node).strip("_").isupper()


def is_escaped(node: ast.expr) -> bool:
    """A constant, or ``re.escape(…)``."""
    return (isinstance(node, ast.Call) and ast.unparse(node.func) == "re.escape") or is_constant(node)


def is_format(node: ast.expr) -> bool:
    """A constant, SQL of one (psycopg quotes what goes in), or no text at all."""
    if isinstance(node, ast.Call):
        whole = ast.unparse(node.func)
        return whole == "traceback.StackSummary.extract" or (whole == "sql.SQL" and is_constant(node.args[0]))
    return is_constant(node)


@cache
def findings(source: str) -> list[str]:
    return [found for node in ast.walk(ast.parse(source)) for found in _of(node)]


def _of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from _of_import(node)
    if isinstance(node, ast.Call):
        yield from _of_call(node)
    if isinstance(node, ast.Name | ast.Attribute) and WEAK.search(name_of(node)):
        yield f"weak: {name_of(node)}"
    if isinstance(node, ast.Attribute) and node.attr in {"CERT_NONE", "_create_unverified_context"}:
        yield f"unchecked certificate: {node.attr}"
    if isinstance(node, ast.Assign) and any(name_of(one) == "check_hostname" for one in node.targets):
        yield "unchecked certificate: check_hostname"
    if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
        yield from _of_comparison(node)


def _of_import(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    if isinstance(node, ast.ImportFrom) and node.level:
        return
    for whole in names:
        name = whole.split(".")[0]
        if name in UNSAFE_MODULES:
            yield f"unsafe: {name}"
        if name in GUESSABLE_MODULES:
            yield f"guessable: {name}"
        if {name, whole} & NETWORK_MODULES:
            yield f"network: {name}"


def _of_call(node: ast.Call) -> Iterator[str]:
    name, whole = name_of(node.func), ast.unparse(node.func)
    if isinstance(node.func, ast.Name) and name in RUNS_TEXT:
        yield f"runs text: {name}"
    if whole in {"os.system", "os.popen"} or whole.startswith(("os.exec", "os.spawn", "subprocess.")):
        yield f"runs a program: {whole}"
    for word in node.keywords:
        given = word.value.value if isinstance(word.value, ast.Constant) else None
        if (word.arg == "shell" and given) or (word.arg in {"verify", "check_hostname"} and given is False):
            yield f"{word.arg}={given!r}"
    if name in TEMPLATE_MAKERS:
        yield f"template from text: {name}"
    if whole.startswith("re.") and name in PATTERN_USERS and not is_constant(node.args[0]):
        yield f"pattern from data: {ast.unparse(node.args[0])}"
    if name == "text" and isinstance(node.func, ast.Name) and node.args and not is_constant(node.args[0]):
        yield f"SQL from data: {ast.unparse(node.args[0])}"
    if name == "format" and isinstance(node.func, ast.Attribute) and not is_format(node.func.value):
        yield f"format string from data: {ast.unparse(node.func.value)}"


def _of_comparison(node: ast.Compare) -> Iterator[str]:
    sides = [node.left, *node.comparators]
    if any(isinstance(one, ast.Attribute) and name_of(one.value)[:1].isupper() for one in sides):
        return  # a clause of a query
    if any(is_constant(one) for one in sides):
        return  # with a word of the program
    for one in sides:
        if SECRET_NAMES.search(name_of(one)):
            yield f"not in constant time: {ast.unparse(node)}"


#: Where a kind of finding is at home, and why nothing of it is wrong there.
AT_HOME = {
    # the only doors out
    # The reader's connection is there already: it is only hung up.
    "network": re.compile(
        r"services/gateways/|services/wake_queue\.py|services/storage/bucket\.py|blueprints/export/slow_readers\.py"
    ),
}

CASES = {
    "runs text": ["eval(x)", "exec(x)", "compile(x, '', 'exec')"],
    "unsafe": ["import pickle", "from yaml import load", "import subprocess"],
    "runs a program": ["os.system(x)", "os.popen(x)"],
    "shell": ["run(x, shell=True)"],
    "verify": ["get(u, verify=False)"],
    "check_hostname": ["f(check_hostname=False)"],
    "unchecked certificate": [
        "ssl.CERT_NONE",
        "ssl._create_unverified_context()",
        "c.check_hostname = False",
    ],
    "template from text": [
        "render_template_string(x)",
        "jinja2.Template(x)",
        "Markup(x)",
        "env.from_string(x)",
    ],
    "weak": ["hashlib.md5(x)", "hashlib.sha1(x)", "modes.ECB()", "SHA1()"],
    "guessable": ["import random", "from uuid import uuid4"],
    "network": ["import requests", "import urllib3.util", "from http.client import HTTPConnection"],
    "pattern from data": ["re.search(x, y)", "re.compile(f'{x}')", "re.sub('a' + x, '', y)"],
    "SQL from data": ["text(f'SELECT {x}')", "text('SELECT ' + x)", "text(x)"],
    "format string from data": ["x.format(1)", "f(x).format(1)"],
    "not in constant time": ["a.token == b", "given != self.code_hash", "signature == expected"],
}
FINE = """
import re
re.search(r"a+", x)
re.sub(f"a{re.escape(x)}", "", y)
_NAME.search(x)
text("SELECT 1")
"{}".format(x)
sql.SQL("a {}").format(x)
select(User).where(User.token_hash == token_hash)
get(u, verify=True)
if code == "a": pass
hmac.compare_digest(a.hash, b)
hashlib.sha256(x)
"""


def everywhere(*kinds: str) -> list[str]:
    return [
        f"{name}: {found}"
        for name, source in sources()
        for found in findings(source)
        if found.partition(":")[0].partition("=")[0] in kinds
        and (name, found) not in MEANT
        and not (found.partition(":")[0] in AT_HOME and AT_HOME[found.partition(":")[0]].match(name))
    ]


@pytest.mark.parametrize(("kind", "source"), [(kind, one) for kind, many in CASES.items() for one in many])
def test_the_search_finds_what_it_is_for(kind: str, source: str) -> None:
    assert kind in {found.partition(":")[0].partition("=")[0] for found in findings(source)}


def test_the_search_lets_good_code_pass() -> None:
    assert findings(FINE) == []
    assert len(list(sources())) > 100


@pytest.mark.asvs("1.2.5", "1.3.2")
def test_no_text_is_run_as_code_or_by_a_shell() -> None:
    assert everywhere("runs text", "runs a program", "shell") == []


@pytest.mark.asvs("1.5.2")
def test_nothing_is_read_by_a_format_that_can_hold_code() -> None:
    assert everywhere("unsafe") == []


@pytest.mark.asvs("1.3.7", "1.2.1")
def test_no_template_is_made_of_text_and_no_text_is_called_safe() -> None:
    assert everywhere("template from text") == []
    said = re.compile(r"\|\s*safe\b|autoescape\s+false|\bMarkup\b")
    templates = sorted((ROOT / "templates").rglob("*.html"))
    assert len(templates) > 20
    assert [path.name for path in templates if said.search(path.read_text())] == []


@pytest.mark.asvs("1.2.4")
def test_no_sql_is_put_together_from_data() -> None:
    assert everywhere("SQL from data") == []


@pytest.mark.asvs("1.2.9")
def test_no_pattern_is_put_together_from_data() -> None:
    assert everywhere("pattern from data") == []


@pytest.mark.asvs("1.3.10")
def test_format_strings_are_written_here() -> None:
    assert everywhere("format string from data") == []


@pytest.mark.asvs("11.2.1", "11.2.3", "11.3.1", "11.3.2", "11.4.1", "11.4.3")
def test_no_weak_hash_cipher_or_mode_is_named() -> None:
    assert everywhere("weak") == []


@pytest.mark.asvs("11.5.1")
@pytest.mark.asvs("6.5.3")
def test_nothing_secret_comes_from_a_guessable_source() -> None:
    assert everywhere("guessable") == []


@pytest.mark.asvs("12.3.2")
def test_no_certificate_goes_unchecked() -> None:
    assert everywhere("verify", "check_hostname", "unchecked certificate") == []


@pytest.mark.asvs("13.2.4", "1.3.6")
def test_only_the_gateways_and_the_queue_reach_out() -> None:
    assert everywhere("network") == []


@pytest.mark.asvs("11.2.4")
def test_secrets_are_compared_in_constant_time() -> None:
    assert everywhere("not in constant time") == []
