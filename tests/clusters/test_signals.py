"""Signals end to end: found in the database, opened and worked on by one officer, and seen so by another one."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin import clock, scope
from checkin.audit.models import AuditEntry
from checkin.cases import regrouping
from checkin.cases import service as keeping
from checkin.cases.models import Case, case_visit, kept_declaration, kept_visit
from checkin.cases.service import CaseFacts
from checkin.clusters import looking, queries
from checkin.clusters.models import Signal, SignalStep
from checkin.clusters.service import Found
from checkin.clusters.shared import Limits, groups
from checkin.clusters.stays import known_stays
from checkin.db import db
from checkin.errors import AccessDenied
from checkin.exposure.models import Lookup
from checkin.joins.models import joined
from checkin.joins.queries import ask_again
from checkin.movements.models import ToldMove
from checkin.people.models import Person
from tests import cast, factories
from tests.conftest import NOW
from tests.exposure.stays import Row, at, person
from tests.exposure.town import PLACES, build, store
from tests.oracles import clusters as oracle
from tests.worlds import inside, vault_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = ("minh@cdc", cast.CDC[1])


def who(number):
    """Somebody with a number of their own, who lives in Hồng Gai."""
    return cast.Identity(
        full_name=f"Người Thứ {number}", birth_year=1980, gender="male", phone=f"+8491234{number:04d}", province_id="22",
        commune_id=factories.HONG_GAI,
    )  # fmt: skip


@pytest.fixture
def market(sqlite):
    """Two officers; two people with COVID-19 who were at one market three days apart, and one with measles there."""
    app = sqlite.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        for officer in (cast.CDC, SECOND):
            factories.account(session, vault, "cdc", officer)
        venue = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        for number, when in ((1, NOW - 6 * DAY), (2, NOW - 3 * DAY), (3, NOW - 2 * DAY)):
            factories.check_in(app, session, vault, venue, cast.healthy(who(number)), at=when)
        people = list(session.execute(sa.text("SELECT person_id FROM visit ORDER BY entered_at")).scalars())
        for person_id, disease in zip(people, ("covid-19", "covid-19", "measles"), strict=True):
            facts = CaseFacts(title="Ca mới", disease=disease, onset_on=(NOW - DAY).date())
            keeping.open_for(
                session, now=NOW, actor=factories.SYSTEM, facts=facts, person_id=UUID(str(person_id)), found_by="TC-000001",
                rules=factories.rules(app),
            )  # fmt: skip
        factories.commit()
    return sqlite


def find(world, now=NOW):
    with clock.fixed(now), inside(world.app()):
        found = looking.look(db.session(), now=now)
        factories.commit()
    return found


def officer(world, login=cast.CDC, tier="all"):
    client = world.app(tier).test_client()
    factories.sign_in(client, login)
    return client


def post(client, path, **fields):
    return client.post(path, data={"csrf_token": factories.token(client, "/lookup/"), **fields})


def actions(world, like):
    with inside(world.app()):
        entries = sa.select(AuditEntry.action).where(AuditEntry.action.like(like)).order_by(AuditEntry.seq)
        return list(db.session.scalars(entries))


def badge(html):
    found = re.search(r'Tín hiệu <b class="badge">.*?</span>(\d+)</b>', html, re.S)
    return int(found[1]) if found else 0


def test_two_cases_of_one_disease_at_one_venue_are_a_signal_that_every_officer_counts(market):
    with clock.fixed(NOW):
        assert badge(officer(market).get("/cases/").text) == 0
        assert find(market) == (1, 0)
        for login in (cast.CDC, SECOND):
            html = officer(market, login).get("/signals/").text
            assert badge(html) == 1 and "2 ca COVID-19 cùng địa điểm" in html and "Chợ Hạ Long 1" in html
            assert "gần nhất cách nhau 2 ngày" in html and "Sởi" not in html


def test_its_page_shows_the_cases_by_number_after_the_reading_is_on_record(market):
    find(market)
    with clock.fixed(NOW):
        client = officer(market)
        client.get("/signals/")
        assert actions(market, "signal.read") == []
        html = client.get("/signals/TH-0001").text
        assert "F0-0001" in html and "F0-0002" in html and "F0-0003" not in html and "Người Thứ" not in html
        assert "muộn nhất; không ghi nhận giờ ra" in html and "Chợ Hạ Long 1" in html
        assert actions(market, "signal.%") == ["signal.find", "signal.read"]


def test_what_one_officer_says_another_one_sees_and_nobody_counts_it_any_more(market):
    find(market)
    with clock.fixed(NOW):
        first, second = officer(market), officer(market, SECOND)
        seen = factories.hidden(second.get("/signals/TH-0001").text, "seen")
        done = post(first, "/signals/TH-0001/say", seen=seen, state="working", note="Đã hỏi ban quản lý chợ")
        assert done.status_code == 303
        html = second.get("/signals/").text
        assert badge(html) == 0 and "Đang điều tra: 1" in html and "Đã hỏi ban quản lý chợ" in html
        # The second one looked at what stood there before.
        late = post(second, "/signals/TH-0001/say", seen=seen, state="nothing", note="Chỉ là chợ đông")
        assert late.status_code == 409 and "làm trước bạn, lúc" in late.text and "Chỉ là chợ đông" in late.text
        again = factories.hidden(late.text, "seen")
        assert (
            post(second, "/signals/TH-0001/say", seen=again, state="nothing", note="Chỉ là chợ đông").status_code == 303
        )
        assert "Không phải" in first.get("/signals/").text
    assert [action for action in actions(market, "signal.%") if action not in {"signal.find", "signal.read"}] == [
        "signal.working",
        "signal.nothing",
    ]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"state": "nothing", "note": ""}, "Ghi vì sao không phải"),
        ({"state": "new", "note": "x"}, "Chọn một mục trong danh sách"),
        ({"state": "seen", "note": "x" * 301}, "Dài quá"),
    ],
)
def test_what_cannot_be_said_is_refused_beside_its_field_and_keeps_what_was_typed(market, fields, says):
    find(market)
    with clock.fixed(NOW):
        answer = post(officer(market), "/signals/TH-0001/say", seen="0", **fields)
    assert answer.status_code == 422 and says in answer.text and fields["note"][:300] in answer.text
    for seen in ("", "-1", "x", "9" * 40):
        with clock.fixed(NOW):
            assert post(officer(market), "/signals/TH-0001/say", seen=seen, state="seen").status_code == 409


def test_looking_again_changes_nothing_and_a_further_case_makes_it_unseen_again(market):
    find(market)
    with clock.fixed(NOW):
        client = officer(market)
        post(client, "/signals/TH-0001/say", seen="0", state="nothing", note="Chợ đông")
    find(market, NOW + HOUR)
    with inside(market.app()):
        signal = db.session.scalars(sa.select(Signal)).one()
        assert (signal.state, signal.count, signal.changed_at) == ("nothing", 2, NOW)
        app, session = market.app(), db.session()
        venue = session.scalars(sa.select(factories.Venue)).one()
        with clock.fixed(NOW):
            factories.check_in(app, session, vault_of(app), venue, cast.healthy(who(4)), at=NOW - HOUR)
            newest = session.execute(sa.text("SELECT person_id FROM visit ORDER BY entered_at DESC")).scalars().first()
            keeping.open_for(
                session, now=NOW, actor=factories.SYSTEM, facts=CaseFacts(title="Nữa", disease="covid-19"),
                person_id=UUID(str(newest)), found_by="TC-000001", rules=factories.rules(app),
            )  # fmt: skip
            factories.commit()
    with clock.fixed(NOW + HOUR):
        # The officer's own button does it at once.
        assert post(officer(market), "/signals/look").status_code == 303
        html = officer(market, SECOND).get("/signals/").text
        assert badge(html) == 1 and "3 ca COVID-19" in html and "tăng từ 2 sau khi đã xem" in html


def test_a_signal_that_nobody_worked_on_goes_with_a_case_that_is_discarded_and_one_that_was_stays(market):
    find(market)
    with clock.fixed(NOW):
        client = officer(market)
        post(client, "/cases/F0-0001/state", state="discarded", sure="y")
        assert "không còn đủ ca" in client.get("/signals/TH-0001").text
    assert find(market, NOW + HOUR) == (0, 0)
    with inside(market.app()):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Signal)) == 0
    with clock.fixed(NOW):
        assert client.get("/signals/TH-0001").status_code == 404


def test_a_signal_is_the_same_where_its_people_are_in_one_zone_from_now_on_or_no_longer(market):
    app = market.app()
    with clock.fixed(NOW), inside(app):
        session = db.session()
        venue = session.scalars(sa.select(factories.Venue)).one()
        fish, greens = (
            factories.venues.add_zone(session, now=NOW, actor=factories.SYSTEM, venue=venue, name=name).id
            for name in ("Khu hải sản", "Khu rau")
        )
        factories.commit()

    def put(*zones):
        """The first case and the second one were in these zones."""
        with inside(app):
            for case, zone in zip(db.session.scalars(sa.select(Case).order_by(Case.seq)), zones, strict=False):
                own = sa.update(kept_visit).where(kept_visit.c.person_id == case.person_id)
                db.session.execute(own.values(zone_id=zone))
            factories.commit()
        assert find(market) == (1, 0)

    def signals():
        with inside(app):
            kept = db.session.scalars(sa.select(Signal).order_by(Signal.seq))
            return [(one.number, one.zone_id, one.state, one.count) for one in kept]

    put(fish, greens)
    with clock.fixed(NOW):
        post(officer(market), "/signals/TH-0001/say", seen="0", state="nothing", note="Hai người đi chợ khác ngày")
    for zones, where in (((fish, fish), fish), ((fish, None), None), ((greens, greens), greens)):
        put(*zones)
        assert signals() == [("TH-0001", where, "nothing", 2)]
    # In another zone others can be: what was said of this one says nothing of them.
    put(fish, fish)
    assert signals() == [("TH-0001", greens, "nothing", 2), ("TH-0002", fish, "new", 2)]


def test_where_a_zone_is_a_signal_of_its_own_both_keep_what_was_said_and_the_whole_place_shows_the_rest(market):
    app = market.app()
    with clock.fixed(NOW), inside(app):
        session = db.session()
        venue = session.scalars(sa.select(factories.Venue)).one()
        fish = factories.venues.add_zone(session, now=NOW, actor=factories.SYSTEM, venue=venue, name="Khu hải sản").id
        session.execute(sa.update(kept_visit).values(zone_id=fish))
        # The third one is a case of the same disease, at no zone.
        third = session.scalars(sa.select(Case).order_by(Case.seq.desc())).first()
        third.disease = "covid-19"
        session.execute(sa.update(kept_visit).where(kept_visit.c.person_id == third.person_id).values(zone_id=None))
        factories.commit()
    assert find(market) == (2, 0)
    with clock.fixed(NOW):
        client = officer(market)
        with inside(app):
            whole, zone = (
                db.session.scalars(sa.select(Signal).where(Signal.zone_id.is_not_distinct_from(where))).one().number
                for where in (None, fish)
            )
        for number, note in ((whole, "Cả chợ"), (zone, "Chỉ khu cá")):
            post(client, f"/signals/{number}/say", seen="0", state="working", note=note)
        post(client, "/cases/F0-0003/state", state="discarded", sure="y")
        assert find(market) == (1, 0)
        second = officer(market, SECOND)
        for number, note in ((whole, "Cả chợ"), (zone, "Chỉ khu cá")):
            html = second.get(f"/signals/{number}").text
            assert note in html and "F0-0001" in html and "F0-0002" in html and "F0-0003" not in html
    with inside(app):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Signal)) == 2


def test_a_lookup_of_it_is_bound_to_the_signal_and_stands_on_its_page(market):
    find(market)
    with clock.fixed(NOW):
        client = officer(market)
        refused = post(client, "/signals/TH-0001/lookup", reason="x")
        assert refused.status_code == 422 and "ngắn quá" in refused.text
        answer = post(client, "/signals/TH-0001/lookup", reason="Xem ai còn ở chợ lúc đó")
        assert answer.status_code == 303
        html = client.get(answer.location).text
        assert "Tín hiệu: TH-0001: 2 ca COVID-19 cùng địa điểm, Chợ Hạ Long 1" in html and "Người Thứ 2" in html
        assert answer.location in officer(market, SECOND).get("/signals/TH-0001").text
    with inside(market.app()):
        lookup = db.session.scalars(sa.select(Lookup)).one()
        assert lookup.case_id is None and lookup.signal.startswith("TH-0001: ")


@pytest.mark.parametrize("number", ["TH-0002", "TH-", "TH-x", "TH-" + "9" * 30, "F0-0001", "TH-１"])
def test_a_number_that_is_none_is_not_found(market, number):
    find(market)
    with clock.fixed(NOW):
        assert officer(market).get(f"/signals/{number}").status_code == 404


def test_without_signals_the_page_says_what_would_stand_there(sqlite):
    world = sqlite
    with clock.fixed(NOW), inside(world.app()):
        factories.account(db.session(), vault_of(world.app()), "cdc", cast.CDC)
        factories.commit()
    with clock.fixed(NOW):
        html = officer(world).get("/signals/").text
    assert "Không có tín hiệu nào chưa xem" in html and "14 ngày trước" in html


STAYS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, len(PLACES) - 1), st.integers(-3000, 3000), st.integers(0, 700), st.booleans()),
    min_size=4, max_size=24,
)  # fmt: skip


@pytest.fixture
def town(session, vault):
    return build(session, vault)


@settings(max_examples=8)
@given(STAYS)
def test_what_is_found_in_the_database_is_what_the_oracle_finds(app, session, town, drawn):
    for table in (Signal.__table__, case_visit, kept_visit, kept_declaration, Case.__table__):
        session.execute(sa.delete(table))
    session.expire_all()
    rows = [
        Row(UUID(int=n + 1), person(who), at(entered), at(entered + lasts) if left else None, at(entered + lasts), at(entered + lasts))
        for n, (who, _, entered, lasts, left) in enumerate(drawn)
    ]  # fmt: skip
    places = [PLACES[place] for _, place, *_ in drawn]
    store(session, town, rows, places)
    # The fifth person has another disease; the second is a case twice.
    made = [(0, "covid-19"), (1, "covid-19"), (2, "covid-19"), (3, "covid-19"), (4, "measles")]
    for number, disease in made:
        case = keeping.open_for(
            session, now=at(3000), actor=factories.SYSTEM, facts=CaseFacts(title="Ca", disease=disease),
            person_id=person(number), found_by="TC-000001", rules=factories.rules(app),
        )  # fmt: skip
        if number == 1:
            keeping.set_state(
                session, now=at(3000), actor=factories.SYSTEM, case=case, state="recovered", rules=factories.rules(app)
            )
            keeping.open_for(
                session, now=at(3000), actor=factories.SYSTEM, facts=CaseFacts(title="Ca", disease=disease),
                person_id=person(number), found_by="TC-000001", rules=factories.rules(app),
            )  # fmt: skip
    told = [
        oracle.Stay(n, who, "measles" if who == 4 else "covid-19", place.split(" ")[0] if place in town.zones else place, entered, entered + lasts)
        for n, ((who, _, entered, lasts, _), place) in enumerate(zip(drawn, places, strict=True))
    ]  # fmt: skip
    limits = Limits.from_dict({"cases_least": 2, "days_apart": 1, "days_back": 42, "disease": {}})
    zones = {n: place if place in town.zones else None for n, place in enumerate(places)}
    right = oracle.standing_out(told, zones, {"covid-19": 1440, "measles": 1440})
    with scope.under(session, scope.SYSTEM):
        stays = known_stays(session, at(-10_000))
    found = {
        (frozenset((one.who, one.venue_id, one.entered_at, one.until) for one in group.stays), group.gap_minutes)
        for group in groups(stays, limits)
    }
    first = {number: seq for seq, number in zip((1, 2, 4, 5, 6), range(5), strict=True)}
    venue = {name: town.ids[name] for name in town.ids}
    assert found == {
        (
            frozenset(
                (first[told[n].person], venue[told[n].where], at(told[n].entered), at(told[n].over)) for n in ids
            ),
            gap,
        )
        for ids, gap in right
    }


JOINED = st.sampled_from([(), ((0, 1),), ((2, 5),), ((0, 1), (2, 5)), ((0, 5), (1, 5))])
MOVES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, len(PLACES) - 1), st.integers(-3000, 3000), st.integers(1, 700)),
    max_size=5, unique_by=lambda move: move[2],
)  # fmt: skip
VISITS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, len(PLACES) - 1), st.integers(-3000, 3000), st.integers(0, 700), st.booleans()),
    min_size=4, max_size=18, unique_by=lambda visit: visit[2],
)  # fmt: skip


@settings(max_examples=8)
@given(VISITS, MOVES, JOINED)
def test_what_was_told_and_who_was_joined_count_as_the_oracle_counts_them(app, session, town, drawn, told, pairs):
    for table in (
        Signal.__table__,
        case_visit,
        kept_visit,
        kept_declaration,
        Case.__table__,
        ToldMove.__table__,
        joined,
    ):
        session.execute(sa.delete(table))
    session.execute(sa.delete(Person))
    session.expire_all()
    known = {"name_index": b"n", "id_index": b"", "phone_index": b"", "created_at": at(0)}
    session.execute(sa.insert(Person.__table__), [known | {"id": person(number)} for number in range(6)])
    rows = [
        Row(UUID(int=n + 1), person(who), at(entered), at(entered + lasts) if left else None, at(entered + lasts), at(entered + lasts))
        for n, (who, _, entered, lasts, left) in enumerate(drawn)
    ]  # fmt: skip
    places = [PLACES[place] for _, place, *_ in drawn]
    store(session, town, rows, places)
    # Five of them are cases, the fifth of another disease; the sixth can have been joined with one.
    opened = []
    for number, disease in enumerate(["covid-19"] * 4 + ["measles"]):
        facts = CaseFacts(title="Ca", disease=disease)
        opened.append(keeping.open_for(
            session, now=at(3000), actor=factories.SYSTEM, facts=facts, person_id=person(number),
            found_by="TC-000001", rules=factories.rules(app),
        ))  # fmt: skip
    for n, (who, place, start, lasts) in enumerate(told):
        session.add(ToldMove(
            id=UUID(int=9000 + n), case_id=opened[0].id, person_id=person(who), venue_id=town.ids[at_venue(PLACES[place])],
            start=at(start), end=at(start + lasts), details=b"", told_at=at(3000), told_by=UUID(int=1), told_by_name="x",
        ))  # fmt: skip
    mains = groups_of(pairs, 6)
    together = {number for pair in pairs for number in pair}
    if pairs:
        session.execute(
            sa.insert(joined), [{"member_id": person(one), "main_id": person(mains[one])} for one in sorted(together)]
        )
    ask_again(session)
    session.flush()
    for case in opened:
        regrouping.regroup(session, now=at(3000), actor=factories.SYSTEM, case=case, rules=factories.rules(app))
    visits = [
        oracle.Visit(mains[who], at_venue(place), place if place in town.zones else None, entered, entered + lasts if left else None, entered + lasts)
        for (who, _, entered, lasts, left), place in zip(drawn, places, strict=True)
    ]  # fmt: skip
    moves = [
        oracle.Move(mains[who], at_venue(PLACES[place]), start, start + lasts) for who, place, start, lasts in told
    ]
    # Who is no case is none, and under whichever name somebody is one they are it.
    first = {}
    for number in range(5):
        first.setdefault(mains[number], number)
    times = sorted((one for one in oracle.times(visits, moves) if one[0] in first), key=str)
    ill = [
        oracle.Stay(n, who, "measles" if who == 4 else "covid-19", where, start, end)
        for n, (who, where, _, start, end) in enumerate(times)
    ]
    zones = {n: zone for n, (_, _, zone, _, _) in enumerate(times)}
    limits = Limits.from_dict({"cases_least": 2, "days_apart": 1, "days_back": 42, "disease": {}})
    with scope.under(session, scope.SYSTEM):
        stays = known_stays(session, at(-20_000))
    seqs = {number: case.seq for number, case in enumerate(opened)}
    found = [
        (frozenset((one.who, one.venue_id, one.entered_at, one.until) for one in group.stays), group.gap_minutes)
        for group in groups(stays, limits)
    ]
    right = {
        (frozenset((seqs[first[times[n][0]]], town.ids[times[n][1]], at(times[n][3]), at(times[n][4])) for n in ids), gap)
        for ids, gap in oracle.standing_out(ill, zones, {"covid-19": 1440, "measles": 1440})
    }  # fmt: skip
    assert len(found) == len(set(found)) and set(found) == right
    ends = {(town.ids[at_venue(PLACES[place])], at(start + lasts)) for _, place, start, lasts in told}
    assert all((one.venue_id, one.until) in ends and one.recorded for one in stays if one.told)


def at_venue(place):
    return "mall" if place.startswith("mall ") else place


def groups_of(pairs, people):
    """The least number of everybody's group."""
    main = {number: number for number in range(people)}
    for one, other in pairs:
        low, high = sorted((main[one], main[other]))
        main = {number: low if mine == high else mine for number, mine in main.items()}
    return main


