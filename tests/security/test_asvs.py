"""The list of OWASP ASVS 5.0: what it says is met is shown by something that exists, and small proofs of its own."""

import ast
import csv
import re
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.config import ROOT
from checkin.db import Model
from checkin.exposure.service import Bound, PlaceAsked, ask_place
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of


def rules_of(app):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


class _Anything(dict):
    """A value for whatever a route's address asks for; of nobody."""

    def __missing__(self, name):
        if name.endswith("_id"):
            return "00000000-0000-7000-8000-000000000000"
        return {"form": "csv", "number": "F0-0001", "reference": "YC-K7QF3M2P"}.get(name, "K7QF3M2P9XD")


def example(rule):
    """An address of a route, in which nothing is of anybody."""
    values = _Anything()
    return re.sub(r"<(?:any\((\w+)[^)]*\):|\w+:)?(\w+)>", lambda found: found[1] or values[found[2]], rule.rule)


LIST = ROOT / "docs" / "security" / "asvs.csv"
PRODUCT = sorted((ROOT / "checkin").rglob("*.py"))
# Level 3 rows that are met whatever the level.
ALWAYS = {"1.2.10", "6.3.8", "14.2.6", "14.2.7", "15.4.2", "16.3.2"}


def rows():
    with LIST.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    out = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            out |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            out.add(node.module or "")
    return out


def skipped(path: Path, name: str) -> bool:
    """True when a test is marked to be left out."""
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return any("skip" in ast.unparse(mark) or "xfail" in ast.unparse(mark) for mark in node.decorator_list)
    return True


def dangling(pointer: str) -> str | None:
    """Why a pointer points to nothing; None when it points to something."""
    file, _, name = pointer.partition("::")
    path = ROOT / file
    if not path.is_file():
        return f"{file}: no such file"
    if name and not any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree(path).body):
        return f"{pointer}: no such test"
    if name and skipped(path, name):
        return f"{pointer}: left out when tests run"
    return None


def test_the_list_has_every_row_of_the_first_two_levels_once():
    ids = [row["id"] for row in rows()]
    assert len(ids) == len(set(ids))
    counted = [sum(row["level"] == level for row in rows()) for level in "12"]
    # 345 rows less chapters 10 (OAuth), 17 (WebRTC) and 9 (self-contained tokens), which nothing here uses.
    assert counted == [61, 149]
    assert not [key for key in ids if key.split(".")[0] in {"9", "10", "17"}]


def test_level_one_is_met_and_so_are_those_that_matter_most_here():
    unmet = [row["id"] for row in rows() if row["level"] == "1" and row["status"] != "met"]
    assert unmet == []
    assert {row["id"] for row in rows() if row["status"] == "met"} >= ALWAYS


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_what_is_met_is_shown_by_something_that_exists(row):
    assert row["status"] in {"met", "not met", "later"}
    assert len(row["requirement"]) > 5
    if row["status"] == "met":
        assert row["evidence"]
        assert [found for pointer in row["evidence"].split("; ") if (found := dangling(pointer))] == []
    else:
        # Said plainly, in words, why.
        assert len(row["evidence"]) > 20


def test_a_pointer_to_nothing_is_found():
    here = "tests/security/test_asvs.py"
    assert dangling("docs/security/nothing.md")
    assert dangling(f"{here}::test_that_is_not_there")
    assert dangling(f"{here}::test_a_pointer_to_nothing_is_found") is None


@pytest.mark.parametrize("page", ["threats.md", "results.md"])
def test_pages_about_security_point_to_tests_that_exist(page):
    text = (ROOT / "docs" / "security" / page).read_text(encoding="utf-8")
    pointers = set(re.findall(r"\b(tests/[\w/]+\.py(?:::\w+)?)", text))
    assert pointers
    assert [found for pointer in sorted(pointers) if (found := dangling(pointer))] == []


UNUSED = {"ldap", "ldap3", "lxml", "xml", "memcache", "pymemcache", "graphql", "graphene", "jwt", "saml", "authlib"}
UNUSED |= {"pickle", "marshal", "shelve", "yaml", "ctypes", "telnetlib", "ftplib", "jnius", "requests"}


