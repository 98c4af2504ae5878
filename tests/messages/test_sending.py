"""The outbox against a real mail server and a real gateway: nothing is lost, nothing goes twice, nothing is kept."""

import stat
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from checkin import clock, timer
from checkin.db import db
from checkin.messages import sending, service
from checkin.messages.letter import Letter
from checkin.messages.models import Message
from tests.conftest import NOW
from tests.messages.mailserver import PASSWORD, USER, Gateway, Mails, mail_server
from tests.servers import free_port
from tests.worlds import inside, vault_of

MINUTE = timedelta(minutes=1)
MAIL = Letter(to="binh@example.vn", subject="Mã xác nhận: phở Bình", text="Mã: 123456\nHết hạn sau 15 phút.")
TEXT = Letter(to="+84912000111", subject="", text="Mã: 123456. Không đưa mã cho ai.")

both = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def world(request):
    """SQLite, where the database makes no difference; each in turn for what is marked with `both`."""
    return request.getfixturevalue(getattr(request, "param", "sqlite"))


@pytest.fixture
def told(app):
    """Sets the application up to send; puts back afterwards what was."""
    before = app.extensions["checkin_config"]

    def tell(**settings):
        app.extensions["checkin_config"] = replace(before, **settings)

    yield tell
    app.extensions["checkin_config"] = before


@pytest.fixture
def mails(told):
    """A mail server's post, and its port; nobody serves there yet."""
    port = free_port()
    told(smtp_url=f"smtp://127.0.0.1:{port}", mail_from="khaibao@cdc.example.vn")
    return Mails(), port


@pytest.fixture
def gateway(told):
    """A gateway that nobody serves yet."""
    made = Gateway()
    told(sms_gateway_url=made.url, sms_gateway_token="gw-7")
    return made


def put(app, letter=MAIL, **more):
    values = {"audience": "owner", "channel": "mail" if "@" in letter.to else "sms", "about": "reset", **more}
    made = service.put(db.session(), vault_of(app), now=clock.now(), letter=letter, **values)
    db.session.commit()
    return made


def send(app, after=timedelta(0)):
    """A round of the server, so much later; returns what became of what."""
    with clock.fixed(NOW + after):
        return dict(sending.send_round(db.session()))


def rows(app):
    db.session.rollback()
    return [
        (message.state, message.sealed is not None, message.tries)
        for message in db.session.scalars(sa.select(Message).order_by(Message.id))
    ]


@both
def test_a_server_that_is_down_loses_nothing_and_the_mail_comes_once_later(app, mails):
    post, port = mails
    put(app)
    assert send(app) == {"later": 1}
    assert rows(app) == [("waiting", True, 1)]
    with mail_server(post, port):
        assert send(app, timedelta(seconds=20)) == {}  # its pause is not over
        assert send(app, MINUTE) == {"sent": 1}
        assert send(app, 2 * MINUTE) == {}
    assert rows(app) == [("sent", False, 2)]
    (mail,) = post.came
    assert (mail["To"], mail["From"], mail["Subject"]) == (MAIL.to, "khaibao@cdc.example.vn", MAIL.subject)
    assert mail.get_content().split() == MAIL.text.split()
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_gateway_that_is_down_loses_nothing_and_the_text_comes_once_later(app, gateway):
    made = put(app, TEXT)
    assert send(app) == {"later": 1}
    with gateway.serving():
        assert send(app, MINUTE) == {"sent": 1}
        assert send(app, 2 * MINUTE) == {}
    assert gateway.came == [{"id": str(made), "to": TEXT.to, "text": TEXT.text, "path": "/send?from=cdc"}]
    assert gateway.headers[0]["Authorization"] == "Bearer gw-7"
    assert rows(app) == [("sent", False, 2)]


