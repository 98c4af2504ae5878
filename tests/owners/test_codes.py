"""The codes that confirm an owner's contact and replace a forgotten password."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock, scope
from checkin.accounts.models import Account
from checkin.audit import service as audit
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.messages.letter import Letter
from checkin.messages.models import Message
from checkin.owners import service
from checkin.owners.models import ContactCode
from checkin.web import limiter
from tests import cast, factories
from tests.conftest import NOW
from tests.venues.pages import register
from tests.worlds import inside, vault_of

NEW = "mật khẩu mới của Bình"
WRONG = "Mã không đúng hoặc đã hết hạn"
STRANGER = "0912000999"

both = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def world(request):
    """SQLite, where the database makes no difference; each in turn for what is marked with `both`."""
    return request.getfixturevalue(getattr(request, "param", "sqlite"))


@pytest.fixture
def binh(world):
    """Bình's account."""
    with clock.fixed(NOW), inside(world.app()):
        made = factories.account(db.session(), vault_of(world.app()), "owner", cast.OWNER)
        factories.commit()
        return made.id


@pytest.fixture
def browser(world):
    """A browser at the public tier, which on PostgreSQL is its role; the clock stands."""
    with clock.fixed(NOW):
        yield world.app("public").test_client()


def sent(world):
    """(address, code) of each message that is on its way, oldest first."""
    with inside(world.app()):
        found = db.session.scalars(sa.select(Message).where(Message.state == "waiting").order_by(Message.made_at))
        letters = [vault_of(world.app()).unlock("owner", message.sealed) for message in found]
    return [(letter["to"], re.search(r"\b\d{6}\b", letter["text"])[0]) for letter in letters]


def ask(browser, contact=cast.OWNER[0]):
    token = factories.token(browser, "/forgotten")
    return browser.post("/forgotten", data={"login": contact, "csrf_token": token})


def answer(browser, code, password=NEW):
    token = factories.token(browser, "/forgotten/code")
    return browser.post("/forgotten/code", data={"code": code, "password": password, "csrf_token": token})


def epoch(world, account_id):
    with inside(world.app()):
        return db.session.get_one(Account, account_id).epoch


def signs_in(world, password):
    client = world.app("public").test_client()
    data = {"login": cast.OWNER[0], "password": password, "csrf_token": factories.token(client, "/sign-in")}
    return client.post("/sign-in", data=data).status_code == 302


def other_than(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


@both
def test_a_forgotten_password_is_replaced_over_the_code_and_every_session_ends(world, binh, browser):
    signed_in = world.app("public").test_client()
    factories.sign_in(signed_in, cast.OWNER)
    before = epoch(world, binh)
    assert ask(browser).location == "/forgotten/code"
    ((to, code),) = sent(world)
    assert to == "+84912000111"
    assert answer(browser, f" {code[:3]} {code[3:]} ").location == "/sign-in"
    assert epoch(world, binh) > before
    assert signed_in.get("/venues/new").status_code == 302
    assert signs_in(world, NEW) and not signs_in(world, cast.OWNER[1])
    with inside(world.app()):
        audit.lock_chain(db.session())  # takes in what the public tier has written
        actions = db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)).all()
        assert db.session.get_one(Account, binh).contact_confirmed_at == NOW
    assert [action for action in actions if action.startswith("contact")] == ["contact.reset_asked", "contact.reset"]


def test_a_code_works_once(world, binh, browser):
    ask(browser)
    ((_, code),) = sent(world)
    with browser.session_transaction() as kept:
        waits_for = kept["reset_code"]
    answer(browser, code)
    with browser.session_transaction() as kept:
        kept["reset_code"] = waits_for
    assert WRONG in answer(browser, code, "lại một mật khẩu khác").text
    assert signs_in(world, NEW)


def test_a_code_is_over_after_a_quarter_of_an_hour(world, binh, browser):
    ask(browser)
    ((_, code),) = sent(world)
    with clock.fixed(NOW + timedelta(minutes=15)):
        assert WRONG in answer(browser, code).text
    with clock.fixed(NOW + timedelta(minutes=14)):
        assert answer(browser, code).status_code == 302


