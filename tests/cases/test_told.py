"""Movements told in an interview: they find the people whom a recorded visit with those ends would find."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin.casefacts import service
from checkin.casefacts.windows import rules_of
from checkin.cases import others, queries
from checkin.cases import service as cases
from checkin.cases.models import CaseWindow
from checkin.db import db
from checkin.errors import DomainError
from checkin.exposure import ranking
from checkin.movements.models import ToldMove
from checkin.movements.service import Said
from checkin.visits.models import Visit
from tests import cast, factories
from tests.cases.kept import DAY, HOUR, expire, kept_ids, link, person_of
from tests.conftest import NOW
from tests.worlds import vault_of

OTHER = replace(cast.NEIGHBOUR, full_name="Lê Thị Mai", phone="+84904118227", id_number=None)


@pytest.fixture
def told(app):
    """A market where two people were this morning, and a case that never scanned there."""
    session, vault = db.session(), vault_of(app)
    khoa = factories.account(session, vault, "cdc", cast.CDC)
    market, inn = (factories.venue(session, vault, name, kind="market") for name in ("Chợ Hạ Long 1", "Chợ Cái Dăm"))
    elsewhere = factories.check_in(app, session, vault, inn, cast.healthy(), at=NOW - 9 * HOUR).visit_id
    for number, who in enumerate((cast.NEIGHBOUR, OTHER)):
        factories.check_in(app, session, vault, market, cast.healthy(who), at=NOW - 5 * HOUR + number * HOUR)
    case = factories.case(session)
    link(app, session, case, person_of(session, elsewhere))
    return app, session, case, khoa.actor, market, inn


def say(told, start, end, venue=None, person=None):
    app, session, case, actor, market, _ = told
    said = Said(venue_id=(venue or market).id, place="", start=start, end=end, note="Đi với con")
    how = {"now": NOW, "actor": actor, "case": case, "person_id": person or case.person_id, "rules_of": rules_of}
    return service.tell(session, vault_of(app), said=said, **how)


def met(told, case=None):
    app, session, own, *_ = told
    case = case or own
    encounters = queries.encounters(session, case.id, NOW - 20 * DAY, NOW, clip=True)
    how = {"air": timedelta(0), "cap": 12 * HOUR, "excluding": [case.person_id], "store": queries.kept_for("met")}
    found = ranking.contacts(session, encounters, case_id=case.id, first=0, limit=50, **how)
    return {one.person_id: (one.certain_minutes, one.possible_minutes) for one in found.people}


def test_it_finds_the_people_and_minutes_that_a_recorded_visit_finds(told):
    app, session, case, actor, market, _ = told
    assert met(told) == {}
    move = say(told, NOW - 5 * HOUR, NOW - 3 * HOUR)
    by_told = met(told)
    assert len(by_told) == 2
    service.take_move_back(session, now=NOW, actor=actor, case=case, move=move, rules_of=rules_of)
    assert met(told) == {} and not kept_ids(session, case, "met")
    visit = factories.check_in(app, session, vault_of(app), market, cast.healthy(), at=NOW - 5 * HOUR).visit_id
    end = NOW - 3 * HOUR
    session.execute(
        sa.update(Visit)
        .where(Visit.id == visit)
        .values(left_at=end, until_likely=end, until_latest=end, end_set_by="visitor")
    )
    cases.freeze(session, now=NOW, actor=actor, case=case, rules=rules_of(case))
    assert met(told) == by_told


def test_what_was_told_ends_a_guess_and_taking_it_back_brings_the_guess_back(told):
    app, session, case, actor, _, inn = told
    late = factories.check_in(app, session, vault_of(app), inn, cast.healthy(OTHER), at=NOW - 7 * HOUR).visit_id
    cases.freeze(session, now=NOW, actor=actor, case=case, rules=rules_of(case))
    assert person_of(session, late) in met(told)
    move = say(told, NOW - 9 * HOUR, NOW - 8 * HOUR, venue=inn)
    (encounter,) = queries.encounters(session, case.id, NOW - DAY, NOW)
    assert (encounter.start, encounter.end, encounter.recorded) == (NOW - 9 * HOUR, NOW - 8 * HOUR, True)
    assert met(told) == {}
    service.take_move_back(session, now=NOW, actor=actor, case=case, move=move, rules_of=rules_of)
    assert person_of(session, late) in met(told)
    with pytest.raises(DomainError, match="changed"):
        service.take_move_back(session, now=NOW, actor=actor, case=case, move=move, rules_of=rules_of)


def test_the_people_stay_known_when_their_day_leaves_the_store(told):
    _, session, *_ = told
    say(told, NOW - 5 * HOUR, NOW - 3 * HOUR)
    before = met(told)
    expire(session, NOW - DAY, NOW)
    assert met(told) == before and len(before) == 2


def test_an_f1_who_told_beforehand_and_falls_ill_keeps_both_lives(told):
    app, session, case, actor, market, _ = told
    neighbour = session.scalars(sa.select(Visit.person_id).where(Visit.venue_id == market.id).limit(1)).one()
    say(told, NOW - 5 * HOUR, NOW - 3 * HOUR, person=neighbour)
    assert case.interviewed_at is None and met(told) == {}
    second = factories.case(session, "Người tiếp xúc ở chợ")
    link(app, session, second, neighbour)
    assert len(met(told, second)) == 1
    # Discarding the case for which it was told takes nothing from the one that its teller became.
    cases.set_state(session, now=NOW, actor=actor, case=case, state="discarded", rules=rules_of(case))
    assert len(met(told, second)) == 1
    cases.set_state(session, now=NOW, actor=actor, case=second, state="discarded", rules=rules_of(second))
    assert session.scalars(sa.select(ToldMove)).all() == []


def test_what_was_told_to_a_case_says_nothing_of_the_next_person_it_is_given(told):
    _, session, case, actor, *_ = told
    say(told, NOW - 5 * HOUR, NOW - 3 * HOUR)
    how = {"now": NOW, "actor": actor, "case": case}
    service.correct(
        session, seen=case.version, which="forward", start=NOW - 9 * DAY, end=None, reason="Lời khai", **how
    )
    cases.unlink(session, **how)
    assert (case.interviewed_at, case.interviewed_by_name) == (None, None)
    assert session.scalars(sa.select(CaseWindow)).all() == []


def test_who_falls_ill_again_is_a_second_case_that_knows_what_was_told_to_the_first(told):
    app, session, case, actor, *_ = told
    say(told, NOW - 5 * HOUR, NOW - 3 * HOUR)
    cases.set_state(session, now=NOW, actor=actor, case=case, state="recovered", rules=rules_of(case))
    again = factories.case(session, "Mắc lại")
    link(app, session, again, case.person_id)
    assert met(told, again) == met(told) != {}


def test_the_first_movement_says_that_the_case_was_interviewed_and_the_same_is_not_noted_twice(told):
    _, session, case, *_ = told
    say(told, NOW - 5 * HOUR, NOW - 3 * HOUR)
    assert case.interviewed_at == NOW
    with pytest.raises(DomainError, match="twice"):
        say(told, NOW - 5 * HOUR, NOW - 3 * HOUR)
    for start, end in ((NOW, NOW), (NOW - HOUR, NOW + HOUR), (NOW - 500 * DAY, NOW - 499 * DAY)):
        with pytest.raises(DomainError, match="times"):
            say(told, start, end)
    assert [step.what for step in queries.steps(session, case.id)] == ["told", "interview", "link", "open"]


def test_what_another_case_told_of_a_place_is_found_when_the_source_is_looked_for(told):
    app, session, case, _, market, _ = told
    say(told, NOW - 5 * HOUR, NOW - 3 * HOUR)
    neighbour = session.scalars(sa.select(Visit.person_id).where(Visit.venue_id == market.id).limit(1)).one()
    second = factories.case(session, "Người ở chợ")
    link(app, session, second, neighbour)
    (stay,) = others.stays_of_others(session, second, {market.id}, NOW - DAY, NOW)
    assert (stay.number, stay.entered_at, stay.left_at) == (case.number, NOW - 5 * HOUR, NOW - 3 * HOUR)
    assert others.stays_of_others(session, second, {market.id}, NOW - 2 * HOUR, NOW) == []
