"""What goes out with every page, and what a request may not change."""

import re

import pytest

from checkin import clock, create_app
from checkin.config import Config
from checkin.db import db
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of


@pytest.fixture
def code(sqlite):
    app = sqlite.app()
    with inside(app):
        made = factories.code_of(db.session(), factories.venue(db.session(), vault_of(app)))
        factories.account(db.session(), vault_of(app), "cdc", cast.CDC)
        factories.commit()
    return made


PAGES = ["/", "/privacy", "/zones", "/sign-in", "/sign-up", "/v/{code}", "/v/XXXX", "/nothing", "/healthz"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_carries_the_security_headers(sqlite, code, page):
    headers = sqlite.app().test_client().get(page.format(code=code)).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy and "unsafe-eval" not in policy
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Permitted-Cross-Domain-Policies"] == "none"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("page", PAGES)
def test_no_page_holds_inline_script_or_style(sqlite, code, page):
    html = sqlite.app().test_client().get(page.format(code=code)).text
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)


@pytest.mark.parametrize("page", ["/", "/v/{code}", "/sign-in", "/sign-up"])
def test_a_hostile_host_header_changes_no_byte_of_a_page(sqlite, code, page):
    def body(**headers):
        html = sqlite.app().test_client().get(page.format(code=code), headers=headers).text
        return re.sub(r'value="[^"]*"', "", html)  # tokens differ each time

    with clock.fixed(NOW):
        assert body() == body(Host="evil.example") == body(Host="localhost", **{"X-Forwarded-Host": "evil.example"})


def test_the_code_on_the_wall_never_comes_from_the_host_header(sqlite):
    app = sqlite.app()
    with inside(app):
        owner = factories.account(db.session(), vault_of(app), "owner", cast.OWNER)
        venue = factories.venue(db.session(), vault_of(app), owner=owner)
        code, venue_id = factories.code_of(db.session(), venue), venue.id
        factories.commit()
    client = app.test_client()
    factories.sign_in(client, cast.OWNER)
    for path in (f"/venues/codes/{code}/qr.svg", f"/venues/{venue_id}"):
        plain, hostile = (
            client.get(path).data,
            client.get(path, headers={"Host": "localhost", "X-Forwarded-Host": "evil.example"}).data,
        )
        assert b"evil.example" not in hostile
        assert plain.count(b"evil") == 0


@pytest.fixture(scope="module")
def _under_tls(_sqlite):
    return create_app(
        Config.from_env({**_sqlite.env(), "PUBLIC_ORIGIN": "https://khaibao.example.vn", "CHECKIN_PROXIES": "1"})
    )


@pytest.fixture
def under_tls(sqlite, _under_tls):  # `sqlite` first: it is emptied once nothing holds it any more
    """The product as it is served under TLS, behind one proxy."""
    yield _under_tls
    with inside(_under_tls):
        db.engine.dispose()


def cookies_of(answer):
    """What the answer sets: name to attributes."""
    found = {}
    for text in answer.headers.getlist("Set-Cookie"):
        pair, *rest = text.split("; ")
        found[pair.split("=")[0]] = {part.split("=")[0].lower(): part.partition("=")[2] for part in rest}
    return found


def test_every_cookie_is_marked_and_under_tls_bound_to_the_host(under_tls, code):
    tls = {"base_url": "https://khaibao.example.vn"}
    client = under_tls.test_client()
    with clock.fixed(NOW):
        page = client.get(f"/v/{code}?lang=en", **tls)
        fields = cast.form(submission=factories.hidden(page.text, "submission"))
        seen = cookies_of(page) | cookies_of(client.post(f"/v/{code}", data=fields, **tls))
        seen |= cookies_of(client.get("/sign-in", **tls))
        gone = cookies_of(client.post("/forget-me", **tls))
    assert set(seen) == {f"__Host-{name}" for name in ("lang", "device", "me", "session")}
    assert set(gone) == {"__Host-device", "__Host-me"}
    for name, marks in {**seen, **gone}.items():
        # Without these a browser refuses a cookie of that name.
        assert "secure" in marks and marks["path"] == "/" and "domain" not in marks, name
        assert "httponly" in marks and marks["samesite"] == "Lax", name
    assert client.get(f"/v/{code}", **tls).headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("page", [*PAGES, "/static/css/base.css", "/lookup/", "/me/data.json", "/v/{code}/nothing"])
