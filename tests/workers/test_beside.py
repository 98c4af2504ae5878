"""What shifts touch and what they leave alone: counts, cases, requests, hand-overs, closing, expiry, two at once."""

import threading
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock, scope
from checkin.cases.models import kept_visit
from checkin.db import db, owner_session
from checkin.declarations.models import Declaration
from checkin.errors import AccessDenied, DomainError
from checkin.handovers import service as handovers
from checkin.people.models import Person
from checkin.personcards import service as personcards
from checkin.reports import queries as reports
from checkin.rights import service as rights
from checkin.stations import queries as stations
from checkin.venues import service as venues
from checkin.venues.models import Venue
from checkin.visits import queries as visits
from checkin.visits.models import Visit
from checkin.workers import queries, service
from checkin.workers.models import ShiftChange, Worker
from checkin.workers.shifts import DAY, Change
from tests import cast, factories
from tests.cases.kept import link
from tests.conftest import NOW
from tests.desk.conftest import counter_of
from tests.venues.pages import press
from tests.workers.conftest import FRIDAY, at, somebody
from tests.worlds import inside, vault_of


def count(market, model):
    with inside(market.app):
        return db.session().scalar(sa.select(sa.func.count()).select_from(model))


def test_nothing_that_counts_visitors_counts_a_shift(market):
    for number in range(3):
        market.add(somebody(number), zone_id=market.zone_id)
    with clock.fixed(NOW), inside(market.app):
        session, vault = db.session(), vault_of(market.app)
        factories.account(session, vault, "cdc", cast.CDC)
        factories.check_in(market.app, session, vault, session.get_one(Venue, market.venue_id), at=at(10))
        session.commit()
    assert market.round().written == 3
    # Whatever else its declaration says.
    with inside(market.app):
        one = db.session.scalars(sa.select(Visit.declaration_id).where(Visit.channel == "shift")).first()
        db.session.execute(sa.update(Declaration).where(Declaration.id == one).values(flags=["no_id", "shift"]))
        db.session.commit()
    day = clock.day_bounds(FRIDAY)
    with clock.fixed(NOW), inside(market.world.app("public")):
        session = db.session()
        scope.enter(session, scope.Scope("owner", market.owner_id))
        ids = [market.venue_id]
        assert sum(visits.hourly(session, ids, *day).values()) == 1
        assert [one.visits for one in visits.by_zone_and_hour(session, ids, *day)] == [1]
        assert visits.inside_now(session, ids, NOW, timedelta(hours=12)) == [(market.venue_id, None, 1)]
        assert not visits.flag_counts(session, ids, *day)
    with clock.fixed(NOW), inside(market.world.app("staff")):
        session = db.session()
        scope.enter(session, scope.Scope("cdc"))
        assert stations.visits_by_day(session, factories.HONG_GAI, *day) == {market.venue_id: {FRIDAY: 1}}
        found = reports.overview(session, [FRIDAY])
        assert (sum(found.visits_by_day.values()), found.not_asked, sum(found.triage.values())) == (1, 0, 1)
        scope.enter(session, scope.Scope("commune", commune=factories.HONG_GAI))
        assert stations.visits_at_places(session, *day) == {market.venue_id: 1}


def test_the_counter_neither_shows_a_shift_nor_prolongs_it(market):
    # By the database's own clock: somebody who is there round the clock.
    now = clock.now()
    who = replace(cast.NEIGHBOUR, id_number="022071004321")
    market.add(who, now=now, starts=0, ends=0)
    market.round(now)
    shifts = market.stays()
    assert shifts
    with clock.fixed(now), inside(market.app):
        session = db.session()
        counter = counter_of(market.world, session.get_one(Venue, market.venue_id), now)
        session.commit()
    with clock.fixed(now):
        assert "<b>0</b> lượt vào hôm nay" in counter.browser.get("/desk/").text
        assert counter.scan(cast.CCCD_MAN).status_code == 200
        assert "<b>1</b> lượt vào hôm nay" in counter.browser.get("/desk/").text
    found = market.visits()
    assert len(found) == len(shifts) + 1 and len({one.person_id for one in found}) == 1
    assert [stay for stay in market.stays() if stay in shifts] == shifts


