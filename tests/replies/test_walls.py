"""What the roles of PostgreSQL may do with answers to notices, receipts and text messages, whatever is asked of them."""

from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.db import db
from checkin.notices import queries as notices
from checkin.notices import service
from checkin.notices.models import Notice
from checkin.replies import service as replies
from checkin.replies.telling import Telling
from checkin.vault import VaultError
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

pytestmark = pytest.mark.postgresql
TELLING = Telling(
    full_name="Phạm Thị Zkhach", birth_year=1990, phone="+84904118226", commune_id=factories.HA_TU, elsewhere="",
    came=NOW, left=NOW, symptoms=("cough",),
)  # fmt: skip


@pytest.fixture
def filled(postgresql):
    """A draft, one that is out and one that was withdrawn; and an answer, written by the public tier itself."""
    app, public = postgresql.app(), postgresql.app("public")
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        hanh = factories.account(session, vault, "cdc", cast.CDC)
        factories.account(session, vault, "commune", cast.COMMUNE, factories.HONG_GAI)
        case, venue = factories.case(session), factories.venue(session, vault)
        words = service.Words(
            venue_id=venue.id, zone_id=None, start=NOW, end=NOW, severity="watch", words_vi="Theo dõi", words_en=None
        )
        how = {"now": NOW, "actor": hanh.actor, "case": case}
        _, out, back = (service.write(session, words=words, **how) for _ in range(3))
        for one in (out, back):
            service.publish(session, notice=one, lasts=timedelta(days=14), **how)
        service.withdraw(session, notice=back, why_vi="Không còn cần", why_en=None, **how)
        factories.commit()
    with clock.fixed(NOW), inside(public):
        session, vault = db.session(), vault_of(public)
        notice = notices.public(session, "TB-0002")
        replies.answer(session, vault, now=NOW, notice=notice, telling=TELLING, answer_id=notice.id)
        session.commit()
    return postgresql


def test_the_public_process_writes_an_answer_that_it_can_neither_read_nor_open(filled):
    with inside(filled.app("public")):
        vault = vault_of(filled.app("public"))
        with pytest.raises(VaultError):
            vault.open(vault.seal(TELLING.details()))
    with psycopg.connect(filled.urls["public"], autocommit=True) as public:
        for statement in (
            "SELECT id FROM notice_answer",
            "SELECT count(*) FROM notice_answer",
            "UPDATE notice_answer SET details = 'x'",
            "DELETE FROM notice_answer",
            "SELECT at FROM notice_receipt",
            "SELECT at FROM notice_text",
            "INSERT INTO notice_text VALUES (gen_random_uuid(), 'x', now())",
            "INSERT INTO notice_answer (id, notice_id, made_at, person_id, phone_index, details, aside_at) "
            "VALUES (gen_random_uuid(), gen_random_uuid(), now(), gen_random_uuid(), 'p', 'x', now())",
            "SELECT number FROM notice_draft",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                public.execute(statement)
    with psycopg.connect(filled.urls["all"]) as owner:
        assert owner.execute("SELECT count(*) FROM notice_answer").fetchone() == (1,)
    with inside(filled.app()):
        details = db.session.scalar(sa.text("SELECT details FROM notice_answer"))
        assert vault_of(filled.app()).open(bytes(details))["full_name"] == TELLING.full_name


def test_an_answer_goes_to_a_notice_that_holds_and_to_no_time_to_come(filled):
    insert = (
        "INSERT INTO notice_answer (id, notice_id, made_at, person_id, phone_index, details) "
        "SELECT gen_random_uuid(), %s, {at}, gen_random_uuid(), 'p', 'x'"
    )
    with inside(filled.app()):
        ids = {one.number: one.id for one in db.session.scalars(sa.select(Notice))}
    cases = (("TB-0002", "%s", True), ("TB-0003", "%s", False), ("TB-0001", "%s", False), ("TB-0002", "%s + interval '15 days'", False))  # fmt: skip
    with psycopg.connect(filled.urls["public"], autocommit=True) as public:
        for number, at, taken in (*cases, ("TB-0002", "now() + interval '1 hour' + (%s - %s)", None)):
            values = (ids[number], *[NOW] * at.count("%s"))
            if taken:
                assert public.execute(insert.format(at=at), values).rowcount == 1
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    public.execute(insert.format(at=at), values)


def test_a_station_knows_of_notices_of_its_own_commune_in_its_own_name(filled):
    with inside(filled.app()):
        ids = {one.number: one.id for one in db.session.scalars(sa.select(Notice))}
        station = db.session.scalar(sa.text("SELECT id FROM account WHERE role = 'commune'"))
    insert = "INSERT INTO notice_receipt VALUES (%s, %s, now(), %s, 'x')"
    here, there = factories.HONG_GAI, factories.HA_TU
    for scope, number, account, taken in (
        (here, "TB-0002", station, True),
        (there, "TB-0002", station, False),
        (here, "TB-0001", station, False),
        (here, "TB-0002", ids["TB-0001"], False),
    ):
        with psycopg.connect(filled.urls["staff"]) as staff:
            for name, value in (("role", "commune"), ("commune", scope), ("account", str(station))):
                staff.execute("SELECT set_config(%s, %s, true)", (f"checkin.{name}", value))
            if taken:
                assert staff.execute(insert, (ids[number], scope, account)).rowcount == 1
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    staff.execute(insert, (ids[number], scope, account))
            staff.rollback()


def test_an_officer_reads_answers_for_a_case_alone_and_writes_messages_about_notices_alone(filled):
    with inside(filled.app()):
        case = str(db.session.scalar(sa.text('SELECT id FROM "case"')))
    message = (
        "INSERT INTO message (id, audience, channel, about, state, sealed, made_at, until, next_at, tries) "
        "VALUES (gen_random_uuid(), %s, 'sms', %s, 'waiting', 'x', now(), now(), now(), 0)"
    )
    with psycopg.connect(filled.urls["staff"]) as staff:
        staff.execute("SELECT set_config('checkin.role', 'cdc', true)")
        assert staff.execute("SELECT count(*) FROM notice_answer").fetchone() == (0,)
        staff.execute("SELECT set_config('checkin.purpose', %s, true)", (case,))
        assert staff.execute("SELECT count(*) FROM notice_answer").fetchone() == (1,)
        assert staff.execute(message, ("staff", "notice")).rowcount == 1
        assert staff.execute("SELECT count(*) FROM message").fetchone() == (0,)
        for audience, about in (("owner", "notice"), ("staff", "invitation")):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), staff.transaction():
                staff.execute(message, (audience, about))


