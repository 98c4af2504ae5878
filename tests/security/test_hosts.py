"""A Host header is what anybody writes: it changes no byte of a page, a link or a code, over real connections."""

import io
import re
import shutil
import socket

import pytest
import zxingcpp
from PIL import Image

from checkin.accounts.access import safe_next
from checkin.db import db
from tests import cast, factories
from tests.servers import gunicorn
from tests.worlds import World, inside, vault_of

EVIL = "evil.example"
# What differs from one answer to the next by itself.
TOKENS = re.compile(rb'(name="(?:csrf_token|submission|token)" value=")[^"]*')


@pytest.fixture(scope="module")
def served(_sqlite, tmp_path_factory):
    """The product under gunicorn, with a venue and its owner; gives (port, code, venue id, a cookie)."""
    folder = tmp_path_factory.mktemp("hosts")
    shutil.copy(_sqlite.template, folder / "checkin.db")
    url = f"sqlite:///{folder / 'checkin.db'}"
    world = World("sqlite", folder, dict.fromkeys(("all", "public", "staff"), url), url)
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        owner = factories.account(session, vault, "owner", cast.OWNER)
        venue = factories.venue(session, vault, owner=owner)
        code, venue_id = factories.code_of(session, venue), venue.id
        factories.commit()
        db.engine.dispose()
    with gunicorn(world.env(), folder / "log", workers=1) as address:
        port = int(address.rsplit(":", 1)[1])
        yield port, code, venue_id, f"Cookie: {sign_in(port)}"


def ask(port, line, *headers, body=b""):
    """(status, headers, body) of a request written byte by byte."""
    text = "\r\n".join((line, *headers, "Connection: close", "", ""))
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        connection.sendall(text.encode("latin-1") + body)
        got = b""
        while part := connection.recv(65536):
            got += part
    head, _, rest = got.partition(b"\r\n\r\n")
    return int(head.split()[1]), head, rest


def same(body):
    return TOKENS.sub(rb"\1", body)


def sign_in(port):
    """The session cookie of the owner."""
    _, head, body = ask(port, "GET /sign-in HTTP/1.1", f"Host: localhost:{port}")
    cookie = re.search(rb"Set-Cookie: (session=[^;]+)", head)[1].decode()
    csrf = re.search(rb'name="csrf_token" value="([^"]+)"', body)[1].decode()
    form = f"login={cast.OWNER[0]}&password={cast.OWNER[1]}&csrf_token={csrf}".encode()
    _, head, _ = ask(
        port, "POST /sign-in HTTP/1.1", f"Host: localhost:{port}", f"Cookie: {cookie}",
        "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}", body=form,
    )  # fmt: skip
    assert b" 302 " in head.split(b"\r\n")[0]
    return re.search(rb"Set-Cookie: (session=[^;]+)", head)[1].decode()


