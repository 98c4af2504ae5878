"""Flags of visits: closed hours and bursts are seen by those who read lists, and stop nobody."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from checkin.cases import service as cases
from checkin.cases.models import kept_visit
from checkin.config import ROOT
from checkin.db import db, set_scope
from checkin.exposure.service import Bound, PlaceAsked, ask_place
from checkin.rules import RuleBook
from checkin.venues.kinds import KINDS
from checkin.visits import flags, queries
from checkin.visits.flags import BURST, CLOSED, Arrivals, is_burst, is_closed, of_visit, read, stored
from checkin.visits.models import Visit
from tests import cast, factories
from tests.conftest import NOW
from tests.oracles import flags as oracle
from tests.worlds import inside, vault_of

RULES = RuleBook.load(ROOT / "checkin" / "rules" / "data").on(NOW.date())
GRACE = RULES["flags"]["closed_grace_minutes"]
HOURS = st.one_of(
    st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59)), st.sampled_from(["00:00", "24:00"])
)
MOMENTS = st.integers(-(10**12), 10**12).map(lambda more: NOW + timedelta(microseconds=more)) | st.builds(
    lambda minute: NOW.replace(hour=0, minute=0) + timedelta(minutes=minute), st.integers(0, 1439)
)
# Half past one at night in the province.
NIGHT = NOW.replace(hour=18, minute=30) - timedelta(days=1)


@given(moment=MOMENTS, opens=HOURS, closes=HOURS)
def test_closed_is_what_counting_the_minutes_says(moment, opens, closes):
    assert is_closed(RULES, moment, opens, closes) == oracle.closed(moment, opens, closes, GRACE)


@pytest.mark.parametrize(
    ("clock", "opens", "closes", "closed"),
    [
        ("06:29", "07:00", "17:00", True),
        ("06:30", "07:00", "17:00", False),  # who queues before the door opens
        ("17:30", "07:00", "17:00", False),
        ("17:31", "07:00", "17:00", True),
        ("01:30", "18:00", "02:00", False),  # over midnight
        ("02:31", "18:00", "02:00", True),
        ("12:00", "18:00", "02:00", True),
        ("00:15", "08:00", "24:00", False),
        ("00:31", "08:00", "00:00", True),
        ("03:00", "00:00", "24:00", False),  # round the clock
        ("03:00", "08:00", "08:00", False),
    ],
)
def test_the_hours_of_a_place(clock, opens, closes, closed):
    hour, minute = (int(part) for part in clock.split(":"))
    moment = NOW.replace(hour=0, minute=0) + timedelta(hours=hour - 7, minutes=minute)
    assert is_closed(RULES, moment, opens, closes) is closed


@pytest.mark.parametrize("hours", [(None, None), ("07:00", None), (None, "17:00"), ("", "")])
def test_hours_that_nobody_told_close_nothing(hours):
    assert not is_closed(RULES, NIGHT, *hours)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_one_more_than_plausible_is_a_burst(kind):
    most, phone, net = (RULES["flags"][name] for name in ("burst_venue", "burst_device", "burst_network"))
    assert not is_burst(RULES, kind, Arrivals(most[kind], phone, net))
    for arrivals in (Arrivals(venue=most[kind] + 1), Arrivals(device=phone + 1), Arrivals(network=net + 1)):
        assert is_burst(RULES, kind, arrivals)


def test_500_people_behind_one_address_in_ten_minutes_are_no_burst_at_a_large_place():
    assert flags.window(RULES) == timedelta(minutes=10)
    assert not is_burst(RULES, "market", Arrivals(venue=500, device=1, network=500))


@given(st.lists(st.sampled_from([CLOSED, BURST]), unique=True))
def test_flags_come_back_as_they_were_stored(found):
    assert set(read(stored(found))) == set(found)
    assert len(stored(found)) <= Visit.flags.type.length


def test_a_word_of_another_version_is_passed_over():
    assert read("burst new closed") == (CLOSED, BURST)


@pytest.mark.parametrize(
    "wrong",
    [
        {"closed_grace_minutes": -1},
        {"burst_window_minutes": 0},
        {"burst_device": 1.5},
        {"burst_network": True},
        {"burst_venue": {"market": 3}},
        {"burst_window_minutes": 2000},
    ],
)
def test_rules_that_cannot_be_used_stop_the_start(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        flags.check({**RULES["flags"], **wrong}, KINDS)
    flags.check(RULES["flags"], KINDS)


def test_both_flags_stand_side_by_side():
    assert of_visit(RULES, NIGHT, "culture", ("07:00", "17:00"), Arrivals(device=1000)) == "closed burst"


# The zoo at night.


def make_zoo(session, vault):
    owner = factories.account(session, vault, "owner", cast.OWNER)
    made = factories.venue(
        session, vault, "Vườn thú Hạ Long", owner=owner, kind="culture", opens_at="07:00", closes_at="17:00"
    )
    return made, owner


@pytest.fixture
def zoo(session, vault):
    return make_zoo(session, vault)


def visitor(number):
    return cast.Identity(
        full_name=f"Khách Thứ {number}", birth_year=1990, gender="female", phone=f"+8491234{number:04d}",
        province_id="22", commune_id="06652",
    )  # fmt: skip


def look_at_zoo(world, *, at_night, start):
    """The page of a lookup of the zoo with so many visitors at night and one in the day; the venue and its owner."""
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        place, owner = make_zoo(session, vault)
        for number in range(at_night):
            moment = NIGHT + timedelta(seconds=number)
            done = factories.check_in(app, session, vault, place, cast.healthy(visitor(number)), at=moment)
            assert done.outcome == "new"
        factories.check_in(app, session, vault, place, cast.healthy(cast.NEIGHBOUR), at=NOW)
        hanh = factories.account(session, vault, "cdc", cast.CDC)
        bound = Bound(case=factories.case(session), signal=None, reason="Vườn thú báo có người lạ")
        asked = PlaceAsked(start=start, end=NOW, venue_id=place.id)
        page = f"/lookup/{ask_place(session, now=NOW, actor=hanh.actor, bound=bound, asked=asked).id}"
        found = place.id, owner.id
        session.commit()
    return page, *found


def test_a_hundred_visitors_in_a_closed_zoo_at_night_are_recorded_flagged_and_none_is_blocked(client, world):
    page, venue_id, owner_id = look_at_zoo(world, at_night=100, start=NIGHT - timedelta(hours=1))
    with inside(world.app()):
        counted = db.session.execute(sa.select(Visit.flags, sa.func.count()).group_by(Visit.flags)).all()
        assert dict(counted) == {"closed": 100, "": 1}
    # Also as the tier that may read no visit; with another owner's scope it counts nothing.
    for who, found in ((owner_id, {"closed": 100}), (None, {} if world.kind == "postgresql" else {"closed": 100})):
        with inside(world.app("public")):
            set_scope(db.session(), owner=who)
            assert dict(queries.flag_counts(db.session(), [venue_id], NIGHT - timedelta(days=1), NOW)) == found
    factories.sign_in(client, cast.CDC)
    seen = client.get(page).text
    assert "100 trong 101 người có lượt ngoài giờ mở cửa" in seen
    assert seen.count("⚑") == 50
    only = client.get(f"{page}?only=closed").text
    assert "Xem cả 101 người" in only and cast.NEIGHBOUR.full_name not in only
    text = client.post(f"{page}/export.csv", data={"csrf_token": factories.token(client, "/lookup/")}).text
    assert text.count(",Ngoài giờ,") == 100
    owners = world.app().test_client()
    factories.sign_in(owners, cast.OWNER)
    assert "<b>100 lượt ngoài giờ mở cửa</b>" in owners.get(f"/venues/{venue_id}/numbers").text


def test_a_few_flags_are_no_alarm(client, world):
    page, *_ = look_at_zoo(world, at_night=2, start=NIGHT - timedelta(hours=1))
    factories.sign_in(client, cast.CDC)
    seen = client.get(page).text
    assert seen.count("⚑") == 2 and "cần xem lại" not in seen


def test_the_copies_of_a_case_keep_the_flags(app, session, vault, zoo):
    place, owner = zoo
    done = factories.check_in(app, session, vault, place, at=NIGHT)
    person = session.scalar(sa.select(Visit.person_id).where(Visit.id == done.visit_id))
    cases.link(
        session, now=NOW, actor=owner.actor, case=factories.case(session), person_id=person,
        found_by="TC-000001", rules=factories.rules(app),
    )  # fmt: skip
    assert session.scalars(sa.select(kept_visit.c.flags)).all() == ["closed"]


def test_a_visit_written_by_a_program_of_before_is_not_flagged(session, app, vault, zoo):
    factories.check_in(app, session, vault, zoo[0])
    names = ", ".join(column.name for column in Visit.__table__.c if column.name not in {"flags", "id"})
    copied = sa.text(f"INSERT INTO visit (id, {names}) SELECT :id, {names} FROM visit")
    session.execute(copied.bindparams(sa.bindparam("id", factories.new_id(NOW), sa.Uuid)))
    assert session.scalars(sa.select(Visit.flags)).all() == ["", ""]
