"""The application's own wall, alone and with the other one behind it: by role, on both databases."""

from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from checkin import clock, scope
from checkin.accounts import queries as accounts
from checkin.audit import queries as audit
from checkin.calls import queries as calls
from checkin.cases import queries as cases
from checkin.db import Model, db
from checkin.declarations import queries as declarations
from checkin.errors import AccessDenied
from checkin.exposure import attendance
from checkin.exposure import queries as exposure
from checkin.exposure.overlap import Window
from checkin.exposure.question import Part, Question
from checkin.features import FEATURES
from checkin.lent import for_case
from checkin.people import queries as people
from checkin.scope import Scope
from checkin.stations import queries as stations
from checkin.tablesread import tables_of
from checkin.venues.models import Venue
from checkin.visits import queries as visits
from tests import cast, factories
from tests.conftest import NOW
from tests.security.province import HERE, THERE, Who, key, sees
from tests.worlds import inside, vault_of

CLOSED = {"submission", "audit_waiting"}
for feature in FEATURES:  # whatever pages there are know their tables
    import_module(feature.blueprint.split(":")[0])
TABLES = sorted({*Model.metadata.tables} - CLOSED)
_DECLARED = Model.metadata.tables["declaration"].c
SINCE, END, CAP = NOW - timedelta(days=1), NOW, timedelta(hours=12)


def scope_of(who: Who) -> Scope:
    return Scope(
        who.role,
        UUID(who.account) if who.account else None,
        who.commune or None,
        UUID(who.purpose) if who.purpose else None,
    )


def visible(session, who, table):
    """What a query of the whole table gives within somebody's scope."""
    scope.enter(session, scope_of(who))
    try:
        source = Model.metadata.tables[table]
        return {
            key(table, row._mapping) for row in session.execute(sa.select(source).where(scope.rows(session, source)))
        }
    except AccessDenied:
        return set()


def wrong(province, tables=TABLES):
    """(who, table) where the application alone shows other rows than it should."""
    found = set()
    with inside(province.world.app()):
        for table in tables:
            for who in province.everybody.values():
                if table.startswith("place") and who.name != "command":
                    continue
                # Of the rows that were there: whoever signs in meanwhile adds to the log.
                there = {key(table, row) for row in province.data[table]}
                if visible(db.session(), who, table) & there != sees(who, table, province.data):
                    found.add((who.name, table))
    return found


def test_the_application_alone_shows_each_role_what_it_was_promised(provinces):
    # As the owner of the tables, to whom row-level security shows every row, and on SQLite, which has none.
    assert wrong(provinces) == set()


@pytest.mark.parametrize("table", sorted(scope.PROTECTED - CLOSED))
def test_a_rule_that_is_broken_is_noticed(provinces, monkeypatch, table):
    sight = scope.sight
    for broken in (lambda _row, _scope: sa.true(), None):
        monkeypatch.setattr(scope, "sight", lambda who, name, rule=broken: rule if name == table else sight(who, name))
        assert wrong(provinces, [table]), table


def test_every_table_is_one_of_those_that_are_watched_or_on_every_wall():
    assert set(TABLES) - scope.PROTECTED == {"place", "place_successor", "zone", "code", "code_guess"}


PLACE: list[exposure.Area] = []  # all venues of the province; filled by the test that asks


def asked():
    return Question((Part(PLACE[0], (Window(SINCE, END),), CAP),))


# What pages ask, by whom it is asked; each gives what its rows are called.
ASKED = {
    "whom to call": lambda s: {one.id for one in calls.waiting(s, since=SINCE, most=99)},
    "whom stations gave away": lambda s: {one.call_id for one in calls.moved_away(s, since=SINCE, limit=99)},
    "the stations' venues": lambda s: {one.id for one in stations.places(s, limit=99)},
    "visits of the stations' venues": lambda s: stations.visits_at_places(s, SINCE, END),
    "stays at a place": lambda s: {one.id for one in exposure.stays_at(s, PLACE[0], SINCE, END, CAP)},
    "people at a place": lambda s: attendance.people(s, asked(), limit=99).total,
    "how many at a place": lambda s: attendance.count(s, asked()),
    "all people at a place": lambda s: set(attendance.everybody(s, asked())),
    "who was known before": lambda s: attendance.known_before(s, replace(asked(), since=END)),
    "somebody by phone": lambda s: people.matching(s, id_index=None, phone_index=b"x", name_index=None),
    "cases": lambda s: {one.id for one in cases.newest(s).rows},
    "lookups": lambda s: {lookup.id for lookup, _ in exposure.newest(s)},
    "the log": lambda s: {one.seq for one in audit.newest(s, None)},
    "staff": lambda s: {one.id for one in accounts.staff(s)},
}
# Who gets anything at all: everybody else is refused or finds nothing.
GETS = {
    "whom to call": {"station", "other station", "cdc for a case", "cdc for a lookup"},
    "whom stations gave away": {"station", "cdc for a case", "cdc for a lookup"},
    "the stations' venues": {"station", "other station", "cdc", "other cdc", "cdc for a case", "cdc for a lookup", "rounds"},
    "visits of the stations' venues": {"station", "other station", "cdc for a case", "cdc for a lookup"},
    "stays at a place": {"cdc for a case", "cdc for a lookup"},
    **dict.fromkeys(
        ("people at a place", "all people at a place", "who was known before"), {"cdc for a case", "cdc for a lookup"}
    ),
    "how many at a place": {"cdc for a case", "cdc for a lookup"},
    "somebody by phone": set(),
    "cases": {"cdc", "other cdc", "cdc for a case", "cdc for a lookup", "rounds"},
    "lookups": {"cdc", "other cdc", "cdc for a case", "cdc for a lookup", "rounds"},
    "the log": {"admin", "rounds"},
    "staff": {"station", "other station", "cdc", "other cdc", "cdc for a case", "cdc for a lookup", "command", "admin", "rounds"},
}  # fmt: skip


