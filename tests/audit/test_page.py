"""The page of the log: words for people, logins instead of identifiers, and the filter by who."""

import re
from uuid import UUID

import pytest

from checkin import clock
from checkin.accounts import service as accounts
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.audit.unusual import seal_failed
from checkin.db import db
from checkin.invitations import service as invitations
from tests import cast, factories
from tests.audit.conftest import HANH
from tests.conftest import NOW
from tests.worlds import inside, vault_of


@pytest.fixture
def admin(world, client):
    with inside(world.app()):
        factories.account(db.session(), vault_of(world.app()), "admin", cast.ADMIN)
        factories.commit()
    factories.sign_in(client, cast.ADMIN)
    return client


def write(world, action, actor=HANH, **values):
    with clock.fixed(NOW), inside(world.app()):
        audit.record(db.session(), now=NOW, actor=actor, action=action, **values)
        db.session.commit()


def row(page, words):
    """The row of the table in which these words stand."""
    found = [one for one in re.findall(r"<tr id=.*?</tr>", page, re.S) if words in one]
    assert len(found) == 1, found
    return found[0]


def test_a_request_is_told_in_words_with_the_way_of_identification(world, admin):
    write(world, "request.identify", subject="YC-AAAA", detail={"how": "call"})
    write(world, "request.refuse", subject="YC-BBBB", detail={"ground": "law"})
    page = admin.get("/audit/").text
    assert "Xác minh người yêu cầu" in row(page, "YC-AAAA") and "gọi lại số đã khai" in row(page, "YC-AAAA")
    assert "Từ chối yêu cầu" in row(page, "YC-BBBB")
    assert "YC-AAAA" in admin.get("/audit/?group=reading").text


def test_an_account_or_invitation_is_named_by_its_login_and_an_owner_is_not(world, admin):
    with clock.fixed(NOW), inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        hanh = factories.account(session, vault, "cdc", cast.CDC)
        binh = factories.account(session, vault, "owner", cast.OWNER)
        hanh.display_name = "Trần Thị Hạnh"
        invited, _ = invitations.invite(session, vault, now=NOW, actor=hanh.actor, login="moi@cdc", role="cdc")
        accounts.set_active(session, now=NOW, actor=HANH, account=hanh, active=False)
        session.commit()
        ids = {str(hanh.id), str(invited.id)}
        owner, login = str(binh.id), accounts.login_of(vault, hanh)
    page = admin.get("/audit/").text
    assert login in row(page, "Khoá tài khoản") and "moi@cdc" in row(page, "Mời cán bộ CDC")
    assert not any(one in page for one in ids)
    assert owner in page and cast.OWNER[0] not in page
    # The same name stands on the page of accounts, beside what that person is called.
    listed = admin.get("/accounts/").text
    assert "Trần Thị Hạnh" in listed and f">{login}<" in listed


def test_the_filter_finds_by_the_name_shown_and_by_the_login(world, admin):
    with clock.fixed(NOW), inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        hanh = factories.account(session, vault, "cdc", cast.CDC)
        hanh.display_name = "Trần Thị Hạnh"
        session.flush()
        audit.record(session, now=NOW, actor=hanh.actor, action="case.open", subject="F0-7777")
        session.commit()
        login = accounts.login_of(vault, hanh)
    write(world, "case.open", subject="F0-8888", actor=Actor(UUID(int=9), "Phạm Văn Nam", "cdc"))
    for asked in (login, login[:4].upper(), "thị hạnh", "Hạnh"):
        page = admin.get("/audit/", query_string={"who": asked}).text
        assert "F0-7777" in page, asked
    assert "F0-8888" not in admin.get("/audit/", query_string={"who": login}).text
    assert "F0-7777" not in admin.get("/audit/", query_string={"who": "ai-khac"}).text


def test_what_is_empty_is_an_empty_cell_that_a_narrow_page_leaves_out(world, admin):
    write(world, "sign_in")
    cells = re.findall(
        r'<td class="[^"]*\bdash\b[^"]*"[^>]*>(.*?)</td>',
        row(admin.get("/audit/?group=sign_in&who=hanh%40cdc").text, "Đăng nhập"),
        re.S,
    )  # noqa: E501
    assert cells == ["", "", ""]


def test_a_seal_that_could_not_be_made_says_what_to_do(world, admin):
    with clock.fixed(NOW), inside(world.app()):
        audit.keep_findings(db.session(), [seal_failed(NOW)], now=NOW)
        db.session.commit()
    page = admin.get("/audit/unusual").text
    assert "Không ký được đầu nhật ký" in page and "audit verify" in page
