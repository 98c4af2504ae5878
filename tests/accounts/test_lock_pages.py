"""Locking: an idle session waits behind its password, and what was posted meanwhile is not lost."""

import io
import sqlite3
import time

import pytest

from checkin.accounts import service
from checkin.accounts.models import Account
from tests import cast, factories
from tests.accounts.pages import actions, behind, later, make, password_step, send
from tests.conftest import NOW

CASE = {"title": "Chợ Hạ Long <b>1</b>", "disease": "covid-19", "state": "suspected", "more": "dòng 1\r\ndòng 2"}
SENT_ON = "Đã mở khoá – gửi tiếp?"


pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def world(sqlite):
    """What these pages keep in the database is tried on both elsewhere."""
    return sqlite


@pytest.fixture
def hanh(world, client):
    account_id = make(world, "cdc")
    password_step(client)
    return account_id


def unlock(client, page="/unlock", password=cast.CDC[1], **fields):
    return send(client, page, "/unlock", password=password, **fields)


def post_while_locked(client, address="/cases/", **fields):
    token = factories.token(client, "/unlock")
    return client.post(address, data={**(fields or CASE), "csrf_token": token})


def test_after_a_quarter_of_an_hour_a_page_asks_for_the_password_and_comes_back(world, client, hanh):
    with later(minutes=14, seconds=59):
        assert client.get("/lookup/").status_code == 200
    with later(minutes=30, seconds=59):
        asked = client.get("/cases/?before=3")
        assert asked.location == "/unlock?next=/cases/?before%3D3"
        page = client.get(asked.location)
        assert page.status_code == 200 and "hanh@cdc" in page.text
        answer = unlock(client, next=factories.hidden(page.text, "next"))
        assert answer.location == "/cases/?before=3"
        assert client.get("/cases/").status_code == 200
    assert actions(world) == ["sign_in", "session.unlock"]


def test_use_keeps_it_open_and_asking_in_the_background_does_not(client, hanh):
    for minute in (10, 20, 30):
        with later(minutes=minute):
            assert client.get("/lookup/").status_code == 200
    with later(minutes=35):
        assert client.get("/lookup/", headers={"X-Background": "1"}).status_code == 200
    with later(minutes=40):
        assert client.get("/lookup/?background=1").status_code == 200
    with later(minutes=46):
        assert client.get("/still-here").location.startswith("/unlock")


def test_somebody_who_types_without_sending_is_still_here(client, hanh):
    for minute in (10, 20, 30):
        with later(minutes=minute):
            assert client.get("/still-here").status_code == 204
    with later(minutes=44):
        assert client.get("/lookup/").status_code == 200


def test_after_twelve_hours_it_is_over_however_busy(client, hanh):
    with later(hours=11, minutes=59):
        unlock(client)
        assert client.get("/lookup/").status_code == 200
    with later(hours=12):
        assert client.get("/lookup/").location.startswith("/sign-in?")
        assert client.post("/unlock", data={"password": cast.CDC[1], "in_place": "1"}).status_code == 400


def test_a_form_posted_to_a_locked_session_is_sent_on_after_unlocking(client, hanh):
    with later(minutes=20):
        locked = post_while_locked(client)
        assert locked.status_code == 403 and "Biểu mẫu bạn vừa gửi vẫn còn" in locked.text
        kept = factories.hidden(locked.text, "kept")
        assert "Hạ Long" not in locked.text
        wrong = unlock(client, kept=kept, password="sai")
        assert wrong.status_code == 422 and factories.hidden(wrong.text, "kept") == kept
        resumed = unlock(client, kept=kept)
        assert resumed.status_code == 200 and SENT_ON in resumed.text and 'action="/cases/"' in resumed.text
        assert "Chợ Hạ Long &lt;b&gt;1&lt;/b&gt;" in resumed.text and "dòng 1\r\ndòng 2" in resumed.text
        sent = client.post("/cases/", data={**CASE, "csrf_token": factories.hidden(resumed.text, "csrf_token")})
        assert sent.status_code == 302, sent.text


def test_a_kept_form_opens_for_nobody_else_and_only_for_half_a_day(world, client, hanh):
    with later(minutes=20):
        kept = factories.hidden(post_while_locked(client).text, "kept")
    make(world, "admin")
    other = world.app().test_client()
    password_step(other, "admin")
    assert unlock(other, "/account", cast.ADMIN[1], kept=kept).location == "/accounts/"
    with later(hours=12, minutes=21):
        password_step(client)
        assert unlock(client, "/account", kept=kept).location == "/lookup/"
    for made_up in ("x", "\x00", "A" * 300_000):
        assert unlock(client, "/account", kept=made_up).location == "/lookup/"


