"""Staff are invited: the link works once, for 72 hours, and says who invites for what."""

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import ADMIN, CDC, STAFF, Account
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.errors import AccessDenied, DomainError
from checkin.invitations import queries, service
from checkin.invitations.models import Invitation
from checkin.messages import sending
from checkin.messages.models import Message
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

GIANG = ("giang@tram", "trạm y tế phường Hà Tu")
HOUR = timedelta(hours=1)

both = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def world(request):
    """SQLite, where the database makes no difference; each in turn for what is marked with `both`."""
    return request.getfixturevalue(getattr(request, "param", "sqlite"))


@pytest.fixture
def khoa(world):
    """The administrator, signed in to the staff tier; on PostgreSQL as its role. The clock stands."""
    app = world.app("staff")
    with clock.fixed(NOW):
        with inside(world.app()):
            factories.account(db.session(), vault_of(world.app()), ADMIN, cast.ADMIN)
            factories.commit()
        browser = app.test_client()
        factories.sign_in(browser, cast.ADMIN)
        yield browser


def invite(khoa, **changes):
    fields = {"login": GIANG[0], "role": "commune", "commune": "06652", "mail": "", **changes}
    token = factories.token(khoa, "/accounts/invitations/")
    return khoa.post("/accounts/invitations/", data={**fields, "csrf_token": token})


def link_in(text):
    return text.split("/invitation/")[1][:43]


def take(world, token, password=GIANG[1], again=None):
    """Open the link in a browser of its own and set a password."""
    browser = world.app("staff").test_client()
    opened = browser.get(f"/invitation/{token}")
    assert opened.location == "/invitation/"
    fields = {"password": password, "again": password if again is None else again}
    page = browser.get("/invitation/")
    if page.status_code != 200:
        return page
    return browser.post("/invitation/", data={**fields, "csrf_token": factories.hidden(page.text, "csrf_token")})


def rows(world, model):
    with inside(world.app()):
        return list(db.session.scalars(sa.select(model)))


@both
def test_the_invited_person_sets_a_password_and_signs_in(world, khoa):
    token = link_in(invite(khoa).text)
    browser = world.app("staff").test_client()
    page = browser.get(f"/invitation/{token}", follow_redirects=True)
    assert "khoa@cdc" in page.text and "Trạm y tế" in page.text and "Phường Hà Tu" in page.text
    assert take(world, token).location == "/sign-in"
    factories.sign_in(browser, GIANG)
    made = next(account for account in rows(world, Account) if account.role == "commune")
    assert made.commune_id == "06652"
    (invitation,) = rows(world, Invitation)
    assert invitation.used_at == NOW and invitation.account_id == made.id


def test_the_link_stands_in_no_row_no_log_and_no_later_page(world, khoa, capsys):
    token = link_in(invite(khoa).text)
    assert token not in khoa.get("/accounts/invitations/").text
    take(world, token)
    with inside(world.app()):
        stored = db.session.execute(sa.select(Invitation.__table__)).one()
        logged = db.session.execute(sa.select(AuditEntry.__table__)).all()
    assert token.encode() not in b"".join(v for v in stored if isinstance(v, bytes))
    assert token not in repr(stored) + repr(logged)
    out = capsys.readouterr().out
    assert "/invitation/<token>" in out and token not in out


def test_the_page_under_the_address_with_the_token_passes_nothing_on(world, khoa):
    answer = world.app("staff").test_client().get(f"/invitation/{link_in(invite(khoa).text)}")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "<script" not in answer.text and "<link" not in answer.text and "<img" not in answer.text


@pytest.mark.parametrize("how", ["used", "revoked", "over", "made up"])
def test_a_link_that_is_no_more_says_so_and_makes_no_account(world, khoa, how):
    token = link_in(invite(khoa).text)
    at = NOW
    if how == "used":
        take(world, token)
    elif how == "revoked":
        (invitation,) = rows(world, Invitation)
        page = factories.token(khoa, "/accounts/invitations/")
        revoked = khoa.post(f"/accounts/invitations/{invitation.id}/revoke", data={"csrf_token": page})
        assert revoked.status_code == 302
    elif how == "over":
        at = NOW + 72 * HOUR
    else:
        token = "x" * 43
    before = len(rows(world, Account))
    with clock.fixed(at):
        answer = take(world, token, "một mật khẩu khác hẳn")
    assert answer.status_code == 410 and "không còn dùng được" in answer.text
    assert len(rows(world, Account)) == before