def test_the_page_folds_stays_into_a_line_a_person_and_says_what_was_told_and_in_which_zone(market):
    app = market.app()
    with clock.fixed(NOW), inside(app):
        session = db.session()
        venue = session.scalars(sa.select(factories.Venue)).one()
        zone = factories.venues.add_zone(session, now=NOW, actor=factories.SYSTEM, venue=venue, name="Khu hải sản")
        session.execute(sa.update(kept_visit).values(zone_id=zone.id))
        case = session.scalars(sa.select(Case).order_by(Case.seq)).first()
        for day in (5, 4):
            session.add(ToldMove(
                id=UUID(int=day), case_id=case.id, person_id=case.person_id, venue_id=venue.id, start=NOW - day * DAY,
                end=NOW - day * DAY + HOUR, details=b"", told_at=NOW, told_by=UUID(int=1), told_by_name="x",
            ))  # fmt: skip
        factories.commit()
    assert find(market) == (1, 0)
    with clock.fixed(NOW):
        client = officer(market)
        listed = client.get("/signals/").text
        assert "2 ca COVID-19 cùng địa điểm" in listed and "Chợ Hạ Long 1 – Khu hải sản" in listed
        html = client.get("/signals/TH-0001").text
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html))
    assert "14/11/2026 , 15/11/2026 , 16/11/2026" in text and "2 khai trong phỏng vấn" in text
    folded, each = html.split('<details class="card more"', 1)
    assert folded.count("<tr>") == 3 and "Từng lượt: 4" in each and each.count("khai trong phỏng vấn") == 2


