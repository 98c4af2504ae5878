"""Accounts and signing in, below the pages."""

import hashlib
from datetime import timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from checkin import scope
from checkin.accounts import queries, service, signing
from checkin.accounts.models import ADMIN, CDC, OWNER, ROLES, STAFF, Account, AccountSession, RecoveryCode
from checkin.accounts.passwords import hash_password
from checkin.accounts.signing import password_step
from checkin.audit.entry import Actor
from checkin.audit.models import AuditEntry
from checkin.errors import DomainError
from tests import cast, factories
from tests.conftest import NOW

EVERY = set(ROLES)


def create(session, vault, **facts):
    values = {"login": "0912345678", "password": "một mật khẩu dài", "role": OWNER, "actor": factories.SYSTEM}
    return service.create(session, vault, now=NOW, **{**values, **facts})


def tried(session, vault, who=cast.CDC, roles=EVERY, **changes):
    facts = {"login": who[0], "password": who[1], **changes}
    return password_step(session, vault, roles=roles, **facts)


def sign_in(*arguments, **changes):
    return tried(*arguments, **changes).account


def begin(session, account, **facts):
    return service.begin_session(session, now=NOW, account=account, **{"user_agent": "", "whole": True, **facts})


def fits(session, token):
    return queries.by_token(session, service.token_hash(token)) is not None


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
    service.signed_in(session, now=NOW, account=made)
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
    "unknown login": ({"login": "ai@cdc"}, "unknown"),
    "wrong password": ({"password": "sai mật khẩu rồi"}, "password"),
    "both wrong": ({"login": "ai@cdc", "password": "sai mật khẩu rồi"}, "unknown"),
    "empty": ({"login": "", "password": ""}, "unknown"),
    "a role of the other tier": ({"roles": {OWNER}}, "unknown"),
    "endless": ({"login": "x" * 10_000, "password": "y" * 10_000}, "unknown"),
}


@pytest.mark.parametrize(("changes", "why"), REFUSED.values(), ids=REFUSED)
def test_every_refusal_says_why_in_the_log_and_never_what_was_typed(session, vault, hanh, changes, why):
    refusal = tried(session, vault, **changes)
    assert (refusal.account, refusal.why) == (None, why)
    service.refused(session, now=NOW, why=why, account=refusal.meant)
    entry = last_entry(session)
    meant = str(hanh.id) if why == "password" else ""
    assert (entry.actor_id, entry.actor, entry.role, entry.action, entry.subject, entry.detail) == (
        None,
        "?",
        "none",
        "sign_in.refused",
        meant,
        {"why": why},
    )
    assert hanh.signed_in_at is None


@pytest.mark.parametrize(
    ("changes", "roles"),
    [
        ({}, EVERY),
        ({"login": "ai@cdc"}, EVERY),
        ({"password": "sai"}, EVERY),
        ({}, {OWNER}),
        ({}, set(STAFF)),
        ({"login": "ai@cdc"}, set(STAFF)),
    ],
)
def test_each_answer_costs_as_many_hashes_as_there_are_kinds_of_logins(
    session, vault, hanh, monkeypatch, changes, roles
):
    hashed = []
    monkeypatch.setattr(signing, "verify", lambda kept, password: bool(hashed.append(kept)))
    tried(session, vault, roles=roles, **changes)
    assert len(hashed) == (2 if roles == EVERY else 1)


def test_nothing_is_held_in_the_database_while_a_password_is_hashed(session, vault, hanh, monkeypatch):
    session.commit()
    monkeypatch.setattr(signing, "verify", lambda kept, password: not session.in_transaction())
    assert sign_in(session, vault, password="x") is hanh


def test_a_hash_of_older_parameters_is_made_anew_at_signing_in(real_passwords, session, vault, hanh):
    assert tried(session, vault).new_hash is None
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(cast.CDC[1])
    hanh.password_hash = old
    session.commit()
    fresh = tried(session, vault).new_hash
    assert fresh is not None and fresh.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    service.signed_in(session, now=NOW, account=hanh, new_hash=fresh)
    session.commit()
    assert hanh.password_hash == fresh and sign_in(session, vault) is hanh


