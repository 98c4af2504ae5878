"""Personal data through a whole run over real servers, and a search for it wherever a process could leave it.

Only answers to those who may read, and what is sealed, may hold it. The masked name is the one thing in the clear, and
stands in two kinds of tables.
"""

import base64
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
from html import unescape

import psycopg
import pytest
from redis import Redis

from checkin import clock
from checkin.db import db
from checkin.names import mask_for_desk
from tests import cast, factories, worlds
from tests.security.spelling import Search
from tests.servers import POSTGRESQL_MISSING, ROOT, Cluster, free_port, gunicorn, postgresql_programs
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.long, pytest.mark.postgresql]

REDIS_MISSING = "Redis is missing: 'apt-get install redis-server' (only its program is used, on a port of our own)"
# Each is nobody's, and each word stands nowhere else in product or tests.
NAME, GIVEN = "Nguyễn Thị Quỳnhkhuêở", "Quỳnhkhuêở"
PHONE, ID_NUMBER, PASSPORT = "0976183542", "022185736194", "Q8163925Z"
ADDRESS, TRAVEL = "Ngõ Thạchlựuđỏ 77", "Bản Nậmngưỡng"
OWNER_MAIL, MISTYPED = "chuquan.bạchyến@example.vn".replace("ạ", "a").replace("ế", "e"), "matkhaunham-hoalúamì"
SECRETS = [GIVEN, PHONE[1:], ID_NUMBER, PASSPORT, "Thạchlựuđỏ", "Nậmngưỡng", "chuquan.bachyen", "hoalúamì"]
# What docs/deployment.md tells to set.
SETTINGS = [
    *re.findall(r"^(log_\w+ = \S+)$", (ROOT / "docs" / "deployment.md").read_text(), re.MULTILINE),
    # The other way round than told: it makes the trial harder, and the later one counts.
    "log_statement = all",
    "log_min_duration_statement = 0",
]
assert len(SETTINGS) >= 8


class Browser:
    """A person's browser: keeps cookies, follows redirects, sends forms with their token."""

    def __init__(self, address):
        self.address = address
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def open(self, path, fields=None, **headers):
        data = urllib.parse.urlencode(fields, doseq=True).encode() if fields is not None else None
        path = path if path.startswith("http") else f"{self.address}{path}"
        try:
            with self.opener.open(urllib.request.Request(path, data, headers), timeout=30) as answer:
                self.at, self.status, body = answer.url, answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                self.at, self.status, body = error.url, error.code, error.read()
        self.body = body
        return body.decode("utf-8", "replace")

    def send(self, page, path, **fields):
        token = factories.hidden(self.open(page), "csrf_token")
        return self.open(path, {"csrf_token": token, **fields})

    def sign_in(self, who):
        self.send("/sign-in", "/sign-in", login=who[0], password=who[1])
        assert "/sign-in" not in self.at, self.body.decode()


@contextlib.contextmanager
def redis(folder):
    """A Redis of our own; yields its address, and writes its whole memory into the folder at the end."""
    port = free_port()
    log = (folder / "redis.log").open("wb")
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--loglevel", "debug"],
        stdout=log,
    )  # fmt: skip
    try:
        known = Redis(port=port)
        for _ in range(100):
            with contextlib.suppress(Exception):
                known.ping()
                break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}"
        keys = known.keys("*")
        assert keys, "nothing was counted in Redis"
        (folder / "keys").write_bytes(b"\n".join(keys))
        known.save()
        known.close()
    finally:
        process.terminate()
        process.wait(10)
        log.close()


@pytest.fixture
def stage(tmp_path):
    """Folders for everything that the run could write to, and a database server that logs every statement."""
    if shutil.which("redis-server") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(REDIS_MISSING)
    if postgresql_programs() is None:
        pytest.skip(POSTGRESQL_MISSING)
    for name in ("instance", "tmp", "logs", "redis", "backup"):
        (tmp_path / name).mkdir()
    cluster = Cluster.create()
    with (cluster.folder / "data" / "postgresql.conf").open("a") as conf:
        conf.write("\n".join(SETTINGS) + "\n")
    cluster.stop()
    cluster.start()
    world = worlds.postgresql_world(tmp_path / "instance", cluster, "canaries")
    world.open_days(clock.today())
    yield tmp_path, cluster, world
    world.let_go()
    cluster.remove()