def test_a_link_works_until_its_last_minute(world, khoa):
    token = link_in(invite(khoa).text)
    with clock.fixed(NOW + 72 * HOUR - timedelta(seconds=1)):
        assert take(world, token).status_code == 302


UNFIT = (
    ("ngắn", None, "ít nhất 15 ký tự"),
    ("aaaaaaaaaaaaaaaaaaaa", None, "dễ đoán"),
    ("x y" * 100, None, "nhiều nhất 200 ký tự"),
    (GIANG[1], "khác", "không giống nhau"),
    ("", "", "Cần điền"),
)


def test_a_password_that_will_not_do_leaves_the_link_as_it_was(world, khoa):
    token = link_in(invite(khoa).text)
    for password, again, why in UNFIT:
        answer = take(world, token, password, again)
        assert answer.status_code == 422 and why in answer.text
    assert take(world, token).status_code == 302


@both
def test_of_two_at_once_one_gets_the_account(world, khoa):
    token = link_in(invite(khoa).text)
    app, outcomes, ready = world.app("staff"), [], threading.Barrier(4)

    def accept(number):
        with clock.fixed(NOW), inside(app):
            ready.wait()
            try:
                service.accept(db.session(), vault_of(app), now=NOW, token=token, password=f"{GIANG[1]} {number}")
                db.session.commit()
                outcomes.append("made")
            except DomainError as error:
                db.session.rollback()
                outcomes.append(error.reason)

    threads = [threading.Thread(target=accept, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["gone", "gone", "gone", "made"]
    assert [account.role for account in rows(world, Account)].count("commune") == 1


REFUSED = (
    ({"login": ""}, "Cần điền"),
    ({"login": "ab"}, "ngắn quá"),
    ({"login": "x" * 9999}, "Dài quá"),
    ({"login": cast.ADMIN[0], "role": "cdc", "commune": ""}, "đã có tài khoản"),
    ({"login": "KHOA@cdc ", "role": "cdc", "commune": ""}, "đã có tài khoản"),
    ({"commune": ""}, "Trạm y tế cần đúng một xã"),
    ({"role": "cdc"}, "Trạm y tế cần đúng một xã"),
    ({"role": "owner"}, "Chọn một mục"),
    ({"mail": "không phải"}, "email không dấu"),
    ({"mail": "bình@example.vn"}, "email không dấu"),
)


def test_it_rejects_an_invitation_and_says_why(world, khoa):
    for changes, why in REFUSED:
        answer = invite(khoa, **changes)
        assert answer.status_code == 422 and why in answer.text, changes
    assert rows(world, Invitation) == [] == rows(world, Message)


@both
def test_an_invitation_by_mail_goes_there_and_shows_no_link_here(world, khoa, monkeypatch):
    extensions = world.app("staff").extensions
    config = replace(extensions["checkin_config"], smtp_url="smtp://127.0.0.1:1")
    monkeypatch.setitem(extensions, "checkin_config", config)
    answer = invite(khoa, mail="giang@example.vn")
    assert answer.status_code == 302
    (message,) = rows(world, Message)
    letter = vault_of(world.app()).unlock("staff", message.sealed)
    assert letter["to"] == "giang@example.vn" and "khoa@cdc" in letter["text"]
    assert take(world, link_in(letter["text"])).status_code == 302


def test_what_is_written_to_staff_is_locked_from_the_public_tier(world, khoa):
    invite(khoa, mail="giang@example.vn")
    (message,) = rows(world, Message)
    assert message.audience == "staff"
    assert "staff" not in vault_of(world.app("public")).secrets


def test_making_taking_up_and_revoking_are_in_the_log(world, khoa):
    take(world, link_in(invite(khoa).text))
    invite(khoa, login="moi@cdc", role="cdc", commune="")
    waiting = next(found for found in rows(world, Invitation) if found.used_at is None)
    page = factories.token(khoa, "/accounts/invitations/")
    khoa.post(f"/accounts/invitations/{waiting.id}/revoke", data={"csrf_token": page})
    found = [(entry.action, entry.actor) for entry in rows(world, AuditEntry) if "invitation" in entry.action]
    assert found == [
        ("invitation.make.commune", "khoa@cdc"),
        ("invitation.accept", "giang@tram"),
        ("invitation.make.cdc", "khoa@cdc"),
        ("invitation.revoke", "khoa@cdc"),
    ]


@both
def test_what_has_ended_is_not_revoked_again(world, khoa):
    take(world, link_in(invite(khoa).text))
    (invitation,) = rows(world, Invitation)
    page = factories.token(khoa, "/accounts/invitations/")
    path = f"/accounts/invitations/{invitation.id}/revoke"
    assert khoa.post(path, data={"csrf_token": page}).status_code == 404
    with inside(world.app()), pytest.raises(AccessDenied):
        service.revoke(db.session(), now=NOW, actor=factories.SYSTEM, invitation_id=invitation.id)


def test_the_command_prints_a_link_that_works(world, khoa):
    app = world.app("staff")
    answer = app.test_cli_runner().invoke(args=["accounts", "invite", "--role", CDC, "--login", "hanh@cdc"])
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.startswith(f"{app.extensions['checkin_config'].public_origin}/invitation/")
    assert take(world, link_in(answer.output)).status_code == 302


@pytest.mark.parametrize("arguments", [["--role", "owner", "--login", "x@y.vn"], ["--role", "commune", "--login", "abc"],
                                       ["--role", "cdc", "--login", "khoa@cdc"],
                                       ["--role", "commune", "--login", "abc", "--commune", "99999"]])  # fmt: skip
def test_the_command_says_why_it_invites_nobody(world, khoa, arguments):
    answer = world.app("staff").test_cli_runner().invoke(args=["accounts", "invite", *arguments])
    assert isinstance(answer.exception, SystemExit) and answer.output.startswith(("Usage", "Error"))
    assert rows(world, Invitation) == []


def test_every_role_of_staff_can_be_invited(app, session, vault):
    for role in STAFF:
        invitation, token = service.invite(
            session,
            vault,
            now=NOW,
            actor=factories.SYSTEM,
            login=f"{role}@moi",
            role=role,
            commune_id="06652" if role == "commune" else None,
        )
        assert service.of_token(session, now=NOW, token=token) is invitation
    for moment, state in ((NOW, "waiting"), (NOW + 72 * HOUR, "expired")):
        assert [one.state(moment) for one in queries.newest(session)] == [state] * len(STAFF)


@both
@pytest.mark.parametrize("how", ["revoked", "used", "over"])
def test_an_invitation_that_is_over_is_neither_taken_up_nor_revoked(app, session, vault, how):
    made, token = service.invite(session, vault, now=NOW, actor=factories.SYSTEM, login="moi@cdc", role="cdc")
    now = NOW + 72 * HOUR if how == "over" else NOW
    if how == "revoked":
        service.revoke(session, now=now, actor=factories.SYSTEM, invitation_id=made.id)
    if how == "used":
        service.accept(session, vault, now=now, token=token, password="mật khẩu đủ dài của tôi")
    before = session.scalar(sa.select(sa.func.count()).select_from(Account))
    with pytest.raises(DomainError, match="gone"):
        service.accept(session, vault, now=now, token=token, password="mật khẩu khác đủ dài")
    with pytest.raises(AccessDenied):
        service.revoke(session, now=now, actor=factories.SYSTEM, invitation_id=made.id)
    assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == before
    session.refresh(made)
    assert (made.revoked_at, made.used_at) == (now if how == "revoked" else None, now if how == "used" else None)


def test_without_a_mail_server_the_link_is_shown_and_nobody_is_told_that_it_was_sent(world, khoa):
    answer = invite(khoa, mail="giang@tram.vn")
    assert answer.status_code == 200 and "/invitation/" in answer.text
    assert "Chưa cài máy chủ thư nên thư mời không gửi đi được" in answer.text
    assert "Lời mời đang được gửi đi" not in answer.text
    with clock.fixed(NOW), inside(world.app("staff")):
        sending.send_round(db.session())
    page = khoa.get("/messages/").text
    numbers = {name: count for count, name in re.findall(r"<div><b>(\d+)</b><span>([^<]+)</span>", page)}
    assert (numbers["đã gửi"], numbers["chỉ ghi vào outbox, chưa ai nhận"]) == ("0", "1")


def test_the_command_says_where_its_link_is_good_for_nobody_else(world):
    done = (
        world.app("staff").test_cli_runner().invoke(args=["accounts", "invite", "--role", "cdc", "--login", "moi@cdc"])
    )
    assert done.exit_code == 0 and "/invitation/" in done.stdout
    assert "opens on this computer alone" in done.stderr and "opens on this" not in done.stdout


def test_without_its_token_no_form_is_taken(world, khoa):
    assert khoa.post("/accounts/invitations/", data={"login": "a@b", "role": "cdc"}).status_code == 400
    browser = world.app("staff").test_client()
    browser.get(f"/invitation/{link_in(invite(khoa).text)}")
    assert browser.post("/invitation/", data={"password": GIANG[1], "again": GIANG[1]}).status_code == 400
    assert len(rows(world, Account)) == 1
