"""Migrations on databases of their own: up from nothing, the same as the models, down and up again with data."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade

from checkin import clock, create_app
from checkin.accounts.models import ADMIN
from checkin.audit.queries import broken_link
from checkin.config import Config
from checkin.db import Model, db, is_day
from checkin.exposure.service import Bound, PlaceAsked, ask_place
from checkin.keys import generate
from checkin.places.models import Place, Successor
from checkin.venues import service as venues
from checkin.visits import service as visits
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import MIGRATIONS, inside, vault_of

SCRIPTS = AlembicConfig()
SCRIPTS.set_main_option("script_location", MIGRATIONS)
# From the newest to the first.
REVISIONS = [script.revision for script in ScriptDirectory.from_config(SCRIPTS).walk_revisions()]
# A few, since SQLite needs long to drop the whole country's.
PLACES = [
    {"id": code, "code": code, "level": level, "kind": "phường", "name": name, "name_en": name, "name_fold": name,
     "parent_id": parent, "valid_from": day}
    for code, level, name, parent, day in (
        ("22", "province", "quang ninh", None, None),
        (factories.HONG_GAI, "commune", "hong gai", "22", date(2025, 7, 1)),
        (factories.HA_TU, "commune", "ha tu", "22", date(2025, 7, 1)),
        ("old", "commune", "bach dang", "22", None),
    )
]  # fmt: skip
# The last moment of a day of the province, the first of the next, and one of the day in UTC.
MOMENTS = [datetime(2026, 11, 19, 16, 59, 59, 999999, UTC), datetime(2026, 11, 19, 17, tzinfo=UTC), NOW]
STEPS = list(zip(REVISIONS, [*REVISIONS[1:], "base"], strict=True))


def own_table(name, kind, _parents):
    return kind != "table" or not is_day(name)


def make(folder, url):
    generate(folder / "keys")
    env = {"CHECKIN_INSTANCE": str(folder), "DATABASE_URL": url, "NO_DEMO": "1"}
    return create_app(replace(Config.from_env(env), demo=False))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty(request, tmp_path):
    """The application on a database with nothing in it."""
    if request.param == "sqlite":
        return make(tmp_path, f"sqlite:///{tmp_path / 'own.db'}")
    return request.getfixturevalue("postgresql_empty")


@pytest.fixture
def postgresql_empty(cluster, tmp_path):
    """The same, on PostgreSQL."""
    cluster.execute("DROP DATABASE IF EXISTS migrating", "CREATE DATABASE migrating")
    app = make(tmp_path, cluster.url("migrating"))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    cluster.execute("DROP DATABASE migrating")


@pytest.fixture
def app(empty):
    """The application on a database at the newest revision."""
    with empty.app_context():
        upgrade(directory=MIGRATIONS)
    return empty


def fill(app):
    """A row or more in every table, through the services."""
    with inside(app):
        session, vault = db.session(), vault_of(app)
        for moment in MOMENTS:
            visits.open_day(session, clock.to_local(moment).date())
        for place in PLACES:
            session.add(Place(**place))
            session.flush()
        session.add(Successor(old_id="old", new_id=factories.HONG_GAI, main=True))
        khoa = factories.account(session, vault, ADMIN, cast.ADMIN)
        shop = factories.venue(session, vault, owner=khoa)
        venues.add_zone(session, now=NOW, actor=khoa.actor, venue=shop, name="Tầng 2")
        factories.check_in(app, session, vault, shop, device=b"d" * 16)
        for moment in MOMENTS:
            factories.check_in(app, session, vault, shop, cast.coughing(cast.NEIGHBOUR), at=moment)
        asked = PlaceAsked(start=NOW, end=NOW, venue_id=shop.id)
        bound = Bound(case=factories.case(session), signal=None, reason="Chợ đông")
        ask_place(session, now=NOW, actor=khoa.actor, bound=bound, asked=asked)
        session.commit()


def rows(app):
    """Every row of every table that is there, by table."""
    with inside(app):
        session = db.session()
        found = sa.MetaData()
        found.reflect(session.connection())
        return {
            table.name: sorted(repr(tuple(row)) for row in session.execute(sa.select(table)))
            for table in found.sorted_tables
            if table.name != "alembic_version" and not is_day(table.name)
        }


def revision(app):
    with inside(app):
        return MigrationContext.configure(db.session().connection()).get_current_revision()


def schema(app):
    """What the database knows of its tables, indexes, constraints, functions and triggers."""
    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        asked = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    else:
        asked = """
            SELECT table_name || '.' || column_name, concat_ws(' ', data_type, character_maximum_length, is_nullable)
            FROM information_schema.columns WHERE table_schema = 'public'
            UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
            UNION ALL SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        """
    with inside(app):
        found = db.session().execute(sa.text(asked))
        return sorted((str(name), unordered(str(text))) for name, text in found if "alembic_version" not in name)


def unordered(text):
    """A definition whatever the order of its constraints, which a table that SQLite makes anew changes."""
    return sorted(re.split(r",\s*\n\s*|\(\s*\n\s*|\s*\n\)", text.replace(chr(34), "")))


def test_there_is_one_head_and_each_revision_follows_the_one_before():
    assert ScriptDirectory.from_config(SCRIPTS).get_heads() == [REVISIONS[0]]
    assert list(reversed(REVISIONS)) == [f"{number:04d}" for number in range(1, len(REVISIONS) + 1)]


def test_from_nothing_to_the_newest_is_what_the_models_say(app):
    assert revision(app) == REVISIONS[0]
    with inside(app):
        context = MigrationContext.configure(
            db.session().connection(), opts={"compare_type": True, "include_name": own_table}
        )
        assert compare_metadata(context, Model.metadata) == []


def test_migrating_again_changes_nothing(app):
    fill(app)
    before = rows(app), schema(app)
    with app.app_context():
        upgrade(directory=MIGRATIONS)
    assert (rows(app), schema(app)) == before


def test_the_tests_of_data_have_rows_in_every_table(app):
    fill(app)
    assert {name for name, found in rows(app).items() if not found} == set()
    assert set(rows(app)) == set(Model.metadata.tables)


@pytest.mark.parametrize(("upper", "lower"), STEPS, ids=[f"{upper} to {lower}" for upper, lower in STEPS])
def test_each_revision_goes_down_and_up_again_and_loses_nothing_that_the_lower_one_holds(app, upper, lower):
    fill(app)
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision=upper)
    before, shape = rows(app), schema(app)
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision=lower)
    assert revision(app) == (None if lower == "base" else lower)
    held = rows(app)
    with app.app_context():
        upgrade(directory=MIGRATIONS, revision=upper)
    after = rows(app)
    assert schema(app) == shape
    for table, found in before.items():
        if table in held:
            assert held[table] == after[table] == found
        else:
            assert after[table] == []


def test_the_data_work_after_all_the_way_to_the_first_revision_and_back(app):
    fill(app)
    before = rows(app)
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision=REVISIONS[-1])
        upgrade(directory=MIGRATIONS)
    assert rows(app) == before
    with inside(app):
        assert broken_link(db.session()) is None
        with pytest.raises(sa.exc.DatabaseError, match="can only grow"):
            db.session().execute(sa.text("DELETE FROM audit"))


def test_all_the_way_down_leaves_nothing_but_the_note_of_the_revision(app):
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision="base")
    assert schema(app) == []


@pytest.mark.postgresql
def test_the_rows_of_a_plain_table_go_to_the_table_of_their_day_in_the_province(postgresql_empty):
    app = postgresql_empty
    with app.app_context():
        upgrade(directory=MIGRATIONS)
    fill(app)
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision="0002")
        db.session.remove()
        upgrade(directory=MIGRATIONS)
    with inside(app):
        counted = {
            name: db.session.scalar(sa.text(f"SELECT count(*) FROM {name}"))
            for name in ("visit_20261119", "visit_20261120", "declaration_20261119", "declaration_20261120")
        }
    assert counted == {
        "visit_20261119": 1,
        "visit_20261120": 3,
        "declaration_20261119": 1,
        "declaration_20261120": 3,
    }
