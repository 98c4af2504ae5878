"""The page of one's own account: sessions and password."""

import re

import pytest

from checkin.accounts import service
from checkin.accounts.models import Account
from tests import cast
from tests.accounts.pages import actions, behind, make, password_step, send
from tests.conftest import NOW

NEW = "một câu mới của riêng Hạnh"
PAGE = "/account/password"


pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def world(sqlite):
    """What these pages keep in the database is tried on both elsewhere."""
    return sqlite


@pytest.fixture
def hanh(world, client):
    account_id = make(world, "cdc")
    client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36"
    password_step(client)
    return account_id


def phone(world, role="cdc"):
    other = world.app().test_client()
    other.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPhone) Version/17 Safari/604"
    password_step(other, role)
    return other


def ends(page):
    return re.findall(r'action="(/account/sessions/[0-9a-f-]{36}/end)"', page)


def test_every_session_is_listed_and_each_can_be_ended(world, client, hanh):
    other = phone(world)
    page = client.get("/account").text
    assert page.count("Chrome · Windows") == 1 and "Safari · iPhone" in page and page.count("phiên này") == 1
    (end,) = ends(page)
    assert send(client, "/account", end).location == "/account"
    assert other.get("/lookup/").status_code == 302
    assert "iPhone" not in client.get("/account").text
    assert actions(world)[-1] == "session.end"
    assert send(client, "/account", end).status_code == 404


def test_a_session_of_somebody_else_does_not_exist(world, client, hanh):
    make(world, "admin")
    other = phone(world, "admin")
    phone(world)
    (end,) = ends(client.get("/account").text)
    assert send(other, "/account", end).status_code == 404
    assert ends(client.get("/account").text) == [end]


def test_all_others_are_ended_at_once_and_this_one_gets_another_token(world, client, hanh):
    others = [phone(world), phone(world)]
    with client.session_transaction() as before:
        token = before["token"]
    assert send(client, "/account", "/account/sessions/end-others").status_code == 302
    assert [one.get("/lookup/").status_code for one in (client, *others)] == [200, 302, 302]
    with client.session_transaction() as after:
        assert after["token"] != token


def test_another_password_needs_the_present_one_and_ends_the_other_sessions(world, client, hanh):
    other = phone(world)
    for current, new, why in (
        ("sai", NEW, "Mật khẩu hiện tại không đúng."),
        (cast.CDC[1], "ngắn", "ít nhất 15 ký tự"),
        (cast.CDC[1], "CDC Quảng Ninh 2026", "dễ đoán"),
        (cast.CDC[1], "hanh@cdc hanh@cdc", "dễ đoán"),
        (cast.CDC[1], "x" * 201, "nhiều nhất 200"),
        ("", NEW, "Cần điền"),
        (cast.CDC[1], "", "Cần điền"),
    ):
        answer = send(client, PAGE, current_password=current, new_password=new)
        assert answer.status_code == 422 and why in answer.text, why
        assert NEW not in answer.text
    assert other.get("/lookup/").status_code == 200
    assert send(client, PAGE, current_password=cast.CDC[1], new_password=NEW).location == "/account"
    assert [one.get("/lookup/").status_code for one in (client, other)] == [200, 302]
    fresh = world.app().test_client()
    assert send(fresh, "/sign-in", login=cast.CDC[0], password=cast.CDC[1]).status_code == 422
    assert send(fresh, "/sign-in", login=cast.CDC[0], password=NEW).status_code == 302
    assert actions(world)[-3:] == ["password.change", "sign_in.refused", "sign_in"]


def test_an_owner_chooses_a_shorter_one(world, client):
    make(world, "owner")
    password_step(client, "owner")
    for new, status in (("bảy chữ", 422), ("0912000111", 422), ("tám chữ!", 302)):
        assert send(client, PAGE, current_password=cast.OWNER[1], new_password=new).status_code == status, new


def test_fields_tell_password_managers_what_they_are_and_let_paste(client, hanh):
    page = client.get(PAGE).text
    assert 'autocomplete="current-password"' in page and 'autocomplete="new-password"' in page
    assert "onpaste" not in page and 'value=""' not in re.findall(r'<input type="password"[^>]*>', page)[0]
    send(client, "/account", "/sign-out")
    assert 'autocomplete="username"' in client.get("/sign-in").text


def test_each_form_needs_its_token(client, hanh):
    for page in ("/account/sessions/end-others", PAGE, "/account/second-factor", "/lock", "/unlock"):
        assert client.post(page, data={"current_password": cast.CDC[1]}).status_code == 400
    assert client.get("/account").status_code == 200


def test_the_session_of_a_closed_browser_is_over_and_an_owners_stays(world, client, hanh):
    make(world, "owner")

    def cookie(role):
        browser = world.app().test_client()
        return next(value for name, value in password_step(browser, role).headers if value.startswith("session="))

    assert "Expires" not in cookie("cdc")
    assert "Expires" in cookie("owner")


def test_a_list_of_a_hundred_sessions_is_whole(world, client, hanh):
    with behind(world) as session:
        account = session.get_one(Account, hanh)
        for _ in range(100):
            service.begin_session(session, now=NOW, account=account, user_agent="<script>alert(1)</script>", whole=True)
    page = client.get("/account").text
    assert len(ends(page)) == 100 and "<script>alert" not in page
