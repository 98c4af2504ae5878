"""Any file against the rules written a second time: what is counted, what is stored, who is one person."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin import clock
from checkin.db import db
from checkin.declarations import queries as declarations
from checkin.loading.batches import Job
from checkin.loading.files import open_sheet
from checkin.loading.loading import Totals, load
from checkin.loading.refusals import Refusals
from checkin.venues import service as venues
from checkin.venues.models import Code
from checkin.venues.service import VenueFacts
from checkin.visits.models import Visit
from tests import factories
from tests.conftest import NOW
from tests.loading.files import write
from tests.oracles import loading as oracle
from tests.oracles import stays
from tests.worlds import inside, vault_of

# Minutes since midnight of 20 November in the province.
MIDNIGHT = datetime(2026, 11, 19, 17, tzinfo=UTC)
AT = 10 * 60 + 30
OLDEST = -21 * 24 * 60
CAP = 720
ISSUED, REVOKED = -25 * 24 * 60, 300
# Kind, its usual stay by the rules, closing time, and whether its code was revoked at REVOKED.
PLACES = [("shop", 30, None, False), ("market", 60, "09:00", False), ("food", 60, None, True)]

GOOD_OR_BAD = {
    "name": [("Trần Văn Hưng", True), ("TRẦN VĂN HƯNG", True), ("Trần Văn Hùng", True), ("Lý", True), ("12", False)],
    "year": [("1971", True), ("1972", True), ("72", False), ("2027", False)],
    "id": [("", ""), ("022071000001", "022071000001"), ("022 072 000 002", "022072000002"), ("12", None)],
    "phone": [("", ""), ("0904118226", "+84904118226"), ("0904 118 999", "+84904118999"), ("9E+5", None)],
    "commune": [("", True), ("06652", True), ("Hà Tu", True), ("?", False)],
}
MINUTES = st.sampled_from([OLDEST - 1, OLDEST, -1, 0, 299, 300, 480, 540, AT, AT + 5, AT + 6])
STAYS = st.sampled_from([None, None, -1, 0, 1, 45, CAP, CAP + 1])
ROWS = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 1, 2, None]),
        *(st.sampled_from(options[:-1] * 4 + options[-1:]) for options in GOOD_OR_BAD.values()),
        MINUTES,
        STAYS,
        st.sampled_from(["+07:00", "Z", ""] + ["+07:00"] * 6),
    ),
    max_size=14,
)
NUMBER = itertools.count()


def letters(number):
    """A word for a number, so that people of one example are nobody of another."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


def text_of(minute, zone):
    moment = MIDNIGHT + timedelta(minutes=minute)
    local = clock.to_local(moment) if zone != "Z" else moment
    return local.strftime("%Y-%m-%dT%H:%M:%S") + zone


def truth(one, suffix):
    """(key, times) of a row as the rules' text has it; a key of None where anything is wrong."""
    place, (name, named), (year, dated), (_, id_number), (_, phone), (_, found), minute, stay, zone = one
    left = None if stay is None else minute + stay
    wrong = place is None or not (named and dated and found and zone) or id_number is None or phone is None
    wrong |= minute < OLDEST or minute > AT + 5
    wrong |= stay is not None and not (0 <= stay <= CAP and left <= AT + 5)
    if wrong or minute < ISSUED or (PLACES[place][3] and minute >= REVOKED):
        return None, None
    kind, usual, closes, _ = PLACES[place]
    ends = (left, left) if left is not None else stays.ends(minute, minute, usual, CAP, closes)
    return (place, f"{name} {suffix}".lower(), year, id_number, phone, minute), (left, *ends)


@pytest.mark.long
@pytest.mark.parametrize("name", ["_sqlite", pytest.param("_postgresql", marks=pytest.mark.postgresql)])
@settings(max_examples=25)
@given(files=st.lists(ROWS, min_size=1, max_size=3), batch=st.integers(1, 6))
def test_what_is_stored_is_what_the_rules_say(request, tmp_path_factory, name, files, batch):
    world, folder = request.getfixturevalue(name), tmp_path_factory.mktemp("files")
    # The examples share a world, which the next test finds empty.
    request.addfinalizer(world.empty)
    app, suffix = world.app(), letters(next(NUMBER))
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        codes, ids = [], {}
        for number, (kind, _, closes, revoked) in enumerate(PLACES):
            venue = venues.register(
                session, vault, now=MIDNIGHT + timedelta(minutes=ISSUED), actor=factories.SYSTEM,
                facts=VenueFacts(name=kind, kind=kind, address="", commune_id=factories.HA_TU, phone="+842033825499",
                                 closes_at=closes),
            )  # fmt: skip
            session.flush()
            ids[venue.id] = number
            codes.append(factories.code_of(session, venue))
            if revoked:
                gone = MIDNIGHT + timedelta(minutes=REVOKED)
                session.execute(sa.update(Code).where(Code.code == codes[-1]).values(revoked_at=gone))
        session.commit()
        told = []
        for number, rows in enumerate(files):
            path = write(folder / f"{number}.csv", [cells(one, codes, suffix) for one in rows])
            totals, sheet = Totals(), open_sheet(path)
            with Refusals(None, sheet) as refusals:
                load(
                    sheet, Job(app.extensions["checkin_config"], NOW + timedelta(seconds=number), False),
                    processes=1, totals=totals, refusals=refusals, progress=lambda _: None, batch=batch,
                )  # fmt: skip
            told.append(totals.counts)
        counts, stored = oracle.load([[truth(one, suffix) for one in rows] for rows in files])
        assert told == counts
        assert found(session, vault, ids) == stored_alike(stored)


def cells(one, codes, suffix):
    place, (name, _), (year, _), (id_text, _), (phone_text, _), (commune, _), minute, stay, zone = one
    return {
        "code": codes[place] if place is not None else "ABC",
        "full_name": f"{name} {suffix}" if name != "12" else name,
        "birth_year": year,
        "id_number": id_text,
        "phone": phone_text,
        "commune": commune,
        "entered_at": text_of(minute, zone),
        "left_at": "" if stay is None else text_of(minute + stay, zone),
    }


def found(session, vault, ids):
    """What the database holds, in the oracle's words."""
    rows = list(session.scalars(sa.select(Visit).where(Visit.venue_id.in_(ids))))
    opened = declarations.opened(session, vault, [(visit.declared_at, visit.declaration_id) for visit in rows])
    out, people = {}, {}
    for visit in rows:
        who = opened[visit.declaration_id]
        minutes = [
            None if moment is None else (moment - MIDNIGHT) // timedelta(minutes=1)
            for moment in (visit.entered_at, visit.left_at, visit.until_likely, visit.until_latest)
        ]
        key = (
            ids[visit.venue_id],
            who["full_name"].lower(),
            str(who["birth_year"]),
            who["id_number"],
            who["phone"],
            minutes[0],
        )
        assert key not in out
        out[key] = tuple(minutes[1:])
        people.setdefault(visit.person_id, set()).add(key)
    return out, {frozenset(group) for group in people.values()}


def stored_alike(stored):
    people = {}
    for key, (_, person) in stored.items():
        people.setdefault(person, set()).add(key)
    return {key: times for key, (times, _) in stored.items()}, {frozenset(group) for group in people.values()}