def answers(app, who, question):
    """What somebody gets; None where it is refused."""
    with clock.fixed(NOW), inside(app):
        scope.enter(db.session(), scope_of(who))
        try:
            return ASKED[question](db.session())
        except AccessDenied:
            return None


STAFF = (
    "station",
    "other station",
    "cdc",
    "other cdc",
    "cdc for a case",
    "cdc for a lookup",
    "command",
    "admin",
    "rounds",
)
BY_PLACE = (
    "stays at a place", "people at a place", "how many at a place", "all people at a place", "who was known before",
)  # fmt: skip


@pytest.mark.parametrize("question", [asked for asked in ASKED if asked not in BY_PLACE])
def test_what_pages_ask_gives_the_same_with_either_wall_alone(provinces, monkeypatch, question):
    app = provinces.world.app()
    alone = {name: answers(app, provinces.everybody[name], question) for name in STAFF}
    assert {name for name, got in alone.items() if got} == GETS[question]
    if provinces.world.kind == "sqlite":
        return
    # Now the application says nothing, and the database alone does.
    monkeypatch.setattr(scope, "sight", lambda _who, _table: lambda _row, _scope: sa.true())
    behind = {name: answers(provinces.world.app("staff"), provinces.everybody[name], question) for name in STAFF}
    assert {name: got or None for name, got in behind.items()} == {name: got or None for name, got in alone.items()}


def test_a_lookup_gives_nothing_to_whom_it_is_not_for(provinces, monkeypatch):
    everywhere = exposure.Area(tuple(UUID(str(venue["id"])) for venue in provinces.data["venue"]))
    monkeypatch.setitem(globals(), "PLACE", [everywhere])
    for question in BY_PLACE:
        for name in ("cdc", "command", "admin", "rounds", "cdc for a case", "cdc for a lookup"):
            got = answers(provinces.world.app(), provinces.everybody[name], question)
            assert bool(got) == (name in GETS[question]), (question, name)


def test_an_owner_counts_the_own_venues_alone(provinces):
    with inside(provinces.world.app()):
        session = db.session()
        venues = session.scalars(sa.select(Venue.id)).all()
        owners = {venue["id"]: str(venue["owner_id"]) for venue in provinces.data["venue"]}
        for name in ("owner", "other owner"):
            who = provinces.everybody[name]
            scope.enter(session, scope_of(who))
            expected = sum(owners[visit["venue_id"]] == who.account for visit in provinces.data["visit"])
            assert sum(visits.hourly(session, list(venues), SINCE, END).values()) == expected > 0
            session.rollback()


def test_a_sealed_name_is_opened_for_those_whose_it_is_alone(provinces):
    app = provinces.world.app()
    for who, homes in (("station", {HERE}), ("other station", {THERE}), ("cdc for a case", {HERE, THERE, None})):
        with inside(app):
            session = db.session()
            keys = [tuple(row) for row in session.execute(sa.select(_DECLARED.made_at, _DECLARED.id))]
            scope.enter(session, scope_of(provinces.everybody[who]))
            opened = declarations.opened(session, vault_of(app), keys)
            assert {details["commune_id"] for details in opened.values()} == homes
    for who in ("command", "admin", "cdc", "rounds"):
        with inside(app):
            scope.enter(db.session(), scope_of(provinces.everybody[who]))
            with pytest.raises(AccessDenied):
                declarations.opened(db.session(), vault_of(app), keys)


def test_a_query_that_forgot_its_conditions_is_refused_also_deep_inside(provinces):
    visit, declaration = Model.metadata.tables["visit"], Model.metadata.tables["declaration"]
    place = Model.metadata.tables["place"]
    inner = sa.select(declaration.c.person_id).where(declaration.c.triage == "watch")
    hidden = [
        sa.select(place.c.id).where(sa.exists(inner)),
        sa.select(sa.func.count()).select_from(inner.cte("told")),
        sa.select(inner.subquery().c.person_id),
        sa.select(place.c.id).where(place.c.id.in_(sa.union_all(inner, sa.select(visit.c.person_id)))),
        sa.select(sa.literal(1)).where(inner.scalar_subquery().is_not(None)),
        sa.select(place.c.id).join(sa.select(visit.alias()).lateral("v"), sa.true()),
        sa.select(sa.func.max(visit.alias("v").c.entered_at)),
    ]
    with inside(provinces.world.app()):
        scope.enter(db.session(), Scope("command"))
        for query in hidden:
            with pytest.raises(AccessDenied):
                db.session.execute(query)