def declaration(submission, /, **changes):
    told = {
        "full_name": NAME, "phone": PHONE, "id_number": ID_NUMBER, "address": ADDRESS, "travel": "yes", "travel_where": TRAVEL,
        "symptoms": "yes", "symptom": "cough", "submission": submission,
    }  # fmt: skip
    return cast.form(**told | changes)


def visitors(address, code):
    """People who declare, well and badly, in every spelling; the form of one of them, to be sent while all is down."""
    page = f"/v/{code}"
    one = Browser(address)
    fresh = lambda: factories.hidden(one.open(f"{page}?new=1"), "submission")  # noqa: E731
    form = declaration(fresh())
    assert "CẦN HỖ TRỢ" in one.open(page, form)
    one.open(page, form)  # again
    one.open(page, {**form, "address": f"{ADDRESS} B"})  # Back, changed, sent
    one.open(page)  # the page that knows them
    one.open(page, {"submission": fresh(), "confirm": "1"})
    nfd = {key: unicodedata.normalize("NFD", value) for key, value in declaration(fresh()).items()}
    assert Browser(address).open(page, nfd)
    assert "CẦN HỖ TRỢ" in Browser(address).open(page, declaration(fresh(), id_number=PASSPORT, nationality="KR"))
    for wrong in (
        {"birth_year": PHONE}, {"phone": ID_NUMBER}, {"full_name": NAME * 40}, {"gender": GIVEN}, {"commune": ADDRESS}, {"symptom": NAME},
        {"card": f"{ID_NUMBER}||{NAME}|31021985|Nữ|{ADDRESS}|1"}, {"submission": NAME}, {"consent": ""}, {"nationality": PASSPORT}, {"travel_where": TRAVEL * 99},
    ):  # fmt: skip
        Browser(address).open(page, declaration(fresh(), **wrong))
        assert one.status < 500
    for path in (f"/v/{PHONE}", f"/v/{urllib.parse.quote(NAME)}", f"/nothing/{ID_NUMBER}?q={urllib.parse.quote(NAME)}", f"{page}?lang={PHONE}", f"/code?code={PASSPORT}"):  # fmt: skip
        Browser(address).open(path)
        Browser(address).open(path, declaration(fresh()))
    Browser(address).open(page, declaration(fresh()), Origin=f"http://{PASSPORT}.example")
    Browser(address).open(page, declaration(fresh()), Referer=f"http://x/{PHONE}", **{"User-Agent": PASSPORT})
    Browser(address).open(page, declaration("x" * 2_000_000))  # more than is taken
    Browser(address).open("/forget-me", declaration(fresh()))
    for raw in (
        f"GET /v/{PHONE} HTTP/9.9\r\n\r\n", f"{PASSPORT} {PHONE} x\r\n\r\n", f"GET / HTTP/1.1\r\n{PASSPORT}\r\n\r\n",
        f"GET /{PHONE}{'x' * 9000} HTTP/1.1\r\n\r\n", f"POST {page} HTTP/1.1\r\nHost: {PASSPORT}\r\nContent-Length: x{PHONE}\r\n\r\n",
        f"POST {page} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz{ID_NUMBER}\r\n{NAME}", f"GET / HTTP/1.1\r\nHost: x\r\nX: {'y' * 9000}{PHONE}\r\n\r\n",
        f"POST {page} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary={PHONE}\r\nContent-Length: 40\r\n\r\n--{PHONE}\r\n{PASSPORT}\r\n",
    ):  # fmt: skip
        speak(address, raw)
    return page, declaration(fresh())


def speak(address, raw):
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection, contextlib.suppress(OSError):
        connection.settimeout(6)
        connection.sendall(raw.encode())
        connection.recv(4096)