def test_what_a_case_keeps_is_left_alone_and_the_contact_list_has_the_worker(market):
    worker = market.add(cast.NEIGHBOUR)
    market.round()
    with clock.fixed(NOW), inside(market.app):
        session, vault = db.session(), vault_of(market.app)
        shop = session.get_one(Venue, market.venue_id)
        came = factories.check_in(market.app, session, vault, shop, cast.coughing(), at=at(9))
        case = factories.case(session)
        ill = session.scalars(sa.select(Visit.person_id).where(Visit.id == came.visit_id)).one()
        assert link(market.app, session, case, ill).met == 1
        session.commit()
    for change in (Change(absent=True), Change(starts=600, ends=660, left_at=at(10.2)), None):
        market.do("set_day", worker, day=FRIDAY, change=change)
        assert market.round().removed == 0
    kept = [stay for stay in market.stays() if stay[0] == at(7)]
    assert kept == [(at(7), at(16), at(18), None)]
    assert len(market.visits()) == 2
    with inside(market.app):
        assert db.session().scalar(sa.select(sa.func.count()).select_from(kept_visit)) == 2


def test_a_request_to_delete_takes_them_off_the_list_so_that_no_round_writes_them_again(market):
    worker = market.add(cast.NEIGHBOUR)
    market.do("set_day", worker, day=FRIDAY + DAY, change=Change(absent=True))
    market.round()
    with clock.fixed(NOW), inside(market.app):
        session, vault = db.session(), vault_of(market.app)
        officer = factories.account(session, vault, "cdc", cast.CDC)
        issuer = personcards.Issuer("commune", factories.SYSTEM)
        personcards.issue(session, vault, now=NOW, issuer=issuer, people=[cast.NEIGHBOUR, cast.NEIGHBOUR])
        receipt = rights.ask(
            session, vault, now=NOW, rules=factories.rules(market.app), request_id=officer.id,
            wish=rights.Wish(kind="delete", full_name="Trần Văn Hưng", birth_year=1971), language="vi", device=None,
        )  # fmt: skip
        from checkin.rights import queries as requests

        found = requests.by_reference(session, receipt.reference)
        person = session.scalars(sa.select(Worker.person_id)).one()
        assert [one.venue_name for one in queries.listed(session, person)] == ["Chợ Hạ Long 1"]
        step = {"now": NOW, "actor": officer.actor, "request": found}
        rights.identify(session, subject_id=person, how="papers", **step)
        done = rights.carry_out(session, rules=factories.rules(market.app), **step)
        assert (done["visits"], done["listed"], done["cards"]) == (1, 1, 2)
        session.commit()
    assert market.round(NOW + DAY).written == 0
    assert [count(market, model) for model in (Worker, ShiftChange, Visit)] == [0, 0, 0]


def test_a_venue_that_closes_ends_its_shifts_and_goes_on_where_it_opens_again(market):
    market.add(now=at(6))
    market.round(at(8))
    for what, now in ((venues.close, at(9)), (venues.reopen, at(7, FRIDAY + 2 * DAY))):
        with inside(market.app):
            session = db.session()
            scope.enter(session, scope.Scope("owner", market.owner_id))
            owner = session.get_one(factories.Account, market.owner_id)
            what(session, now=now, actor=owner.actor, venue=session.get_one(Venue, market.venue_id))
            session.commit()
        if what is venues.close:
            assert market.round(at(12, FRIDAY + DAY)).written == 0
    market.round(at(14, FRIDAY + 2 * DAY))
    # The day on which it was closed stays away, once the round has seen it so.
    assert [stay[0] for stay in market.stays()][0] == at(7)
    assert at(7, FRIDAY + 2 * DAY) in [stay[0] for stay in market.stays()]


