"""A visitor's own page: the visits of this device, and who read the lists that they are on."""

import json
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from checkin import clock, scope
from checkin.audit.entry import Actor
from checkin.cases import service as cases
from checkin.db import db
from checkin.exposure import service as exposure
from checkin.me.models import Reading
from checkin.venues import service as venues
from checkin.venues.models import Venue, Zone
from checkin.visits.models import Visit
from tests import cast, factories
from tests.cases.kept import expire
from tests.worlds import inside, vault_of

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
# A Thursday of the province, 09:00. Long enough ago that what is hidden for three days is over by any real clock.
CAME = datetime(2026, 11, 12, 2, tzinfo=UTC)
READ = CAME + 26 * HOUR  # Friday, 11:00
SHOWN = READ + 72 * HOUR
MINE, THEIRS = "a" * 64, "b" * 64
OFFICER_NAME = "Cán bộ Hạnh"
MARKET, SHOP = "Chợ Hạ Long 1", "Siêu thị Bạch Đằng"


@pytest.fixture
def street(world):
    """The street on each database in turn."""
    return built(world)


@pytest.fixture
def one_street(sqlite):
    """The street on one of them, for what the database has no part in."""
    return built(sqlite)


def built(world):
    """A market with a stall inside and a hall, and a shop. This device came to the market at CAME."""
    with clock.fixed(CAME), inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        market = factories.venue(session, vault, MARKET, kind="market")
        venues.add_zone(session, now=CAME, actor=factories.SYSTEM, venue=market, name="Khu hải sản")
        stall = factories.venue(session, vault, "Quầy cá số 7", kind="shop")
        stall.parent_id = market.id
        shop = factories.venue(session, vault, SHOP, commune_id=factories.HA_TU)
        ids = {"market": market.id, "stall": stall.id, "shop": shop.id}
        factories.commit()
    come(world, "market", MINE)
    return Street(world, ids)


def come(world, where, secret, at=CAME, who=cast.CITIZEN):
    names = {"market": MARKET, "stall": "Quầy cá số 7", "shop": SHOP}
    with clock.fixed(at), inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        venue = session.scalars(sa.select(Venue).where(Venue.name == names[where])).one()
        device = vault.device(secret) if secret else None
        done = factories.check_in(world.app(), session, vault, venue, cast.healthy(who), at=at, device=device)
        factories.commit()
        return done.visit_id


class Street:
    """What the tests do there: officers read lists as the staff's role, visitors look as the public one."""

    def __init__(self, world, ids):
        self.world, self.ids = world, ids

    def read(self, at=READ, **asked):
        """An officer looks up a place and reads the list."""
        if "where" in asked:
            asked["venue_id"] = self.ids[asked.pop("where")]
        window = {"start": asked.pop("start", CAME - HOUR), "end": asked.pop("end", CAME + HOUR)}
        with clock.fixed(at), inside(self.world.app("staff")):
            session = as_officer()
            lookup = exposure.ask_place(
                session, now=at, actor=officer(), bound=signal(), asked=exposure.PlaceAsked(**window, **asked)
            )
            self.opened(session, lookup, at)
            return lookup.id

    def read_person(self, at=READ, **known):
        with clock.fixed(at), inside(self.world.app("staff")):
            session = as_officer()
            asked = exposure.PersonAsked(start=at - 21 * DAY, end=at, **known)
            lookup = exposure.ask_person(
                session, vault_of(self.world.app("staff")), now=at, actor=officer(), bound=signal(), asked=asked
            )
            self.opened(session, lookup, at)

    def opened(self, session, lookup, at, case=None):
        exposure.read(session, now=at, actor=officer(), lookup=lookup, case=case, action="lookup.read", rows=None)
        session.commit()

    def again(self, lookup_id, at):
        """The same list is opened once more."""
        with clock.fixed(at), inside(self.world.app("staff")):
            session = as_officer()
            self.opened(session, session.get(exposure.Lookup, lookup_id), at)

    def page(self, secret=MINE, at=SHOWN, path="/me/"):
        client = self.world.app("public").test_client()
        if secret:
            client.set_cookie("device", secret)
        with clock.fixed(at):
            answer = client.get(path)
        assert answer.status_code == 200
        return answer

    def told(self, **how):
        """What the page says about readings."""
        return json.loads(self.page(path="/me/data.json", **how).text)["read_by_cdc"]


