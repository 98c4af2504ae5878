"""Signing in and out through the pages."""

from contextlib import contextmanager

import pytest

from checkin import clock
from checkin.accounts import service
from checkin.accounts.access import safe_next
from checkin.accounts.models import Account
from checkin.db import db
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

WRONG = "Tên đăng nhập hoặc mật khẩu không đúng."


@contextmanager
def behind(world):
    """The database behind the pages. Left before the next request, which must not find this context's state."""
    with clock.fixed(NOW), inside(world.app()):
        yield db.session()
        db.session.commit()


def make(world, role, who):
    with behind(world) as session:
        return factories.account(session, vault_of(world.app()), role, who).id


def is_active(world, account_id):
    with behind(world) as session:
        return session.get_one(Account, account_id).active


@pytest.fixture
def hanh(world):
    return make(world, "cdc", cast.CDC)


@pytest.fixture
def khoa(world):
    return make(world, "admin", cast.ADMIN)


def post(client, login=cast.CDC[0], password=cast.CDC[1], address="/sign-in"):
    fields = {"login": login, "password": password, "csrf_token": factories.token(client, "/sign-in")}
    return client.post(address, data=fields)


def test_signing_in_leads_to_the_lookup(client, hanh):
    answer = post(client)
    assert (answer.status_code, answer.location) == (302, "/lookup/")
    assert client.get("/lookup/").status_code == 200


def test_unknown_and_wrong_get_the_same_answer(client, hanh):
    pages = []
    for login, password in (("hanh@cdc", "sai mật khẩu rồi"), ("anhh@cdc", cast.CDC[1])):
        answer = post(client, login, password)
        assert answer.status_code == 422 and WRONG in answer.text
        pages.append(answer.text.replace(factories.hidden(answer.text, "csrf_token"), "").replace(login, ""))
    assert pages[0] == pages[1]
    assert cast.CDC[1] not in pages[1]
    assert client.get("/lookup/").status_code == 302


@pytest.mark.parametrize(
    "changes", [{"login": ""}, {"password": ""}, {"login": "\x00"}, {"login": "x" * 10_000}, {"password": "x" * 10_000}]
)
def test_what_cannot_be_right_is_refused_and_signs_nobody_in(client, hanh, changes):
    assert post(client, **changes).status_code == 422
    assert client.get("/lookup/").status_code == 302


def test_a_form_without_its_token_signs_nobody_in(client, hanh):
    for token in ({}, {"csrf_token": ""}, {"csrf_token": "x"}):
        assert client.post("/sign-in", data={"login": cast.CDC[0], "password": cast.CDC[1], **token}).status_code == 400
    assert client.get("/lookup/").status_code == 302


def test_a_token_of_another_browser_signs_nobody_in(world, client, hanh):
    token = factories.token(world.app().test_client(), "/sign-in")
    answer = client.post("/sign-in", data={"login": cast.CDC[0], "password": cast.CDC[1], "csrf_token": token})
    assert answer.status_code == 400


ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "https://evil.example/",
    "http:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "\\\\evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\x00//evil.example",
    "evil.example",
    "@evil.example",
    "",
    "/" * 10_000 + "evil.example",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_never_leads_to_another_site(client, hanh, target):
    answer = client.post(
        "/sign-in",
        query_string={"next": target},
        data={"login": cast.CDC[0], "password": cast.CDC[1], "csrf_token": factories.token(client, "/sign-in")},
    )
    assert (answer.status_code, answer.location) == (302, "/lookup/")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_what_could_lead_elsewhere_is_no_place_to_go_on_to(target):
    assert safe_next(target) is None


@pytest.mark.parametrize("target", ["/", "/lookup/", "/lookup/?by=person&next=//x", "/cases/?before=3#x", "/v/K7QF%2F"])
def test_a_path_of_this_site_is_a_place_to_go_on_to(target):
    assert safe_next(target) == target


def test_who_is_not_signed_in_is_led_back_after_signing_in(client, hanh):
    asked = client.get("/cases/?before=3")
    assert asked.status_code == 302 and asked.location.startswith("/sign-in?next=")
    answer = client.post(
        asked.location,
        data={"login": cast.CDC[0], "password": cast.CDC[1], "csrf_token": factories.token(client, "/sign-in")},
    )
    assert answer.location == "/cases/?before=3"