def test_whoever_left_stays_as_long_as_the_visits_of_the_last_shift_and_then_goes(market):
    worker = market.add(now=at(6))
    market.round(at(8))
    market.do("leave", worker, now=at(9))
    market.round(at(8, FRIDAY + DAY))
    assert [stay[0] for stay in market.stays()] == [at(7)]
    keep = factories.rules(market.app).retention_days
    for days, there in ((keep - 1, 1), (keep, 0)):
        now = at(3, FRIDAY + days * DAY)
        with clock.fixed(now), inside(market.app), owner_session(market.app.extensions["checkin_config"]) as own:
            from checkin.workers import keeping

            start, end = clock.day_bounds(FRIDAY + (days - keep) * DAY)
            keeping.forget(own, start=start, end=end, now=now)
            own.commit()
        assert count(market, Worker) == there


@pytest.mark.parametrize("next_round", [8.5, 24.01])
def test_who_was_put_down_by_mistake_goes_with_the_shifts_also_where_the_round_comes_after_midnight(market, next_round):
    worker = market.add(now=at(6))
    market.round(at(8))
    assert [stay[0] for stay in market.stays()] == [at(7)]
    market.do("remove", worker, now=at(8.2))
    assert (market.round(at(next_round)).removed, market.stays()) == (1, [])
    again = market.add(now=at(9))
    assert again != worker
    market.round(at(10))
    assert [stay[0] for stay in market.stays()] == [at(7)]
    # Of the first one nothing is kept longer than the next night.
    now = at(3, FRIDAY + DAY)
    with clock.fixed(now), inside(market.app), owner_session(market.app.extensions["checkin_config"]) as own:
        from checkin.workers import keeping

        start, end = clock.day_bounds(FRIDAY - 20 * DAY)
        keeping.forget(own, start=start, end=end, now=now)
        own.commit()
    assert (count(market, Worker), count(market, ShiftChange)) == (1, 0)


def test_nobody_is_removed_on_another_day_or_by_another_owner(market):
    worker = market.add(now=at(6))
    with pytest.raises(DomainError, match="day"):
        market.do("remove", worker, now=at(0, FRIDAY + DAY))
    with market._by_owner():
        owner, venue = market._enter()
        row = queries.one(db.session(), venue.id, worker)
        with pytest.raises(AccessDenied):
            service.remove(db.session(), now=at(8), actor=replace(owner.actor, id=venue.id), venue=venue, worker=row)
    market.round(at(8))
    assert [stay[0] for stay in market.stays()] == [at(7)]


def test_somebody_on_a_list_is_not_forgotten_though_they_have_no_visit(market):
    market.add(now=at(6))
    with clock.fixed(NOW), inside(market.app):
        from checkin.store import service as store

        session = db.session()
        assert store.forget_people(session, made_before=NOW + 99 * DAY)[0] == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 1