def test_what_is_said_to_be_unused_is_not_there():
    for path in PRODUCT:
        tops = {name.split(".")[0] for name in imported(path)}
        assert not tops & UNUSED, (path, tops & UNUSED)
        assert "latex" not in path.read_text(encoding="utf-8").lower(), path
    needed = {
        line.split("==")[0].split("[")[0].lower() for line in (ROOT / "requirements.txt").read_text().splitlines()
    }
    # XML comes in as parts of a workbook alone: bounded, and read with defusedxml.
    assert not needed & UNUSED


def test_the_product_is_python_alone():
    assert not [path for path in (ROOT / "checkin").rglob("*") if path.suffix in {".c", ".so", ".pyx", ".rs"}]
    assert not any({"ctypes", "cffi"} & imported(path) for path in PRODUCT)


# Of libsodium: XSalsa20-Poly1305 (SecretBox), X25519 with it (SealedBox), Ed25519 (signing).
BOXES = {"SecretBox", "SealedBox", "PrivateKey", "PublicKey", "SigningKey", "VerifyKey"}
BOXES |= {"CryptoError", "BadSignatureError"}


def test_cryptography_is_borrowed():
    """libsodium, argon2 and the standard library's HMAC; no cipher, mode or padding is chosen or written here."""
    allowed = {"sha256", "new", "digest", "compare_digest", "file_digest", "blake2b"}
    for path in PRODUCT:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert node.value.id not in {"hashlib", "hmac"} or node.attr in allowed, (path, node.attr)
            # Of HMACs the hash is said where they are made.
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"hmac.new", "hmac.digest"}:
                assert ast.unparse(node.args[2]) in {"'sha256'", "hashlib.sha256"}, (path, ast.unparse(node))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nacl"):
                assert {alias.name for alias in node.names} <= BOXES, path
        found = {name for name in imported(path) if name.split(".")[0] in {"cryptography", "Crypto", "OpenSSL"}}
        assert not found, (path, found)
        assert "hashlib.new" not in path.read_text(encoding="utf-8"), path


def test_what_is_signed_is_signed_with_sha_256(sqlite):
    app = sqlite.app()
    client = app.test_client()
    with inside(app):
        code = factories.code_of(factories.db.session(), factories.venue(factories.db.session(), vault_of(app)))
        factories.commit()
    signed = [factories.token(client, "/sign-in"), client.get_cookie("session").value]
    with clock.fixed(NOW):
        signed.append(factories.submission(client, code))
    # 43 letters hold 256 bits, 27 the 160 of SHA-1.
    assert [len(text.rpartition(".")[2]) for text in signed] == [43] * 3


# Rooms with a form for a file, and what takes a photo of a card: its field, its two pages, its part of a form.
TAKE_FILES = {"register", "workers", "contactlists"}
TAKE_PHOTOS = {"declarations/forms.py", "visits/photos.py", "calls/views.py", "macros/declaration.html"}


def test_a_few_forms_alone_take_a_file(sqlite):
    """A register, lists of working people and of contacts, a card: tests of register, workers, contactlists and visits prove what is
    refused."""
    for path in PRODUCT:
        if path.parent.name in TAKE_FILES or f"{path.parent.name}/{path.name}" in TAKE_PHOTOS:
            continue
        text = path.read_text(encoding="utf-8")
        assert "FileField" not in text and "request.stream" not in text, path
        # A locked session looks whether there is one, to say that it was not kept.
        assert "request.files" not in text or path.name == "locking.py", path
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        if path.parent.name in TAKE_FILES or f"{path.parent.name}/{path.name}" in TAKE_PHOTOS:
            continue
        assert 'type="file"' not in text and "multipart/form-data" not in text, path


def test_a_body_that_is_too_large_is_refused(sqlite):
    client = sqlite.app().test_client()
    for path in ("/sign-in", "/sign-up", "/v/K7QF3M2P9XD"):
        assert client.post(path, data={"login": "a" * 1_100_000}).status_code == 413