OFFICER = factories.new_id(READ)


def officer():
    return Actor(OFFICER, OFFICER_NAME, "cdc")


def as_officer():
    """The staff's session on behalf of the officer."""
    scope.enter(db.session(), scope.Scope("cdc", OFFICER))
    return db.session()


def signal():
    return exposure.Bound(case=None, signal="Chùm sốt ở chợ", reason="Tìm người cùng chợ")


def of_market(read="2026-11-13", visited="2026-11-12", venue=MARKET):
    return {"read_on": read, "what": "list of a venue", "venue": venue, "visited_on": visited}


def test_the_page_shows_the_visits_of_this_device_and_never_of_another(street):
    come(street.world, "shop", THEIRS, who=cast.NEIGHBOUR)
    mine, theirs = street.page(MINE).text, street.page(THEIRS).text
    assert MARKET in mine
    assert SHOP not in mine
    assert SHOP in theirs
    assert MARKET not in theirs
    assert "Thứ năm 12/11/2026" in mine
    assert "09:00" in mine


def test_the_same_person_on_another_device_sees_nothing_of_this_one(one_street):
    """By device, never by person: whoever types another's number sees nothing."""
    come(one_street.world, "shop", THEIRS)
    assert MARKET not in one_street.page(THEIRS).text


def test_without_a_known_device_the_page_says_why_it_is_empty(one_street):
    for secret in (None, "z" * 64, "a" * 63, "c" * 64, "A" * 64):
        page = one_street.page(secret).text
        assert "Máy này chưa có lượt vào nào" in page
        assert MARKET not in page
        assert one_street.told(secret=secret) == []


def test_no_name_and_no_number_stands_on_the_page(one_street):
    one_street.read(where="market")
    for path in ("/me/", "/me/data.json"):
        text = one_street.page(path=path).text
        for secret in ("Tuyết", "Nguyễn", "912345678", "022185001234"):
            assert secret not in text


def test_a_reading_is_told_by_the_day_after_72_hours_to_the_second(street):
    street.read(where="market")
    assert street.told(at=SHOWN - SECOND) == []
    assert "Chưa có ai xem danh sách nào có bạn" in street.page(at=SHOWN - SECOND).text
    assert street.told(at=SHOWN) == [of_market()]
    text = street.page().text
    assert "Ngày 13/11/2026, CDC Quảng Ninh đã xem danh sách người đến Chợ Hạ Long 1 ngày 12/11." in text


def test_neither_case_nor_officer_nor_reason_nor_minute_is_told(one_street):
    one_street.read(where="market", at=READ + timedelta(minutes=17))
    text = one_street.page(at=SHOWN + HOUR).text
    for hidden in ("11:17", "04:17", OFFICER_NAME, "Chùm sốt", "Tìm người cùng chợ", "F0-", "TC-"):
        assert hidden not in text


def test_only_those_on_the_list_are_told(street):
    come(street.world, "shop", THEIRS, who=cast.NEIGHBOUR)
    street.read(where="shop")
    assert street.told(secret=MINE) == []
    assert street.told(secret=THEIRS) == [of_market(venue=SHOP)]


ASKED = [
    ({"where": "market"}, True),
    ({"where": "stall"}, False),
    ({"commune_id": factories.HONG_GAI}, True),
    ({"commune_id": factories.HA_TU}, False),
    ({"kind": "market"}, True),
    ({"kind": "shop"}, False),
    ({"commune_id": factories.HONG_GAI, "kind": "market"}, True),
    ({"commune_id": factories.HONG_GAI, "kind": "shop"}, False),
    # Touching ends meet, as in the lookup.
    ({"where": "market", "start": CAME - HOUR, "end": CAME}, True),
    ({"where": "market", "start": CAME - HOUR, "end": CAME - SECOND}, False),
    ({"where": "market", "start": CAME + 11 * HOUR, "end": CAME + 20 * HOUR}, True),
    ({"where": "market", "start": CAME + 13 * HOUR, "end": CAME + 20 * HOUR}, False),
]