def test_rounds_that_meet_write_each_shift_once_and_one_that_is_killed_leaves_it_to_the_next(market, monkeypatch):
    market.add_all([somebody(number) for number in range(15)])
    from checkin.workers import rounds

    monkeypatch.setattr(rounds, "BATCH", 4)
    # One dies after its first batch, before it is committed.
    with clock.fixed(NOW), inside(market.world.app("staff")):
        session = db.session()
        scope.enter(session, scope.SYSTEM)
        from checkin import context
        from checkin.workers import filing

        assert filing.write_shifts(session, now=NOW, rules=context.rules, limit=4).written == 4
        session.rollback()
    assert market.visits() == []
    found = []
    threads = [threading.Thread(target=lambda: found.append(market.round())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.written for one in found) == 15 == len(market.visits())
    assert len({one.person_id for one in market.visits()}) == 15


def test_a_night_shift_and_one_of_a_whole_day_over_midnight(market):
    market.add(somebody(1), now=at(6), starts=22 * 60, ends=6 * 60)
    market.add(somebody(2), now=at(6), starts=7 * 60, ends=7 * 60)
    for hour in (6.5, 7.5, 15.5, 22.5, 23.5, 25, 30):
        market.round(at(hour))
    assert [stay[:3] for stay in market.stays()] == [
        (at(7), at(15), at(15)),
        (at(15), at(23), at(23)),
        (at(22), at(30), at(32)),
        (at(23), at(31), at(33)),
    ]


def test_a_shift_that_goes_on_after_midnight_gets_its_next_parts_once(market):
    market.add(now=at(6), starts=20 * 60, ends=20 * 60)
    parts = [(at(20), at(28)), (at(28), at(36)), (at(36), at(44))]
    for hour, written in ((20.5, 1), (28.5, 2), (30, 2), (36.5, 3), (37, 3)):
        market.round(at(hour))
        assert [stay[:2] for stay in market.stays()] == parts[:written]


def test_days_on_which_no_round_ran_are_caught_up_as_far_as_they_are_kept(market):
    market.add(now=at(6))
    market.round(at(6))
    market.round(at(8, FRIDAY + 6 * DAY))
    assert len(market.stays()) == 7
    market.round(at(8, FRIDAY + 6 * DAY))
    assert len(market.stays()) == 7


def test_days_over_their_time_are_not_caught_up(market):
    keep = factories.rules(market.app).retention_days
    market.add(now=at(6, FRIDAY - (keep + 5) * DAY))
    market.round(at(6, FRIDAY - (keep + 5) * DAY))
    assert market.round(at(8)).written == keep
    assert [stay[0] for stay in market.stays()] == [at(7, FRIDAY - days * DAY) for days in reversed(range(keep))]


def let_go(market, before):
    """How many people the nightly round lets go of, whose days before that one are not kept."""
    with inside(market.app), owner_session(market.app.extensions["checkin_config"]) as own:
        gone = service.forget(own, before=before)
        own.commit()
    return gone


def test_what_was_other_on_a_day_goes_with_that_day_and_nobody_with_it(market):
    worker = market.add(now=at(6))
    for day in (FRIDAY, FRIDAY + DAY):
        market.do("set_day", worker, day=day, change=Change(absent=True))
    assert let_go(market, FRIDAY) == 0 and count(market, ShiftChange) == 2
    assert let_go(market, FRIDAY + DAY) == 0
    with inside(market.app):
        assert db.session.scalars(sa.select(ShiftChange.day)).all() == [FRIDAY + DAY]
    assert count(market, Worker) == 1


def test_whoever_worked_where_it_closed_goes_with_the_last_day_there_and_stays_where_it_opened_again(market):
    worker = market.add(now=at(6))
    market.do("set_day", worker, day=FRIDAY + 9 * DAY, change=Change(absent=True))

    def door(what, now):
        with inside(market.app):
            session = db.session()
            scope.enter(session, scope.Scope("owner", market.owner_id))
            owner = session.get_one(factories.Account, market.owner_id)
            what(session, now=now, actor=owner.actor, venue=session.get_one(Venue, market.venue_id))
            session.commit()

    door(venues.close, at(9))
    assert let_go(market, FRIDAY) == 0 and count(market, Worker) == 1
    door(venues.reopen, at(10))
    assert let_go(market, FRIDAY + DAY) == 0 and count(market, Worker) == 1
    door(venues.close, at(23))
    # What is still to come there goes along.
    assert let_go(market, FRIDAY + DAY) == 1 and (count(market, Worker), count(market, ShiftChange)) == (0, 0)


def test_a_hand_over_hands_the_list_over_and_the_shifts_go_on(market):
    worker = market.add(now=at(6))
    market.round(at(8))
    with clock.fixed(at(9)), inside(market.world.app("public")):
        session, vault = db.session(), vault_of(market.world.app("public"))
        binh, venue = market._enter()
        _, token = handovers.make(session, vault, now=at(9), actor=binh.actor, venue=venue)
        session.commit()
    chi = market.world.app("public").test_client()
    with clock.fixed(at(9)):
        with inside(market.app):
            factories.account(db.session(), vault_of(market.app), "owner", cast.OUTSIDER)
            db.session.commit()
        factories.sign_in(chi, cast.OUTSIDER)
        roster = f"/venues/{market.venue_id}/workers/"
        assert chi.get(roster).status_code == 404
        chi.get(f"/handover/{token}")
        assert press(chi, "/handover/", "/handover/").status_code in (302, 303)
        assert "T. V. Hưng" in chi.get(roster).text
        assert press(chi, roster, f"{roster}{worker}/day", day="2026-11-20", what="absent").status_code == 302
    # Whoever handed it over changes and sees nothing there any more.
    with pytest.raises(AccessDenied):
        market.do("leave", worker, now=at(10))
    assert market.round(at(10)).removed == 1
    market.round(at(8, FRIDAY + DAY))
    assert [stay[0] for stay in market.stays()] == [at(7, FRIDAY + DAY)]


@pytest.mark.postgresql
def test_the_public_role_writes_no_shift_and_the_staff_role_no_visit(postgresql, request):
    with psycopg.connect(postgresql.urls["public"], autocommit=True) as public:
        row = (
            "INSERT INTO visit (id, entered_at, venue_id, person_id, end_set_by, until_likely, until_latest, channel, "
            "masked_name) VALUES (gen_random_uuid(), now(), gen_random_uuid(), gen_random_uuid(), 'guessed', now(), "
            "now(), '{}', 'x')"
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            public.execute(row.format("shift"))
        public.execute(row.format("own_phone"))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            public.execute("SELECT write_shifts('[]', '[]')")
        for column in ("details", "commune_id", "gender", "age_band"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                public.execute(f"SELECT {column} FROM worker")
        for change in ("person_id = id", "masked_name = 'x'", "venue_id = id", "details = 'x'"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                public.execute(f"UPDATE worker SET {change}")
    with psycopg.connect(postgresql.urls["staff"], autocommit=True) as staff:
        with pytest.raises(psycopg.errors.RaiseException):
            staff.execute("SELECT write_shifts('[]', '[]')")
        for sql in (
            "DELETE FROM visit",
            "DELETE FROM worker",
            "UPDATE worker SET weekdays = 1",
            "SELECT 1 FROM submission",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                staff.execute(sql)


def test_who_left_today_is_still_there_today_and_may_be_listed_again_tomorrow(market):
    worker = market.add(cast.NEIGHBOUR, now=at(6))
    market.do("leave", worker, now=at(9))
    with pytest.raises(DomainError, match="same"):
        market.add(cast.NEIGHBOUR, now=at(10))
    again = market.add(cast.NEIGHBOUR, now=at(6, FRIDAY + DAY))
    with pytest.raises(DomainError, match="same"):
        market.do("come_back", worker, now=at(7, FRIDAY + DAY))
    with inside(market.app):
        assert db.session.scalar(sa.select(Worker.last_day).where(Worker.id == worker)) == FRIDAY
    market.round(at(12, FRIDAY + DAY))
    assert [stay[0] for stay in market.stays()] == [at(7), at(7, FRIDAY + DAY)]
    assert again != worker


def test_a_list_has_an_end_and_whoever_left_takes_no_place_on_it(market, monkeypatch):
    monkeypatch.setattr(service, "MOST", 3)
    first = market.add(somebody(0), now=at(6))
    market.do("leave", first, now=at(7))
    later = at(6, FRIDAY + DAY)
    news = [service.New(somebody(number), service.Post(None, "", 127, 420, 960)) for number in (1, 1, 2, 3, 4)]
    with inside(market.world.app("public")):
        session, vault = db.session(), vault_of(market.world.app("public"))
        scope.enter(session, scope.Scope("owner", market.owner_id))
        owner, venue = session.get_one(factories.Account, market.owner_id), session.get_one(Venue, market.venue_id)
        done = service.add_all(session, vault, now=later, actor=owner.actor, venue=venue, news=news)
        session.commit()
    # In the order in which they came; who is there already takes no place either.
    same, many = service.Refused("same"), service.Refused("many")
    assert [one if isinstance(one, service.Refused) else None for one in done] == [None, same, None, None, many]
    assert count(market, Worker) == 4
    with pytest.raises(DomainError, match="many"):
        market.add(somebody(5), now=later)


def test_a_list_may_be_as_long_as_the_largest_factorys():
    assert service.MOST == 5000
