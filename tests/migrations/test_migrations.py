"""Migrations on databases of their own: up from nothing, the same as the models, down and up again with data."""

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade

from checkin import clock, create_app, tiers
from checkin.accounts import service as accounts
from checkin.accounts.models import ADMIN, Account
from checkin.api import service as api
from checkin.approvals.limits import READ, Limits
from checkin.approvals.service import About, ask
from checkin.audit import service as audit
from checkin.audit.models import AuditEntry, AuditWaiting
from checkin.audit.queries import broken_link
from checkin.audit.unusual import Found
from checkin.calls import queries as call_queries
from checkin.calls import service as calls
from checkin.calls.journeys import Journey
from checkin.casefacts import service as casefacts
from checkin.cases import service as cases
from checkin.cases.models import Case
from checkin.chains import service as chains
from checkin.claims import service as claims
from checkin.clusters import service as clusters
from checkin.commitments import service as commitments
from checkin.config import Config
from checkin.contactlists import service as contactlists
from checkin.contactlists.entries import Entry
from checkin.contacts import service as contacts
from checkin.contacts.models import Contact, ContactNear, ContactStep
from checkin.db import Model, db, is_day
from checkin.derivations import service as derivations
from checkin.derivations.queries import Which
from checkin.desk import service as desk
from checkin.doubles import service as doubles
from checkin.duty import service as duty
from checkin.exposure.models import met_person
from checkin.exposure.service import Bound, PlaceAsked, ask_export, ask_place, claim_export, keep_export
from checkin.handovers import service as handovers
from checkin.ids import new_id
from checkin.invitations import service as invitations
from checkin.joins.models import Pair
from checkin.keys import generate
from checkin.me import service as me
from checkin.me.service import Shown
from checkin.messages.letter import Letter
from checkin.monitoring import service as monitoring
from checkin.movements import service as movements
from checkin.nearby import service as nearby
from checkin.notices import queries as notice_queries
from checkin.notices import service as notices
from checkin.notices.models import NoticeText
from checkin.owners import service as owners
from checkin.people.models import Person
from checkin.personcards import service as personcards
from checkin.places.models import Place, Successor
from checkin.posters import service as posters
from checkin.register import service as register
from checkin.register.models import RegisterNumber
from checkin.replies import service as replies
from checkin.replies.telling import Telling
from checkin.rights import service as rights
from checkin.stations import service as stations
from checkin.venues import service as venues
from checkin.visits import service as visits
from checkin.visits.models import Visit
from checkin.workers import service as workers
from checkin.workers.models import ShiftChange
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import MIGRATIONS, PUBLIC, STAFF, inside, vault_of

