"""Who was there tells so on the page of a notice; sealed, read for the case alone, and called by the home's station."""

import re
from datetime import timedelta

import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.cases import service as cases
from checkin.contacts.models import Contact
from checkin.db import db
from checkin.replies import service
from checkin.replies.models import NoticeAnswer
from checkin.visits.signals import day_expiring
from checkin.web import limiter
from tests import cast, factories
from tests.conftest import NOW
from tests.notices.street import CAME, DAY, MARKET
from tests.worlds import inside, vault_of

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PAGE, ANSWERS = "/notices/TB-0001/answer", "/cases/F0-0001/answers"
NAME = "Phạm Thị Zkhach"


def shown(moment):
    return clock.to_local(moment).strftime("%Y-%m-%dT%H:%M")


def form(**changes):
    return {
        "full_name": NAME, "birth_year": "1990", "phone": "0904 118 226", "commune": factories.HA_TU, "elsewhere": "",
        "came": shown(CAME), "left": shown(CAME + HOUR), "symptoms": "no", "consent": "y", **changes,
    }  # fmt: skip


def answer(street, client=None, page=PAGE, again=None, **changes):
    """Send the form as a phone that keeps its cookies does; `again` is a form that was sent before."""
    client = client or street.world.app("public").test_client()
    if again is None:
        text = client.get(page).text
        again = {name: factories.hidden(text, name) for name in ("csrf_token", "once")}
    return client.post(page, data=form(**again, **changes))


def rows(street, *what):
    with inside(street.world.app()):
        return [
            tuple(row) for row in db.session.execute(sa.select(*what).order_by(*sa.inspect(what[0].class_).primary_key))
        ]


def ticks(page):
    return re.findall(r'name="person" value="([0-9a-f-]{36})"', page)


def test_an_answer_is_sealed_read_for_the_case_and_given_to_the_station_of_the_home(street):
    street.out()
    sent = answer(street, symptoms="yes", symptom="cough")
    assert sent.status_code == 303 and sent.location.startswith(f"{PAGE}/sent")
    assert "Zkhach" not in street.get(f"{PAGE}/sent").text
    ((details, index),) = rows(street, NoticeAnswer.details, NoticeAnswer.phone_index)
    assert b"Zkhach" not in bytes(details) and len(bytes(index)) == 16
    page = street.an.get(ANSWERS).text
    assert NAME in page and "0904 118 226" in page and "Ho" in page and "TB-0001" in page
    given = street.post(street.an, ANSWERS, person=ticks(page), page="1")
    assert given.status_code == 303 and "Đã giao 1 người" in street.an.get(ANSWERS).text
    ((stage, commune, met_on),) = rows(street, Contact.stage, Contact.commune_id, Contact.met_on)
    assert (stage, commune, met_on) == ("call", factories.HA_TU, clock.to_local(CAME).date())
    with inside(street.world.app()):
        factories.account(db.session(), vault_of(street.world.app()), "commune", cast.COMMUNE, factories.HA_TU)
        factories.commit()
    station = street.signed_in(cast.COMMUNE)
    listed = station.get("/station/").text
    assert NAME in listed and MARKET in listed and "Tự báo dấu hiệu: Ho" in listed
    for canary in ("F0-0001", "Zkhongaibiet"):
        assert canary not in listed
    # Given once: from then on the list says how far they are.
    again = street.an.get(ANSWERS).text
    assert not ticks(again) and "Cần gọi" in again


def test_reading_answers_is_on_record_and_an_empty_list_reads_nobody(street):
    def read():
        return rows(street, AuditEntry.case_number, AuditEntry.rows) and [
            row[1:] for row in rows(street, AuditEntry.action, AuditEntry.case_number, AuditEntry.rows)
            if row[0] == "case.answers"
        ]  # fmt: skip

    street.out()
    assert "Chưa ai trả lời" in street.an.get(ANSWERS).text and read() == []
    answer(street)
    street.an.get(ANSWERS)
    assert read() == [("F0-0001", 1)]