HOSTILE = {
    "another name": ("GET {path} HTTP/1.1", [f"Host: {EVIL}"]),
    "a port": ("GET {path} HTTP/1.1", [f"Host: {EVIL}:1"]),
    "letters that break out": ("GET {path} HTTP/1.1", ['Host: evil.example"><script>']),
    "forwarded": ("GET {path} HTTP/1.1", ["Host: localhost", f"X-Forwarded-Host: {EVIL}", f"X-Forwarded-Server: {EVIL}"]),
    "forwarded by standard": ("GET {path} HTTP/1.1", ["Host: localhost", f"Forwarded: host={EVIL};proto=https"]),
    "another scheme": ("GET {path} HTTP/1.1", ["Host: localhost", "X-Forwarded-Proto: https", "X-Forwarded-Port: 1"]),
    "a prefix": ("GET {path} HTTP/1.1", ["Host: localhost", f"X-Forwarded-Prefix: //{EVIL}", f"X-Script-Name: /{EVIL}"]),
    "another address": ("GET {path} HTTP/1.1", ["Host: localhost", f"X-Original-URL: /{EVIL}", f"X-Rewrite-URL: /{EVIL}"]),
    "the whole address": ("GET http://evil.example{path} HTTP/1.1", [f"Host: {EVIL}"]),
    "two names": ("GET {path} HTTP/1.1", ["Host: localhost", f"Host: {EVIL}"]),
    "two names, the other way": ("GET {path} HTTP/1.1", [f"Host: {EVIL}", "Host: localhost"]),
    "no name": ("GET {path} HTTP/1.0", []),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("how", HOSTILE)
def test_a_hostile_host_changes_no_byte_of_a_page_a_link_or_a_code(served, how):
    port, code, venue_id, cookie = served
    line, headers = HOSTILE[how]
    for path in ("/", f"/v/{code}", f"/venues/{venue_id}", f"/venues/codes/{code}/qr.svg", f"/nothing/{EVIL[:4]}"):
        status, _, plain = ask(port, f"GET {path} HTTP/1.1", f"Host: localhost:{port}", cookie)
        hostile_status, head, hostile = ask(port, line.format(path=path), *headers, cookie)
        if hostile_status == 400:
            continue  # the server itself did not take it
        assert (hostile_status, same(hostile)) == (status, same(plain)), path
        assert EVIL.encode() not in head
    for path in (
        "/venues/new/",
        "//venues",
        "/venues?x=1",
        "/sign-out",
        "/code?code=abc",
    ):  # what answers with a redirect
        _, head, _ = ask(port, line.format(path=path), *headers)
        assert EVIL.encode() not in head, path


@pytest.mark.long
def test_the_code_that_is_printed_leads_to_the_configured_address(served):
    port, code, _, cookie = served
    _, _, body = ask(port, f"GET /venues/codes/{code}/qr.png HTTP/1.1", f"Host: {EVIL}", cookie)
    read = zxingcpp.read_barcodes(Image.open(io.BytesIO(body)))
    assert [one.text for one in read] == [f"http://localhost:{port}/v/{code}"]


@pytest.mark.long
@pytest.mark.parametrize(
    "path", ["//evil.example/", "/\\evil.example", "///evil.example//x", "/%5cevil.example", "/%2f%2fevil.example"]
)
def test_the_language_link_of_a_strange_address_stays_here(served, path):
    port, *_ = served
    status, _, body = ask(port, f"GET {path} HTTP/1.1", f"Host: localhost:{port}")
    assert status in {400, 404}
    for link in re.findall(rb'(?:href|action|src)="([^"]*)"', body):
        assert not link.startswith((b"//", b"/\\", b"http")), link


@pytest.mark.parametrize("host", ["x" * 300, "x..y", "y" * 64 + ".vn"])
@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_what_is_no_host_is_a_plain_400_whatever_else_is_wrong(sqlite, host, headers):
    client = sqlite.app().test_client()
    for ask_for in (client.get, client.post):
        answer = ask_for("/sign-in", headers={"Host": host, **headers})
        assert answer.status_code == 400 and host.encode() not in answer.data


LEADS_AWAY = [
    "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example",
    "\t//evil.example", " //evil.example", "http:evil.example", "https:/evil.example", "javascript:alert(1)", "///evil.example",
    "/\r\n//evil.example", "evil.example", "%2f%2fevil.example", " /evil.example", "//evil.example%2f@localhost",
    "/\x00/evil.example", "data:text/html,x", "/a\\..\\\\evil.example", "//localhost@evil.example", "", None,
]  # fmt: skip


@pytest.mark.parametrize("target", LEADS_AWAY)
def test_signing_in_leads_nowhere_else(target):
    assert safe_next(target) is None


@pytest.mark.parametrize("target", ["/", "/venues", "/lookup/?by=person&case=F0-0001", "/v/K7QF3M2P9XD?x=//y"])
def test_signing_in_leads_on_to_pages_of_ours(target):
    assert safe_next(target) == target
