"""What a device is shown of what it declared, how each stay ended, and the same on paper; another device sees none."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import pypdfium2
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.calls.models import StationCall
from checkin.db import db, set_scope
from checkin.me.page import doors_of, outside_of, stays_of
from checkin.me.queries import OwnVisit
from tests import cast, factories
from tests.calls.pages import send
from tests.me.test_me_page import CAME, HOUR, MARKET, MINE, SHOP, THEIRS, built, come
from tests.worlds import inside, vault_of

MINUTE = timedelta(minutes=1)
FAMILY = {
    "also": ["2", "3"], "p2-full_name": "Trần Minh An", "p2-birth_year": "2017", "p2-gender": "male",
    "p3-full_name": "Phạm Thị Lành", "p3-birth_year": "1949", "p3-gender": "female",
    **{f"p{n}-{name}": "no" for n in (2, 3) for name in ("symptoms", "contact_sick", "travel")},
}  # fmt: skip


@pytest.fixture
def street(world):
    """A market with a stall inside and a shop; this device came to the market at CAME."""
    return built(world)


@pytest.fixture
def one_street(sqlite):
    return built(sqlite)


def declare(world, secret, kind="enter", at=CAME, **changes):
    """What a device sends without a venue, as the public role."""
    client = world.app("public").test_client()
    if secret:
        client.set_cookie("device", secret)
    with clock.fixed(at), inside(world.app("public")):
        answer = send(client, kind, day="12/11/2026" if kind != "ill" else "", **changes)
    assert answer.status_code == 200, answer.text
    return re.findall(r"KB-[0-9A-Z-]{11}", answer.text)


def held(street, **how):
    return json.loads(street.page(path="/me/data.json", **how).text)


def test_a_journey_of_a_family_is_one_form_with_a_code_each_and_of_this_device_alone(street):
    references = list(dict.fromkeys(declare(street.world, MINE, **FAMILY)))
    assert len(references) == 3
    mine = held(street)["declarations"]
    assert [(one["people"], one["venue"]) for one in mine] == [(1, MARKET), (3, None)] or mine[0]["people"] == 3
    (outside,) = [one for one in mine if one["venue"] is None]
    assert outside["station_of"] == "Phường Hà Tu, Quảng Ninh"
    assert sorted(outside["references"]) == sorted(references)
    text = street.page().text
    assert "Không ở cửa nào" in text and "Trạm y tế Phường Hà Tu" in text and references[0] in text
    for secret in (THEIRS, None):
        other = street.page(secret).text
        assert "KB-" not in other and held(street, secret=secret)["declarations"] == []


def test_neither_what_was_told_nor_what_the_station_does_is_shown(one_street):
    declare(one_street.world, MINE, "ill", at=CAME + MINUTE)
    with inside(one_street.world.app()):
        db.session.execute(
            sa.update(StationCall).values(state="called", taken_by_name="Y sĩ Giang", taken_by=UUID(int=1))
        )
        factories.commit()
    for path in ("/me/", "/me/data.json"):
        text = one_street.page(path=path).text
        for hidden in ("Báo không khoẻ", "Giang", "called", "Đã gọi", "cough", "urgent", "watch", "Tuyết"):
            assert hidden not in text, (path, hidden)
    assert "Ho" not in re.findall(r"<strong[^>]*>([^<]*)", one_street.page().text)


def test_the_public_role_reads_of_its_own_device_four_columns_and_nothing_of_others(postgresql):
    street = built(postgresql)
    declare(postgresql, MINE)
    declare(postgresql, THEIRS, full_name="Trần Văn Hưng", phone="0904118226")
    declare(postgresql, None, full_name="Lê Thị Cúc", phone="0904118227")
    with inside(postgresql.app("public")):
        session, vault = db.session(), vault_of(postgresql.app("public"))
        for secret, count in ((MINE, 1), (THEIRS, 1), ("c" * 64, 0), (None, 0)):
            set_scope(session, device=vault.device(secret) if secret else None)
            assert len(session.execute(sa.text("SELECT reference FROM station_call")).all()) == count
        for column in (
            "id",
            "kind",
            "day",
            "triage",
            "reasons",
            "symptoms",
            "person_id",
            "details",
            "state",
            "taken_by_name",
        ):
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                session.execute(sa.text(f"SELECT {column} FROM station_call"))
            session.rollback()
    assert len(held(street)["declarations"]) == 2


def test_forms_are_counted_by_moment_and_door_and_a_repeated_one_stands_beside_the_first():
    at, again = CAME, CAME + 20 * MINUTE
    visit = {"venue_id": UUID(int=1), "zone_id": None, "entered_at": at, "declared_at": at}
    found = doors_of([SimpleNamespace(**visit), SimpleNamespace(**visit | {"declared_at": again})])
    assert sorted((one.made_at, one.people) for one in found) == [(at, 2), (again, 1)]
    calls = [
        SimpleNamespace(made_at=at, commune_id="1", reference=f"KB-{n}", group_id=n // 2 or None) for n in range(4)
    ]
    assert [(one.people, one.references) for one in outside_of(calls)] == [
        (1, ("KB-0",)), (1, ("KB-1",)), (2, ("KB-2", "KB-3")),
    ]  # fmt: skip


def test_who_came_together_is_one_line_as_long_as_their_stays_ended_alike():
    def visit(person, by, left=None):
        return OwnVisit(
            UUID(int=person), UUID(int=9), None, CAME, left, by, left or CAME + HOUR, left or CAME + 12 * HOUR, CAME
        )

    left = CAME + 30 * MINUTE
    ends = [visit(1, "guessed"), visit(2, "guessed"), visit(3, "elsewhere"), visit(4, "visitor", left)]
    ends += [visit(5, "desk", left), visit(6, "visitor", left + MINUTE)]
    found = stays_of(ends, CAME + 20 * HOUR)
    assert [(stay.end_set_by, len(stay.visit_ids)) for stay in found] == [
        ("guessed", 2), ("elsewhere", 1), ("visitor", 2), ("desk", 1),
    ]  # fmt: skip
    assert found[2].left_at == left + MINUTE


def lines(street, at):
    """The stays of the page, as (place, words), newest first."""
    text = street.page(at=at).text.split('id="sent"')[0]
    found = re.findall(r'<strong translate="no" lang="vi">([^<]+)</strong>.*?<span>([^<]+)</span>', text, re.S)
    return [(place, words.split(" · ")[0]) for place, words in found]


def test_leaving_is_said_by_who_recorded_it(one_street):
    client = one_street.world.app("public").test_client()
    client.set_cookie("device", MINE)
    assert lines(one_street, CAME + 30 * MINUTE) == [(MARKET, "Từ 09:00, chưa ghi giờ ra")]
    with clock.fixed(CAME + 30 * MINUTE):
        page = client.get("/me/").text
        visit = re.search(r'name="visit" value="([^"]+)"', page)[1]
        client.post("/me/leave", data={"csrf_token": factories.hidden(page, "csrf_token"), "visit": visit})
    assert lines(one_street, CAME + HOUR) == [(MARKET, "09:00 đến 09:30 (bạn bấm ra về)")]
    for by, words in (("desk", "nhân viên ghi giờ ra"), ("owner", "chủ nơi đó ghi giờ ra")):
        with inside(one_street.world.app()):
            db.session.execute(sa.text("UPDATE visit SET end_set_by = :by"), {"by": by})
            factories.commit()
        assert lines(one_street, CAME + HOUR) == [(MARKET, f"09:00 đến 09:30 ({words})")]


def test_a_guess_is_called_one_and_scanning_again_within_the_usual_stay_moves_it(street):
    assert lines(street, CAME + 13 * HOUR) == [(MARKET, "Từ 09:00, không ghi giờ ra; đoán là 10:00")]
    come(street.world, "market", MINE, at=CAME + 40 * MINUTE)
    assert lines(street, CAME + 13 * HOUR) == [(MARKET, "Từ 09:00, không ghi giờ ra; đoán là 10:40")]
    # Which is no declaration more: the page says so.
    assert [one["people"] for one in held(street, at=CAME + 13 * HOUR)["declarations"]] == [1]
    assert "Khai lại lúc còn ở đó thì tính vào lượt đó." in street.page().text
    # Later it is a new one.
    come(street.world, "market", MINE, at=CAME + 3 * HOUR)
    assert [words[:8] for _, words in lines(street, CAME + 20 * HOUR)] == ["Từ 12:00", "Từ 09:00"]


def test_declaring_elsewhere_bounds_the_former_stay_and_one_inside_the_other_does_not(street):
    come(street.world, "stall", MINE, at=CAME + 10 * MINUTE)
    assert lines(street, CAME + 15 * MINUTE) == [
        ("Quầy cá số 7", "Từ 09:10, chưa ghi giờ ra"), (MARKET, "Từ 09:00, chưa ghi giờ ra"),
    ]  # fmt: skip
    come(street.world, "shop", MINE, at=CAME + 25 * MINUTE)
    assert lines(street, CAME + 26 * MINUTE) == [
        (SHOP, "Từ 09:25, chưa ghi giờ ra"),
        ("Quầy cá số 7", "Từ 09:10, muộn nhất 09:25: sau đó máy này khai ở nơi khác"),
        (MARKET, "Từ 09:00, muộn nhất 09:25: sau đó máy này khai ở nơi khác"),
    ]  # fmt: skip


def test_another_device_of_the_same_person_bounds_nothing(one_street):
    come(one_street.world, "shop", THEIRS, at=CAME + 25 * MINUTE)
    assert lines(one_street, CAME + 26 * MINUTE) == [(MARKET, "Từ 09:00, chưa ghi giờ ra")]


def text_of(pdf):
    document = pypdfium2.PdfDocument(pdf)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def test_the_paper_says_what_the_page_says_in_vietnamese_letters(one_street):
    declare(one_street.world, MINE, at=CAME + MINUTE)
    one_street.read(where="market")
    answer = one_street.page(path="/me/data.pdf")
    assert answer.mimetype == "application/pdf" and answer.headers["Cache-Control"] == "no-store"
    (text,) = text_of(answer.data)
    for words in (
        "Dữ liệu của máy này", MARKET, "Phường Hồng Gai, Quảng Ninh", "Thứ năm 12/11/2026",
        "Từ 09:00, không ghi giờ ra; đoán là 10:00", "Không ở cửa nào", "Trạm y tế Phường Hà Tu", "KB-", "13/11/2026",
        "CDC Quảng Ninh đã xem danh sách người đến Chợ Hạ Long 1 ngày 12/11/2026.", "Trang 1 / 1",
    ):  # fmt: skip
        assert words in text, words
    for secret in ("Tuyết", "Nguyễn", "912345678", "022185001234"):
        assert secret not in text
    # Letters are in the file, whatever the reader's computer has.
    assert b"BeVietnamPro" in answer.data and b"/FontFile2" in answer.data
    (empty,) = text_of(one_street.page("c" * 64, path="/me/data.pdf").data)
    assert "Chưa có gì." in empty and MARKET not in empty
    (english,) = text_of(one_street.page(path="/me/data.pdf?lang=en").data)
    assert "The data of this device" in english and "Page 1 of 1" in english


def test_three_weeks_of_visits_take_as_many_sheets_as_they_need_and_lose_none(one_street):
    when = [datetime(2026, 11, day, hour, tzinfo=UTC) for day in range(13, 25) for hour in (1, 5, 9)]
    names = [f"Công ty trách nhiệm hữu hạn một thành viên Ẩm thực Hạ Long số {n} {'dài ' * 30}" for n in range(3)]
    world = one_street.world
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        made = [factories.venue(session, vault, name.strip()) for name in names]
        for number, at in enumerate(when):
            factories.check_in(
                world.app(), session, vault, made[number % 3], cast.healthy(replace(cast.CITIZEN)), at=at,
                device=vault.device(MINE),
            )  # fmt: skip
        factories.commit()
    pages = text_of(one_street.page(path="/me/data.pdf", at=when[-1]).data)
    assert len(pages) > 2
    for number, text in enumerate(pages, 1):
        assert text.endswith(f"Trang {number} / {len(pages)}")
    whole = " ".join(pages)
    assert whole.count("không ghi giờ ra") + whole.count("chưa ghi giờ ra") + whole.count("muộn nhất") == len(when) + 1
    assert all(f"Hạ Long số {n} " in whole for n in range(3)) and "…" not in whole