def test_answers_of_one_phone_stand_together_and_each_person_once(street):
    street.out()
    for minute, name in enumerate(("Một Người", "Người Khác", "Một Người", "Con Của Họ")):
        phone = "0912 345 671" if name == "Người Khác" else "0904118226"
        with clock.fixed(NOW + minute * MINUTE):
            answer(street, full_name=name, phone=phone, left=shown(CAME + HOUR + minute * MINUTE))
    with clock.fixed(NOW + 10 * MINUTE):
        page = street.an.get(ANSWERS).text
    assert re.findall(r'<th scope="row" class="lead words">([^<]+)<', page) == ["Con Của Họ", "Một Người", "Người Khác"]
    assert page.count("cùng số với 1 người khác") == 2 and "4 câu trả lời từ 2 số điện thoại" in page


def test_who_was_at_the_same_place_and_is_to_be_called_already_is_not_given_twice(street):
    """A visitor of the case's list and who answers are one person, by name, year of birth and phone."""
    street.out()
    me = cast.NEIGHBOUR
    street.come(street.market, None, CAME + MINUTE, me)
    told = {"full_name": me.full_name, "birth_year": str(me.birth_year), "phone": "0904118226"}
    answer(street, **told)
    first = street.an.get(ANSWERS).text
    for _ in range(2):
        street.post(street.an, ANSWERS, person=ticks(first))
    assert "được giao trước đó" in street.an.get(ANSWERS).text
    assert len(rows(street, Contact.id)) == 1
    with inside(street.world.app()):
        people = db.session.execute(sa.text("SELECT count(DISTINCT name_index) FROM person")).scalar()
    assert people == 2  # the case and they, nobody more


def test_the_same_form_twice_is_one_answer_and_a_changed_one_another(one_street):
    street = one_street
    street.out()
    client = street.world.app("public").test_client()
    text = client.get(PAGE).text
    sent = {name: factories.hidden(text, name) for name in ("csrf_token", "once")}
    for changes in ({}, {}, {"symptoms": "yes"}):
        assert answer(street, client, again=sent, **changes).status_code == 303
    assert len(rows(street, NoticeAnswer.id)) == 2


def test_what_cannot_be_used_is_said_beside_the_field_and_kept(one_street):
    street = one_street
    street.out()
    for changes, said in (
        ({"full_name": " "}, "Ghi họ và tên"),
        ({"full_name": "x" * 101}, "Dài quá"),
        ({"birth_year": "85"}, "bốn chữ số"),
        ({"phone": "12"}, "thiếu chữ số"),
        ({"commune": "", "elsewhere": ""}, "hoặc ghi nơi ở ngoài tỉnh"),
        ({"commune": "' OR 1", "elsewhere": ""}, "hoặc ghi nơi ở ngoài tỉnh"),
        ({"came": "hôm qua"}, "Ghi ngày và giờ, ví dụ"),
        ({"came": shown(CAME + 2 * HOUR)}, "Giờ ra phải sau giờ vào"),
        ({"came": shown(NOW + HOUR), "left": shown(NOW + 2 * HOUR)}, "Giờ này chưa đến"),
        ({"came": shown(CAME - 4 * DAY)}, "Dài nhất là 3 ngày"),
        ({"came": shown(CAME - 2 * DAY), "left": shown(CAME - DAY)}, "nằm ngoài khung giờ"),
        ({"symptoms": ""}, "Chọn Không hoặc Có"),
        ({"consent": ""}, "Đánh dấu ô này"),
    ):
        page = answer(street, **changes)
        assert page.status_code == 422 and said in page.text, changes
        if "full_name" not in changes:
            assert NAME in page.text, changes
    assert rows(street, NoticeAnswer.id) == []