@pytest.mark.parametrize(("status", "outcome", "again"), [
    (202, "sent", 0), (302, "later", 1), (401, "later", 1), (429, "later", 1), (503, "later", 1),
    (400, "refused", 0), (422, "refused", 0), (500, "unsure", 0), (502, "unsure", 0), (504, "unsure", 0),
])  # fmt: skip
def test_a_text_is_sent_again_only_where_the_gateway_says_that_it_took_nothing(sqlite_app, status, outcome, again):
    app, gateway = sqlite_app
    gateway.status = status
    put(app, TEXT)
    with gateway.serving():
        assert send(app) == {outcome: 1}
        send(app, MINUTE)
    assert len(gateway.came) == 1 + again  # no redirect was followed either
    assert rows(app)[0][0] == ("waiting" if again else outcome)


def test_a_text_that_may_be_out_already_is_not_sent_again(sqlite_app):
    app, gateway = sqlite_app
    gateway.hang_up = True
    put(app, TEXT)
    with gateway.serving():
        assert send(app) == {"unsure": 1}
        assert send(app, 10 * MINUTE) == {}
    assert len(gateway.came) == 1
    assert rows(app) == [("unsure", False, 1)]


@pytest.fixture
def sqlite_app(sqlite):
    """The application on SQLite alone, where the database makes no difference; and its gateway."""
    app, gateway = sqlite.app(), Gateway()
    before = app.extensions["checkin_config"]
    app.extensions["checkin_config"] = replace(before, sms_gateway_url=gateway.url, smtp_url="")
    with clock.fixed(NOW), inside(app):
        yield app, gateway
    app.extensions["checkin_config"] = before


@pytest.mark.parametrize(("recipient", "data", "outcome"), [
    ("550 no such user", "250 OK", "refused"),
    ("450 greylisted", "250 OK", "later"),
    ("250 OK", "554 spam", "refused"),
    ("250 OK", "451 disk full", "later"),
])  # fmt: skip
def test_what_a_mail_server_refuses_for_good_is_not_tried_again(sqlite_app, recipient, data, outcome):
    app, _ = sqlite_app
    post, port = Mails(recipient_answer=recipient, data_answer=data), free_port()
    app.extensions["checkin_config"] = replace(
        app.extensions["checkin_config"], smtp_url=f"smtp://127.0.0.1:{port}", mail_from="a@b.vn"
    )
    put(app)
    with mail_server(post, port):
        assert send(app) == {outcome: 1}
    assert post.came == []
    assert rows(app)[0][:2] == (("waiting", True) if outcome == "later" else ("refused", False))


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")  # the server's own doubt, on this machine alone
def test_it_signs_in_to_the_mail_server_with_signs_of_any_kind(sqlite_app):
    app, _ = sqlite_app
    post, port = Mails(), free_port()
    url = f"smtp://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}"
    app.extensions["checkin_config"] = replace(app.extensions["checkin_config"], smtp_url=url, mail_from="a@b.vn")
    put(app)
    with mail_server(post, port, sign_in=True):
        outcome = send(app)
    assert (outcome, post.signed_in, len(post.came)) == ({"sent": 1}, ["yes"], 1)


@pytest.mark.parametrize("letter", [
    Letter(to="binh@example.vn\nBcc: all@example.vn", subject="Mã", text="x"),
    Letter(to="binh@example.vn", subject="Mã\r\nBcc: all@example.vn", text="x"),
])  # fmt: skip
def test_no_address_or_subject_breaks_out_of_its_line(sqlite_app, letter):
    app, _ = sqlite_app
    post, port = Mails(), free_port()
    app.extensions["checkin_config"] = replace(
        app.extensions["checkin_config"], smtp_url=f"smtp://127.0.0.1:{port}", mail_from="a@b.vn"
    )
    put(app, letter)
    with mail_server(post, port):
        outcome = send(app)
    assert not any(mail["Bcc"] for mail in post.came)
    assert outcome == {"refused": 1} and rows(app) == [("refused", False, 1)]


def test_one_channel_that_is_down_holds_up_no_other(app, mails, told):
    _, port = mails
    gateway = Gateway()
    told(smtp_url=f"smtp://127.0.0.1:{port}", mail_from="a@b.vn", sms_gateway_url=gateway.url)
    for letter in (MAIL, MAIL, TEXT, MAIL, TEXT):
        put(app, letter)
    with gateway.serving():
        assert send(app) == {"later": 1, "sent": 2}  # one try tells that the mail server is down