@both
def test_after_five_wrong_tries_the_right_code_is_wrong_too(world, binh, browser):
    ask(browser)
    ((_, code),) = sent(world)
    for _ in range(5):
        assert WRONG in answer(browser, other_than(code)).text
    assert WRONG in answer(browser, code).text
    assert not signs_in(world, NEW)


def test_a_code_fits_only_the_browser_that_asked_for_it(world, binh, browser):
    ask(browser)
    ((_, code),) = sent(world)
    stranger = world.app("public").test_client()
    ask(stranger)
    assert WRONG in answer(stranger, code).text
    assert answer(browser, code).status_code == 302


def test_what_is_no_code_is_told_beside_the_field_or_counts_as_wrong(world, binh, browser):
    ask(browser)
    for code, why in (
        ("", "Gõ mã"), ("12345", "đúng 6 chữ số"), ("1234567", "đúng 6 chữ số"), ("abcdef", "đúng 6 chữ số"),
        ("\x00" * 6, "Gõ mã"), ("9" * 10_000, "Dài quá"),
    ):  # fmt: skip
        shown = answer(browser, code)
        assert shown.status_code == 422 and why in shown.text, code
    ((_, code),) = sent(world)
    wide = "".join(chr(0xFF10 + int(digit)) for digit in code)
    assert answer(browser, wide).status_code == 302


def test_a_weak_password_uses_up_no_try(world, binh, browser):
    ask(browser)
    ((_, code),) = sent(world)
    for _ in range(6):
        assert "ít nhất 8 ký tự" in answer(browser, code, "ngắn").text
    assert answer(browser, code).status_code == 302


def page_of(shown):
    return re.sub(r'name="csrf_token" value="[^"]*"', "", shown.text)


def test_for_a_contact_of_nobody_the_pages_are_the_same_and_nothing_goes_out(world, binh, browser):
    stranger = world.app("public").test_client()
    known, unknown = ask(browser), ask(stranger, STRANGER)
    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
    assert page_of(browser.get("/forgotten/code")) == page_of(stranger.get("/forgotten/code"))
    ((_, code),) = sent(world)
    for _ in range(6):
        assert page_of(answer(browser, other_than(code))) == page_of(answer(stranger, other_than(code)))


def statements(world, contact):
    """How many statements asking for a code takes, by their first word and table."""
    app, seen = world.app("public"), []
    with clock.fixed(NOW), inside(app):
        engine = db.engine
        note = lambda _c, _cursor, statement, *_rest: seen.append(" ".join(statement.split()[:3]))  # noqa: E731
        sa.event.listen(engine, "before_cursor_execute", note)
        service.ask_reset(
            db.session(), vault_of(app), now=NOW, contact=contact, write=lambda to, code: Letter(to, "Mã", code)
        )
        db.session.commit()
        sa.event.remove(engine, "before_cursor_execute", note)
    return seen


@both
def test_the_database_does_the_same_work_for_a_contact_of_nobody(world, binh):
    known, unknown = statements(world, cast.OWNER[0]), statements(world, STRANGER)
    assert known == unknown and len(known) > 4


def test_a_blocked_owner_and_staff_get_no_code(world, binh, browser):
    with clock.fixed(NOW), inside(world.app()):
        factories.account(db.session(), vault_of(world.app()), "cdc", ("0912000777", cast.CDC[1]))
        db.session.get_one(Account, binh).active = False
        factories.commit()
    for contact in (cast.OWNER[0], "0912000777"):
        assert ask(browser, contact).status_code == 302
    assert sent(world) == []


@both
def test_an_owner_is_sent_a_bounded_number_of_codes_and_the_page_does_not_tell(world, binh, browser):
    for minute in range(14):
        with clock.fixed(NOW + timedelta(minutes=minute)):
            assert ask(browser).status_code == 302
    assert len(sent(world)) == 12
    with clock.fixed(NOW + timedelta(hours=2)):
        ask(browser)
    assert len(sent(world)) == 13


