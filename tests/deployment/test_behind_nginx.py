"""Both tiers as docs/deployment.md sets them up: their units' settings, nginx with TLS in front, two database roles."""

import http.client
import re
import shlex
import socket
import ssl
import sys
import urllib.parse
from contextlib import ExitStack

import pyotp
import pytest

from checkin import keys
from checkin.db import db
from checkin.vault import Vault
from tests import cast, factories
from tests.deployment import nginx, units
from tests.deployment.nginx import INSIDE, OUTSIDE, PUBLIC, STAFF, Nginx
from tests.people.photos import jpeg, picture
from tests.servers import free_port, gunicorn
from tests.worlds import inside

pytestmark = [pytest.mark.postgresql, pytest.mark.long]

HSTS = "max-age=31536000; includeSubDomains"


class Stage:
    """Both tiers and what stands before them."""

    def __init__(self, front, direct, code, poster, logs):
        self.nginx, self.direct, self.code, self.poster, self.logs = front, direct, code, poster, logs

    def browser(self, host=PUBLIC, source=OUTSIDE):
        return Browser(self.nginx, host, source)

    def raw(self, head, host=PUBLIC, where=None, tls=True, sni=None):
        """The answer to bytes as they stand, or empty where the line was cut; and the certificate was looked at."""
        where = where or {PUBLIC: OUTSIDE, STAFF: INSIDE}[host]
        plain = socket.create_connection((where, self.nginx.https if tls else self.nginx.http), timeout=20)
        try:
            line = context(self.nginx, host).wrap_socket(plain, server_hostname=sni or host) if tls else plain
            with line:
                line.sendall(head.encode())
                out = b""
                while block := line.recv(65536):
                    out += block
        except (ConnectionResetError, ssl.SSLEOFError):
            out = b""
        return out.decode(errors="replace")


def context(front, host, lowest=None, highest=None):
    made = ssl.create_default_context(cafile=str(front.folder / ("khaibao.pem" if host == PUBLIC else "cdc.pem")))
    if highest is not None:
        made.minimum_version, made.maximum_version = lowest, highest
        made.set_ciphers("ALL:@SECLEVEL=0")
    return made