# What the CDC sees no row of, also while it reads people; of files, accounts and sessions only its own.
NEVER_THE_CDCS = ("audit", "finding", "finding_entry", "message", "contact_code", "invitation", "desk_link")


@pytest.mark.parametrize("who", ["cdc", "cdc for a case", "cdc for a lookup"])
@pytest.mark.parametrize("table", NEVER_THE_CDCS)
def test_a_purpose_opens_people_and_nothing_else(provinces, who, table):
    hidden, place = Model.metadata.tables[table], Model.metadata.tables["place"]
    first = next(iter(hidden.primary_key))
    queries = [
        sa.select(hidden),
        sa.select(place.c.id).where(sa.exists(sa.select(first))),
        sa.select(sa.func.max(first)),
    ]
    with inside(provinces.world.app()):
        scope.enter(db.session(), scope_of(provinces.everybody[who]))
        for query in queries * 2:  # the second time what a kind of query reads is remembered
            with pytest.raises(AccessDenied):
                db.session.execute(query)


def test_what_a_kind_of_query_reads_is_remembered_for_the_kind_and_not_for_who_asked(provinces):
    visit = Model.metadata.tables["visit"]
    with inside(provinces.world.app()):
        for who in ("cdc for a case", "cdc", "cdc for a lookup", "command"):
            scope.enter(db.session(), scope_of(provinces.everybody[who]))
            query = sa.select(visit.c.id).where(visit.c.entered_at > NOW).limit(1)
            if "for" in who:
                db.session.execute(query)
            else:
                with pytest.raises(AccessDenied):
                    db.session.execute(query)


def test_work_of_the_product_gives_the_scope_back_also_where_it_fails(provinces):
    officer = scope_of(provinces.everybody["cdc for a case"])
    with inside(provinces.world.app()):
        session = db.session()
        scope.enter(session, officer)
        with scope.under(session, scope.SYSTEM):
            assert scope.current(session) == scope.SYSTEM
        assert scope.current(session) == officer
        with pytest.raises(ZeroDivisionError), scope.under(session, scope.SYSTEM):
            raise ZeroDivisionError
        assert scope.current(session) == officer
        # A transaction that the database gave up: what failed is told, not that it takes no scope any more.
        with pytest.raises(sa.exc.DBAPIError, match="no_such_table"), scope.under(session, scope.SYSTEM):
            session.execute(sa.text("SELECT 1 FROM no_such_table"))
        session.rollback()
        assert scope.current(session) == officer


def test_the_rights_of_the_cdc_are_lent_for_one_case_to_those_roles_alone_for_whom_it_is_done():
    case = UUID(int=7)
    with Session() as session:
        for role in ("", *scope.STAFF, scope.OWNER, scope.SYSTEM.role):
            who = Scope(role, UUID(int=1), factories.HA_TU if role == scope.COMMUNE else None) if role else Scope()
            scope.enter(session, who)
            for borrowers in ((scope.COMMUNE,), (scope.CDC, scope.SYSTEM.role)):
                if role in borrowers:
                    with for_case(session, case, *borrowers):
                        assert scope.current(session) == Scope(scope.CDC, UUID(int=1), None, case)
                else:
                    with pytest.raises(AccessDenied):
                        for_case(session, case, *borrowers)
                assert scope.current(session) == who


# Accounts and sessions are read before it is known whose role it is.
WATCHED = scope.PROTECTED - {"account", "account_session"}
WHO = {cast.COMMUNE: "station", cast.CDC: "cdc", cast.COMMAND: "command", cast.ADMIN: "admin"}
PATHS = (
    "/station/",
    "/station/venues",
    "/stations/",
    "/lookup/",
    "/cases/",
    "/cases/F0-0001",
    "/overview/",
    "/accounts/",
    "/audit/",
)


def test_a_page_of_staff_never_asks_without_saying_who(provinces):
    app, heard = provinces.world.app(), []

    def note(state):
        heard.append((scope.current(state.session).role, tables_of(state.statement) & WATCHED))

    with clock.fixed(NOW):
        for who in (cast.COMMUNE, cast.CDC, cast.COMMAND, cast.ADMIN):
            client, role = app.test_client(), provinces.everybody[WHO[who]].role
            factories.sign_in(client, who)
            event.listen(Session, "do_orm_execute", note)
            try:
                for path in PATHS:
                    client.get(path)
            finally:
                event.remove(Session, "do_orm_execute", note)
            assert {(asked, *sorted(tables)) for asked, tables in heard if tables and asked != role} == set()
            heard.clear()


def test_a_session_that_outlives_a_request_is_nobodys_again(provinces):
    app = provinces.world.app()
    with clock.fixed(NOW), inside(app):
        client = app.test_client()
        factories.sign_in(client, cast.COMMUNE)
        assert client.get("/station/venues").status_code == 200
        assert scope.current(db.session()) == Scope()