def from_network(world, number):
    client = world.app("public").test_client()
    client.environ_base["REMOTE_ADDR"] = f"203.0.{number}.9"
    return client


def test_strangers_use_up_no_code_of_the_owner(world, binh, monkeypatch):
    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()
    with clock.fixed(NOW):
        at_home = from_network(world, 1)
        factories.sign_in(at_home, cast.OWNER)
        stranger = from_network(world, 2)
        for _ in range(9):
            ask(stranger)
        assert len(sent(world)) == 5  # the share of their network
        ask(from_network(world, 3))
        assert len(sent(world)) == 6
        for number in range(4, 9):
            for _ in range(5):
                ask(from_network(world, number))
        assert len(sent(world)) == 12  # all that strangers get in an hour
        # The browser in which the owner signed in before has a share of its own.
        for _ in range(7):
            ask(at_home)
        assert len(sent(world)) == 17
    limiter.reset()


@both
def test_who_signed_up_with_a_foreign_number_keeps_its_holder_out_by_no_second_factor(world, binh, browser):
    with clock.fixed(NOW), inside(world.app()):
        account = db.session.get_one(Account, binh)
        account.factor = vault_of(world.app()).lock("owner", {"secret": "A" * 32})
        factories.commit()
    ask(browser)
    ((_, code),) = sent(world)
    assert answer(browser, code).location == "/sign-in"
    assert signs_in(world, NEW)
    with inside(world.app()):
        account = db.session.get_one(Account, binh)
        assert (account.factor, account.contact_confirmed_at) == (None, NOW)
        # From now on the contact is theirs, and a code alone does not pass by the factor.
        account.factor = vault_of(world.app()).lock("owner", {"secret": "A" * 32})
        factories.commit()
    with clock.fixed(NOW + timedelta(seconds=1)):
        ask(browser)
    assert answer(browser, sent(world)[-1][1], "một mật khẩu khác nữa").location == "/sign-in"
    with inside(world.app()):
        assert db.session.get_one(Account, binh).factor is not None


def test_nobody_asks_for_the_page_of_a_code_that_they_did_not_ask_for(browser):
    assert browser.get("/forgotten/code").location == "/forgotten"
    with browser.session_transaction() as kept:
        kept["reset_code"] = "no code"
    assert browser.get("/forgotten/code").location == "/forgotten"


def test_the_form_of_a_code_needs_its_token(binh, browser):
    assert browser.post("/forgotten", data={"login": cast.OWNER[0]}).status_code == 400


@pytest.mark.parametrize(("contact", "why"), [("", "Cần điền"), ("hanh@cdc", "Ghi số điện thoại"), ("x" * 9999, "Dài")])
def test_it_rejects_what_nobody_can_be_reached_by(browser, contact, why):
    shown = ask(browser, contact)
    assert shown.status_code == 422 and why in shown.text


@pytest.fixture
def reachable(world):
    """The public tier with ways out for both kinds of message."""
    app = world.app("public")
    before = app.extensions["checkin_config"]
    app.extensions["checkin_config"] = replace(
        before, smtp_url="smtp://127.0.0.1:9", mail_from="a@b.vn", sms_gateway_url="http://127.0.0.1:9/"
    )
    yield world
    app.extensions["checkin_config"] = before


def sign_up(browser, contact):
    data = {"login": contact, "password": cast.OWNER[1], "csrf_token": factories.token(browser, "/sign-up")}
    return browser.post("/sign-up", data=data)


def confirm(browser, code):
    return browser.post("/contact/", data={"code": code, "csrf_token": factories.token(browser, "/contact/")})


@pytest.mark.parametrize("contact", ["0912 000 111", "binh@example.vn"])
def test_signing_up_sends_a_code_that_confirms_the_contact(reachable, browser, contact):
    assert sign_up(browser, contact).location == "/contact/"
    ((to, code),) = sent(reachable)
    assert to == {"0": "+84912000111", "b": "binh@example.vn"}[contact[0]]
    assert WRONG in confirm(browser, other_than(code)).text
    assert confirm(browser, code).location == "/venues/"
    with inside(reachable.app()):
        assert db.session.scalars(sa.select(Account.contact_confirmed_at)).one() == NOW
    assert "Đã xác nhận lúc" in browser.get("/contact/").text