def owner_signs_up(address):
    """An owner with a venue; gives its code."""
    owner = Browser(address)
    form = {"login": OWNER_MAIL, "password": cast.OWNER[1]}
    owner.send("/sign-up", "/sign-up", **form)
    venue = {
        "name": "Quán Biển",
        "kind": "food",
        "commune": factories.HONG_GAI,
        "address": "Số 5",
        "phone": "0203 3825 499",
    }
    html = owner.send("/venues/new", "/venues/new", **venue)
    again = Browser(address)
    again.send("/sign-up", "/sign-up", **form)  # is taken
    again.send("/sign-in", "/sign-in", login=OWNER_MAIL, password=MISTYPED)
    again.send("/sign-in", "/sign-in", login=PHONE, password=MISTYPED)
    again.open(f"/sign-in?next=/{PHONE}")
    found = re.search(r"/venues/codes/([A-Z0-9]{11})/", html)
    assert found
    return found[1]


def officer_looks(address, code):
    """Lookups and files; gives all that was read, in which the secrets must be."""
    officer, read = Browser(address), []
    officer.send("/sign-in", "/sign-in", login=cast.CDC[0], password=MISTYPED)
    officer.sign_in(cast.CDC)
    window = {
        "start": f"{clock.to_local(clock.now()):%Y-%m-%dT00:00}",
        "end": f"{clock.to_local(clock.now()):%Y-%m-%dT23:59}",
    }
    bound = {"case": "signal", "signal": "Chùm sốt ở bến tàu", "reason": "Truy vết theo tín hiệu"}
    for fields in (
        {"path": "/lookup/place", "venue": code, **window}, {"path": "/lookup/person", "phone": PHONE}, {"path": "/lookup/person", "id_number": ID_NUMBER},
        {"path": "/lookup/person", "full_name": NAME, "birth_year": "1985"}, {"path": "/lookup/person", "id_number": PASSPORT},
    ):  # fmt: skip
        path = fields.pop("path")
        read.append(officer.send("/lookup/", path, **bound, **fields))
        assert officer.status == 200 and re.search(r"/lookup/[0-9a-f-]{36}$", officer.at), officer.at
        page = officer.at.removeprefix(address)
        read.append(officer.send(page, f"{page}/export.csv"))
        officer.send(page, f"{page}/export.xlsx")
        for _ in range(100):
            if "/lookup/exports/" not in officer.at or "/file" in officer.open(officer.at):
                break
            time.sleep(0.3)
        if "/lookup/exports/" in officer.at:
            done = officer.at.removeprefix(address)
            officer.send(done, f"{done}/file")
            assert officer.body[:2] == b"PK"
    for fields in (
        {"phone": NAME},
        {"id_number": PHONE},
        {"birth_year": ID_NUMBER},
        {"full_name": NAME},
        {"case": PASSPORT, "phone": PHONE},
    ):
        officer.send("/lookup/", "/lookup/person", **{**bound, **fields})
    officer.send("/lookup/", "/lookup/place", **bound, venue=NAME, start=PHONE, end=ID_NUMBER)
    officer.open(f"/lookup/{PASSPORT}")
    officer.open(f"/cases/{PHONE}")
    officer.open("/lookup/place", {"venue": NAME, "csrf_token": PHONE})
    return "\n".join(read)


def flask(world, *arguments):
    environment = {**os.environ, **world.env()}
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
    )


def as_text(cluster, *arguments):
    return subprocess.run(
        [str(cluster.programs / arguments[0]), *arguments[1:]], check=True, capture_output=True
    ).stdout


def tables_with(dump, search):
    """Tables in which a search finds something, of a plain dump."""
    out, table = {}, ""
    for line in dump.split(b"\n"):
        if line.startswith(b"COPY "):
            table = line.split(b" ")[1].decode().removeprefix("public.").strip('"')
        elif line == b"\\.":
            table = ""
        found = search.found(line)
        if found:
            out.setdefault(re.sub(r"_\d{8}$", "", table) or line[:60].decode("utf-8", "replace"), set()).update(found)
    return out