class Browser:
    """Somebody's browser over TLS, with cookies and without a page."""

    def __init__(self, front, host, source=OUTSIDE):
        self.front, self.host, self.source, self.cookies = front, host, source, {}
        self.where = {PUBLIC: OUTSIDE, STAFF: INSIDE}[host]

    def ask(self, method, path, fields=None, body=None, **headers):
        line = http.client.HTTPSConnection(
            self.host, self.front.https, timeout=30, context=context(self.front, self.host)
        )
        line.sock = line._context.wrap_socket(
            socket.create_connection((self.where, self.front.https), 30, (self.source, 0)), server_hostname=self.host
        )
        if fields is not None:
            body = urllib.parse.urlencode(fields, doseq=True)
        given = {"Host": self.host, "Cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items())}
        if fields is not None:
            given |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"https://{self.host}{path}"}
        line.request(method, path, body, given | {name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        answer.text = answer.read().decode(errors="replace")
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        line.close()
        return answer

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, fields, **headers):
        return self.ask("POST", path, fields, **headers)

    def sign_in(self, who):
        csrf = factories.hidden(self.get("/sign-in").text, "csrf_token")
        answer = self.post("/sign-in", {"login": who[0], "password": who[1], "csrf_token": csrf})
        assert answer.status == 302, answer.text

    def enrol(self):
        """Set up the second factor, without which nobody of the staff comes further here."""
        page = self.get("/sign-in/enrol").text
        secret = re.search(r"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})", page)[1].replace(" ", "")
        fields = {name: factories.hidden(page, name) for name in ("csrf_token", "secret")}
        answer = self.post("/sign-in/enrol", {**fields, "factor": pyotp.TOTP(secret).now()})
        assert answer.status == 200, answer.text


@pytest.fixture(scope="module")
def stage(_postgresql, tmp_path_factory):
    if nginx.program() is None:
        pytest.skip(nginx.MISSING)
    world, folder = _postgresql, tmp_path_factory.mktemp("deployed")
    staff_keys, public_keys = folder / "keys-staff", folder / "keys-public"
    keys.generate(staff_keys)
    keys.give_public(staff_keys, public_keys)
    app = world.app()
    with inside(app), ExitStack() as stack:
        session, vault = db.session(), Vault.load(staff_keys, "all")
        owner = factories.account(session, vault, "owner", cast.OWNER)
        factories.account(session, vault, "cdc", cast.CDC)
        venue = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market", owner=owner)
        code = factories.code_of(session, venue)
        session.commit()
        db.session.remove()
        direct = {}
        for tier in ("public", "staff"):
            secrets = folder / f"credentials-{tier}"
            secrets.mkdir()
            (secrets / "database_url").write_text(world.urls[tier])
            (secrets / "database_url").chmod(0o400)
            env = units.environment(
                f"checkin-{tier}.service",
                secrets,
                {"/etc/checkin": str(folder), "/var/lib": str(folder), "8401": "0", "8402": "0"},
            )
            env.pop("PORT")  # a free one
            hardened = (sys.executable, "tests/deployment/hardened.py", sys.executable)
            direct[tier] = stack.enter_context(gunicorn(env, folder / f"{tier}.log", workers=1, before=hardened))
        front = Nginx.create(direct["public"], direct["staff"])
        stack.callback(front.remove)
        logs = [folder / "public.log", folder / "staff.log", front.folder / "access.log", front.folder / "error.log"]
        made = Stage(front, direct, code, f"/venues/codes/{code}/qr.svg", logs)
        # Once: a test of limits must not lock the others out.
        made.owner, made.officer = made.browser(), made.browser(STAFF)
        made.owner.sign_in(cast.OWNER)
        made.officer.sign_in(cast.CDC)
        made.officer.enrol()
        yield made
    world.empty()


def same(text):
    """A page without what differs each time: tokens and their lengths."""
    return re.sub(r'value="[^"]*"', "", text)


def test_what_the_units_start_is_what_these_tests_started():
    for tier, port in (("public", "8401"), ("staff", "8402")):
        name = f"checkin-{tier}.service"
        (command,) = units.values(name, "ExecStart")
        assert shlex.split(command) == ["/srv/checkin/.venv/bin/gunicorn", "-c", "checkin/gunicorn_conf.py", "wsgi:app"]
        env = units.environment(name, "/run/x", {})
        assert (env["PORT"], env["CHECKIN_TIER"]) == (port, tier)
        assert "HOST" not in env  # so it listens on 127.0.0.1
        assert f"proxy_pass http://127.0.0.1:{port};" in (nginx.DEPLOY / "nginx.conf").read_text()
        assert not {"DATABASE_URL", "MIGRATE_URL"} & set(env)
        assert set(units.credentials(name)) == {"database_url"}


def test_a_visitor_declares_over_tls(stage):
    visitor = stage.browser()
    page = visitor.get(f"/v/{stage.code}")
    assert page.status == 200 and page.headers["Strict-Transport-Security"] == HSTS
    assert len(page.headers.get_all("Strict-Transport-Security")) == 1
    form = cast.form(submission=factories.hidden(page.text, "submission"))
    done = visitor.post(f"/v/{stage.code}", form, Origin=f"https://{PUBLIC}")
    assert done.status == 200 and "ĐÃ KHAI BÁO" in done.text
    assert all("Secure" in cookie and "HttpOnly" in cookie for cookie in done.headers.get_all("Set-Cookie"))


def test_an_officer_finds_the_visit_on_the_staffs_name_alone(stage):
    visitor, officer = stage.browser(), stage.officer
    form = cast.form(submission=factories.hidden(visitor.get(f"/v/{stage.code}?new=1").text, "submission"))
    assert visitor.post(f"/v/{stage.code}", form).status == 200
    assert any(name.startswith("__Host-") for name in officer.cookies), officer.cookies
    csrf = factories.hidden(officer.get("/lookup/").text, "csrf_token")
    asked = {"csrf_token": csrf, "case": "signal", "signal": "Ba người ho", "reason": "Truy vết", "phone": "0912345678"}
    answer = officer.post("/lookup/person", asked)
    assert answer.status == 303
    assert "Nguyễn Thị Ánh Tuyết" in officer.get(answer.headers["Location"]).text


@pytest.mark.parametrize("page", ["/lookup/", "/cases/", "/audit/", "/accounts/", "/reports/"])
def test_pages_of_the_staff_do_not_exist_on_the_public_name(stage, page):
    assert stage.browser().get(page).status == 404


def test_pages_of_visitors_do_not_exist_on_the_staffs_name(stage):
    for page in (f"/v/{stage.code}", "/venues/", "/sign-up"):
        assert stage.browser(STAFF).get(page).status == 404


@pytest.mark.parametrize("host", [PUBLIC, STAFF])
def test_figures_of_the_server_are_for_the_machine_alone(stage, host):
    assert stage.browser(host).get("/metrics").status == 404


def test_the_staffs_name_is_not_served_on_the_public_address(stage):
    with pytest.raises(ssl.SSLError):
        stage.raw(f"GET /sign-in HTTP/1.1\r\nHost: {STAFF}\r\nConnection: close\r\n\r\n", STAFF, where=OUTSIDE)
    # Nor by asking for it through the public certificate.
    assert stage.raw(f"GET /sign-in HTTP/1.1\r\nHost: {STAFF}\r\nConnection: close\r\n\r\n") == ""
    with pytest.raises(ssl.SSLError):
        stage.raw("GET / HTTP/1.1\r\n\r\n", PUBLIC, where=OUTSIDE, sni="other.example")


HOSTILE = {
    "X-Forwarded-Host": {"X-Forwarded-Host": "evil.example"},
    "Forwarded": {"Forwarded": "for=1.2.3.4;host=evil.example;proto=http"},
    "X-Forwarded-Proto": {"X-Forwarded-Proto": "http"},
    "X-Forwarded-Prefix": {"X-Forwarded-Prefix": "/evil"},
    "X-Forwarded-Port": {"X-Forwarded-Port": "1234"},
    "X-Original-URL": {"X-Original-URL": "/evil", "X-Rewrite-URL": "/evil"},
    "port": {"Host": f"{PUBLIC}:1234"},
    "letters": {"Host": PUBLIC.upper()},
    "dot": {"Host": f"{PUBLIC}."},
}


@pytest.mark.parametrize("headers", HOSTILE.values(), ids=HOSTILE)
def test_no_header_changes_a_byte_of_a_page_a_link_or_a_code(stage, headers):
    owner = stage.owner
    for path in ("/", f"/v/{stage.code}", stage.poster, "/venues/"):
        plain, hostile = owner.get(path), owner.ask("GET", path, **headers)
        assert (plain.status, same(plain.text)) == (hostile.status, same(hostile.text)), path
        assert "evil" not in str(hostile.headers)
    for path in ("/venues/new", "/sign-out"):
        answer = stage.browser().ask("GET", path, **headers)
        assert not re.match(r"https?:|//", answer.headers.get("Location", "/")), path


NAMES = {
    "another name": "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    "none": "GET / HTTP/1.0\r\n\r\n",
    "a number": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    "beginning": f"GET / HTTP/1.1\r\nHost: {PUBLIC}.evil.example\r\nConnection: close\r\n\r\n",
    "end": f"GET / HTTP/1.1\r\nHost: evil.{PUBLIC}\r\nConnection: close\r\n\r\n",
    "absolute": f"GET https://evil.example/ HTTP/1.1\r\nHost: {PUBLIC}\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
@pytest.mark.parametrize("head", NAMES.values(), ids=NAMES)
def test_another_name_gets_no_answer(stage, head, tls):
    assert stage.raw(head, tls=tls) == ""


@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
@pytest.mark.parametrize("second", ["evil.example", PUBLIC])
def test_two_names_at_once_are_refused(stage, second, tls):
    answer = stage.raw(f"GET / HTTP/1.1\r\nHost: {PUBLIC}\r\nHost: {second}\r\nConnection: close\r\n\r\n", tls=tls)
    assert answer.startswith("HTTP/1.1 400") and "evil" not in answer


def test_an_absolute_address_is_answered_as_any_other(stage):
    head = "GET {} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    absolute = stage.raw(head.format(f"https://{PUBLIC}/privacy"))
    relative = stage.raw(f"GET /privacy HTTP/1.1\r\nHost: {PUBLIC}\r\nConnection: close\r\n\r\n")
    bodies = [text.split("\r\n\r\n", 1)[1] for text in (absolute, relative)]
    assert same(bodies[0]) == same(bodies[1]) and "</html>" in bodies[0]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v/K7QF3M2P9XD?lang=en",
        "//evil.example/%2e%2e",
        "/\\evil.example",
        "/%0d%0aSet-Cookie:a=b",
        f"http://{PUBLIC}/x",
    ],
)
def test_plain_http_leads_to_the_configured_name_and_nowhere_else(stage, path):
    answer = stage.raw(f"GET {path} HTTP/1.1\r\nHost: {PUBLIC}\r\nConnection: close\r\n\r\n", tls=False)
    head = answer.split("\r\n\r\n")[0]
    assert head.startswith("HTTP/1.1 301")
    (location,) = re.findall(r"(?im)^location: (.*?)\r?$", head)
    assert location.startswith(f"https://{PUBLIC}/")
    assert not re.search(r"(?im)^set-cookie", head)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=["1.0", "1.1"])