# Looking at the schema, SQLAlchemy warns of constraints that old rows are not held to.
pytestmark = pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_options'")
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
        accounts.begin_session(session, now=NOW, account=khoa, user_agent="", whole=True)
        accounts.replace_codes(session, now=NOW, account=khoa, code_hashes=[b"c" * 16])
        shop = factories.venue(session, vault, owner=khoa)
        zone = venues.add_zone(session, now=NOW, actor=khoa.actor, venue=shop, name="Tầng 2")
        factories.check_in(app, session, vault, shop, device=b"d" * 16)
        for moment in MOMENTS:
            factories.check_in(app, session, vault, shop, cast.coughing(cast.NEIGHBOUR), at=moment)
        asked = PlaceAsked(start=NOW, end=NOW, venue_id=shop.id, more=((shop.id, zone.id),))
        case = factories.case(session)
        someone = session.scalars(sa.select(Visit.person_id).order_by(Visit.id)).first()
        cases.link(
            session,
            now=NOW,
            actor=khoa.actor,
            case=case,
            person_id=someone,
            found_by="TC-000001",
            rules=factories.rules(app),
        )
        derivations.ask(
            session, now=NOW, actor=khoa.actor, which=Which(), rules="today", rules_on=NOW.date(), reason="Quy tắc mới"
        )
        bound = Bound(case=case, signal=None, reason="Chợ đông")
        lookup = ask_place(session, now=NOW, actor=khoa.actor, bound=bound, asked=asked)
        file = ask_export(session, now=NOW, actor=khoa.actor, lookup=lookup, form="xlsx", locale="vi", total=2)
        claim_export(session, now=NOW)
        keep_export(session, vault, now=NOW, export_id=file.id, body=b"PK", total=2)
        venues.add_guesses(session, day=NOW.date(), kind="unknown", number=2)
        about = About(
            what=READ, lookup_id=lookup.id, lookup_number=lookup.number, title="Chợ", start=NOW, end=NOW,
            case_number=case.number, rows=None,
        )  # fmt: skip
        limits = Limits(export_rows=1, area_hours=1, later_hours=1, holds_hours=1)
        ask(session, limits, now=NOW, actor=khoa.actor, about=about, reason="Cả chợ", at_once=True)
        found_signal = clusters.Found(kind="pile", start=NOW, end=NOW, count=9, venue_id=shop.id, expected=1.5)
        signal = clusters.keep(session, now=NOW, known=[], found=found_signal, among=[found_signal], again=2)
        clusters.say(session, now=NOW, actor=khoa.actor, signal=signal, seen=0, state="working", note="Đã gọi")
        told_chain = chains.Told(place="venue", reason="Cùng bàn", venue_id=shop.id)
        chains.tell(session, now=NOW, actor=khoa.actor, case=case, told=told_chain, seen=0)
        words = notices.Words(
            venue_id=shop.id, zone_id=zone.id, start=NOW, end=NOW, severity="watch", words_vi="Theo dõi", words_en=None
        )
        notice = notices.write(session, now=NOW, actor=khoa.actor, case=case, words=words)
        notices.change(session, now=NOW, actor=khoa.actor, case=case, notice=notice, words=words, seen=1)
        notices.publish(session, now=NOW, actor=khoa.actor, case=case, notice=notice, lasts=timedelta(days=14))
        notices.receive(session, now=NOW, actor=khoa.actor, notice=notice_queries.as_public(notice))
        session.add(NoticeText(notice_id=notice.id, phone_index=b"p" * 16, at=NOW))
        telling = Telling(
            full_name="Hưng", birth_year=1971, phone="+84904118226", commune_id=None, elsewhere="Huế", came=NOW,
            left=NOW, symptoms=(),
        )  # fmt: skip
        public = notice_queries.as_public(notice)
        replies.answer(session, vault, now=NOW, notice=public, telling=telling, answer_id=new_id(NOW))
        found = Found("exports", "exports:1", str(khoa.id), "khoa@cdc", NOW, 12, 10, (1,))
        audit.keep_findings(session, [found], now=NOW)
        shown = {Shown(kind="venue", start=NOW, end=NOW, venue_id=shop.id)}
        me.note(session, now=NOW, shown_from=NOW, lookup_id=lookup.id, shown=shown)
        rights.ask(
            session,
            vault,
            now=NOW,
            rules=factories.rules(app),
            request_id=new_id(NOW),
            wish=rights.Wish(kind="see", full_name=cast.CITIZEN.full_name, birth_year=1985),
            language="vi",
            device=None,
        )
        calls.declare(
            session, vault, now=NOW, rules=factories.rules(app), told=cast.coughing(), submission_id=new_id(NOW),
            journey=Journey(kind="enter", day=NOW.date(), from_place="Hà Nội", vehicle="car"),
        )  # fmt: skip
        told = call_queries.waiting(session, since=NOW, most=1)[0]
        stations.called(
            session, vault=vault, now=NOW, actor=khoa.actor, call=told, result="reached", note="Đã hẹn", done=True
        )
        window = {"which": "source", "start": NOW, "end": None, "reason": "Lời khai"}
        casefacts.correct(session, now=NOW, actor=khoa.actor, case=case, seen=case.version, **window)
        said = movements.Said(venue_id=shop.id, place="", start=NOW - timedelta(hours=2), end=NOW, note="Đi một mình")
        movements.tell(session, vault, now=NOW, actor=khoa.actor, case_id=case.id, person_id=someone, said=said)
        other = session.scalars(sa.select(Person.id).where(Person.id != someone).order_by(Person.id)).first()
        contacts.assign(
            session, vault, now=NOW, actor=khoa.actor, case=case, rules=factories.rules(app),
            people=[contacts.Given(other, factories.HA_TU, NOW.date(), {"full_name": "Hưng", "met": []})],
        )  # fmt: skip
        given = session.scalars(sa.select(Contact)).one()
        contacts.decide(
            session, vault, now=NOW, actor=khoa.actor, contact=given, stage="f1", reason="Người nhà",
            rules=factories.rules(app),
        )  # fmt: skip
        # Somebody of any stage; an F2 has a test of their own.
        session.add(ContactNear(contact_id=new_id(NOW), f1_id=given.id, case_id=case.id, at=NOW, by_name="khoa@cdc"))
        # Of another case: what is done to this one afterwards takes its ranking away.
        numbers = ("certain", "possible", "encounters", "same_zone", "setting", "crowded", "score")
        met = {"case_id": new_id(NOW), "person_id": someone, "first_at": NOW, "made_of": new_id(NOW)}
        session.execute(sa.insert(met_person).values(**met, **dict.fromkeys(numbers, 1)))
        monitoring.say(
            session, now=NOW, actor=khoa.actor, contact=given, kind="health", day=NOW.date(), said="well", seen=0,
            today=NOW.date(),
        )  # fmt: skip
        duty.hand_over(session, vault, now=NOW, actor=khoa.actor, seen=0, since=NOW, numbers={"late": 1}, note="Gọi")
        two = sorted(session.scalars(sa.select(Person.id).where(Person.same_as.is_(None))))[:2]
        doubles.keep(session, now=NOW, found={(two[0], two[1]): 1})
        pair = session.scalars(sa.select(Pair)).one()
        doubles.join(session, vault, now=NOW, actor=khoa.actor, pair_id=pair.id, seen=0, reason="Một người")
        doubles.record_scan(session, now=NOW, people=2, pairs=1, large=0, largest=0)
        desk.make(session, vault, now=NOW, actor=khoa.actor, venue=shop, name="Bảo vệ cổng 1", zone_id=zone.id)
        issuer = personcards.Issuer("commune", khoa.actor)
        personcards.issue(session, vault, now=NOW, issuer=issuer, people=[cast.CITIZEN, cast.NEIGHBOUR])
        commitments.sign(
            session, vault, now=NOW, actor=khoa.actor, venue=shop, version="2026-01-01", name="Khoa", office=""
        )
        handovers.make(session, vault, now=NOW, actor=khoa.actor, venue=shop)
        binh = factories.account(session, vault, "owner", cast.OWNER)
        known = factories.venue(session, vault, "Nhà nghỉ trong sổ")
        claims.ask(session, vault, now=NOW, account=binh, venue=known, name="Bình", note="")
        closed = factories.venue(session, vault, "Quán đã đóng", owner=khoa)
        venues.close(session, now=NOW, actor=khoa.actor, venue=closed)
        letter = Letter(to="moi@example.vn", subject="Lời mời", text="Mở liên kết")
        invitations.invite(
            session, vault, now=NOW, actor=khoa.actor, login="moi@cdc", role=ADMIN, write=lambda *_: letter
        )
        batch, _ = posters.ask(session, now=NOW, actor=khoa.actor, role=ADMIN, form="a4", language="vi")
        posters.claim(session, now=NOW, roles=[ADMIN])
        posters.keep_file(session, job_id=batch.id, number=1, name="001-a4.pdf", title="", posters=1, body=b"%PDF")
        owners.ask_reset(session, vault, now=NOW, contact="binh@example.vn", write=lambda *_: letter)
        sent = register.receive(
            session, vault, now=NOW, actor=khoa.actor, commune_id=None, form="csv", locale="vi", name="so.csv",
            file=io.BytesIO(b"Ten,Dia chi"),
        )  # fmt: skip
        new = workers.New(cast.NEIGHBOUR, workers.Post(None, "", 127, 420, 960))
        workers.add(session, vault, now=NOW, actor=khoa.actor, venue=shop, new=new)
        worker = session.execute(sa.text("SELECT id FROM worker")).scalar()
        session.add(ShiftChange(worker_id=UUID(str(worker)), day=NOW.date(), kind="absent"))
        session.add(RegisterNumber(number="5701234567", venue_id=shop.id))
        assert sent.size == 11
        token, _ = api.create(session, now=NOW, actor=khoa.actor, name="Tỉnh", scopes=["cases:read"], days=30)
        api.begin_call(session, vault, now=NOW, token_id=token.id, key="khoa-so-0001", body=b"{}")
        contactlists.remember(session, vault, now=NOW, heading=["Tên"], fields=["full_name"])
        session.commit()