def test_only_the_static_folder_is_served(sqlite):
    client = sqlite.app().test_client()
    with client.get("/static/css/base.css") as answer:
        assert answer.status_code == 200
    # In front nothing but the answers to a certificate's challenge is a file.
    served = re.findall(r"^\s*(?:root|alias)\s+(\S+);", (ROOT / "docs/deploy/nginx.conf").read_text("utf-8"), re.M)
    assert served == ["/var/www/acme"]
    for path in (
        "/.git/config", "/static/../wsgi.py", "/static/%2e%2e/wsgi.py", "/static/..%2fwsgi.py", "/static//etc/passwd",
        "/wsgi.py", "/requirements.txt", "/instance/checkin.db", "/checkin/config.py", "/static/", "/static/css/",
        "/templates/layouts/base.html", "/static/css\\..\\..\\wsgi.py",
    ):  # fmt: skip
        assert client.get(path).status_code == 404, path


def test_trace_is_refused(sqlite):
    client = sqlite.app().test_client()
    for rule in rules_of(sqlite.app()):
        for method in ("TRACE", "CONNECT", "PUT", "PATCH", "DELETE"):
            assert client.open(example(rule), method=method).status_code in {403, 404, 405}, (method, rule)


def test_no_websocket_is_offered(sqlite):
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "a" * 22 + "=="}
    assert sqlite.app().test_client().get("/", headers=headers).status_code in {200, 400}
    assert not any("WebSocket" in path.read_text(encoding="utf-8") for path in (ROOT / "static" / "js").glob("*.js"))


def test_no_answer_lets_another_origin_read_it(sqlite):
    client = sqlite.app().test_client()
    for rule in rules_of(sqlite.app()):
        for method in ("GET", "OPTIONS"):
            answer = client.open(example(rule), method=method, headers={"Origin": "https://evil.example"})
            assert not [name for name, _value in answer.headers if name.lower().startswith("access-control")], rule


def test_every_answer_says_its_type_and_characters(sqlite):
    client = sqlite.app().test_client()
    paths = ["/", "/privacy", "/sign-in", "/no-such-page", "/v/WRONG", "/healthz"]
    paths += ["/static/css/base.css", "/static/js/public.js"]
    for path in paths:
        with client.get(path) as answer:
            kind = answer.headers["Content-Type"]
        assert "charset=utf-8" in kind.lower(), (path, kind)


@pytest.mark.parametrize("role", [None, "owner", "cdc", "admin"])
def test_every_route_says_its_type_and_of_text_its_characters(sqlite, role):
    app = sqlite.app()
    client = app.test_client()
    if role:
        with inside(app):
            factories.account(factories.db.session(), vault_of(app), role, getattr(cast, role.upper()))
            factories.commit()
        factories.sign_in(client, getattr(cast, role.upper()))
    for rule in rules_of(app):
        with client.open(example(rule), method="GET" if "GET" in rule.methods else "POST") as answer:
            kind = answer.headers.get("Content-Type", "")
        assert kind, rule
        if kind.startswith("text/") or "xml" in kind:
            assert "charset=utf-8" in kind.lower(), (rule, kind)


def test_no_script_and_no_json_is_put_together_from_text():
    """A script is a file and JSON comes out of its own writer: neither has a place where something typed could go."""
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for script in re.findall(r"<script\b[^>]*>(.*?)</script>", text, re.S):
            assert not script.strip(), path
        for source in re.findall(r"<script\b[^>]*\bsrc=\"([^\"]*)\"", text):
            # Files, and those that the service worker's room puts together of files.
            assert source.startswith("{{ static_url('js/") or source == "{{ url_for('visits_offline.script') }}", path
        # But for words of the catalogue alone, which a script finds in an attribute.
        of_catalogue = path.parts[-2:] in {("desk", "_parts.html"), ("workers", "scan.html"), ("macros", "camera.html")}
        assert of_catalogue or "tojson" not in text, path
        assert "application/json" not in text and "application/ld+json" not in text, path
        # What is marked as safe is a literal of the template's own.
        assert all(before.endswith("'") for before in re.findall(r"(\S+)\|safe", text)), path
    for path in PRODUCT:
        text = path.read_text(encoding="utf-8")
        if "application/json" in text:
            assert "json.dumps(" in text, path


def test_programs_get_a_list_and_never_a_shell():
    for path in PRODUCT:
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            assert not called.startswith(("os.system", "os.popen", "os.exec", "os.spawn", "commands.")), path
            if called.startswith(("subprocess.", "asyncio.create_subprocess")) and node.args:
                assert isinstance(node.args[0], ast.List), (path, ast.unparse(node))
                assert "shell" not in {word.arg for word in node.keywords}, path


