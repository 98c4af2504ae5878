"""How an owner gets an account."""

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.db import db
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside


def accounts(world):
    with clock.fixed(NOW), inside(world.app()):
        return [(made.role, made.display_name) for made in db.session().scalars(sa.select(Account))]


def send(client, **changes):
    fields = {"login": "0912 000 111", "password": cast.OWNER[1], "csrf_token": factories.token(client, "/sign-up")}
    return client.post("/sign-up", data={**fields, **changes})


def test_signing_up_makes_an_owner_and_goes_straight_on_to_the_venue(world, client):
    answer = send(client)
    assert (answer.status_code, answer.location) == (302, "/venues/new")
    assert accounts(world) == [("owner", "+8491…111")]
    assert client.get("/venues/new").status_code == 200
    assert client.get("/lookup/").status_code == 403


@pytest.mark.parametrize("role", ["admin", "cdc"])
def test_nobody_signs_up_as_staff(world, client, role):
    send(client, role=role, commune_id="06652")
    assert [made for made, _ in accounts(world)] == ["owner"]


@pytest.mark.parametrize("login", ["0912 000 111", "+84912000111", "0084 912 000 111", "84912000111"])
def test_a_number_that_has_an_account_is_told_to_sign_in_however_it_is_written(world, client, login):
    send(client)
    answer = send(world.app().test_client(), login=login, csrf_token="")
    assert answer.status_code == 400
    other = world.app().test_client()
    answer = send(other, login=login)
    assert answer.status_code == 422 and "Đã có tài khoản" in answer.text
    assert len(accounts(world)) == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"login": ""}, "Cần điền mục này."),
        ({"login": "chị bán phở"}, "Ghi số điện thoại"),
        ({"login": "0912"}, "Ghi số điện thoại"),
        ({"login": "hanh@cdc"}, "Ghi số điện thoại"),
        ({"login": "1" * 10_000}, "Dài quá"),
        ({"password": ""}, "Cần điền mục này."),
        ({"password": "bảy chữ"}, "ít nhất 8 ký tự"),
        ({"password": "x" * 201}, "nhiều nhất 200 ký tự"),
        ({"password": "matkhau123"}, "dễ đoán"),
    ],
)
def test_it_rejects_what_makes_no_account_and_says_why(world, client, changes, why):
    answer = send(client, **changes)
    assert answer.status_code == 422 and why in answer.text
    assert accounts(world) == []


def test_what_was_typed_stays_except_the_password(client):
    answer = send(client, login="chị bán phở", password="một mật khẩu dài")
    assert "chị bán phở" in answer.text
    assert "một mật khẩu dài" not in answer.text


def test_a_form_without_its_token_makes_no_account(world, client):
    assert client.post("/sign-up", data={"login": "0912000111", "password": cast.OWNER[1]}).status_code == 400
    assert accounts(world) == []


def test_the_staff_tier_has_no_signing_up(world, client):
    assert world.app("staff").test_client().get("/sign-up").status_code == 404