def test_files_and_endless_forms_are_not_kept_and_the_page_says_so(client, hanh):
    with later(minutes=20):
        for fields in ({"title": "x" * 70_000}, {"file": (io.BytesIO(b"x"), "danh-sach.csv")}):
            locked = post_while_locked(client, **fields)
            assert locked.status_code == 403 and "không giữ lại được" in locked.text
            assert factories.hidden(locked.text, "kept") == ""


def test_the_forms_of_the_own_account_are_never_kept(client, hanh):
    with later(minutes=20):
        passwords = {"current_password": cast.CDC[1], "new_password": "một câu mới của Hạnh"}
        locked = post_while_locked(client, "/account/password", **passwords)
        assert locked.status_code == 403 and factories.hidden(locked.text, "kept") == ""
        assert "một câu mới" not in locked.text


def test_a_post_from_another_site_is_not_even_kept(client, hanh):
    with later(minutes=20):
        assert client.post("/cases/", data=CASE).status_code == 400


def test_the_button_locks_at_once_on_every_page_of_this_browser(world, client, hanh):
    other = world.app().test_client()
    password_step(other)
    answer = send(client, "/lookup/", "/lock", next="/cases/")
    assert answer.location == "/unlock?next=/cases/"
    assert client.get("/lookup/").location.startswith("/unlock")
    assert other.get("/lookup/").status_code == 200
    assert send(other, "/lookup/", "/lock", next="//evil.example").location == "/unlock"


def test_the_script_locks_and_unlocks_in_place_and_its_page_goes_on_working(client, hanh):
    token = factories.token(client, "/lookup/")
    in_place = {"in_place": "1", "csrf_token": token}
    assert client.post("/lock", data=in_place).status_code == 204
    assert client.get("/lookup/").status_code == 302
    wrong = client.post("/unlock", data={**in_place, "password": "sai"})
    assert (wrong.status_code, wrong.text, wrong.mimetype) == (422, "Mật khẩu không đúng.", "text/plain")
    assert client.get("/lookup/").status_code == 302
    with client.session_transaction() as before:
        old = before["token"]
    assert client.post("/unlock", data={**in_place, "password": cast.CDC[1]}).status_code == 204
    with client.session_transaction() as after:
        assert after["token"] != old
    assert client.post("/cases/", data={**CASE, "csrf_token": token}).status_code == 302


def test_the_lock_opens_for_no_blocked_account_and_no_former_password(world, client, hanh):
    send(client, "/lookup/", "/lock")
    token = factories.token(client, "/unlock")
    with behind(world) as session:
        account = session.get_one(Account, hanh)
        service.set_active(session, now=NOW, actor=factories.SYSTEM, account=account, active=False)
    gone = client.post("/unlock", data={"password": cast.CDC[1], "csrf_token": token, "in_place": "1"})
    assert gone.status_code == 410


def test_an_owner_is_locked_after_two_weeks_and_back_with_the_password(world, client):
    make(world, "owner")
    password_step(client, "owner")
    with later(days=13):
        assert client.get("/account").status_code == 200
    with later(days=27, seconds=1):
        assert client.get("/account").location.startswith("/unlock")
        assert send(client, "/unlock", password=cast.OWNER[1]).location == "/venues/"
        assert client.get("/account").status_code == 200
    with later(days=90):
        assert client.get("/account").location.startswith("/sign-in?")


def test_reading_writes_the_time_of_use_once_a_minute_and_nothing_else(world, client, hanh):
    written, real = [], service.used

    def used(*arguments, **facts):
        written.append(facts["now"])
        return real(*arguments, **facts)

    service.used = used
    try:
        for seconds in (10, 59, 61, 70, 120, 122):
            with later(seconds=seconds):
                client.get("/lookup/")
    finally:
        service.used = real
    assert [int((moment - NOW).total_seconds()) for moment in written] == [61, 122]


def test_a_page_does_not_wait_for_sqlites_writer_to_note_its_use(world, client, hanh):
    holder = sqlite3.connect(world.folder / "checkin.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        started = time.monotonic()
        with later(minutes=5):
            assert client.get("/lookup/").status_code == 200
        assert time.monotonic() - started < 3
    finally:
        holder.close()
    with later(minutes=16):
        assert client.get("/lookup/").status_code == 302


def test_nobody_and_who_still_owes_a_code_have_nothing_to_unlock(world, client):
    assert client.get("/unlock").location == "/sign-in"
    make(world, "admin", factor=True)
    password_step(client, "admin")
    assert client.get("/unlock").location == "/sign-in"