# What addresses name: things of the product by random or counted names, never a person or a session that is open.
IN_ADDRESSES = {
    "filename", "session_id", "what", "account_id", "invitation_id", "finding_id", "venue_id", "code", "reference",
    "paper", "link_id", "approval_id", "number", "lookup_id", "form", "export_id", "import_id", "job_id", "zone_id",
    "inner_id", "card_id", "worker_id", "claim_id", "call_id", "kind", "token_id", "notice_id", "contact_id", "move_id",
    "province", "pair_id", "run_id",
}  # fmt: skip
# A token that is good once leaves the address at once: the page is shown under one without it.
TAKEN_OUT = {"invitation.take", "desk_joining.take", "handover.open_link"}


def test_no_address_and_no_form_that_is_sent_in_one_holds_anything_personal(sqlite):
    for rule in sqlite.app().url_map.iter_rules():
        if rule.endpoint in TAKEN_OUT:
            answer = sqlite.app().test_client().get(example(rule).replace("K7QF3M2P9XD", "geheim"))
            assert answer.status_code in {302, 303} and "geheim" not in answer.location, rule
        else:
            assert rule.arguments <= IN_ADDRESSES, rule
    asking = {}
    for path in (ROOT / "templates").rglob("*.html"):
        for form, body in re.findall(r"<form\b([^>]*)>(.*?)</form>", path.read_text(encoding="utf-8"), re.S):
            if 'method="post"' not in form:
                asking[str(path.relative_to(ROOT / "templates"))] = set(re.findall(r'\bname="(\w+)"', body))
    # The log's filter asks for staff and numbers of cases, the others for the code on the wall and for places.
    assert asking == {
        "audit/index.html": set(),
        # Which cases, by state, disease and commune.
        "cases/index.html": set(),
        "front/_code_form.html": {"code", "lang"},
        "stations/search.html": {"q"},
        "stations/silent.html": set(),
    }


@pytest.mark.parametrize("role", ["owner", "commune", "cdc", "command", "admin"])
def test_everybody_can_change_the_password_and_needs_the_one_of_today(sqlite, role):
    app, who, new = sqlite.app(), getattr(cast, role.upper()), "một mật khẩu mới của tôi"
    with inside(app):
        commune = factories.HA_TU if role == "commune" else None
        factories.account(factories.db.session(), vault_of(app), role, who, commune)
        factories.commit()
    client = app.test_client()
    factories.sign_in(client, who)
    for present, status in (("sai rồi", 422), (who[1], 302)):
        token = factories.token(client, "/account/password")
        fields = {"current_password": present, "new_password": new, "csrf_token": token}
        assert client.post("/account/password", data=fields).status_code == status, present
    fresh = app.test_client()
    for password, status in ((who[1], 422), (new, 302)):
        token = factories.token(fresh, "/sign-in")
        answer = fresh.post("/sign-in", data={"login": who[0], "password": password, "csrf_token": token})
        assert answer.status_code == status, password


def test_scripts_parse_nothing_that_was_typed():
    """Text goes into pages as text; what comes as HTML was escaped by its template on the server."""
    risky = re.compile(
        r"\beval\(|new Function|document\.write|outerHTML|insertAdjacentHTML|postMessage|innerHTML|__proto__"
    )
    found = [
        (path.name, match[0])
        for path in sorted((ROOT / "static" / "js").glob("*.js"))
        for match in risky.finditer(path.read_text(encoding="utf-8"))
    ]
    # Of the window's own channel: other pages of this site say that the session was locked.
    assert set(found) <= {("staff.js", "innerHTML"), ("desk.js", "innerHTML"), ("lock.js", "postMessage")}


def test_a_field_in_the_address_is_no_field_of_the_form(client, world):
    for path in PRODUCT:
        assert "request.values" not in path.read_text(encoding="utf-8"), path
    with inside(world.app()):
        factories.account(factories.db.session(), vault_of(world.app()), "cdc", cast.CDC)
        factories.commit()
    token = factories.token(client, "/sign-in")
    login, password = cast.CDC
    answer = client.post("/sign-in", query_string={"login": login, "password": password}, data={"csrf_token": token})
    assert answer.status_code == 422