def test_a_reading_is_told_to_whom_the_lookup_finds(street):
    for asked, hit in ASKED:
        street.read(**asked)
        assert street.told() == ([of_market()] if hit else []), asked
        with inside(street.world.app()):
            db.session.execute(sa.delete(Reading))
            factories.commit()


def test_a_list_of_a_venue_has_those_of_the_venues_inside_it(street):
    come(street.world, "stall", THEIRS, who=cast.NEIGHBOUR)
    street.read(where="market")
    assert street.told(secret=THEIRS) == [of_market(venue="Quầy cá số 7")]


def test_a_list_of_a_zone_is_not_told_to_those_of_another(street):
    with inside(street.world.app()):
        zone = db.session.scalars(sa.select(Zone.id)).one()
    street.read(where="market", zone_id=zone)
    assert street.told() == []


def test_days_are_those_of_the_province_on_both_sides_of_midnight(street):
    """23:59:59 of the 11th and 00:00:00 of the 12th of the province, which UTC calls one day."""
    before = datetime(2026, 11, 11, 16, 59, 59, tzinfo=UTC)
    come(street.world, "shop", THEIRS, at=before)
    street.read(where="shop", start=before - HOUR, end=before, at=before + DAY)
    assert street.told(secret=THEIRS, at=before + 4 * DAY) == [
        of_market(venue=SHOP, read="2026-11-12", visited="2026-11-11")
    ]
    street.read(where="shop", start=before - HOUR, end=before, at=before + DAY + SECOND)
    told = street.told(secret=THEIRS, at=before + 5 * DAY)
    assert [one["read_on"] for one in told] == ["2026-11-13", "2026-11-12"]