def test_an_officer_sets_answers_aside_for_a_case_alone_and_rewrites_nothing_of_them(filled):
    with inside(filled.app()):
        case = str(db.session.scalar(sa.text('SELECT id FROM "case"')))
    aside = "UPDATE notice_answer SET aside_at = now(), aside_by_name = 'x', aside_reason = 'x'"
    with psycopg.connect(filled.urls["staff"]) as staff:
        for role, purpose, changed in (("cdc", "", 0), ("commune", case, 0), ("system", case, 0), ("cdc", case, 1)):
            for name, value in (("role", role), ("purpose", purpose), ("commune", factories.HA_TU)):
                staff.execute("SELECT set_config(%s, %s, true)", (f"checkin.{name}", value))
            assert staff.execute(aside).rowcount == changed, role
        for statement in (
            "UPDATE notice_answer SET details = 'x'",
            "UPDATE notice_answer SET notice_id = notice_id",
            "INSERT INTO notice_answer (id) VALUES (gen_random_uuid())",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), staff.transaction():
                staff.execute(statement)
        with pytest.raises(psycopg.errors.CheckViolation), staff.transaction():
            staff.execute("UPDATE notice_answer SET aside_reason = NULL")


def test_what_a_draft_said_is_read_by_officers_and_rewritten_by_nobody(filled):
    with psycopg.connect(filled.urls["all"], autocommit=True) as owner:
        owner.execute(
            "INSERT INTO notice_draft SELECT id, 1, now(), 'x', venue_id, zone_id, start, \"end\", severity, words_vi, "
            "words_en FROM notice WHERE state = 'draft'"
        )
    copy = 'INSERT INTO notice_draft SELECT notice_id, 2, at, by_name, venue_id, zone_id, start, "end", severity, words_vi, words_en FROM notice_draft'
    with psycopg.connect(filled.urls["staff"]) as staff:
        for role, seen in (("commune", 0), ("command", 0), ("admin", 0), ("system", 0), ("cdc", 1)):
            staff.execute("SELECT set_config('checkin.role', %s, true)", (role,))
            assert staff.execute("SELECT count(*) FROM notice_draft").fetchone() == (seen,), role
            # Nothing is seen, so nothing is copied; by an officer it is.
            assert staff.execute(copy).rowcount == seen
        with pytest.raises(psycopg.errors.InsufficientPrivilege), staff.transaction():
            staff.execute("UPDATE notice_draft SET words_vi = 'x'")


def test_an_officer_deletes_for_a_case_alone_and_nothing_that_was_out(filled):
    with inside(filled.app()):
        case = str(db.session.scalar(sa.text('SELECT id FROM "case"')))
    with psycopg.connect(filled.urls["staff"]) as staff:
        for role, purpose, gone in (("cdc", "", 0), ("commune", case, 0), ("system", case, 0), ("cdc", case, 1)):
            for name, value in (("role", role), ("purpose", purpose), ("commune", factories.HA_TU)):
                staff.execute("SELECT set_config(%s, %s, true)", (f"checkin.{name}", value))
            with staff.transaction(force_rollback=True):
                assert staff.execute("DELETE FROM notice").rowcount == gone, role
