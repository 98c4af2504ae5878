"""The check-in service: once and only once, people told apart, visits prolonged and bounded."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.ids import new_id
from checkin.people.models import Person
from checkin.venues.models import Venue
from checkin.visits import service
from checkin.visits.models import ELSEWHERE, VISITOR, Submission
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside

DEVICE, OTHER_DEVICE = b"d" * 16, b"e" * 16
MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop(app, session, vault):
    return factories.venue(session, vault, "Cửa hàng Bình", kind="shop")


def send(app, session, vault, where, told, submission_id, at=NOW, device=DEVICE):
    return service.check_in(
        session, vault, now=at, rules=factories.rules(app, at), door=factories.door(session, where),
        told=told, submission_id=submission_id, device=device,
    )  # fmt: skip


def test_a_check_in_stores_one_visit_one_declaration_and_one_person(app, session, vault, shop):
    done = factories.check_in(app, session, vault, shop, device=DEVICE)
    (visit,) = factories.all_visits(session)
    assert (visit.id, visit.entered_at, visit.left_at) == (done.visit_id, NOW, None)
    assert visit.until_likely == NOW + 30 * MINUTE
    assert visit.until_latest == NOW + 720 * MINUTE
    declaration = session.scalars(sa.select(Declaration)).one()
    assert (visit.declaration_id, visit.declared_at) == (declaration.id, NOW)
    assert session.scalars(sa.select(Person)).one().id == visit.person_id == declaration.person_id
    assert visit.masked_name == "Nguyễn T. Á. T."


def test_nothing_readable_of_the_person_is_stored_outside_the_sealed_column(app, session, vault, shop):
    factories.check_in(app, session, vault, shop, device=DEVICE)
    session.commit()
    for table in ("person", "declaration", "visit", "submission", "audit"):
        for row in session.execute(sa.text(f'SELECT * FROM "{table}"')).mappings():
            text = " ".join(str(value) for value in row.values())
            assert "Tuyết" not in text.replace("Nguyễn T. Á. T.", "")
            assert "912345678" not in text
            assert "022185001234" not in text
    sealed = session.scalars(sa.select(Declaration.details)).one()
    assert cast.CITIZEN.id_number.encode() not in sealed and b"Tuy" not in sealed
    assert vault.open(sealed)["full_name"] == "Nguyễn Thị Ánh Tuyết"


def test_the_same_form_sent_again_gives_the_first_result(app, session, vault, shop):
    submission = new_id(NOW)
    first = send(app, session, vault, shop, cast.healthy(), submission)
    session.commit()
    again = send(app, session, vault, shop, cast.healthy(), submission, at=NOW + 20 * 60 * MINUTE)
    assert (again.visit_id, again.entered_at, again.declared_at) == (first.visit_id, first.entered_at, NOW)
    assert (first.outcome, again.outcome) == ("new", "same")
    assert len(factories.all_visits(session)) == 1


def test_the_same_form_with_other_answers_after_five_minutes_is_a_new_flagged_declaration_and_visit(
    app, session, vault, shop
):
    submission = new_id(NOW)
    send(app, session, vault, shop, cast.coughing(), submission)
    send(app, session, vault, shop, cast.healthy(), submission, at=NOW + 6 * MINUTE)
    send(app, session, vault, shop, cast.healthy(), submission, at=NOW + 7 * MINUTE)  # and that one twice
    flags = session.scalars(sa.select(Declaration.flags).order_by(Declaration.made_at)).all()
    assert flags == [[], ["resent"]]
    assert len(factories.all_visits(session)) == 2


def test_fifty_identical_forms_in_parallel_make_one_visit(world, app, session, vault, shop):
    submission, shop_id = new_id(NOW), shop.id
    session.commit()

    def post(_number: int) -> str:
        with clock.fixed(NOW), inside(world.app()):
            where = db.session.get_one(Venue, shop_id)
            done = send(app, db.session(), vault, where, cast.healthy(), submission)
            db.session.commit()
            return str(done.visit_id)

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(post, range(50)))
    assert len(set(ids)) == 1
    assert len(factories.all_visits(session)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 1


def test_two_first_visits_of_one_person_at_once_make_one_person(world, app, session, vault, shop):
    shop_id = shop.id
    session.commit()

    def post(number: int) -> None:
        with clock.fixed(NOW), inside(world.app()):
            where = db.session.get_one(Venue, shop_id)
            send(app, db.session(), vault, where, cast.healthy(), new_id(NOW), device=bytes([number]) * 16)
            db.session.commit()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(post, range(12)))
    assert len(factories.all_visits(session)) == 12
    assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 1


def test_scanning_again_within_the_usual_stay_prolongs_the_visit(app, session, vault, shop):
    first = factories.check_in(app, session, vault, shop, device=DEVICE)
    second = factories.check_in(app, session, vault, shop, at=NOW + 25 * MINUTE, device=DEVICE)
    assert (second.outcome, second.visit_id) == ("extended", first.visit_id)
    (visit,) = factories.all_visits(session)
    assert visit.entered_at == NOW
    assert visit.until_likely == NOW + 55 * MINUTE
    assert visit.declared_at == NOW


def test_scanning_again_after_the_usual_stay_is_a_new_visit(app, session, vault, shop):
    factories.check_in(app, session, vault, shop, device=DEVICE)
    assert factories.check_in(app, session, vault, shop, at=NOW + 31 * MINUTE, device=DEVICE).outcome == "new"
    assert len(factories.all_visits(session)) == 2


def test_somebody_elses_id_number_from_another_phone_prolongs_and_ends_nothing(app, session, vault, shop):
    factories.check_in(app, session, vault, shop, device=DEVICE)
    market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
    factories.check_in(app, session, vault, shop, at=NOW + 5 * MINUTE, device=OTHER_DEVICE)
    factories.check_in(app, session, vault, market, at=NOW + 6 * MINUTE, device=OTHER_DEVICE)
    mine = [visit for visit in factories.all_visits(session) if visit.device == DEVICE]
    assert [(v.until_likely, v.end_set_by, v.left_at) for v in mine] == [(NOW + 30 * MINUTE, "guessed", None)]


def test_arriving_elsewhere_bounds_the_former_visit_and_records_no_end(app, session, vault, shop):
    market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
    factories.check_in(app, session, vault, shop, device=DEVICE)
    factories.check_in(app, session, vault, market, at=NOW + 10 * MINUTE, device=DEVICE)
    former = factories.all_visits(session)[0]
    assert former.left_at is None
    assert (former.until_likely, former.until_latest) == (NOW + 10 * MINUTE, NOW + 10 * MINUTE)
    assert former.end_set_by == ELSEWHERE


def test_a_kiosk_inside_a_mall_does_not_end_the_visit_to_the_mall(app, session, vault, shop):
    mall = factories.venue(session, vault, "Trung tâm thương mại")
    shop.parent_id = mall.id
    session.flush()
    factories.check_in(app, session, vault, mall, device=DEVICE)
    factories.check_in(app, session, vault, shop, at=NOW + 10 * MINUTE, device=DEVICE)
    outer = factories.all_visits(session)[0]
    assert (outer.end_set_by, outer.until_likely) == ("guessed", NOW + 60 * MINUTE)


def test_another_person_declared_on_the_same_phone_ends_nothing_of_the_first(app, session, vault, shop):
    market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
    factories.check_in(app, session, vault, shop, device=DEVICE)
    factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW + MINUTE, device=DEVICE)
    assert [visit.end_set_by for visit in factories.all_visits(session)] == ["guessed", "guessed"]


def test_leaving_records_the_end_once(app, session, vault, shop):
    done = factories.check_in(app, session, vault, shop, device=DEVICE)
    token = {"visit_id": done.visit_id, "entered_at": done.entered_at, "venue_id": shop.id}
    assert service.leave(session, now=NOW + 7 * MINUTE, **token)
    assert not service.leave(session, now=NOW + 9 * MINUTE, **token)
    (visit,) = factories.all_visits(session)
    assert (visit.left_at, visit.until_latest, visit.end_set_by) == (NOW + 7 * MINUTE, NOW + 7 * MINUTE, VISITOR)


def test_leaving_the_next_day_changes_nothing(app, session, vault, shop):
    done = factories.check_in(app, session, vault, shop, device=DEVICE)
    assert not service.leave(
        session, now=NOW + timedelta(days=1), visit_id=done.visit_id, entered_at=done.entered_at, venue_id=shop.id
    )


def test_hung_and_hung_with_other_accents_and_phones_are_two_people(app, session, vault, shop):
    one = cast.Identity(
        full_name="Trần Văn Hùng",
        birth_year=1971,
        gender="male",
        phone="+84904118226",
        province_id="22",
        commune_id="06652",
    )
    two = cast.Identity(
        full_name="Trần Văn Hưng",
        birth_year=1971,
        gender="male",
        phone="+84904118999",
        province_id="22",
        commune_id="06652",
    )
    factories.check_in(app, session, vault, shop, cast.healthy(one))
    factories.check_in(app, session, vault, shop, cast.healthy(two))
    assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 2


def test_a_failure_after_the_visit_leaves_nothing_half_written(app, session, vault, shop, monkeypatch):
    session.commit()

    def fail(*_args, **_kwargs):
        raise RuntimeError("power lost")

    monkeypatch.setattr(service, "mask_for_desk", fail)
    with pytest.raises(RuntimeError):
        factories.check_in(app, session, vault, shop)
    session.rollback()
    for model in (Submission, Declaration, Person):
        assert session.scalar(sa.select(sa.func.count()).select_from(model)) == 0


def test_scanning_a_hall_does_not_end_the_visit_to_the_whole_mall(app, session, vault):
    from checkin.venues import queries as venues
    from checkin.venues import service as venue_service

    owner = factories.account(session, vault, "owner", cast.OWNER)
    mall = factories.venue(session, vault, "Trung tâm thương mại", owner=owner)
    halls = [
        venue_service.add_zone(session, now=NOW, actor=owner.actor, venue=mall, name=name)
        for name in ("Khu A", "Khu B")
    ]
    factories.check_in(app, session, vault, mall, device=DEVICE)
    doors = {door.zone_id: door for door in venues.doors_of(session, mall.id)}
    for number, hall in enumerate(halls, start=1):
        service.check_in(
            session, vault, now=NOW + 10 * number * MINUTE, rules=factories.rules(app), door=doors[hall.id],
            told=cast.healthy(), submission_id=new_id(NOW), device=DEVICE,
        )  # fmt: skip
    ends = {visit.zone_id: (visit.end_set_by, visit.until_latest) for visit in factories.all_visits(session)}
    assert ends[None] == ("guessed", NOW + 720 * MINUTE)
    assert ends[halls[0].id] == (ELSEWHERE, NOW + 20 * MINUTE)  # the one hall was left for the other
    assert ends[halls[1].id][0] == "guessed"


def test_scanning_again_with_every_answer_no_does_not_hide_the_cough(app, session, vault, shop):
    factories.check_in(app, session, vault, shop, cast.coughing(), device=DEVICE)
    factories.check_in(app, session, vault, shop, cast.healthy(), at=NOW + 5 * MINUTE, device=DEVICE)
    (visit,) = factories.all_visits(session)
    shown = session.get_one(Declaration, (visit.declared_at, visit.declaration_id))
    assert shown.triage == "watch"
    assert visit.until_likely == NOW + 35 * MINUTE