def test_a_new_session_begins_at_signing_in(client, hanh):
    client.get("/sign-in")
    with client.session_transaction() as before:
        before["planted"] = "by somebody else"
        token = before["csrf_token"]
    post(client)
    with client.session_transaction() as after:
        assert "planted" not in after
        assert after.get("csrf_token") != token


def test_the_session_cookie_is_hidden_from_scripts_and_other_sites(client, hanh):
    cookie = next(
        value for name, value in post(client).headers if name == "Set-Cookie" and value.startswith("session=")
    )
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_a_blocked_account_is_out_at_its_next_click(world, client, hanh):
    post(client)
    with behind(world) as session:
        account = session.get_one(Account, hanh)
        service.set_active(session, now=NOW, actor=factories.SYSTEM, account=account, active=False)
    assert client.get("/lookup/").status_code == 302
    assert post(client).status_code == 422


def test_signing_out_ends_this_session_and_a_cookie_kept_from_before_is_worth_nothing(world, client, hanh):
    other = world.app().test_client()
    for browser in (client, other):
        post(browser)
    with client.session_transaction() as carried:
        values = dict(carried)
    assert client.post("/sign-out", data={"csrf_token": factories.token(client, "/lookup/")}).status_code == 302
    with client.session_transaction() as again:
        again.update(values)
    assert client.get("/lookup/").status_code == 302
    assert other.get("/lookup/").status_code == 200


def test_a_token_planted_before_signing_in_is_not_the_one_after(world, client, hanh):
    post(client)
    with client.session_transaction() as first:
        token = first["token"]
    post(world.app().test_client())
    client.post("/sign-out", data={"csrf_token": factories.token(client, "/lookup/")})
    with client.session_transaction() as planted:
        planted["token"] = token
    post(client)
    with client.session_transaction() as after:
        assert after["token"] != token


def test_signing_out_needs_the_token(client, hanh):
    post(client)
    assert client.post("/sign-out").status_code == 400
    assert client.get("/lookup/").status_code == 200
    assert client.get("/sign-out").status_code == 405


def test_who_is_signed_in_is_not_asked_again(client, hanh):
    post(client)
    assert client.get("/sign-in").location == "/lookup/"


@pytest.mark.parametrize(
    ("tier", "role", "who"),
    [("public", "cdc", cast.CDC), ("public", "admin", cast.ADMIN), ("staff", "owner", cast.OWNER)],
)
def test_a_role_of_the_other_tier_signs_in_to_none(world, client, tier, role, who):
    make(world, role, who)
    browser = world.app(tier).test_client()
    answer = post(browser, *who)
    assert answer.status_code == 422 and WRONG in answer.text


def test_a_session_of_the_other_tier_is_nobody_here(world, client, hanh):
    post(client)
    with client.session_transaction() as carried:
        values = dict(carried)
    browser = world.app("public").test_client()
    with browser.session_transaction() as forged:
        forged.update(values)
    assert browser.get("/venues/").location.startswith("/sign-in")


def test_the_administrator_blocks_others_and_not_themselves(world, client, hanh, khoa):
    post(client, *cast.ADMIN)
    for account_id, active in ((hanh, False), (khoa, True)):
        token = factories.token(client, "/accounts/")
        answer = client.post(f"/accounts/{account_id}/block", data={"csrf_token": token})
        assert answer.status_code == 302
        assert is_active(world, account_id) is active


def test_the_administrator_does_not_block_owners_or_nobody(world, client, khoa):
    owner = make(world, "owner", cast.OWNER)
    post(client, *cast.ADMIN)
    token = factories.token(client, "/accounts/")
    for account_id in (owner, "01a1f1da-a2c0-7917-b34f-57d7e8c364e6"):
        assert client.post(f"/accounts/{account_id}/block", data={"csrf_token": token}).status_code == 404
    assert is_active(world, owner)


@pytest.mark.parametrize("who", ["nobody", "cdc"])
def test_nobody_but_the_administrator_opens_the_accounts(client, hanh, who):
    if who == "cdc":
        post(client)
    assert client.get("/accounts/").status_code == (403 if who == "cdc" else 302)
