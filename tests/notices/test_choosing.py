"""Which place and time a notice is about: chosen among all that is known of the case; and what a draft said before."""

import html
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st

from checkin import clock
from checkin.db import db
from checkin.movements.merging import Move
from checkin.notices.models import Notice, NoticeDraft
from checkin.notices.stays import GUESSED, CaseStay, stays
from checkin.venues import service as venues
from checkin.venues.models import Venue
from tests import cast, factories
from tests.conftest import NOW
from tests.notices.street import CAME, DAY, HOUR, MARKET, MINUTE, choices
from tests.oracles import told
from tests.worlds import inside

BASE = datetime(2026, 11, 19, 16, tzinfo=UTC)
PAGE = "/cases/F0-0001/notice"

some_visits = st.lists(
    st.builds(
        lambda where, entered, length, left: told.Visit(
            where, entered, None if left is None else entered + left, entered + (length if left is None else left)
        ),
        st.integers(0, 1), st.integers(0, 90), st.integers(0, 60), st.none() | st.integers(0, 60),
    ), max_size=5,
)  # fmt: skip
some_moves = st.lists(
    st.builds(lambda w, start, length: told.Move(w, start, start + length), st.integers(0, 1), st.integers(0, 90), st.integers(1, 60)),
    max_size=3,
)  # fmt: skip


def at(minutes):
    return BASE + timedelta(minutes=minutes)


def offered(visits, moves):
    kept = [
        CaseStay(
            UUID(int=n), UUID(int=v.where), None, at(v.entered), None if v.left is None else at(v.left), at(v.latest),
            at(v.latest),
        )
        for n, v in enumerate(visits)
    ]  # fmt: skip
    return stays(
        kept,
        [Move(UUID(int=99 + n), UUID(int=9), UUID(int=m.where), at(m.start), at(m.end)) for n, m in enumerate(moves)],
    )


def minutes(found):
    return {
        (one.venue_id.int, minute)
        for one in found
        for minute in range((one.start - BASE) // MINUTE, (one.end - BASE) // MINUTE)
    }


@given(some_visits, some_moves)
@example([told.Visit(0, 0, None, 30), told.Visit(0, 40, 50, 50)], [told.Move(0, 20, 40)])
def test_the_times_that_are_offered_are_those_that_anybody_would_say_and_say_how_they_are_known(visits, moves):
    found = offered(visits, moves)
    sure, possible = told.presence(visits, moves)
    assert minutes(found) == possible
    assert minutes(one for one in found if one.how != GUESSED) == sure
    assert [one.start for one in found] == sorted((one.start for one in found), reverse=True)
    assert len({one.id for one in found}) == len(found) >= len(moves)


def test_a_guessed_end_is_offered_as_long_as_the_stay_likely_was():
    (one,) = stays([CaseStay(UUID(int=1), UUID(int=2), None, at(0), None, at(30), at(300))], [])
    assert (one.how, one.end) == (GUESSED, at(30))


def tell(street, venue, start, end):
    shown = {
        name: clock.to_local(moment).strftime("%Y-%m-%dT%H:%M") for name, moment in (("start", start), ("end", end))
    }
    answer = street.post(
        street.hanh, "/cases/F0-0001/movements", venue="", venue_id=str(venue), place="", note="", **shown
    )
    assert answer.status_code == 303, answer.text


def lines(page):
    """What the choices say, each in one line."""
    found = re.findall(r'<label class="tick"><input type="radio" name="place".*?</label>', page, re.S)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in found]


def windows(street):
    with inside(street.world.app()):
        query = sa.select(Notice.venue_id, Notice.zone_id, Notice.start, Notice.end).order_by(Notice.seq)
        return [tuple(row) for row in db.session.execute(query)]


def test_of_several_times_at_one_place_each_is_offered_with_its_window_and_so_is_a_place_that_was_told(street):
    street.come(street.market, None, CAME - DAY)
    tell(street, street.shop, CAME - 2 * DAY, CAME - 2 * DAY + HOUR)
    page = street.hanh.get(PAGE).text
    said = lines(page)
    assert [line.count(MARKET) for line in said] == [1, 1, 0] and "checked" not in page.split("place-hint")[1][:3000]
    assert all("có lượt vào, giờ ra ước đoán" in line for line in said[:2])
    assert "Siêu thị Bạch Đằng" in said[2] and "khai trong phỏng vấn, không có lượt vào" in said[2]
    for choice in choices(page):
        street.write(place=choice)
    (first, _, start, end), (second, _, before, _), (other, _, told_start, told_end) = windows(street)
    assert first == second == street.market and other == street.shop
    assert start <= CAME < end and before <= CAME - DAY and start - before == DAY
    assert timedelta() <= CAME - 2 * DAY - told_start < 15 * MINUTE
    assert timedelta() <= told_end - (CAME - 2 * DAY + HOUR) < 15 * MINUTE
    # Who was at the place that nobody scanned is told all the same.
    mine = "e" * 64
    street.come(street.shop, mine, CAME - 2 * DAY + 10 * MINUTE, cast.NEIGHBOUR)
    with inside(street.world.app()):
        draft = db.session.scalars(sa.select(Notice.id).where(Notice.venue_id == street.shop)).one()
    street.post(street.hanh, f"/notice/{draft}/publish", mode="now", reason="Không gọi được hết")
    assert "Thông báo khẩn cho nơi bạn đã đến" in street.get("/me/", mine).text


