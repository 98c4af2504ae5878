"""What the roles of PostgreSQL may do with notices, whatever the application asks."""

from datetime import timedelta

import psycopg
import pytest

from checkin import clock
from checkin.db import db
from checkin.notices import service
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

pytestmark = pytest.mark.postgresql


@pytest.fixture
def filled(postgresql):
    """A draft, one that is out and one that was withdrawn, of the officer Hạnh; her account's id."""
    app = postgresql.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        hanh = factories.account(session, vault, "cdc", cast.CDC)
        case, venue = factories.case(session), factories.venue(session, vault)
        words = service.Words(
            venue_id=venue.id, zone_id=None, start=NOW, end=NOW, severity="watch", words_vi="Theo dõi", words_en=None
        )
        how = {"now": NOW, "actor": hanh.actor, "case": case}
        _, out, back = (service.write(session, words=words, **how) for _ in range(3))
        for one in (out, back):
            service.publish(session, notice=one, lasts=timedelta(days=14), **how)
        service.withdraw(session, notice=back, why_vi="Không còn cần", why_en=None, **how)
        officer = str(hanh.id)
        factories.commit()
    return postgresql, officer


def states(connection):
    return sorted(row[0] for row in connection.execute("SELECT state FROM notice"))


def test_the_public_role_reads_what_is_or_was_out_and_writes_nothing(filled):
    world, _ = filled
    with psycopg.connect(world.urls["public"].replace("+psycopg", ""), autocommit=True) as public:
        assert states(public) == ["published", "withdrawn"]
        for statement in (
            "SELECT case_id FROM notice",
            "SELECT written_by FROM notice",
            "SELECT written_by_name FROM notice",
            "SELECT * FROM notice",
            "UPDATE notice SET state = 'withdrawn'",
            "DELETE FROM notice",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                public.execute(statement)


def test_officers_alone_see_drafts_and_nobody_rewrites_what_was_withdrawn_or_whose_it_is(filled):
    world, officer = filled
    with psycopg.connect(world.urls["staff"].replace("+psycopg", ""), autocommit=True) as staff:
        assert states(staff) == []
        for role, seen in (("commune", 2), ("command", 2), ("admin", 2), ("system", 0), ("cdc", 3)):
            with staff.transaction():
                staff.execute("SELECT set_config('checkin.role', %s, true)", (role,))
                assert len(states(staff)) == seen, role
                changed = staff.execute("UPDATE notice SET words_vi = 'khác'").rowcount
                assert changed == (2 if role == "cdc" else 0), role
        for column in ("case_id", "written_by", "written_at", "corrects", "seq"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                staff.execute(f"UPDATE notice SET {column} = {column}")
        copy = (
            'INSERT INTO notice SELECT gen_random_uuid(), 99, venue_id, zone_id, start, "end", severity, words_vi, '
            "words_en, {state}, published_at, expires_at, withdrawn_at, NULL, NULL, NULL, NULL, case_id, {who}, 'x', "
            "written_at FROM notice WHERE state = {of}"
        )
        for state, of, who in (("'draft'", "'draft'", "gen_random_uuid()"), ("state", "'published'", "written_by")):
            with staff.transaction(force_rollback=True):
                staff.execute("SELECT set_config('checkin.role', 'cdc', true)")
                staff.execute("SELECT set_config('checkin.account', %s, true)", (officer,))
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    staff.execute(copy.format(state=state, of=of, who=who))