def test_however_often_a_list_is_opened_a_day_it_is_told_once(street):
    lookup = street.read(where="market")
    for _ in range(3):
        street.again(lookup, READ + HOUR)
    with inside(street.world.app()):
        # The market and the stall inside it.
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Reading)) == 2
    street.again(lookup, READ + DAY)
    assert [one["read_on"] for one in street.told(at=SHOWN + DAY)] == ["2026-11-14", "2026-11-13"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_whoever_is_looked_up_by_name_is_told_without_a_place(street, form):
    name = unicodedata.normalize(form, cast.CITIZEN.full_name)
    street.read_person(full_name=name, birth_year=1985)
    assert street.told() == [{"read_on": "2026-11-13", "what": "your visits", "venue": None, "visited_on": None}]
    assert "Ngày 13/11/2026, CDC Quảng Ninh đã xem các lượt vào của bạn." in street.page().text


def test_a_lookup_by_somebody_elses_number_is_not_told(street):
    street.read_person(phone=cast.NEIGHBOUR.phone)
    assert street.told() == []


def test_a_lookup_by_case_is_told_as_lists_of_the_places_where_the_case_was(street):
    world = street.world
    come(world, "market", THEIRS, at=CAME + HOUR, who=cast.NEIGHBOUR)
    come(world, "shop", "d" * 64, at=CAME, who=replace(cast.NEIGHBOUR, phone="+84900000001"))
    with clock.fixed(READ), inside(world.app("staff")):
        session = as_officer()
        case = factories.case(session)
        session.flush()
        scope.bind(session, case.id)
        person = session.scalars(sa.select(Visit.person_id).where(Visit.entered_at == CAME + HOUR)).one()
        cases.link(
            session, now=READ, actor=officer(), case=case, person_id=person, found_by="TC-1",
            rules=factories.rules(world.app("staff"), READ),
        )  # fmt: skip
        bound = exposure.Bound(case=case, signal=None, reason="Lập danh sách")
        lookup = exposure.ask_case(session, now=READ, actor=officer(), bound=bound, start=CAME - DAY, end=READ)
        street.opened(session, lookup, READ, case)
        number = case.number
    assert street.told() == [of_market()]
    assert street.told(secret="d" * 64) == []
    assert number not in street.page().text


def test_readings_go_with_the_days_that_they_are_about(street):
    street.read(where="market")
    with inside(street.world.app()):
        session = db.session()
        expire(session, CAME - 2 * DAY, CAME - DAY)
        assert session.scalar(sa.select(sa.func.count()).select_from(Reading)) == 2
        expire(session, CAME - DAY, CAME + DAY)
        assert session.scalar(sa.select(sa.func.count()).select_from(Reading)) == 0
        session.commit()


def csrf(client, at):
    with clock.fixed(at):
        return factories.hidden(client.get("/me/").text, "csrf_token")


def ends(world):
    with inside(world.app()):
        return {visit.id: visit.left_at for visit in factories.all_visits(db.session())}


def test_an_open_visit_can_be_ended_and_nobody_elses(street):
    foreign = come(street.world, "shop", THEIRS, at=CAME + SECOND)
    client, later = street.world.app("public").test_client(), CAME + HOUR
    client.set_cookie("device", MINE)
    token = csrf(client, later)
    own = next(visit for visit in ends(street.world) if visit != foreign)
    with clock.fixed(later):
        fields = {"csrf_token": token, "visit": [str(own), str(foreign), "nothing"]}
        answer = client.post("/me/leave", data=fields, follow_redirects=True)
    assert "Đã ghi giờ ra." in answer.text
    assert "09:00 đến 10:00" in answer.text
    assert ends(street.world) == {own: later, foreign: None}


def test_leaving_needs_the_token_of_the_page(one_street):
    client = one_street.world.app("public").test_client()
    client.set_cookie("device", MINE)
    with clock.fixed(CAME + HOUR):
        assert client.post("/me/leave", data={"visit": "x"}).status_code == 400
    assert set(ends(one_street.world).values()) == {None}


def test_a_family_that_came_together_is_one_line_and_leaves_together(one_street):
    for minute, phone in ((1, "+84900000001"), (2, "+84900000002")):
        who = replace(cast.NEIGHBOUR, phone=phone)
        come(one_street.world, "market", MINE, at=CAME + minute * timedelta(minutes=1), who=who)
    client, later = one_street.world.app("public").test_client(), CAME + HOUR
    client.set_cookie("device", MINE)
    with clock.fixed(later):
        page = client.get("/me/").text
        assert page.split('id="sent"')[0].count(MARKET) == 2  # its name, and for those who hear the button
        assert "3 người" in page
        found = re.findall(r'name="visit" value="([^"]+)"', page)
        client.post("/me/leave", data={"csrf_token": factories.hidden(page, "csrf_token"), "visit": found})
    assert set(ends(one_street.world).values()) == {later}


def test_the_file_is_for_nobody_to_keep_and_says_what_the_page_says(one_street):
    one_street.read(where="market")
    answer = one_street.page(path="/me/data.json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype == "application/json"
    assert "attachment" in answer.headers["Content-Disposition"]
    held = json.loads(answer.text)
    assert held["visits"] == [
        {
            "venue": MARKET, "zone": None, "commune": "Phường Hồng Gai, Quảng Ninh", "people": 1,
            "entered_at": "2026-11-12T09:00:00+07:00", "left_at": None, "end_set_by": "guessed",
            "until_likely": "2026-11-12T10:00:00+07:00", "until_latest": "2026-11-12T21:00:00+07:00",
        }
    ]  # fmt: skip
    assert held["declarations"] == [
        {
            "made_at": "2026-11-12T09:00:00+07:00", "venue": MARKET, "zone": None, "station_of": None, "people": 1,
            "references": [],
        }
    ]  # fmt: skip
    assert held["read_by_cdc"] == [of_market()]


def test_visits_older_than_the_promise_are_not_shown(one_street):
    assert MARKET in one_street.page(at=CAME + 21 * DAY).text
    assert MARKET not in one_street.page(at=CAME + 21 * DAY + SECOND).text