@pytest.mark.parametrize("host", [PUBLIC, STAFF])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(stage, host, version):
    where = {PUBLIC: OUTSIDE, STAFF: INSIDE}[host]
    plain = socket.create_connection((where, stage.nginx.https), timeout=20)
    with plain, pytest.raises((ssl.SSLError, ConnectionResetError)) as refused:
        context(stage.nginx, host, version, version).wrap_socket(plain, server_hostname=host)
    # By the server, not by the client's own library.
    assert "NO_PROTOCOLS" not in str(refused.value) and "unsupported protocol" not in str(refused.value).lower()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_tls_of_today_is_taken(stage, version):
    plain = socket.create_connection((OUTSIDE, stage.nginx.https), timeout=20)
    with context(stage.nginx, PUBLIC, version, version).wrap_socket(plain, server_hostname=PUBLIC) as line:
        assert line.version() == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]


def tries(ask):
    """The answers to as many sign-ins as a limit would stop, each with another address that it claims for itself."""
    return [ask(f"203.0.113.{n}") for n in range(1, 41)]


def test_who_claims_another_address_each_time_is_counted_all_the_same(stage):
    guesser = stage.browser(source="127.0.0.9")
    csrf = factories.hidden(guesser.get("/sign-in").text, "csrf_token")
    fields = {"login": "ai.do@example.vn", "password": "x", "csrf_token": csrf}
    seen = tries(lambda address: guesser.post("/sign-in", fields, X_Forwarded_For=address).status)
    assert 429 in seen, seen
    # Somebody else, at another address, is not.
    assert stage.browser(source="127.0.0.10").get("/sign-in").status == 200
    # Without nginx, as nobody can reach it, the same trick works: so the above was put to the test.
    line = http.client.HTTPConnection(*stage.direct["public"].removeprefix("http://").split(":"), timeout=20)

    def past(address):
        given = {"X-Forwarded-For": address, "X-Forwarded-Proto": "https", "Host": PUBLIC}
        line.request("GET", "/sign-up", headers=given)
        answer = line.getresponse()
        answer.read()
        return answer.status

    assert set(tries(past)) == {200}
    line.close()


