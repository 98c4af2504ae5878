"""Signing in with a second factor, setting one up, and losing it."""

import re

import pyotp
import pytest
import sqlalchemy as sa

from checkin.accounts import service
from checkin.accounts.models import Account, AccountSession
from tests import cast, factories
from tests.accounts.pages import (
    CODES,
    SECRET,
    account_of,
    actions,
    behind,
    code,
    later,
    make,
    password_step,
    send,
    strict,
)
from tests.conftest import NOW
from tests.worlds import vault_of

CLOSED = ("/lookup/", "/account", "/account/password", "/account/second-factor", "/still-here")
WRONG = "Mã không đúng"


pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def world(sqlite):
    """What these pages keep in the database is tried on both elsewhere."""
    return sqlite


@pytest.fixture
def hanh(world):
    return make(world, "cdc", factor=True)


def secret_on(page):
    return re.search(r'class="key"[^>]*>([A-Z2-7 ]+)<', page)[1].replace(" ", "")


def codes_on(page):
    return re.findall(r"<li>(\d{4} \d{4} \d{4})</li>", page)


def test_the_password_alone_opens_nothing_and_the_code_everything(world, client, hanh):
    answer = password_step(client)
    assert (answer.status_code, answer.location) == (302, "/sign-in/code")
    for page in CLOSED:
        assert client.get(page).location.startswith("/sign-in/code")
    assert (
        client.post("/lookup/place", data={"csrf_token": factories.token(client, "/sign-in/code")}).status_code == 302
    )
    with client.session_transaction() as before:
        token = before["token"]
    answer = send(client, "/sign-in/code", factor=code())
    assert (answer.status_code, answer.location) == (302, "/lookup/")
    with client.session_transaction() as after:
        assert after["token"] != token
    for page in CLOSED:
        assert client.get(page).status_code in (200, 204)
    assert actions(world)[-1:] == ["sign_in"]


def test_a_wrong_code_a_used_one_and_an_older_one_are_refused_alike(world, client, hanh):
    password_step(client)
    assert send(client, "/sign-in/code", factor=code()).status_code == 302
    other = world.app().test_client()
    password_step(other)
    pages = [
        send(other, "/sign-in/code", factor=wrong) for wrong in (code(), code(seconds=-30), "000000", "x", "1" * 99)
    ]
    assert [page.status_code for page in pages] == [422] * 5
    assert all(WRONG in page.text or "Dài quá" in page.text for page in pages)
    assert other.get("/lookup/").location.startswith("/sign-in/code")
    assert actions(world)[-1] == "sign_in.refused"


def test_a_recovery_code_works_once_however_it_is_typed(world, client, hanh):
    password_step(client)
    assert send(client, "/sign-in/code", factor="1000 0000-0001").status_code == 302
    assert "factor.recovery" in actions(world)
    assert "Còn 1 mã dự phòng" in client.get("/account").text
    other = world.app().test_client()
    password_step(other)
    assert send(other, "/sign-in/code", factor=CODES[0]).status_code == 422
    assert send(other, "/sign-in/code", factor=CODES[1]).status_code == 302


def test_between_password_and_code_there_is_a_quarter_of_an_hour(client, hanh):
    password_step(client)
    with later(minutes=15):
        assert client.get("/sign-in/code").location == "/sign-in"


def test_the_way_on_is_kept_through_the_second_step_and_never_leads_elsewhere(client, hanh):
    for asked, goes in (("/cases/?before=3", "/cases/?before=3"), ("//evil.example", "/lookup/")):
        page = client.post(
            "/sign-in",
            query_string={"next": asked},
            data={"login": cast.CDC[0], "password": cast.CDC[1], "csrf_token": factories.token(client, "/sign-in")},
        ).location
        assert send(client, page, factor=CODES[0] if goes == "/lookup/" else code()).location == goes
        send(client, "/account", "/sign-out")


def test_staff_without_a_factor_set_one_up_before_anything_else(world, client):
    khoa = make(world, "admin")
    with strict(world):
        assert password_step(client, "admin").location == "/sign-in/enrol"
        for page in ("/accounts/", "/audit/", "/account"):
            assert client.get(page).location.startswith("/sign-in/enrol")
        assert client.get("/sign-in/code").location == "/sign-in"
        page = client.get("/sign-in/enrol").text
        secret, carried = secret_on(page), factories.hidden(page, "secret")
        wrong = send(client, "/sign-in/enrol", secret=carried, factor="000000")
        assert wrong.status_code == 422 and secret_on(wrong.text) == secret
        assert client.get("/accounts/").status_code == 302
        done = send(client, "/sign-in/enrol", secret=carried, factor=pyotp.TOTP(secret).at(NOW))
        assert done.status_code == 200 and len(set(codes_on(done.text))) == 10
        assert client.get("/accounts/").status_code == 200
        assert actions(world) == ["factor.codes", "factor.enrol", "sign_in"]
        stored = account_of(world, khoa).factor
        assert secret.encode() not in stored
        assert vault_of(world.app()).unlock("staff", stored)["totp"] == secret
        # The code that set it up is taken; one of those on paper signs in.
        other = world.app().test_client()
        assert password_step(other, "admin").location == "/sign-in/code"
        assert send(other, "/sign-in/code", factor=pyotp.TOTP(secret).at(NOW)).status_code == 422
        assert send(other, "/sign-in/code", factor=codes_on(done.text)[0]).status_code == 302
    assert codes_on(done.text)[0] not in client.get("/account").text