def ill(world, venue_id, number, when):
    with clock.fixed(when), inside(world.app()):
        session = db.session()
        venue = session.get_one(factories.Venue, venue_id)
        factories.check_in(world.app(), session, vault_of(world.app()), venue, cast.coughing(who(number)), at=when)
        factories.commit()


@pytest.fixture
def school(sqlite):
    """A school where somebody declared long ago, and the days of the store."""
    world = sqlite
    with clock.fixed(NOW), inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        for login in (cast.CDC, SECOND):
            factories.account(session, vault, "cdc", login)
        venue = factories.venue(session, vault, "Trường Hòn Gai", kind="school").id
        factories.commit()
    ill(world, venue, 0, NOW - 19 * DAY)
    return world, venue


def test_symptoms_that_pile_up_are_numbers_until_somebody_looks_them_up_for_a_reason(school):
    world, venue = school
    for number in range(1, 5):
        ill(world, venue, number, NOW - number * HOUR / 4)
    # Again by the same person is the same person.
    ill(world, venue, 4, NOW - HOUR / 2)
    assert find(world) == (0, 0)
    ill(world, venue, 5, NOW - HOUR / 2)
    # At the school, and in the commune where they all live.
    assert find(world) == (0, 2)
    assert find(world, NOW + HOUR) == (0, 2)
    with clock.fixed(NOW):
        client = officer(world, SECOND)
        html = client.get("/signals/").text
        assert badge(html) == 2 and html.count("5 người khai có triệu chứng trong") == 2 and "Người Thứ" not in html
        number = re.search(r"(TH-\d+)(?:(?!TH-).)*?Trường Hòn Gai", html, re.S)[1]
        page = client.get(f"/signals/{number}").text
        assert "Người Thứ" not in page and actions(world, "signal.read") == []
        shown = client.get(post(client, f"/signals/{number}/lookup", reason="Gọi từng nhà hỏi").location).text
        assert "Người Thứ 5" in shown