def test_a_form_that_is_too_large_and_a_server_that_is_down_are_said(stage):
    visitor = stage.browser()
    assert visitor.post(f"/v/{stage.code}", {"full_name": "x" * 1_200_000}).status == 413
    nobody = Nginx.create(f"http://localhost:{free_port()}", f"http://localhost:{free_port()}")
    try:
        answer = Browser(nobody, PUBLIC).get(f"/v/{stage.code}")
    finally:
        nobody.remove()
    assert answer.status == 503 and "Tạm gián đoạn" in answer.text
    assert (answer.headers["Retry-After"], answer.headers["Strict-Transport-Security"]) == ("10", HSTS)


def test_a_photo_of_a_card_passes_through_memory_and_too_large_a_one_is_said(stage):
    path, kind = f"/v/{stage.code}/card", "multipart/form-data; boundary=x"

    def sent(photo):
        head = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'
        return stage.browser().ask("POST", path, body=head + photo + b"\r\n--x--\r\n", Content_Type=kind)

    # Without the folder for temporary files whatever needs one fails. A photo ends where it ends: what stands behind it
    # makes it as large as a phone makes them.
    folder = stage.nginx.folder / "client_body"
    folder.rename(folder.with_name("away"))
    try:
        answer = sent(jpeg(picture(cast.CCCD)) + bytes(8_000_000))
    finally:
        folder.with_name("away").rename(folder)
    assert answer.status == 200 and "022185001234" in answer.text
    answer = sent(bytes(14_000_000))
    assert answer.status == 429 and "Ảnh lớn quá" in answer.text and answer.headers["Strict-Transport-Security"] == HSTS
    # The bound of every other form is as it was.
    assert stage.browser().post(f"/v/{stage.code}", {"full_name": "x" * 1_200_000}).status == 413


def test_neither_who_asked_nor_what_for_is_in_a_log_of_nginx(stage):
    marked = stage.browser()
    assert marked.get(f"/v/{stage.code}?canary=Ánh".replace("Á", "A")).status == 200
    access = (stage.nginx.folder / "access.log").read_text()
    assert "canary" not in access and stage.code not in access and "127.0.0" not in access
    assert re.search(rf"^\S+ {re.escape(PUBLIC)} GET 200 \d+ [\d.]+$", access, re.MULTILINE)
    # No form and no list passed through a file.
    left = [p for kind in ("client_body", "proxy") for p in (stage.nginx.folder / kind).rglob("*") if p.is_file()]
    assert left == []
