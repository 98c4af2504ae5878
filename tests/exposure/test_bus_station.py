"""A case at the bus station at the busiest hour: the list of all who were there with it, counted, cut, leafed through,
given to be called and taken out, against the plain rule."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, product
from uuid import UUID

import pytest
import sqlalchemy as sa

from checkin import scope
from checkin.cases.models import Case
from checkin.contacts.models import Contact
from checkin.db import db
from checkin.declarations import service as declarations
from checkin.declarations.models import Declaration
from checkin.exposure import scored, second
from checkin.exposure.contacting import Contacting
from checkin.exposure.giving import MOST_GIVEN
from checkin.exposure.models import Lookup
from checkin.exposure.scored import Cut
from checkin.exposure.scoring import BANDS
from checkin.ids import new_id
from checkin.people import service as people
from checkin.people.identity import indexes
from checkin.people.models import Person
from checkin.visits import service as visits
from checkin.visits.models import Visit
from checkin.visits.stays import Guess
from tests import cast, factories
from tests.conftest import NOW
from tests.exposure.many import visitor
from tests.exposure.test_case_pages import linked, look_up, post
from tests.exposure.test_ranked_pages import zone_of
from tests.worlds import inside, vault_of

MANY, FEWER = 26_000, 2_600
MINUTE = timedelta(minutes=1)
CAME, LEFT = NOW - timedelta(hours=3), NOW - timedelta(hours=1)
ZONES = ("Phòng chờ", "Quầy vé", "Sân xe")
BLOCK = 2000
# People read at a time, where each page ranks all of them anew.
LEAF = 650


@dataclass(frozen=True)
class Stay:
    """When somebody came, and left, where the end is known; else until when they can have been there."""

    entered: datetime
    left: datetime | None
    until: datetime
    zone: str


def stay(number):
    """Of as many kinds as there are: before, with and after the case, seconds or hours, ends known and guessed."""
    entered = CAME + timedelta(seconds=(number * 37) % 12_000 - 4_800)
    until = max(entered + timedelta(seconds=(number * 101) % 5_400), CAME)
    return Stay(entered, until if number % 3 else None, until, ZONES[number % 7 % 3])


def crowd(app, session, vault, doors, count):
    """So many people, a visit with a declaration each, in blocks."""
    rules = factories.rules(app)
    for start in range(0, count, BLOCK):
        rows = {Person: [], Declaration: [], Visit: []}
        for number in range(start, min(start + BLOCK, count)):
            who, one = visitor(number), stay(number)
            person, declared = UUID(int=number + 1), new_id(one.entered)
            told = indexes(vault, full_name=who.full_name, birth_year=who.birth_year, id_number="", phone=who.phone)
            rows[Person].append(
                people.row(person_id=person, told=told, same_as=None, commune_id=who.commune_id, now=one.entered)
            )
            how = {"made_at": one.entered, "person_id": person, "rules": rules, "told": cast.healthy(who)}
            rows[Declaration].append(declarations.row(vault, declaration_id=declared, **how))
            made = visits.row(
                visit_id=new_id(one.entered), entered_at=one.entered, venue_id=doors[one.zone].venue_id,
                zone_id=doors[one.zone].zone_id, person_id=person, declaration=(declared, one.entered),
                guess=Guess(one.until, one.until), channel="own_phone", device=None, group_id=None,
                full_name=who.full_name,
            )  # fmt: skip
            rows[Visit].append(made | {"left_at": one.left})
        for table, found in rows.items():
            session.execute(sa.insert(table.__table__), found)


@dataclass(frozen=True)
class Met:
    """What the rule says of somebody's time with the case."""

    number: int
    certain_minutes: int
    possible_minutes: int
    first_at: datetime
    same_zone: bool
    setting: int
    crowded: bool
    zone: str
    encounters: int = 1


def by_the_rule(count, weights, air):
    """Everybody who can have met the case."""
    found = []
    for number in range(count):
        one = stay(number)
        low, high = max(one.entered, CAME), min(one.until, LEFT + air)
        if low <= high:
            minutes = (high - low) // MINUTE
            setting = weights.setting("station")
            certain = minutes if one.left else 0
            found.append(Met(number, certain, minutes, low, one.zone == ZONES[0], setting, False, one.zone))
    crowded = len(found) >= weights.crowded_from(LEFT - CAME)
    return [Met(**vars(one) | {"crowded": crowded}) for one in found]


def kind(one, weights):
    """All that a part of the list asks of somebody: near or far, the parts by minutes they are in, band, zone."""
    close = weights.close_minutes
    minutes = {"": True, "sure": one.certain_minutes > 0, "sure_close": one.certain_minutes >= close}
    minutes["may_close"] = one.possible_minutes >= close
    words = frozenset(word for word, holds in minutes.items() if holds)
    return "same" if one.same_zone else "other", words, weights.band(weights.exposure(one)), one.zone


def fits(one, zone="", minutes="", band="", at=""):
    """Whether somebody of a kind is in a part of the list; `at` is the name of a zone."""
    return zone in ("", one[0]) and minutes in one[1] and band in ("", one[2]) and at in ("", one[3])