def test_no_personal_data_is_left_anywhere_but_sealed(stage):
    folder, cluster, world = stage
    with inside(world.app()):
        factories.account(db.session(), vault_of(world.app()), "cdc", cast.CDC)
        factories.commit()
    world.let_go()
    search = Search(SECRETS)
    with redis(folder / "redis") as storage:
        more = {"RATELIMIT_STORAGE_URI": storage, "TMPDIR": str(folder / "tmp"), "LOG_LEVEL": "debug"}
        with (
            gunicorn({**world.env("public"), **more}, folder / "logs" / "public.log", workers=2) as public,
            gunicorn({**world.env("staff"), **more}, folder / "logs" / "staff.log", workers=2) as staff,
        ):
            code = owner_signs_up(public)
            page, form = visitors(public, code)
            read = officer_looks(staff, code)
            unlucky = Browser(public)
            cluster.stop()
            html = unlucky.open(page, form)
            assert unlucky.status == 503 and GIVEN in unescape(html)
            assert Browser(staff).open(f"/lookup/venues?venue={urllib.parse.quote(NAME)}") is not None
            cluster.start()
            for _ in range(60):
                unlucky.open(page, form)
                if unlucky.status == 200:
                    break
                time.sleep(0.2)
            assert unlucky.status == 200
        # The secrets did go through: who may read them did.
        assert search.found(unicodedata.normalize("NFC", unescape(read)).encode()) >= {
            GIVEN,
            PHONE[1:],
            ID_NUMBER,
            PASSPORT,
            "Thạchlựuđỏ",
        }
    flask(world, "backup", "create", str(folder / "backup" / "one"))
    violate(cluster)
    database = cluster.url("canaries")
    dump = as_text(cluster, "pg_dump", "--no-owner", database)
    backup = as_text(cluster, "pg_restore", "-f", "-", str(folder / "backup" / "one" / "database.dump"))
    log = (cluster.folder / "server.log").read_bytes()
    assert log.count(b"duplicate key") >= 1 and log.count(b"LOG:  execute") + log.count(b"LOG:  statement") > 100
    places = {name: search.under(folder / name) for name in ("instance", "tmp", "logs", "redis", "backup")}
    places["PostgreSQL's log"] = search.found(log)
    places["PostgreSQL's files"] = search.under(cluster.folder)
    places["dump"], places["backup as text"] = tables_with(dump, search), tables_with(backup, search)
    assert {name: found for name, found in places.items() if found} == {}
    # In the clear by intent: the masked name, in visits and in what cases keep of them.
    masked = Search([mask_for_desk(NAME)])
    assert set(tables_with(dump, masked)) == {"visit"}
    assert not masked.found(log) and not masked.under(folder / "logs")
    assert b'"route"' in (folder / "logs" / "public.log").read_bytes()


def violate(cluster):
    """A row that is there already, as the owner of the tables: PostgreSQL tells the values, unless it is told not to."""
    with psycopg.connect(cluster.url("canaries"), autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE twice (x text UNIQUE)")
        connection.execute("INSERT INTO twice VALUES (%s)", [NAME])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO twice VALUES (%s)", [NAME])


def test_the_search_finds_what_is_there_in_every_spelling(tmp_path):
    search = Search(SECRETS)
    for secret in SECRETS:
        for number, body in enumerate((
            secret.encode(), unicodedata.normalize("NFD", secret).encode(), secret.encode("utf-16"), f"x{secret}y".encode().hex().encode(),
            base64.b64encode(f"a{secret}bc".encode()), base64.urlsafe_b64encode(f"ab{secret}c".encode()), base64.b64encode(f"{secret}c".encode()), urllib.parse.quote(secret).encode(), secret.upper().encode(),
        )):  # fmt: skip
            assert search.found(b"..." + body + b"...") == {secret}, (secret, number)
    (tmp_path / f"core.{PHONE}").write_bytes(b"\0" * 9 + unicodedata.normalize("NFD", NAME).encode("utf-16-le"))
    assert search.under(tmp_path) == {f"core.{PHONE}": {GIVEN, PHONE[1:]}}
    assert search.found(b"Nguy\xe1\xbb\x85n T. Q. 0912345678 022185001234") == set()


def test_without_the_settings_that_are_told_the_databases_log_holds_what_was_typed():
    """The control: the same rows, on a server as it comes."""
    if postgresql_programs() is None:
        pytest.skip(POSTGRESQL_MISSING)
    cluster = Cluster.create()
    try:
        cluster.execute("CREATE DATABASE canaries")
        violate(cluster)
        assert Search(SECRETS).found((cluster.folder / "server.log").read_bytes()) >= {GIVEN}
    finally:
        cluster.remove()
