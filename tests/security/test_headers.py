"""What goes out with every page, and what a request may not change."""

import re

import pytest

from checkin import clock
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


def test_cookies_are_marked_and_bound_to_the_host_under_tls(sqlite, tmp_path):
    from checkin import create_app

    env = {**sqlite.env(), "PUBLIC_ORIGIN": "https://khaibao.example.vn", "CHECKIN_PROXIES": "1"}
    app = create_app(Config.from_env(env))
    answer = app.test_client().get("/sign-in", base_url="https://khaibao.example.vn")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


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


def test_the_metrics_of_every_worker_are_counted_together(sqlite, code, tmp_path):
    from urllib.request import urlopen

    from tests.servers import gunicorn

    with gunicorn(sqlite.env(), tmp_path / "log", workers=2) as address:
        for _ in range(10):
            urlopen(f"{address}/privacy").read()
        with urlopen(f"{address}/metrics") as answer:
            text = answer.read().decode()
    assert 'checkin_requests_total{method="GET",route="/privacy",status="200"} 10.0' in text