@pytest.fixture
def station(world, client, request):
    """The bus station with so many people, the case in its waiting room for two hours, and the list of its lookup."""
    count, app = request.param, world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", cast.CDC)
        place = factories.venue(session, vault, "Bến xe Bãi Cháy", kind="station")
        doors = {name: zone_of(session, place, name) for name in ZONES}
        visits.open_day(session, CAME.date())
        how = {"now": CAME, "rules": factories.rules(app, CAME), "door": doors[ZONES[0]], "device": None}
        told = cast.healthy(cast.CITIZEN)
        factories.visits.check_in(session, vault, submission_id=new_id(CAME), told=told, **how)
        session.execute(sa.update(Visit).values(left_at=LEFT, until_likely=LEFT, until_latest=LEFT))
        crowd(app, session, vault, doors, count)
        factories.case(session)
        factories.commit()
        if world.kind == "postgresql":
            session.execute(sa.text("ANALYZE"))
            session.commit()
    factories.sign_in(client, cast.CDC)
    linked(client)
    return world, client, look_up(client).location, count


PARTS = {"zone": ("", *scored.ZONES), "minutes": ("", *scored.MINUTES), "band": ("", *BANDS)}


def prove(station):
    """The list page by page, each part of it with its number, what is given of one, and the file."""
    world, officer, page, count = station
    with inside(world.app()):
        session = db.session()
        query = sa.select(Lookup, Case).join(Case, Case.id == Lookup.case_id).where(Lookup.kind == "case")
        lookup, case = session.execute(query).one()
        scope.enter(session, scope.CASEWORK)
        scope.bind(session, case.id)
        found = Contacting(session, lookup, case)
        weights = found.weights
        everybody = by_the_rule(count, weights, found.air)
        assert len(everybody) == count
        everybody.sort(
            key=lambda one: (
                -weights.exposure(one), -one.certain_minutes, -one.possible_minutes, one.first_at, one.number,
            )
        )  # fmt: skip

        kinds = [kind(one, weights) for one in everybody]
        tally = Counter(kinds)

        def part(**cut):
            return (one.number for one, of in zip(everybody, kinds, strict=True) if fits(of, **cut))

        def many(**cut):
            return sum(people for of, people in tally.items() if fits(of, **cut))

        # Page after page everybody comes once, and after the last page nobody.
        shown = []
        while people := found.people(session, len(shown), LEAF).people:
            shown += [one.person_id.int - 1 for one in people]
        assert shown == [one.number for one in everybody]
        zones = {name: str(zone_id) for zone_id, (_, name) in found.zones.items()}
        assert set(zones) == set(ZONES)
        # Each part, alone and within each of the others, is counted before it is turned to, and holds as many.
        for zone, minutes, band, at in [*product(*PARTS.values(), [""]), *product([""], PARTS["minutes"], [""], ZONES)]:
            cut = {"zone": zone, "minutes": minutes, "band": band, "at": at}
            told = scored.contacts(
                session, found.asked(), first=0, limit=3, cut=Cut(zone, minutes, band, zones.get(at, "")), by_zone=True
            )
            assert (told.total, told.shown) == (count, many(**cut)), cut
            assert [one.person_id.int - 1 for one in told.people] == list(islice(part(**cut), 3)), cut
            for name, words in PARTS.items():
                assert told.counts[name] == {word: many(**cut | {name: word}) for word in words}, (cut, name)
            if not at:
                by_zone = {name: told.zones.get(UUID(zone_id), 0) for name, zone_id in zones.items()}
                assert by_zone == {name: many(**cut | {"at": name}) for name in ZONES}, cut
        given = list(part(zone="same", minutes="may_close"))
    pages = -(-count // 50)
    for number in (1, 2, pages // 2, pages):
        html = officer.get(f"{page}?page={number}").text
        named = [int(one) for one in re.findall(r"<th scope=\"row\"[^>]*>\s*Người Thứ (\d+)", html)]
        assert named == shown[(number - 1) * 50 : number * 50], number
        assert f"trang {dotted(number)}/{dotted(pages)}" in html and f"<b>{dotted(count)}</b>" in html
    assert officer.get(f"{page}?page={pages + 1}").status_code == 404
    # A part given as a whole is given to the last of it, so many at a time, those first who stand first.
    assert len(given) > MOST_GIVEN
    for first in range(0, len(given), MOST_GIVEN):
        cut = {"zone": "same", "minutes": "may_close"}
        assert post(officer, page.replace("/lookup/", "/cases/assign/"), whole="y", **cut).status_code == 303
        with inside(world.app()):
            called = {one.int - 1 for one in db.session.scalars(sa.select(Contact.person_id))}
        assert called == set(given[: first + MOST_GIVEN])
        if first == MOST_GIVEN:
            break
    # A line for each, in the order of the page.
    answer = post(officer, f"{page}/export.csv")
    if answer.status_code == 303:
        assert "/second/csv" in answer.location  # so many go out with a second person's word alone
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(second, "wants_export", lambda *_: False)
            answer = post(officer, f"{page}/export.csv")
            body = answer.data.decode("utf-8-sig")
    else:
        body = answer.data.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(body, newline="")))[1:-1]
    assert [line[1] for line in lines] == [f"Người Thứ {number}" for number in shown]


def dotted(number):
    return f"{number:,}".replace(",", ".")


@pytest.mark.long
@pytest.mark.parametrize("station", [FEWER], indirect=True)
def test_the_list_of_a_case_at_the_bus_station_is_whole_in_every_part(station):
    prove(station)


@pytest.mark.wide
@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.postgresql
@pytest.mark.parametrize(("world", "station"), [("postgresql", MANY)], indirect=True)
def test_so_it_is_with_26000_people_beside_the_case(station):
    prove(station)