def test_a_pile_is_unseen_again_only_when_it_has_doubled(school):
    world, venue = school
    for number in range(1, 6):
        ill(world, venue, number, NOW - HOUR)
    find(world)
    with clock.fixed(NOW):
        client = officer(world)
        for signal in ("TH-0001", "TH-0002"):
            post(client, f"/signals/{signal}/say", seen="0", state="seen", note="")
        for number in range(6, 11):
            ill(world, venue, number, NOW - HOUR)
        find(world)
        assert badge(client.get("/signals/").text) == 0
        ill(world, venue, 11, NOW - HOUR)
        find(world)
        assert badge(client.get("/signals/").text) == 2


def test_a_pile_that_goes_on_the_next_day_is_the_same_signal_and_one_after_a_quiet_day_is_not():
    def of(day):
        start, end = clock.day_bounds((NOW + day * DAY).date())
        where = {
            "kind": "pile",
            "commune_id": factories.HONG_GAI,
            "start": start,
            "end": end - timedelta(microseconds=1),
        }
        return Found(count=5, expected=0.5, **where), Signal(**where)

    found, signal = of(1)[0], of(0)[1]
    assert found.is_of(signal) and not of(2)[0].is_of(signal)
    assert not Found(**{**vars(found), "commune_id": factories.HA_TU}).is_of(signal)