def let_wait(app):
    """An entry of the public tier that nobody has taken into the log yet."""
    with inside(app):
        db.session.add(
            AuditWaiting(
                id=new_id(NOW), received_at=NOW, at=NOW, actor="?", role="none", action="sign_in.refused", subject="",
                detail={"why": "unknown"},
            )
        )  # fmt: skip
        db.session.commit()


class Rows:
    """Every row of every table that is there, by table and column."""

    def __init__(self, app):
        with inside(app):
            session, found = db.session(), sa.MetaData()
            found.reflect(session.connection())
            known = [
                table for table in found.sorted_tables if table.name != "alembic_version" and not is_day(table.name)
            ]
            self.columns = {table.name: table.c.keys() for table in known}
            self.tables = {table.name: [row._asdict() for row in session.execute(sa.select(table))] for table in known}

    def of(self, table, schema):
        """The rows of a table in the columns of that schema."""
        return sorted(repr([row[column] for column in schema.columns[table]]) for row in self.tables[table])


def rows(app):
    """Every row of every table that is there, by table."""
    found = Rows(app)
    return {table: found.of(table, found) for table in found.tables}


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
            UNION ALL SELECT conname, replace(pg_get_constraintdef(oid), ' NOT VALID', '') FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
            UNION ALL SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        """
    with inside(app):
        found = db.session().execute(sa.text(asked))
        return sorted((str(name), unordered(str(text))) for name, text in found if "alembic_version" not in name)


def unordered(text):
    """A definition whatever the order of its constraints, which a table that SQLite makes anew changes; and whether
    a column stands on a line of its own, as it does not where it was added."""
    parts = re.split(r",\s*\n\s*|,\s+(?=[a-z_]+ [A-Z]+)|\(\s*\n\s*|\s*\n?\)$", text.replace(chr(34), ""))
    return sorted(part for part in parts if part)


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
    let_wait(app)
    assert {name for name, found in rows(app).items() if not found} == set()
    assert set(rows(app)) == set(Model.metadata.tables)


@pytest.mark.long
@pytest.mark.postgresql
def test_what_waits_to_be_taken_into_the_log_is_in_it_after_going_down(postgresql_empty):
    app = postgresql_empty
    with app.app_context():
        upgrade(directory=MIGRATIONS)
    fill(app)
    let_wait(app)
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision="0012")
    with inside(app):
        last = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
        assert (last.actor, last.action, last.detail) == ("?", "sign_in.refused", {"why": "unknown"})
        assert broken_link(db.session()) is None


# The newest one at every run; all of them one after the other among the long proofs, each by itself among the wide ones.
@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        pytest.param(
            upper, lower, id=f"{upper} to {lower}", marks=() if number < 1 else [pytest.mark.long, pytest.mark.wide]
        )
        for number, (upper, lower) in enumerate(STEPS)
    ],
)
def test_each_revision_goes_down_and_up_again_and_loses_nothing_that_the_lower_one_holds(app, upper, lower):
    fill(app)
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision=upper)
    upper_rows, shape = Rows(app), schema(app)
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision=lower)
    assert revision(app) == (None if lower == "base" else lower)
    held = Rows(app)
    with app.app_context():
        upgrade(directory=MIGRATIONS, revision=upper)
    after = Rows(app)
    assert schema(app) == shape
    for table in upper_rows.tables:
        if table in held.tables:
            # What the lower one has no column for is not there either.
            assert held.of(table, held) == after.of(table, held) == upper_rows.of(table, held)
        else:
            assert after.tables[table] == []


def test_the_newest_go_down_where_the_roles_of_both_tiers_have_their_rights(postgresql_empty, _postgresql):
    """What a role was given may read a column that goes."""
    with postgresql_empty.app_context():
        upgrade(directory=MIGRATIONS)
        owner = db.session.scalar(sa.text("SELECT current_user"))
        for statement in tiers.statements(owner, PUBLIC, STAFF):
            db.session.connection().exec_driver_sql(statement)
        db.session.commit()
        downgrade(directory=MIGRATIONS, revision="0022")
    assert revision(postgresql_empty) == "0022"


def test_a_contact_says_when_it_was_given_and_first_reached_as_its_steps_did(app):
    fill(app)
    with inside(app):
        session = db.session()
        given = session.scalars(sa.select(Contact)).one()
        step = {"contact_id": given.id, "account_id": given.id, "by_name": "x", "what": "call", "answers": []}
        for number, result in ((8, "not_reached"), (9, "reached"), (10, "reached")):
            at = NOW + timedelta(hours=number)
            session.add(ContactStep(number=number, at=at, result=result, stage="f1", **step))
        given.reached_at = NOW + timedelta(hours=9)
        session.commit()
    before = Rows(app).tables["contact"]
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision="0037")
        upgrade(directory=MIGRATIONS)
    assert Rows(app).tables["contact"] == before


@pytest.mark.long
@pytest.mark.wide
def test_a_lookup_of_a_source_stays_on_record_as_one_by_case_with_its_window(app):
    fill(app)
    with inside(app):
        db.session.execute(sa.text("UPDATE lookup SET kind = 'source'"))
        db.session.commit()
    before = Rows(app).tables["lookup"]
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision="0027")
    after = Rows(app).tables["lookup"]
    assert [{name: (row | {"kind": "case"})[name] for name in after[0]} for row in before] == after and after
    with app.app_context():
        upgrade(directory=MIGRATIONS)


@pytest.mark.long
@pytest.mark.wide
def test_a_lookup_that_compares_people_stays_on_record_as_one_by_person(app):
    fill(app)
    with inside(app):
        db.session.execute(sa.text("UPDATE lookup SET kind = 'doubles'"))
        db.session.commit()
    before = Rows(app).tables["lookup"]
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision="0034")
    after = Rows(app).tables["lookup"]
    assert [{name: (row | {"kind": "person"})[name] for name in after[0]} for row in before] == after and after
    with app.app_context():
        upgrade(directory=MIGRATIONS)


@pytest.mark.long
@pytest.mark.wide
def test_a_list_of_contacts_stays_on_record_as_one_by_person(app):
    fill(app)
    with inside(app):
        db.session.execute(sa.text("UPDATE lookup SET kind = 'contacts', listed = 'call', file_columns = 'own'"))
        db.session.commit()
    before = Rows(app).tables["lookup"]
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision="0041")
    after = Rows(app).tables["lookup"]
    assert [{name: (row | {"kind": "person"})[name] for name in after[0]} for row in before] == after and after
    with app.app_context():
        upgrade(directory=MIGRATIONS)
        assert {row["kind"] for row in Rows(app).tables["lookup"]} == {"person"}


@pytest.mark.long
@pytest.mark.wide
def test_shifts_go_with_what_tells_them_from_visitors(app):
    fill(app)
    with inside(app):
        session = db.session()
        there = session.execute(sa.select(Visit.id, Visit.declaration_id).order_by(Visit.entered_at, Visit.id)).all()
        shift, guests = there[0], there[1:]
        session.execute(sa.update(Visit).where(Visit.id == shift.id).values(channel="shift", flags="shift"))
        session.commit()
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision="0017")
    left = Rows(app).tables
    assert {UUID(str(row["id"])) for row in left["visit"]} == {row.id for row in guests}
    assert shift.declaration_id not in {UUID(str(row["id"])) for row in left["declaration"]}
    assert {row.declaration_id for row in guests} <= {UUID(str(row["id"])) for row in left["declaration"]}


@pytest.mark.long
def test_the_data_work_after_all_the_way_to_the_first_revision_and_back(app):
    fill(app)
    before = Rows(app)
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision=REVISIONS[-1])
    held = Rows(app)
    with app.app_context():
        upgrade(directory=MIGRATIONS)
    after = Rows(app)
    assert {table: after.of(table, held) for table in held.tables} == {
        table: before.of(table, held) for table in held.tables
    }
    with inside(app):
        assert broken_link(db.session()) is None
        with pytest.raises(sa.exc.DatabaseError, match="can only grow"):
            db.session().execute(sa.text("DELETE FROM audit"))


@pytest.mark.long
def test_all_the_way_down_leaves_nothing_but_the_note_of_the_revision(app):
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision="base")
    assert schema(app) == []


@pytest.mark.long
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
        # One of them was made at no venue.
        "declaration_20261120": 4,
    }


def test_who_was_near_an_f1_is_somebody_to_call_where_no_f2_is_known(app):
    fill(app)
    with inside(app):
        session, named = db.session(), Entry(full_name="Đỗ Thị Gần", phone="0912345678")
        f1 = session.scalars(sa.select(Contact).where(Contact.stage == "f1")).one()
        nearby.name(
            session, vault_of(app), now=NOW, actor=session.scalars(sa.select(Account)).first().actor,
            case=session.scalars(sa.select(Case)).first(), f1=f1, entry=named, relation="mẹ",
            rules=factories.rules(app),
        )  # fmt: skip
        session.add(
            ContactStep(
                contact_id=f1.id, number=f1.version + 1, at=NOW, account_id=new_id(NOW), by_name="giang@tram",
                what="named", answers=[], stage="f1",
            )
        )  # fmt: skip
        session.commit()
    with app.app_context():
        downgrade(directory=MIGRATIONS, revision="0035")
    with inside(app):
        steps = db.session.execute(sa.text("SELECT stage, what FROM contact_step ORDER BY 1, 2")).all()
        stages = db.session.scalars(sa.text("SELECT stage FROM contact ORDER BY 1")).all()
    assert stages == ["call", "f1"] and ("call", "assign") in [tuple(one) for one in steps]
    assert "named" not in {one.what for one in steps}
    with app.app_context():
        upgrade(directory=MIGRATIONS)