@both
def test_a_code_that_has_run_out_is_sent_to_nobody(app, gateway):
    put(app, TEXT, until=NOW + 15 * MINUTE)
    put(app, TEXT)
    send(app)
    with gateway.serving():
        assert send(app, 16 * MINUTE) == {"sent": 1}
    assert sorted(row[:2] for row in rows(app)) == [("late", False), ("sent", False)]


def test_after_a_day_a_message_is_given_up_and_its_words_are_gone(app, mails):
    put(app)
    for hours in (0, 1, 23):
        assert send(app, timedelta(hours=hours)) == {"later": 1}
    assert send(app, timedelta(days=1)) == {}
    assert rows(app) == [("late", False, 3)]


def test_what_was_not_committed_is_not_sent(app, gateway):
    service.put(db.session(), vault_of(app), now=NOW, audience="owner", channel="sms", about="reset", letter=TEXT)
    db.session.rollback()
    with gateway.serving():
        assert send(app) == {}
    assert gateway.came == []


def test_a_message_to_nobody_is_written_and_never_sent(app, gateway):
    put(app, TEXT, to_nobody=True)
    with gateway.serving():
        assert send(app) == {}
    assert rows(app) == [("nobody", False, 0)]


@both
def test_what_another_process_holds_is_left_to_it_until_its_time_is_over(app, gateway):
    put(app, TEXT)
    assert service.claim(db.session(), now=NOW, audiences={"owner"}) is not None
    db.session.commit()  # and then that process dies
    with gateway.serving():
        assert send(app, 4 * MINUTE) == {}
        assert send(app, 6 * MINUTE) == {"sent": 1}


def test_address_and_words_stand_in_no_row(app):
    put(app)
    with db.engine.connect() as connection:
        row = bytes(connection.execute(sa.text("SELECT sealed FROM message")).scalar_one())
    assert b"example" not in row and b"123456" not in row


def test_without_servers_messages_become_files_that_the_owner_alone_reads(app, world):
    made = put(app), put(app, TEXT)
    assert send(app) == {"sent": 2}
    folder = world.folder / "outbox"
    for message_id, name, said in ((made[0], "eml", "123456"), (made[1], "sms.txt", TEXT.to)):
        path = folder / f"{message_id}.{name}"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert said in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_each_tier_sends_what_it_wrote(postgresql):
    with clock.fixed(NOW), inside(postgresql.app()):
        put(postgresql.app(), TEXT)
        put(postgresql.app(), MAIL, audience="staff", about="invitation")
    for tier, sent in (("public", "sms"), ("staff", "mail")):
        with clock.fixed(NOW):
            timer.go_round(postgresql.app(tier), timer.SOON_ROUNDS)
        with inside(postgresql.app()):
            found = {m.channel: m.state for m in db.session.scalars(sa.select(Message))}
        assert found[sent] == "sent", tier
        if tier == "public":
            assert found["mail"] == "waiting"


@both
def test_what_ended_long_ago_is_forgotten(app, gateway):
    put(app, TEXT)
    with gateway.serving():
        send(app)
    for days, left in ((29, 1), (31, 0)):
        service.purge(db.session(), now=NOW + timedelta(days=days))
        db.session.commit()
        assert len(rows(app)) == left


def test_the_command_sends_what_is_due(app, gateway):
    put(app, TEXT)
    with gateway.serving():
        answer = app.test_cli_runner().invoke(args=["messages", "send"])
    assert answer.exit_code == 0 and answer.output.endswith("sent: 1\n")


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
def test_a_wrong_password_of_ours_loses_nothing(sqlite_app):
    app, _ = sqlite_app
    post, port = Mails(), free_port()
    url = f"smtp://{USER}:wrong@127.0.0.1:{port}"
    app.extensions["checkin_config"] = replace(app.extensions["checkin_config"], smtp_url=url, mail_from="a@b.vn")
    put(app)
    with mail_server(post, port, sign_in=True):
        assert send(app) == {"later": 1}
    with mail_server(post, port):  # which knows of no signing in at all
        assert send(app, MINUTE) == {"later": 1}
    assert rows(app) == [("waiting", True, 2)] and post.came == []
