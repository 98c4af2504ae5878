"""What belongs to a case is copied, outlives the day, is shared, refreshed and let go of; as the oracle says."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.cases import deriving, queries, service
from checkin.cases.models import MET, OWN, Case, case_visit, kept_declaration, kept_visit
from checkin.cases.queries import Kept
from checkin.cases.service import CaseFacts
from checkin.declarations.models import Declaration
from checkin.errors import DomainError
from checkin.people.models import Person
from checkin.store import upkeep
from checkin.visits import service as visits
from checkin.visits.models import Visit
from tests import cast, factories
from tests.cases.kept import DAY, HOUR, copies, expire, kept_ids, link, person_of
from tests.conftest import NOW
from tests.exposure.stays import BASE, CAP, Row, at, person
from tests.exposure.town import ASKED, PLACES, build, store
from tests.oracles.keeping import Stay, belonging

MINUTE = timedelta(minutes=1)


def somebody(number):
    return cast.Identity(
        full_name=f"Người Thứ {number}",
        birth_year=1980,
        gender="male",
        phone=f"+8491234{number:04d}",
        province_id="22",
        commune_id="06652",
    )


@pytest.fixture
def market(session, vault):
    return factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")


@pytest.fixture
def came(app, session, vault, market):
    """Somebody (a number) came some time ago; the id of the visit."""

    def visit(number, ago, where=None, device=None):
        told = cast.healthy(somebody(number))
        visits.open_day(session, clock.to_local(NOW - ago).date())
        return factories.check_in(app, session, vault, where or market, told, at=NOW - ago, device=device).visit_id

    return visit


def actions(session):
    return list(session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)))


def test_a_case_with_its_person_keeps_its_visits_those_who_can_have_met_it_and_their_declarations(
    app, session, vault, came
):
    elsewhere = factories.venue(session, vault, "Bến xe Bãi Cháy", kind="station")
    own, met = came(1, 2 * HOUR), came(2, 2 * HOUR)
    far, before = came(3, 2 * HOUR, elsewhere), came(4, 40 * HOUR)
    case = factories.case(session)
    assert link(app, session, case, person_of(session, own)) == Kept(own=1, met=1, declarations=2)
    assert (kept_ids(session, case, OWN), kept_ids(session, case, MET)) == ({own}, {met})
    assert not {far, before} & (kept_ids(session, case, OWN) | kept_ids(session, case, MET))
    entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "case.freeze")).one()
    assert (entry.case_number, entry.rows, entry.detail) == ("F0-0001", 2, {"own": 1, "met": 1, "declarations": 2})


def test_a_copy_is_the_row_itself_and_what_is_sealed_stays_sealed(app, session, came):
    own = came(1, 2 * HOUR)
    came(2, 2 * HOUR)
    link(app, session, factories.case(session), person_of(session, own))
    for origin, copy in ((Visit.__table__, kept_visit), (Declaration.__table__, kept_declaration)):
        rows = [set(map(repr, session.execute(sa.select(table)).all())) for table in (origin, copy)]
        assert rows[0] == rows[1] and len(rows[0]) == 2


def test_what_is_kept_outlives_the_day(app, session, came):
    own, met = came(1, 20 * DAY), came(2, 20 * DAY)
    case = factories.case(session)
    before = link(app, session, case, person_of(session, own))
    expire(session, NOW - 21 * DAY, NOW - 19 * DAY)
    assert factories.all_visits(session) == []
    assert queries.kept(session, case.id) == before
    assert (kept_ids(session, case, OWN), kept_ids(session, case, MET)) == ({own}, {met})


def test_visits_of_after_the_link_are_kept_when_their_day_goes(app, session, came):
    case = factories.case(session)
    link(app, session, case, person_of(session, came(1, 3 * DAY)))
    later, met = came(1, DAY), came(2, DAY)
    assert queries.kept(session, case.id) == Kept(1, 0, 1)
    expire(session, NOW - 2 * DAY, NOW, now=NOW + 20 * DAY)
    assert queries.kept(session, case.id) == Kept(2, 1, 3)
    assert later in kept_ids(session, case, OWN) and kept_ids(session, case, MET) == {met}


def test_a_stay_over_midnight_is_kept_whichever_day_goes_first(app, session, came):
    own = came(1, 10 * HOUR)
    case = factories.case(session)
    link(app, session, case, person_of(session, own))
    met = {came(2, 14 * HOUR), came(3, 6 * HOUR)}
    for end in (12, 8, 0):
        expire(session, NOW - (end + 6) * HOUR, NOW - end * HOUR)
    assert kept_ids(session, case, MET) == met


def test_who_came_before_midnight_and_met_the_case_after_it_is_kept_with_the_day_that_goes_first(app, session, came):
    case = factories.case(session)
    link(app, session, case, person_of(session, came(1, 3 * DAY)))
    late, own = came(2, 11 * HOUR), came(1, 10 * HOUR)  # 23:30 and 00:30 of the province
    midnight = clock.day_bounds(clock.to_local(NOW).date())[0]
    expire(session, midnight - DAY, midnight)
    assert late in kept_ids(session, case, MET)
    assert queries.kept(session, case.id).declarations == 3
    expire(session, midnight, midnight + DAY)
    assert own in kept_ids(session, case, OWN) and kept_ids(session, case, MET) == {late}
    assert copies(session) == (3, 3, 3)


def test_freezing_again_changes_nothing_and_a_day_without_news_writes_no_entry(app, session, came):
    own = came(1, 2 * HOUR)
    came(2, 2 * HOUR)
    case = factories.case(session)
    first = link(app, session, case, person_of(session, own))
    rows, before = copies(session), len(actions(session))
    how = {"now": NOW, "actor": factories.SYSTEM, "case": case, "rules": factories.rules(app)}
    span = deriving.part(case, factories.rules(app), NOW - DAY, NOW)
    changes, entries = service.freeze_spans(session, now=NOW, actor=factories.SYSTEM, spans=[(case, span)])
    assert (changes[case.id], entries) == (deriving.Change(), [])
    assert (copies(session), len(actions(session))) == (rows, before)
    assert service.freeze(session, **how) == first
    assert (copies(session), actions(session)[-1]) == (rows, "case.freeze")


def test_a_declaration_made_later_for_a_kept_visit_is_copied_and_one_that_was_lost_is_copied_again(
    app, session, came, market
):
    own, beside = came(1, 2 * HOUR), came(2, 2 * HOUR)
    later, one = came(3, 30 * HOUR), Visit.__table__.c
    told = {row.id: row[1:] for row in session.execute(sa.select(one.id, one.declared_at, one.declaration_id))}
    session.execute(sa.update(Visit).where(one.id == beside).values(declared_at=None, declaration_id=None))
    case = factories.case(session)
    assert link(app, session, case, person_of(session, own)).declarations == 1
    how = {"now": NOW, "actor": factories.SYSTEM, "case": case, "rules": factories.rules(app)}

    def now_with(visit):
        declared_at, declaration_id = told[visit]
        values = {"declared_at": declared_at, "declaration_id": declaration_id}
        session.execute(sa.update(Visit).where(one.id == beside).values(**values))
        service.freeze(session, **how)
        kept = sa.select(kept_declaration.c.id).where(kept_declaration.c.id.in_([told[own][1], declaration_id]))
        return set(session.scalars(kept)) == {told[own][1], declaration_id}

    # Without one before, and with another one than was copied.
    assert now_with(beside) and now_with(later)
    session.execute(sa.delete(kept_declaration).where(kept_declaration.c.id == told[own][1]))
    assert service.freeze(session, **how).declarations == 2


def test_an_end_recorded_later_is_taken_over(app, session, came, market):
    own = came(1, 2 * HOUR, device=b"d" * 16)
    case = factories.case(session)
    link(app, session, case, person_of(session, own))
    entered = NOW - 2 * HOUR
    assert visits.leave(session, now=NOW - HOUR, visit_id=own, entered_at=entered, venue_id=market.id)
    expire(session, NOW - DAY, NOW)
    kept = session.execute(sa.select(kept_visit)).one()
    assert (kept.left_at, kept.until_latest, kept.end_set_by) == (NOW - HOUR, NOW - HOUR, "visitor")


def test_who_by_the_recorded_end_cannot_have_met_the_case_is_let_go_of(app, session, came, market):
    own, stays, gone = came(1, 5 * HOUR, device=b"d" * 16), came(2, 5 * HOUR), came(3, 2 * HOUR)
    case = factories.case(session)
    link(app, session, case, person_of(session, own))
    assert kept_ids(session, case, MET) == {stays, gone}
    visits.leave(session, now=NOW - 4 * HOUR, visit_id=own, entered_at=NOW - 5 * HOUR, venue_id=market.id)
    service.freeze(session, now=NOW, actor=factories.SYSTEM, case=case, rules=factories.rules(app))
    assert kept_ids(session, case, MET) == {stays}
    assert copies(session) == (2, 2, 2)


def test_two_cases_share_rows_and_what_one_lets_go_of_the_other_keeps(app, session, came):
    one, two, third = came(1, 2 * HOUR), came(2, 2 * HOUR), came(3, 2 * HOUR)
    alone = came(1, 30 * HOUR)
    first, second = factories.case(session), factories.case(session)
    link(app, session, first, person_of(session, one))
    link(app, session, second, person_of(session, two))
    assert (kept_ids(session, first, OWN), kept_ids(session, first, MET)) == ({one, alone}, {two, third})
    assert (kept_ids(session, second, OWN), kept_ids(session, second, MET)) == ({two}, {one, third})
    assert copies(session) == (4, 4, 7)
    service.unlink(session, now=NOW, actor=factories.SYSTEM, case=first)
    assert first.person_id is None
    assert copies(session) == (3, 3, 3)
    assert queries.kept(session, second.id) == Kept(1, 2, 3)
    assert queries.kept(session, first.id) == Kept(0, 0, 0)
    service.unlink(session, now=NOW, actor=factories.SYSTEM, case=second)
    assert copies(session) == (0, 0, 0)
    assert actions(session)[-2:] == ["case.release", "case.unlink"]


@pytest.mark.parametrize(("state", "keeps"), [("suspected", 1), ("recovered", 1), ("died", 1), ("discarded", 0)])
def test_only_a_case_that_was_none_keeps_nothing(app, session, came, state, keeps):
    case = factories.case(session)
    link(app, session, case, person_of(session, came(1, HOUR)))
    service.set_state(session, now=NOW, actor=factories.SYSTEM, case=case, state=state, rules=factories.rules(app))
    assert queries.kept(session, case.id).own == keeps


def test_a_case_is_frozen_once_more_when_it_ends_and_later_visits_are_nobodys_matter(app, session, came):
    case = factories.case(session)
    link(app, session, case, person_of(session, came(1, 3 * DAY)))
    came(1, 2 * DAY)
    service.set_state(
        session, now=NOW, actor=factories.SYSTEM, case=case, state="recovered", rules=factories.rules(app)
    )
    assert queries.kept(session, case.id).own == 2
    came(1, HOUR)
    expire(session, NOW - 4 * DAY, NOW)
    assert queries.kept(session, case.id).own == 2


def test_a_case_without_a_person_keeps_nothing(app, session, came):
    came(1, HOUR)
    case = factories.case(session)
    how = {"now": NOW, "actor": factories.SYSTEM, "case": case, "rules": factories.rules(app)}
    assert service.freeze(session, **how) == Kept(0, 0, 0)
    with pytest.raises(DomainError, match="unlinked"):
        service.unlink(session, now=NOW, actor=factories.SYSTEM, case=case)


def test_a_case_has_one_person_and_nobody_is_two_open_cases(app, session, came):
    one, two = (person_of(session, came(number, HOUR)) for number in (1, 2))
    case, other = factories.case(session), factories.case(session)
    link(app, session, case, one)
    with pytest.raises(DomainError, match="linked"):
        link(app, session, case, two)
    with pytest.raises(DomainError, match="doubled"):
        link(app, session, other, one)
    service.set_state(session, now=NOW, actor=factories.SYSTEM, case=case, state="died", rules=factories.rules(app))
    link(app, session, other, one)
    with pytest.raises(DomainError, match="doubled"):
        service.set_state(
            session, now=NOW, actor=factories.SYSTEM, case=case, state="confirmed", rules=factories.rules(app)
        )
    third = factories.case(session)
    service.set_state(
        session, now=NOW, actor=factories.SYSTEM, case=third, state="discarded", rules=factories.rules(app)
    )
    with pytest.raises(DomainError, match="discarded"):
        link(app, session, third, two)


def test_the_database_refuses_a_second_open_case_of_a_person(app, session, came):
    someone = person_of(session, came(1, HOUR))
    link(app, session, factories.case(session), someone)
    factories.case(session).person_id = someone
    with pytest.raises(sa.exc.IntegrityError):
        session.flush()
    session.rollback()


def test_a_new_case_of_a_person_is_opened_and_frozen_at_once(app, session, came):
    own = came(1, HOUR)
    case = service.open_for(
        session,
        now=NOW,
        actor=factories.SYSTEM,
        facts=CaseFacts(title="Công nhân mỏ", disease="covid-19"),
        person_id=person_of(session, own),
        found_by="TC-000007",
        rules=factories.rules(app),
    )
    assert kept_ids(session, case, OWN) == {own}
    assert actions(session)[-3:] == ["case.open", "case.link", "case.freeze"]
    linked = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "case.link")).one()
    assert (linked.detail, linked.case_number) == ({"lookup": "TC-000007"}, case.number)


def test_measles_stays_in_the_air_and_covid_does_not(app, session, came, market):
    own = came(1, 6 * HOUR, device=b"d" * 16)
    visits.leave(session, now=NOW - 5 * HOUR, visit_id=own, entered_at=NOW - 6 * HOUR, venue_id=market.id)
    within, after = came(2, 3 * HOUR), came(3, 3 * HOUR - MINUTE)
    someone = person_of(session, own)
    for disease, met in (("measles", {within}), ("covid-19", set())):
        case = service.open_for(
            session,
            now=NOW,
            actor=factories.SYSTEM,
            facts=CaseFacts(title="Sởi hay không", disease=disease),
            person_id=someone,
            found_by="TC-000001",
            rules=factories.rules(app),
        )
        assert kept_ids(session, case, MET) == met
        assert after not in kept_ids(session, case, MET)
        service.unlink(session, now=NOW, actor=factories.SYSTEM, case=case)


def test_people_whom_a_case_needs_stay_when_the_store_lets_go_of_the_others(app, session, came):
    own, met = came(1, 25 * DAY), came(2, 25 * DAY)
    came(3, 26 * DAY)
    came(4, HOUR)
    case = factories.case(session)
    needed = {person_of(session, own), person_of(session, met)}
    link(app, session, case, person_of(session, own), now=NOW - 4 * DAY)
    session.commit()
    done = upkeep.expire(session, now=NOW, keep_days=21)
    session.expire_all()
    assert (done.visits, done.people) == (3, 1)
    assert needed < set(session.scalars(sa.select(Person.id)))
    assert queries.kept(session, case.id) == Kept(1, 1, 2)


# Against the oracle.

STAYS = st.tuples(
    st.integers(0, 4),
    st.integers(0, len(PLACES) - 1),
    st.integers(-CAP, 1500),
    st.one_of(st.integers(0, 90), st.integers(0, CAP), st.just(CAP)),
    st.booleans(),
)
# Places as the store has them: a zone is its venue.
VENUE = {place: place.split(" ")[0] if place.startswith("mall") else place for place in PLACES}
INSIDE = {place: {VENUE[one] for one in ASKED[VENUE[place]]} for place in PLACES if VENUE[place] in ASKED} | {
    "bar": {"bar"},
    "shop elsewhere": {"shop elsewhere"},
}


@pytest.fixture
def town(session, vault):
    return build(session, vault)


@settings(max_examples=15)
@given(st.lists(STAYS, min_size=15, max_size=40), st.sampled_from(["covid-19", "measles"]), st.integers(0, 3))
def test_what_is_kept_is_what_the_oracle_says_also_when_days_have_gone(app, session, town, drawn, disease, gone):
    for table in (case_visit, kept_visit, kept_declaration, Case.__table__):
        session.execute(sa.delete(table))
    session.expire_all()
    rows = [
        Row(UUID(int=n + 1), person(who), at(entered), at(entered + stay) if recorded else None, at(entered + stay), at(entered + stay))
        for n, (who, _, entered, stay, recorded) in enumerate(drawn)
    ]  # fmt: skip
    places = [PLACES[place] for _, place, *_ in drawn]
    store(session, town, rows, places)
    now = at(3000)
    case = service.open_for(
        session,
        now=now,
        actor=factories.SYSTEM,
        facts=CaseFacts(title="Theo lời kể", disease=disease),
        person_id=person(0),
        found_by="TC-000001",
        rules=factories.rules(app),
    )
    told = [
        Stay(row.id, row.person_id, place if place not in town.zones else "mall", entered, entered + stay)
        for row, place, (_, _, entered, stay, _) in zip(rows, places, drawn, strict=True)
    ]
    own, met = belonging(told, person(0), INSIDE, 120 if disease == "measles" else 0)
    assert (kept_ids(session, case, OWN), kept_ids(session, case, MET)) == (own, met)
    # Days go one after the other, and nothing of it is lost.
    for number in range(gone):
        start = BASE - DAY + number * DAY
        expire(session, start, start + DAY, now=now)
    assert (kept_ids(session, case, OWN), kept_ids(session, case, MET)) == (own, met)
    assert copies(session)[0] == len(own | met)