def test_every_answer_under_tls_tells_the_browser_to_stay_there(under_tls, code, page):
    for method in ("GET", "POST"):
        with under_tls.test_client().open(
            page.format(code=code), method=method, base_url="https://khaibao.example.vn"
        ) as answer:
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_a_cookie_that_another_site_of_the_domain_set_counts_for_nothing_under_tls(under_tls, code):
    client = under_tls.test_client()
    client.set_cookie("lang", "en", domain="khaibao.example.vn")
    client.set_cookie("device", "a" * 64, domain="khaibao.example.vn")
    with clock.fixed(NOW):
        page = client.get(f"/v/{code}", base_url="https://khaibao.example.vn")
        assert '<html lang="vi">' in page.text
        fields = cast.form(submission=factories.hidden(page.text, "submission"))
        answer = client.post(f"/v/{code}", data=fields, base_url="https://khaibao.example.vn")
    assert "a" * 64 not in answer.headers.get("Set-Cookie", "")


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"Origin": "https://khaibao.example.vn"}, True),
        (
            {"Origin": "https://khaibao.example.vn", "Host": "127.0.0.1:8000"},
            True,
        ),  # a proxy that passes on another name
        ({}, True),  # old browsers, and what is no browser
        ({"Origin": "http://khaibao.example.vn"}, False),  # a page that somebody on the way made up
        ({"Origin": "https://evil.example", "Host": "evil.example"}, False),  # a name that was pointed here
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "https://khaibao.example.vn.evil.example"}, False),
        ({"Origin": "https://khaibao.example.vn:444"}, False),
        ({"Origin": "https://user@khaibao.example.vn"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "Same-Site"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://khaibao.example.vn"}, True),
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/forget-me"])
def test_a_form_is_taken_from_the_configured_address_alone(under_tls, path, headers, taken):
    client = under_tls.test_client()
    headers = {"Host": "khaibao.example.vn", **headers}
    answer = client.post(path, headers=headers, environ_base={"wsgi.url_scheme": "https"})
    assert (answer.status_code != 403) is taken


def test_on_ones_own_computer_a_form_is_taken_under_each_of_its_names(sqlite):
    client = sqlite.app().test_client()
    for host, origin, taken in (
        ("127.0.0.1:8000", "http://127.0.0.1:8000", True),
        ("localhost", "http://localhost:8000", True),
        ("localhost:8000", "http://evil.example", False),
    ):
        answer = client.post("/forget-me", headers={"Host": host, "Origin": origin})
        assert (answer.status_code == 200) is taken, host


def test_no_referer_is_needed_under_tls(under_tls):
    client, tls = under_tls.test_client(), {"base_url": "https://khaibao.example.vn"}
    csrf = factories.hidden(client.get("/sign-in", **tls).text, "csrf_token")
    fields = {"login": "ai đó", "password": "sai", "csrf_token": csrf}
    assert client.post("/sign-in", data=fields, **tls).status_code == 422
    assert client.post("/sign-in", data={**fields, "csrf_token": "x"}, **tls).status_code == 400


def test_no_page_and_no_file_is_kept_or_comes_as_unchanged(sqlite, code):
    app = sqlite.app()
    client = app.test_client()
    with clock.fixed(NOW):
        with inside(app):
            owner = factories.account(db.session(), vault_of(app), "owner", cast.OWNER)
            mine = factories.venue(db.session(), vault_of(app), owner=owner)
            own, venue_id = factories.code_of(db.session(), mine), mine.id
            factories.commit()
        factories.sign_in(client, cast.OWNER)
        pages = [f"/venues/codes/{own}/{file}" for file in ("qr.svg", "qr.png", "poster-a4.pdf")]
        for path in [
            *pages,
            "/venues/",
            f"/venues/{venue_id}",
            f"/venues/{venue_id}/numbers",
            f"/v/{code}",
            "/sign-in",
        ]:
            first = client.get(path)
            assert first.status_code in {200, 302} and first.headers["Cache-Control"] == "no-store", path
            assert not {"ETag", "Last-Modified", "Expires"} & set(first.headers.keys()), path
            again = client.get(
                path, headers={"If-None-Match": "*", "If-Modified-Since": "Fri, 20 Nov 2026 03:30:00 GMT"}
            )
            assert again.status_code == first.status_code, path


def test_signing_out_takes_what_the_browser_still_holds(sqlite, code):
    client = sqlite.app().test_client()
    with clock.fixed(NOW):
        factories.sign_in(client, cast.CDC)
        answer = client.post("/sign-out", data={"csrf_token": factories.token(client, "/lookup/")})
    assert answer.status_code == 302
    # Not its cookies, which would be those of the whole domain.
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_what_was_meant_before_signing_in_never_leaves_in_the_answer(sqlite):
    app = sqlite.app()
    with clock.fixed(NOW), inside(app):
        factories.account(db.session(), vault_of(app), "owner", cast.OWNER)
        factories.commit()
    client = app.test_client()
    for target in ("//evil.example", "/\t/evil.example", "https://evil.example/"):
        csrf = factories.token(client, "/sign-in")
        fields = {"login": cast.OWNER[0], "password": cast.OWNER[1], "csrf_token": csrf}
        answer = client.post("/sign-in", query_string={"next": target}, data=fields)
        assert answer.status_code == 302 and answer.headers["Location"] == "/venues/"
        client = app.test_client()
    for lang in ("//evil.example", "vi\r\nSet-Cookie: a=b", "en-US", "../"):
        answer = client.get("/", query_string={"lang": lang})
        assert answer.status_code == 200 and "Set-Cookie" not in answer.headers


def test_metrics_are_for_this_machine_alone_and_name_nobody(sqlite, code):
    client = sqlite.app().test_client()
    with clock.fixed(NOW):
        fields = cast.form(submission=factories.submission(client, code))
        client.post(f"/v/{code}", data=fields)
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 404
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code == 404
    text = client.get("/metrics").text
    assert 'route="/v/<code>"' in text
    assert code not in text and "Tuy" not in text


def test_the_log_names_routes_and_nobody(sqlite, code, capsys):
    client = sqlite.app().test_client()
    with clock.fixed(NOW):
        client.post(f"/v/{code}", data=cast.form(submission=factories.submission(client, code)))
    out = capsys.readouterr().out
    assert '"route": "/v/<code>"' in out
    for private in ("Tuy", "912345678", "912 345", "1985", code):
        assert private not in out


def test_sign_in_is_limited_by_route_and_network_whatever_the_letter_case(sqlite):
    from checkin.web import limiter

    client = sqlite.app().test_client()
    limiter.enabled = True
    try:
        csrf = factories.token(client, "/sign-in")
        fields = {"password": "x", "csrf_token": csrf}
        seen = [client.post("/sign-in", data={**fields, "login": f"a{n}"}).status_code for n in range(25)]
        assert 429 in seen[20:]
    finally:
        limiter.reset()
        limiter.enabled = False


def test_every_form_of_staff_and_owners_needs_its_token(sqlite, code):
    client = sqlite.app().test_client()
    factories.sign_in(client, cast.CDC)
    for path in ("/lookup/place", "/lookup/person", "/cases/", "/sign-out"):
        assert client.post(path, data={"reason": "x"}).status_code == 400


@pytest.mark.long
def test_the_metrics_of_every_worker_are_counted_together(sqlite, code, tmp_path):
    from urllib.request import urlopen

    from tests.servers import gunicorn

    with gunicorn(sqlite.env(), tmp_path / "log", workers=2) as address:
        for _ in range(10):
            urlopen(f"{address}/privacy").read()
        with urlopen(f"{address}/metrics") as answer:
            text = answer.read().decode()
    assert 'checkin_requests_total{method="GET",route="/privacy",status="200"} 10.0' in text
