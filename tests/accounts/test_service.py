"""Accounts and signing in, below the pages."""

import pytest
import sqlalchemy as sa

from checkin.accounts import queries, service
from checkin.accounts.models import ADMIN, CDC, OWNER, ROLES, STAFF, Account
from checkin.audit.entry import Actor
from checkin.audit.models import AuditEntry
from checkin.errors import DomainError
from tests import cast, factories
from tests.conftest import NOW

EVERY = set(ROLES)


def create(session, vault, **facts):
    values = {"login": "0912345678", "password": "một mật khẩu dài", "role": OWNER, "actor": factories.SYSTEM}
    return service.create(session, vault, now=NOW, **{**values, **facts})


def sign_in(session, vault, who=cast.CDC, roles=EVERY, **changes):
    facts = {"login": who[0], "password": who[1], **changes}
    return service.sign_in(session, vault, now=NOW, roles=roles, **facts)


def last_entry(session):
    return session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()


@pytest.fixture
def hanh(session, vault):
    return factories.account(session, vault, CDC, cast.CDC)


@pytest.fixture
def khoa(session, vault):
    return factories.account(session, vault, ADMIN, cast.ADMIN)


@pytest.mark.parametrize("role", ROLES)
def test_an_account_of_every_role_can_be_made_and_signs_in(session, vault, role):
    made = create(session, vault, role=role, commune_id="06652" if role == "commune" else None)
    session.commit()
    assert sign_in(session, vault, login="0912 345 678", password="một mật khẩu dài") is made
    assert (made.signed_in_at, made.epoch, made.active) == (NOW, 1, True)
    assert (last_entry(session).action, last_entry(session).actor_id) == ("sign_in", made.id)


def test_nothing_readable_of_an_owner_is_kept(session, vault):
    made = create(session, vault)
    session.commit()
    for table in ("account", "audit"):
        for row in session.execute(sa.text(f'SELECT * FROM "{table}"')).mappings():
            text = " ".join(str(value) for value in row.values())
            assert "912345678" not in text
            assert "một mật khẩu dài" not in text
    assert made.display_name == "+8491…678"
    assert vault.unlock("owner", made.contact) == {"login": "+84912345678"}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"role": "root"}, "role"),
        ({"role": ""}, "role"),
        ({"role": "commune"}, "commune"),
        ({"role": "cdc", "commune_id": "06652"}, "commune"),
        ({"password": "ngắn"}, "short"),
        ({"role": "cdc", "password": "mười bốn chữ.."}, "short"),
        ({"password": "x" * 201}, "long"),
        ({"password": "matkhau123"}, "common"),
        ({"login": ""}, "login"),
        ({"login": " a "}, "login"),
    ],
)
def test_it_rejects_what_makes_no_account(session, vault, facts, reason):
    with pytest.raises(DomainError) as refused:
        create(session, vault, **facts)
    assert refused.value.reason == reason
    assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 0


@pytest.mark.parametrize("again", ["0912345678", "+84 912 345 678", "0084912345678"])
def test_it_rejects_a_login_that_somebody_has_however_it_is_written(session, vault, again):
    create(session, vault)
    with pytest.raises(DomainError, match="taken"):
        create(session, vault, login=again)


def test_who_signs_up_is_the_actor_of_the_entry(session, vault):
    made = create(session, vault, actor=None)
    assert (last_entry(session).action, last_entry(session).actor_id) == ("account.create.owner", made.id)


@pytest.mark.parametrize("typed", ["HANH@CDC", " hanh@cdc ", "ｈａｎｈ＠cdc"])
def test_a_login_is_found_as_people_type_it(session, vault, hanh, typed):
    assert sign_in(session, vault, login=typed) is hanh


REFUSED = {
    "unknown login": {"login": "ai@cdc"},
    "wrong password": {"password": "sai mật khẩu rồi"},
    "both wrong": {"login": "ai@cdc", "password": "sai mật khẩu rồi"},
    "empty": {"login": "", "password": ""},
    "a role of the other tier": {"roles": {OWNER}},
    "endless": {"login": "x" * 10_000, "password": "y" * 10_000},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_every_refusal_is_the_same_and_leaves_the_same_entry(session, vault, hanh, changes):
    assert sign_in(session, vault, **changes) is None
    entry = last_entry(session)
    assert (entry.actor_id, entry.actor, entry.role, entry.action, entry.subject, entry.detail) == (
        None,
        "?",
        "none",
        "sign_in.refused",
        "",
        {},
    )
    assert hanh.signed_in_at is None


def test_a_blocked_account_signs_in_no_more_and_its_sessions_end(session, vault, hanh, khoa):
    cookie = hanh.get_id()
    assert queries.by_session_id(session, cookie) is hanh
    service.set_active(session, now=NOW, actor=khoa.actor, account=hanh, active=False)
    session.commit()
    assert queries.by_session_id(session, cookie) is None
    assert sign_in(session, vault) is None
    service.set_active(session, now=NOW, actor=khoa.actor, account=hanh, active=True)
    session.commit()
    assert queries.by_session_id(session, cookie) is None  # the old session stays ended
    assert sign_in(session, vault) is hanh


def test_blocking_and_unblocking_are_in_the_log(session, hanh, khoa):
    for active in (False, True):
        service.set_active(session, now=NOW, actor=khoa.actor, account=hanh, active=active)
    entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(2)).all()
    assert [(e.action, e.actor_id, e.subject) for e in entries] == [
        ("account.unblock", khoa.id, str(hanh.id)),
        ("account.block", khoa.id, str(hanh.id)),
    ]


