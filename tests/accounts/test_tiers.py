"""The account's pages as each tier's own role on PostgreSQL: what the database refuses there fails here."""

import pyotp
import pytest

from checkin import clock
from tests import cast, factories
from tests.accounts.pages import CODES, code, later, make, password_step, send
from tests.accounts.test_second_factor_pages import codes_on, secret_on

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("quick_hashes")]
FACTOR = "/account/second-factor"


@pytest.fixture
def world(postgresql):
    return postgresql


@pytest.mark.usefixtures("client")  # the clock stands at NOW
def test_an_owner_does_everything_with_their_account_in_the_public_tier(world):
    app = world.app("public")
    client, phone = app.test_client(), app.test_client()
    assert send(client, "/sign-up", login=cast.OWNER[0], password=cast.OWNER[1]).location == "/venues/new"
    assert password_step(phone, "owner").location == "/venues/"
    assert client.get("/account").text.count("/end") == 2  # one other session, and all others
    assert send(client, "/account", "/account/sessions/end-others").status_code == 302
    assert [one.get("/account").status_code for one in (client, phone)] == [200, 302]
    new = "quán phở của Bình 22"
    assert send(client, "/account/password", current_password=cast.OWNER[1], new_password=new).status_code == 302
    with later(days=15):
        assert client.get("/account").location.startswith("/unlock")
        assert send(client, "/unlock", password=new).location == "/venues/"
        page = send(client, FACTOR, do="app", current_password=new).text
        fields = {"secret": factories.hidden(page, "secret"), "factor": pyotp.TOTP(secret_on(page)).at(clock.now())}
        codes = codes_on(send(client, FACTOR, FACTOR + "/enrol", **fields).text)
        assert len(codes) == 10
        assert send(phone, "/sign-in", login=cast.OWNER[0], password=new).location == "/sign-in/code"
        assert send(phone, "/sign-in/code", factor=codes[0]).location == "/venues/"
        assert send(client, FACTOR, do="off", current_password=new).status_code == 302
    with later(days=15, minutes=5):
        assert client.get("/account").status_code == 200  # and its use was noted
    assert send(client, "/account", "/sign-out").status_code == 302


def test_staff_sign_in_lock_and_unlock_in_the_staff_tier(world):
    make(world, "cdc", factor=True)
    client = world.app("staff").test_client()
    with later(seconds=0):
        assert password_step(client).location == "/sign-in/code"
        assert send(client, "/sign-in/code", factor=code()).location == "/lookup/"
    with later(minutes=10):
        assert client.get("/lookup/").status_code == 200
    with later(minutes=26):
        locked = client.post("/cases/", data={"title": "x", "csrf_token": factories.token(client, "/unlock")})
        assert locked.status_code == 403
        kept = factories.hidden(locked.text, "kept")
        assert "gửi tiếp" in send(client, "/unlock", password=cast.CDC[1], kept=kept).text
        assert len(codes_on(send(client, FACTOR, do="codes", current_password=cast.CDC[1]).text)) == 10
        assert send(client, "/account", "/sign-out").status_code == 302
        assert password_step(client).location == "/sign-in/code"
        assert send(client, "/sign-in/code", factor=CODES[0]).status_code == 422
        assert send(client, "/sign-in/code", factor=code(minutes=26)).status_code == 302


def test_staff_do_not_sign_in_to_the_public_tier_nor_owners_to_the_staffs(world):
    make(world, "cdc")
    make(world, "owner")
    with later(seconds=0):
        for tier, role in (("public", "cdc"), ("staff", "owner")):
            assert password_step(world.app(tier).test_client(), role).status_code == 422