def test_a_text_message_carries_no_link_and_fits_into_one(reachable, browser):
    sign_up(browser, "0912 000 111")
    with inside(reachable.app()):
        message = db.session.scalars(sa.select(Message)).one()
        text = vault_of(reachable.app()).unlock("owner", message.sealed)["text"]
    assert "http" not in text and "/" not in text and len(text) <= 70


@both
def test_an_unconfirmed_owner_is_kept_from_nothing_and_can_confirm_later(reachable, browser):
    sign_up(browser, "0912 000 111")
    assert browser.get("/venues/new").status_code == 200
    with clock.fixed(NOW + timedelta(seconds=1)):
        browser.post("/contact/send", data={"csrf_token": factories.token(browser, "/contact/")})
    assert confirm(browser, sent(reachable)[-1][1]).location == "/venues/"


def test_who_asks_for_many_codes_is_told_to_wait(reachable, browser):
    sign_up(browser, "0912 000 111")
    for _ in range(12):
        token = factories.token(browser, "/contact/")
        shown = browser.post("/contact/send", data={"csrf_token": token}, follow_redirects=True)
    assert "Xin đợi một giờ" in shown.text and len(sent(reachable)) == 12


def test_a_code_for_the_contact_replaces_no_password(reachable, browser):
    sign_up(browser, "0912 000 111")
    ((_, code),) = sent(reachable)
    stranger = reachable.app("public").test_client()
    with browser.session_transaction() as kept, stranger.session_transaction() as forged:
        forged["reset_code"] = kept["confirm_code"]
    assert WRONG in answer(stranger, code).text


def test_without_a_way_out_signing_up_asks_for_nothing(world, browser):
    assert sign_up(browser, "0912 000 111").location == "/venues/new"
    assert sent(world) == []
    assert "Bạn vẫn dùng mọi chức năng" in browser.get("/contact/").text


@both
def test_old_codes_are_forgotten(world, binh, browser):
    ask(browser)
    with inside(world.app("staff")):
        scope.enter(db.session(), scope.SYSTEM)
        for days, left in ((2, 1), (3, 0)):
            service.purge(db.session(), now=NOW + timedelta(days=days))
            assert db.session.scalar(sa.select(sa.func.count()).select_from(ContactCode)) == left


@pytest.mark.postgresql
def test_the_public_role_changes_no_password_but_of_the_owner_in_scope(postgresql):
    with clock.fixed(NOW), inside(postgresql.app()):
        session, vault = db.session(), vault_of(postgresql.app())
        binh = factories.account(session, vault, "owner", cast.OWNER).id
        hanh = factories.account(session, vault, "cdc", cast.CDC).id
        factories.commit()

    def try_with(scope: UUID | str, account: UUID):
        with psycopg.connect(postgresql.urls["public"]) as public:
            public.execute("SELECT set_config('checkin.owner', %s, true)", (str(scope),))
            public.execute("SELECT owner_password(%s, 'x')", (account,))
        with inside(postgresql.app()):
            return db.session.get_one(Account, account).password_hash == "x"

    assert not try_with("", binh)
    assert not try_with(hanh, hanh)
    assert not try_with(hanh, binh)
    assert try_with(binh, binh)


def test_registering_with_a_venue_sends_the_code_too_and_stops_nobody_on_the_way_to_the_poster(reachable, browser):
    shop = register(browser)
    assert shop.location.startswith("/venues/")
    ((to, code),) = sent(reachable)
    assert to == "+84912000111"
    assert "Xác nhận số điện thoại hoặc email của bạn" in browser.get(shop.location).text
    assert confirm(browser, code).location == "/venues/"
    assert "Xác nhận số điện thoại hoặc email của bạn" not in browser.get(shop.location).text