def test_the_edges_of_the_window_count(one_street):
    street = one_street
    street.out(start=shown(CAME), end=shown(CAME + HOUR))
    start = CAME.replace(minute=CAME.minute - CAME.minute % 15)
    end = (CAME + HOUR).replace(minute=0) + timedelta(minutes=((CAME.minute // 15) + 1) * 15)
    for came, left, taken in (
        (start - HOUR, start, True),
        (start - HOUR, start - MINUTE, False),
        (end, end + MINUTE, True),
        (end + MINUTE, end + 2 * MINUTE, False),
    ):
        status = answer(street, came=shown(came), left=shown(left)).status_code
        assert status == (303 if taken else 422), (came, left)


def test_who_lives_elsewhere_is_called_by_the_cdc(one_street):
    street = one_street
    street.out()
    answer(street, commune="", elsewhere="Quận 3, Thành phố Hồ Chí Minh")
    page = street.an.get(ANSWERS).text
    assert "Quận 3, Thành phố Hồ Chí Minh" in page
    street.post(street.an, ANSWERS, person=ticks(page))
    assert rows(street, Contact.commune_id) == [(None,)]
    assert "Ngoài tỉnh" in street.an.get(ANSWERS).text


def test_the_case_itself_and_people_who_never_answered_are_given_to_nobody(one_street):
    street = one_street
    street.out()
    case = cast.CITIZEN
    answer(street, full_name=case.full_name, birth_year=str(case.birth_year), phone="0912 345 678")
    page = street.an.get(ANSWERS).text
    # Whoever tells no number of papers is somebody else than who told one and another phone; here the phone agrees.
    with inside(street.world.app()):
        own = str(street.case(db.session()).person_id)
    street.post(street.an, ANSWERS, person=[own, "00000000-0000-7000-8000-000000000000", "x"])
    assert rows(street, Contact.id) == [] and "chính là ca này" in page


def test_a_notice_that_is_over_takes_no_answer(one_street):
    street = one_street
    page = street.out()
    assert "Tôi đã ở đó" in street.get("/notices/TB-0001").text
    client = street.world.app("public").test_client()
    text = client.get(PAGE).text
    sent = {name: factories.hidden(text, name) for name in ("csrf_token", "once")}
    street.post(street.hanh, f"{page}/withdraw", why_vi="Không còn cần nữa.", why_en="")
    assert answer(street, client, again=sent).location.startswith("/notices/TB-0001")
    assert "/answer" not in street.get("/notices/TB-0001").text
    assert street.get(PAGE).status_code == 302 and street.get("/notices/TB-0099/answer").status_code == 404
    assert rows(street, NoticeAnswer.id) == []


def test_answers_go_with_the_case_and_with_the_days_after_the_notice(street):
    street.out()
    answer(street)
    over = NOW.replace(second=0, microsecond=0) + 14 * DAY
    with inside(street.world.app()):
        for end, left in ((over, 1), (over + timedelta(seconds=1), 0)):
            day_expiring.send(db.session(), start=end - DAY, end=end, now=end + 21 * DAY)
            db.session.commit()
            assert db.session.scalar(sa.select(sa.func.count()).select_from(NoticeAnswer)) == left
    answer(street)
    with inside(street.world.app()):
        session = db.session()
        cases.unlink(session, now=NOW, actor=factories.SYSTEM, case=street.case(session))
        session.commit()
    assert rows(street, NoticeAnswer.id) == []


def test_one_network_cannot_flood_it_whatever_letters_it_changes_in_the_address(one_street, monkeypatch):
    street = one_street
    street.out()
    monkeypatch.setattr(limiter, "enabled", True)
    client = street.world.app("public").test_client()
    text = client.get(PAGE).text
    sent = {name: factories.hidden(text, name) for name in ("csrf_token", "once")}
    pages = ("/notices/TB-0001/answer", "/notices/tb-0001/answer", "/notices/TB-01/answer")
    codes = {answer(street, client, page=pages[one % 3], again=sent, consent="").status_code for one in range(300)}
    assert codes == {422}
    assert answer(street, client, again=sent).status_code == 429 and service


def test_the_form_speaks_english_and_vietnamese(one_street):
    street = one_street
    street.out()
    assert "I was there" in street.get("/notices/TB-0001", language="en").text
    page = street.get(PAGE, language="en").text
    assert 'lang="en"' in page and "Phone" in page and "Họ và tên" not in page