def test_nobody_blocks_themselves(session, khoa):
    with pytest.raises(DomainError, match="self"):
        service.set_active(session, now=NOW, actor=khoa.actor, account=khoa, active=False)
    assert khoa.active


def test_signing_out_ends_the_sessions_on_every_device(session, vault, hanh):
    phone = computer = hanh.get_id()
    service.sign_out(session, now=NOW, account=hanh)
    session.commit()
    assert queries.by_session_id(session, phone) is queries.by_session_id(session, computer) is None
    assert queries.by_session_id(session, hanh.get_id()) is hanh


@pytest.mark.parametrize(
    "cookie", ["", ":", "1", "None:1", "x" * 10_000, "\x00", "01a1f1da-a2c0-7917-b34f-57d7e8c364e6:1"]
)
def test_a_cookie_that_was_made_up_is_nobody(session, hanh, cookie):
    assert queries.by_session_id(session, cookie) is None


@pytest.mark.parametrize("epoch", ["", "0", "2", "1 ", "01", "x"])
def test_a_cookie_of_another_time_is_nobody(session, hanh, epoch):
    assert queries.by_session_id(session, f"{hanh.id}:{epoch}") is None


def test_lists_of_staff_hold_no_owner(session, vault, hanh, khoa):
    create(session, vault)
    assert [account.role for account in queries.staff(session)] == ["admin", "cdc"]
    assert queries.owner_count(session) == 1
    assert queries.any_admin(session)


def test_before_the_first_administrator_there_is_none(session, vault, hanh):
    assert not queries.any_admin(session)


def test_the_database_refuses_a_role_that_does_not_exist(session, hanh):
    hanh.role = "root"
    with pytest.raises(sa.exc.IntegrityError):
        session.flush()
    session.rollback()


def test_a_long_login_is_cut_alike_at_making_and_signing_in(session, vault):
    made = create(session, vault, login="dài" * 100 + "@example.vn")
    assert sign_in(session, vault, login="dài" * 100 + "@example.vn", password="một mật khẩu dài") is made
    assert len(made.display_name) <= 80


@pytest.mark.parametrize("arguments", [
    ["--role", "admin", "--login", "khoa@cdc", "--password", "người quản trị tên Khoa"],
    ["--role", "commune", "--login", "giang@tram", "--commune", "06652", "--password", "trạm y tế phường Hà Tu"],
])  # fmt: skip
def test_the_command_makes_an_account_that_signs_in(app, session, vault, arguments):
    answer = app.test_cli_runner().invoke(args=["accounts", "create", *arguments])
    assert answer.exit_code == 0, answer.output
    assert arguments[-1] not in answer.output
    made = sign_in(session, vault, login=arguments[3], password=arguments[-1])
    assert made is not None and made.role == arguments[1]


@pytest.mark.parametrize(("arguments", "why"), [
    (["--role", "admin", "--login", "khoa@cdc", "--password", "ngắn"], "15 characters or more"),
    (["--role", "root", "--login", "khoa@cdc", "--password", "người quản trị tên Khoa"], "root"),
    (["--role", "commune", "--login", "giang@tram", "--password", "trạm y tế phường Hà Tu"], "commune"),
])  # fmt: skip
def test_the_command_says_why_it_makes_no_account(app, session, arguments, why):
    answer = app.test_cli_runner().invoke(args=["accounts", "create", *arguments])
    assert answer.exit_code != 0
    assert why in answer.output
    assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 0


def test_actors_carry_the_account_and_commands_none(hanh):
    assert hanh.actor == Actor(hanh.id, "hanh@cdc", "cdc")
    assert Actor.command("setup") == Actor(None, "setup", "system")
    assert {OWNER, *STAFF} == EVERY