def test_a_secret_of_another_account_or_of_before_sets_nothing_up(world, client):
    make(world, "admin")
    make(world, "cdc")
    with strict(world):
        other = world.app().test_client()
        password_step(other, "admin")
        page = other.get("/sign-in/enrol").text
        password_step(client)
        foreign = {"secret": factories.hidden(page, "secret"), "factor": pyotp.TOTP(secret_on(page)).at(NOW)}
        own = client.get("/sign-in/enrol").text
        assert send(client, "/sign-in/enrol", **foreign).status_code == 422
        for secret in ("", "x", "ế" * 3000):
            assert send(client, "/sign-in/enrol", secret=secret, factor="123456").status_code == 422
        assert secret_on(own) != secret_on(page)
    assert "factor.enrol" not in actions(world)


def test_in_the_demo_staff_sign_in_with_the_password_alone(world, client):
    make(world, "cdc")
    assert password_step(client).location == "/lookup/"


def test_an_owner_sets_one_up_and_takes_it_off_with_the_password_each_time(world, client):
    binh = make(world, "owner")
    assert password_step(client, "owner").location == "/venues/"
    page = "/account/second-factor"
    assert send(client, page, do="app", current_password="sai").status_code == 422
    page_with_qr = send(client, page, do="app", current_password=cast.OWNER[1])
    secret = secret_on(page_with_qr.text)
    fields = {"secret": factories.hidden(page_with_qr.text, "secret"), "factor": pyotp.TOTP(secret).at(NOW)}
    assert len(codes_on(send(client, page, page + "/enrol", **fields).text)) == 10
    assert vault_of(world.app()).unlock("owner", account_of(world, binh).factor)["totp"] == secret
    assert len(codes_on(send(client, page, do="codes", current_password=cast.OWNER[1]).text)) == 10
    assert send(client, page, do="off", current_password="sai").status_code == 422
    assert send(client, page, do="off", current_password=cast.OWNER[1]).status_code == 302
    assert account_of(world, binh).factor is None
    assert password_step(world.app().test_client(), "owner").location == "/venues/"
    assert [action for action in actions(world) if action.startswith("factor")] == [
        "factor.codes",
        "factor.enrol",
        "factor.codes",
        "factor.off",
    ]


def test_staff_do_not_take_theirs_off_and_nonsense_is_refused(world, client, hanh):
    with strict(world):
        password_step(client)
        send(client, "/sign-in/code", factor=code())
        page = "/account/second-factor"
        assert send(client, page, do="off", current_password=cast.CDC[1]).status_code == 400
        assert send(client, page, do="x", current_password=cast.CDC[1]).status_code == 400
        assert send(client, page, page + "/enrol", secret="x", factor=code()).status_code == 302
    assert account_of(world, hanh).factor is not None


def test_a_new_set_of_codes_ends_the_old_one(world, client, hanh):
    password_step(client)
    send(client, "/sign-in/code", factor=code())
    fresh = codes_on(send(client, "/account/second-factor", do="codes", current_password=cast.CDC[1]).text)
    other = world.app().test_client()
    password_step(other)
    assert send(other, "/sign-in/code", factor=CODES[0]).status_code == 422
    assert send(other, "/sign-in/code", factor=fresh[3]).status_code == 302


def test_the_administrator_resets_the_factor_of_others_and_never_their_own(world, client, hanh):
    khoa = make(world, "admin", factor=True)
    theirs = world.app().test_client()
    password_step(theirs)
    send(theirs, "/sign-in/code", factor=code())
    password_step(client, "admin")
    send(client, "/sign-in/code", factor=code())
    for account_id in (hanh, khoa):
        assert send(client, "/accounts/", f"/accounts/{account_id}/reset-factor").location == "/accounts/"
    assert (account_of(world, hanh).factor, account_of(world, khoa).factor is None) == (None, False)
    assert theirs.get("/lookup/").location.startswith("/sign-in?")
    assert actions(world)[-1] == "factor.reset"
    owner = make(world, "owner", factor=True)
    assert send(client, "/accounts/", f"/accounts/{owner}/reset-factor").status_code == 404


def test_the_command_resets_it_for_whoever_lost_everything(world, hanh):
    run = world.app().test_cli_runner().invoke
    assert run(args=["accounts", "reset-factor", "--login", "ai@cdc"]).exit_code != 0
    answer = run(args=["accounts", "reset-factor", "--login", "HANH@cdc"])
    assert answer.exit_code == 0, answer.output
    assert account_of(world, hanh).factor is None
    assert run(args=["accounts", "reset-factor", "--login", "hanh@cdc"]).exit_code != 0


def test_a_code_posted_by_two_at_once_is_taken_once(world, hanh):
    with behind(world) as session:
        account = session.get_one(Account, hanh)
        step = int(NOW.timestamp()) // 30
        assert [service.take_step(session, account, step) for _ in range(2)] == [True, False]
        assert service.factor_secret(vault_of(world.app()), account) == SECRET


def test_signing_in_again_ends_what_this_browser_had_begun(world, client):
    make(world, "cdc", factor=True)
    password_step(client)
    before = client.get_cookie("session").value
    assert client.get("/sign-in/code").status_code == 200
    password_step(client)
    # Whoever kept the cookie of the first time stands outside, and its row says that it is over.
    kept = world.app().test_client()
    kept.set_cookie("session", before)
    assert kept.get("/sign-in/code").status_code == 302
    assert client.get("/sign-in/code").status_code == 200
    with behind(world) as session:
        begun = session.scalars(sa.select(AccountSession.ended_at).where(~AccountSession.whole)).all()
    assert len(begun) == 2 and [ended is None for ended in begun].count(True) == 1
    assert "session.end" in actions(world)