def test_a_guess_and_what_was_told_of_it_are_one_choice_and_what_was_taken_back_is_none(one_street):
    street = one_street
    tell(street, street.market, CAME + 5 * MINUTE, CAME + 30 * MINUTE)
    tell(street, street.shop, CAME - DAY, CAME - DAY + HOUR)
    assert len(lines(street.hanh.get(PAGE).text)) == 2
    moves = re.findall(r"/cases/F0-0001/movements/[0-9a-f-]+/back", street.hanh.get("/cases/F0-0001/movements").text)
    assert len(moves) == 2
    street.post(street.hanh, moves[1])
    (line,) = lines(street.hanh.get(PAGE).text)
    assert "giờ ra khai trong phỏng vấn" in line and MARKET in line
    # The one choice there is needs nobody to press it.
    assert 'checked><span><span translate="no"' in street.hanh.get(PAGE).text


def test_a_zone_can_be_meant_or_the_whole_place(one_street):
    street = one_street
    with inside(street.world.app()):
        session = db.session()
        market = session.get_one(Venue, street.market)
        zone = venues.add_zone(session, now=NOW, actor=factories.SYSTEM, venue=market, name="Khu hải sản")
        session.execute(sa.text("UPDATE kept_visit SET zone_id = :zone"), {"zone": zone.id.hex})
        zone_id = zone.id
        session.commit()
    assert f"{MARKET} – Khu hải sản" in lines(street.hanh.get(PAGE).text)[0]
    street.write()
    page = street.write(whole="y")
    assert [zone for _, zone, *_ in windows(street)] == [zone_id, None]
    assert "Khu hải sản" not in street.hanh.get(page).text


def test_of_many_times_the_older_ones_unfold_and_stay_open_where_one_is_chosen(one_street):
    street = one_street
    for ago in range(1, 12):
        tell(street, street.shop, CAME - ago * DAY, CAME - ago * DAY + HOUR)
    page = street.hanh.get(PAGE).text
    assert len(choices(page)) == 12 and "Trước đó: 4 lượt" in page
    sent = {"csrf_token": factories.hidden(page, "csrf_token"), "place": choices(page)[-1], "words_vi": "Zgiunguyen"}
    again = street.hanh.post(PAGE, data=sent | {"start": "", "end": "", "severity": "", "words_en": ""})
    assert again.status_code == 422 and "Zgiunguyen" in again.text
    assert "<details open><summary>Trước đó: 4 lượt" in again.text


# What a draft said before.


def edit(street, client, page, seen, **changes):
    token = factories.token(client, f"{page}/edit")
    form = {
        "csrf_token": token, "place": "draft", "start": "", "end": "", "severity": "watch", "words_vi": "Một",
        "words_en": "", "seen": seen, **changes,
    }  # fmt: skip
    answer = client.post(f"{page}/edit", data=form)
    assert answer.status_code == 303, answer.text


def history(client, page):
    """The steps, each as (who, the fields with what they were and are)."""
    text = client.get(page).text
    if 'id="history"' not in text:
        return []
    part = text.split('id="history"')[1].split("</details>")[0]
    found = []
    for step in re.findall(r"<li[^>]*>(.*?)</li>", part, re.S):
        rows = re.findall(r"<h3>(.*?)</h3>.*?<del[^>]*>(.*?)</del>.*?<ins[^>]*>(.*?)</ins>", step, re.S)
        plain = [tuple(" ".join(html.unescape(re.sub("<[^>]+>", "", cell)).split()) for cell in row) for row in rows]
        found.append((re.search(r"<b>(.*?)</b>", step)[1], plain))
    return found


def test_each_change_of_a_draft_is_told_with_who_made_it_and_what_it_was_before(street):
    page = street.write(words_vi="Một", words_en="")
    assert history(street.an, page) == []
    edit(street, street.an, page, "1", words_vi="Hai <b>")
    later = clock.to_local(CAME + 2 * HOUR).strftime("%Y-%m-%dT%H:00")
    edit(street, street.hanh, page, "2", words_vi="Hai <b>", words_en="Two", severity="test", end=later)
    edit(street, street.hanh, page, "3", words_vi="Hai <b>", words_en="Two", severity="test")
    street.post(street.hanh, f"{page}/publish", mode="now", reason="Không gọi được hết", seen="4")
    third, second, first = history(street.an, page)
    assert first == ("an@cdc", [("Lời tiếng Việt", "Một", "Hai <b>")])
    assert third == ("hanh@cdc", [])
    who, changed = second
    assert who == "hanh@cdc" and [field for field, *_ in changed] == ["Khung giờ", "Mức", "Lời tiếng Anh"]
    assert changed[1][1:] == ("Theo dõi sức khoẻ", "Đi xét nghiệm") and changed[2][1:] == ("(không có)", "Two")
    assert changed[0][1] != changed[0][2]
    public = street.get("/notices/TB-0001").text
    assert "Một" not in public and "an@cdc" not in public
    with inside(street.world.app()):
        assert db.session.scalars(sa.select(NoticeDraft.number).order_by(NoticeDraft.number)).all() == [1, 2, 3]


def test_the_history_of_a_correction_begins_with_what_it_corrects(one_street):
    street = one_street
    page = street.out(words_vi="Bản đã đăng", words_en="")
    draft = street.post(street.hanh, f"{page}/correct").location.removesuffix("/edit")
    assert history(street.an, draft) == []
    edit(street, street.an, draft, "1", words_vi="Bản sửa")
    assert history(street.hanh, draft) == [("an@cdc", [("Lời tiếng Việt", "Bản đã đăng", "Bản sửa")])]