def test_a_blocked_account_signs_in_no_more_and_its_sessions_end(session, vault, hanh, khoa):
    _, token = begin(session, hanh)
    assert fits(session, token)
    service.set_active(session, now=NOW, actor=khoa.actor, account=hanh, active=False)
    session.commit()
    assert not fits(session, token)
    assert tried(session, vault).why == "blocked"
    service.set_active(session, now=NOW, actor=khoa.actor, account=hanh, active=True)
    session.commit()
    assert not fits(session, token)  # the old session stays ended
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


def test_the_database_keeps_no_token_that_a_browser_could_send(session, hanh):
    made, token = begin(session, hanh)
    session.commit()
    assert len(token) >= 43 and made.token_hash == hashlib.sha256(token.encode()).digest()
    for row in session.execute(sa.text("SELECT * FROM account_session")).mappings():
        assert token not in " ".join(str(value) for value in row.values())


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "\x00", "01a1f1da-a2c0-7917-b34f-57d7e8c364e6:1"])
def test_a_token_that_was_made_up_is_nobody(session, hanh, token):
    begin(session, hanh)
    assert not fits(session, token)


def test_one_session_ends_and_the_others_go_on(session, hanh, khoa):
    (one, phone), (_, computer), (_, of_khoa) = begin(session, hanh), begin(session, hanh), begin(session, khoa)
    assert not service.end_session(session, now=NOW, account=khoa, session_id=one.id, action="session.end")
    assert service.end_session(session, now=NOW, account=hanh, session_id=one.id, action="session.end")
    assert not service.end_session(session, now=NOW, account=hanh, session_id=one.id, action="session.end")
    session.commit()
    assert [fits(session, token) for token in (phone, computer, of_khoa)] == [False, True, True]
    assert (last_entry(session).action, last_entry(session).actor_id) == ("session.end", hanh.id)


def test_all_others_end_and_this_one_stays(session, hanh, khoa):
    (_, phone), (kept, computer), (_, of_khoa) = begin(session, hanh), begin(session, hanh), begin(session, khoa)
    service.end_other_sessions(session, now=NOW, account=hanh, kept=kept)
    session.commit()
    assert [fits(session, token) for token in (phone, computer, of_khoa)] == [False, True, True]
    assert [one.id for one in queries.sessions(session, hanh, NOW)] == [kept.id]


def test_another_password_ends_every_other_session(session, vault, hanh):
    (_, phone), (kept, computer) = begin(session, hanh), begin(session, hanh)
    new_hash = hash_password("một câu mới của Hạnh")
    service.change_password(session, now=NOW, account=hanh, new_hash=new_hash, kept=kept)
    session.commit()
    assert [fits(session, token) for token in (phone, computer)] == [False, True]
    assert sign_in(session, vault) is None
    assert sign_in(session, vault, password="một câu mới của Hạnh") is hanh
    assert last_entry(session).action == "password.change"


def test_a_token_is_worth_nothing_once_it_was_renewed(session, hanh):
    made, token = begin(session, hanh, whole=False)
    fresh = service.renew_token(session, now=NOW, found=made)
    session.commit()
    assert fresh != token and fits(session, fresh) and not fits(session, token)
    assert made.whole


def test_what_is_over_is_forgotten_after_a_month_and_nothing_else(session, hanh):
    month, day = timedelta(days=30), timedelta(days=1)
    rows = [begin(session, hanh)[0] for _ in range(5)]
    for row, created, ended in zip(rows, (0, 40, 40, 119, 121), (None, 31, 29, None, None), strict=True):
        row.created_at = NOW - created * day
        row.ended_at = None if ended is None else NOW - ended * day
    service.replace_codes(session, now=NOW - 2 * month, account=hanh, code_hashes=[b"old"])
    service.replace_codes(session, now=NOW - month - day, account=hanh, code_hashes=[b"new"])
    session.flush()
    assert service.forget_sessions(session, now=NOW) == 3
    session.commit()
    left = set(session.scalars(sa.select(AccountSession.id)))
    assert left == {rows[0].id, rows[2].id, rows[3].id}
    assert session.scalars(sa.select(RecoveryCode.code_hash)).all() == [b"new"]


def test_lists_of_staff_hold_no_owner(session, vault, hanh, khoa):
    create(session, vault)
    assert [account.role for account in queries.staff(session)] == ["admin", "cdc"]
    scope.enter(session, scope.Scope("admin"))
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