def test_no_form_asks_a_secret_question():
    for path in PRODUCT:
        assert not re.search(
            r"secret_question|security_question|password_hint|câu hỏi bí mật", path.read_text("utf-8")
        ), path


def test_no_debugger_and_no_test_code_in_the_product(sqlite):
    for path in PRODUCT:
        names = imported(path)
        assert not {name for name in names if name.split(".")[0] in {"tests", "pytest", "pdb", "bench"}}, path
        assert "breakpoint(" not in path.read_text(encoding="utf-8"), path
    assert sqlite.app().debug is False
    assert "--debug" not in (ROOT / "Makefile").read_text()


PASSWORD = re.compile(r'<input[^>]*name="[^"]*password[^"]*"[^>]*>')


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up"])
def test_password_fields_hide_and_take_what_a_password_manager_pastes(sqlite, path):
    fields = PASSWORD.findall(sqlite.app().test_client().get(path).text)
    assert fields
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field)
        assert "onpaste" not in field
        # Far more than a password may have, so that none is cut as it is pasted.
        assert int(re.search(r'maxlength="(\d+)"', field)[1]) >= 5 * 200


@pytest.mark.parametrize("role", ["owner", "commune", "cdc", "command", "admin"])
def test_every_page_behind_the_door_has_a_way_out(sqlite, role):
    who = getattr(cast, role.upper())
    with inside(sqlite.app()):
        commune = factories.HA_TU if role == "commune" else None
        factories.account(factories.db.session(), vault_of(sqlite.app()), role, who, commune)
        factories.commit()
    client = sqlite.app().test_client()
    factories.sign_in(client, who)
    page = client.get("/sign-in", follow_redirects=True)
    assert page.status_code == 200
    assert 'action="/sign-out"' in page.text


def test_signing_out_clears_what_the_browser_holds(client, world):
    with inside(world.app()):
        factories.account(factories.db.session(), vault_of(world.app()), "cdc", cast.CDC)
        factories.commit()
    factories.sign_in(client, cast.CDC)
    csrf = factories.token(client, "/lookup/")
    answer = client.post("/sign-out", data={"csrf_token": csrf})
    assert answer.status_code == 302
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/lookup/").status_code == 302


@pytest.fixture
def lookup(client, world):
    """Somebody who was somewhere, an officer who is signed in, and the address of a lookup."""
    app = world.app()
    with inside(app):
        session, vault = factories.db.session(), vault_of(app)
        officer = factories.account(session, vault, "cdc", cast.CDC)
        shop = factories.venue(session, vault, "Quán “Bình”\r\nX: y")
        factories.check_in(app, session, vault, shop)
        bound = Bound(case=factories.case(session), signal=None, reason="Cùng bàn")
        asked = PlaceAsked(start=NOW - timedelta(hours=1), end=NOW + timedelta(hours=1), venue_id=shop.id)
        made = ask_place(session, now=NOW, actor=officer.actor, bound=bound, asked=asked)
        page = f"/lookup/{made.id}"
        factories.commit()
    factories.sign_in(client, cast.CDC)
    return page


def test_a_download_is_an_attachment_with_a_name_of_the_products(client, lookup):
    answer = client.post(f"{lookup}/export.csv", data={"csrf_token": factories.token(client, "/lookup/")})
    assert answer.status_code == 200
    assert re.fullmatch(r'attachment; filename="?TC-\d{6}\.csv"?', answer.headers["Content-Disposition"])
    assert answer.headers["Content-Type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_reading_a_page_changes_nothing_but_the_record_of_it(client, world, lookup):
    """Pages are fetched in advance, by proxies and by browsers that restore their windows."""
    # What a look itself is put down in: the log, when a session was used, who is told of it, codes that were not there.
    of_looking = {"audit", "account_session", "reading", "code_guess"}
    kept = [table for table in Model.metadata.sorted_tables if table.name not in of_looking]

    def counted():
        with inside(world.app()):
            return {t.name: sorted(map(repr, factories.db.session().execute(sa.select(t)).all())) for t in kept}

    kept = [table for table in kept if not table.name.startswith("place")]
    before = counted()
    for rule in rules_of(world.app()):
        if "GET" in rule.methods:
            client.get(example(rule))
    client.get(lookup)
    client.get("/cases/F0-0001")
    assert counted() == before