@pytest.mark.postgresql
def test_the_staff_role_finds_opens_and_works_on_signals_and_a_station_gets_nothing(postgresql):
    world = postgresql
    with clock.fixed(NOW), inside(world.app()):
        app, session, vault = world.app(), db.session(), vault_of(world.app())
        factories.account(session, vault, "cdc", cast.CDC)
        venue = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.check_in(app, session, vault, venue, cast.coughing(who(9)), at=NOW - 20 * DAY)
        for number in range(1, 7):
            factories.check_in(app, session, vault, venue, cast.coughing(who(number)), at=NOW - number * HOUR / 4)
        # One of them was at an inn besides, and the other one says so too.
        inn = factories.venue(session, vault, "Quán cơm Hạ Long", kind="food")
        factories.check_in(app, session, vault, inn, cast.healthy(who(1)), at=NOW - 3 * HOUR)
        people = list(
            session.execute(sa.text("SELECT person_id FROM visit ORDER BY entered_at DESC LIMIT 2")).scalars()
        )
        for person_id in people:
            keeping.open_for(
                session, now=NOW, actor=factories.SYSTEM, facts=CaseFacts(title="Ca", disease="covid-19"), person_id=person_id,
                found_by="TC-000001", rules=factories.rules(app),
            )  # fmt: skip
        case = session.scalars(sa.select(Case).where(Case.person_id == people[1])).one()
        session.add(ToldMove(
            id=UUID(int=1), case_id=case.id, person_id=case.person_id, venue_id=inn.id, start=NOW - 3 * HOUR,
            end=NOW - 2 * HOUR, details=b"", told_at=NOW, told_by=UUID(int=1), told_by_name="Hạnh",
        ))  # fmt: skip
        factories.commit()
    staff = world.app("staff")
    with clock.fixed(NOW):
        answer = staff.test_cli_runner().invoke(args=["signals", "find"])
        assert answer.exit_code == 0 and answer.output == "signals: 2 of cases, 2 of symptoms\n", answer.output
        client = officer(world, tier="staff")
        html = client.get("/signals/").text
        assert badge(html) == 4
        page = client.get("/signals/TH-0001").text
        assert "F0-0001" in page and "F0-0002" in page and "Quán cơm Hạ Long" in page
        assert "khai trong phỏng vấn" in page and "khai trong phỏng vấn" not in client.get("/signals/TH-0002").text
        assert post(client, "/signals/TH-0001/say", seen="0", state="seen", note="").status_code == 303
        assert post(client, "/signals/look").status_code == 303
        with staff.app_context():
            for role in ("commune", "command", "admin"):
                scope.enter(db.session(), scope.Scope(role, commune=factories.HONG_GAI))
                assert queries.stays_shared(db.session(), NOW - 9 * DAY) == []
                assert queries.ill(db.session(), clock.today()) == ({}, {})
                with pytest.raises(AccessDenied):
                    known_stays(db.session(), NOW - 9 * DAY)
                db.session.remove()
    with inside(world.app()):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SignalStep)) == 1
