"""The picture of who was at a place with a case: what stands where, and on whose page."""

from datetime import timedelta
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin import clock
from checkin.cases import service as keeping
from checkin.db import db
from checkin.exposure.overlap import Window
from checkin.exposure.overlapping import BESIDE, EDGE, MOST, NARROW, WIDTH, picture
from checkin.visits.models import Visit
from tests import cast, factories
from tests.conftest import NOW
from tests.exposure.stays import at
from tests.worlds import inside, vault_of

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Stay(NamedTuple):
    entered_at: object
    left_at: object
    until_likely: object
    until_latest: object


def stay(entered, likely, latest, *, left=False):
    end = at(entered + likely)
    return Stay(at(entered), end if left else None, end, end if left else at(entered + likely + latest))


STAYS = st.lists(
    st.builds(stay, st.integers(-600, 600), st.integers(0, 300), st.integers(0, 300), left=st.booleans()),
    min_size=1,
    max_size=3,
)


def minutes_beside(stays, own):
    """Minute by minute: of which it is sure that both were there, and of which it is possible."""

    def there(some, certain):
        ends = [(one.entered_at, one.left_at or one.until_latest) for one in some if one.left_at or not certain]
        return {m for low, high in ends for m in range(round((low - at(0)) / MINUTE), round((high - at(0)) / MINUTE))}

    return tuple(len(there(stays, certain) & there(own, certain)) for certain in (True, False))


@settings(max_examples=100)
@given(st.lists(STAYS, min_size=1, max_size=6), STAYS, st.sampled_from([WIDTH, NARROW]))
def test_bars_stand_by_their_time_within_the_picture_and_touch_the_case_where_their_stays_do(people, own, width):
    window = Window(at(-60), at(60))
    drawn = picture([(str(n), stays) for n, stays in enumerate(people)], window, ("F0-0001", own), width)
    assert [line.name for line in drawn.lines] == ["F0-0001", *map(str, range(len(people)))]
    assert [line.is_case for line in drawn.lines] == [True] + [False] * len(people)
    for line in drawn.lines:
        for bar in line.bars:
            assert drawn.plot <= bar.x <= bar.latest <= width - (BESIDE if width == WIDTH else EDGE) + 0.1
    for line, stays in zip(drawn.lines[1:], people, strict=True):
        assert (line.certain, line.possible) == minutes_beside(stays, own)
        for bar, one in zip(line.bars, sorted(stays, key=lambda stay: stay.entered_at), strict=True):
            assert bar.guessed == (one.left_at is None)
            for band, mine in zip(drawn.lines[0].bars, sorted(own, key=lambda stay: stay.entered_at), strict=True):
                low, high = max(one.entered_at, mine.entered_at), min(one.until_latest, mine.until_latest)
                if low <= high and high >= at(-400) and low <= at(400):
                    assert max(bar.x, band.x) <= min(bar.latest, band.latest) + 0.11


def test_the_first_forty_are_drawn_and_where_nobody_was_there_is_no_picture():
    window = Window(at(0), at(60))
    drawn = picture([(str(n), [stay(0, 30, 0)]) for n in range(60)], window, ("F0-0001", [stay(0, 60, 0)]))
    assert len(drawn.lines) == MOST + 1 and drawn.people == 60
    assert picture([], window, ("F0-0001", [])) is None and picture([], window) is None


def test_over_days_the_moments_are_days_of_the_province():
    drawn = picture([("x", [stay(0, 30, 0)])], Window(at(0), at(8 * 1440)))
    assert drawn.by_days and all(clock.to_local(moment).hour == 0 for moment, _ in drawn.moments)


@pytest.fixture
def market(sqlite):
    app = sqlite.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", cast.CDC)
        venue = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.check_in(app, session, vault, venue, at=NOW - HOUR * 1.1)
        factories.check_in(app, session, vault, venue, cast.healthy(cast.NEIGHBOUR), at=NOW - HOUR)
        case = factories.case(session)
        person = session.scalars(
            Visit.__table__.select().with_only_columns(Visit.person_id).order_by(Visit.entered_at)
        ).first()
        keeping.link(
            session, now=NOW, actor=factories.SYSTEM, case=case, person_id=person, found_by="TC-000001",
            rules=factories.rules(app),
        )  # fmt: skip
        code = factories.code_of(session, venue)
        factories.commit()
    return app, code


def test_the_list_of_a_place_shows_the_case_by_its_number_over_those_whom_it_met(market):
    app, code = market
    with clock.fixed(NOW):
        client = app.test_client()
        factories.sign_in(client, cast.CDC)
        for bound, title in (("F0-0001", "Ai ở đây cùng lúc với ca F0-0001"), ("signal", "Ai ở đây lúc nào")):
            asked = {
                "case": bound, "signal": "Tin báo", "reason": "Truy vết", "venue": code, "start": "2026-11-20T09:00",
                "end": "2026-11-20T10:20", "csrf_token": factories.token(client, "/lookup/"),
            }  # fmt: skip
            html = client.get(client.post("/lookup/place", data=asked).location).text
            drawn = html[html.index('<svg class="overlap broad') :]
            drawn = drawn[: drawn.index("</svg>")]
            assert title in html and "style=" not in drawn and 'class="guess' in drawn
            assert ("F0-0001" in drawn) == (bound == "F0-0001") and cast.NEIGHBOUR.full_name in drawn
            # The case is its number; who it is stands in the list, as everybody does.
            assert (cast.CITIZEN.full_name in drawn) == (bound == "signal") and cast.CITIZEN.full_name in html


def test_whose_visit_came_without_a_declaration_is_called_so_and_not_as_one_that_cannot_be_opened(market):
    app, code = market
    with inside(app):
        db.session.execute(sa.update(Visit).values(declared_at=None, declaration_id=None))
        factories.commit()
    with clock.fixed(NOW):
        client = app.test_client()
        factories.sign_in(client, cast.CDC)
        asked = {
            "case": "signal", "signal": "Tin báo", "reason": "Truy vết", "venue": code, "start": "2026-11-20T09:00",
            "end": "2026-11-20T10:20", "csrf_token": factories.token(client, "/lookup/"),
        }  # fmt: skip
        html = client.get(client.post("/lookup/place", data=asked).location).text
    drawn = html[html.index('<svg class="overlap broad') :]
    assert "Chưa rõ tên" in drawn[: drawn.index("</svg>")] and "Chưa rõ tên" in html[html.index("<tbody") :]
    assert "không có tờ khai kèm lượt vào" in html and "Không mở được" not in html


def test_of_hours_of_each_day_each_is_marked_and_nothing_between():
    times = [Window(at(0), at(60)), Window(at(24 * 60), at(25 * 60))]
    window = Window(times[0].start, times[-1].end)
    whole, parts = (picture([("A", [stay(0, 30, 0)])], window, None, times=asked) for asked in ((), times))
    assert len(whole.grounds) == 1 and len(parts.grounds) == 2
    (first, wide), (second, _) = parts.grounds
    assert first == whole.grounds[0][0] and first + wide < second and wide < whole.grounds[0][1] / 10
