"""Public notices: written for a case that nobody can tell from them, let out by two, gone by themselves."""

import html
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock, scope
from checkin.accounts.models import Account
from checkin.approvals.models import Approval
from checkin.audit.models import AuditEntry
from checkin.cases import service as cases
from checkin.db import db
from checkin.notices.models import Notice, NoticeDraft
from checkin.venues.models import Venue
from tests import cast, factories
from tests.conftest import NOW
from tests.notices.street import CAME, CANARIES, DAY, EN, FAR, HOUR, MARKET, MINE, MINUTE, THEIRS, VI, choices
from tests.worlds import inside


def test_a_second_officer_lets_it_out_and_nobody_sees_it_before(street):
    page = street.write()
    assert street.get("/notices/TB-0001").status_code == 404
    asked = street.post(street.hanh, f"{page}/publish", mode="ask", reason="Không gọi được hết")
    assert asked.status_code == 303 and asked.location.startswith("/approvals/")
    assert "Hiện không có thông báo nào" in street.get("/notices").text
    assert street.get("/notices/TB-0001").status_code == 404 and "Chờ duyệt" in street.hanh.get(page).text
    own = street.decide(street.hanh, do="approve", note="")
    assert own.status_code == 303 and street.get("/notices/TB-0001").status_code == 404
    assert street.decide(street.an, do="approve", note="").status_code == 303
    text = street.get("/notices/TB-0001").text
    assert MARKET in text and VI in text and "▲" in text and "Theo dõi sức khoẻ" in text
    assert MARKET in street.get("/notices").text and "Đang có thông báo khẩn" in street.get("/").text
    assert street.log() == [("notice.write", "hanh@cdc", "TB-0001"), ("notice.publish", "an@cdc", "TB-0001")]


def test_who_cannot_wait_lets_it_out_and_another_one_approves_after(street):
    page = street.out()
    assert street.get("/notices/TB-0001").status_code == 200 and "Đã làm, chờ duyệt" in street.hanh.get(page).text
    street.decide(street.an, do="approve", note="")
    assert street.get("/notices/TB-0001").status_code == 200
    assert [action for action, *_ in street.log()] == ["notice.write", "notice.publish"]


def test_who_waited_and_hurries_on_the_page_of_the_request_lets_it_out(one_street):
    street = one_street
    page = street.write()
    request = street.post(street.hanh, f"{page}/publish", mode="ask", reason="Không gọi được hết").location
    answer = street.post(street.hanh, f"{request}/now", reason="Đêm nay phải báo")
    assert answer.status_code == 303 and street.get("/notices/TB-0001").status_code == 200


def test_what_is_refused_afterwards_is_withdrawn_and_its_page_says_so(street):
    street.out()
    street.decide(street.an, do="refuse", note="Đã gọi được hết Zlydorieng")
    text = street.get("/notices/TB-0001").text
    assert "Thông báo này đã được rút lại" in text and "Zlydorieng" not in text
    assert "Hiện không có thông báo nào" in street.get("/notices").text
    assert "Đang có thông báo khẩn" not in street.get("/").text


def test_what_is_refused_before_it_went_out_is_a_draft_again(street):
    page = street.write()
    street.post(street.hanh, f"{page}/publish", mode="ask", reason="Không gọi được hết")
    street.decide(street.an, do="refuse", note="Gọi tiếp đã")
    assert "Bản nháp" in street.hanh.get(page).text and street.hanh.get(f"{page}/edit").status_code == 200
    assert street.get("/notices/TB-0001").status_code == 404


def test_the_window_is_that_of_the_stay_in_whole_quarters(street):
    street.write(start=clock.to_local(CAME).strftime("%Y-%m-%dT%H:%M"))
    with inside(street.world.app()):
        notice = db.session.scalars(sa.select(Notice)).one()
        assert notice.start <= CAME and CAME - notice.start < 15 * MINUTE
        assert notice.start.minute % 15 == notice.end.minute % 15 == 0


def test_it_expires_by_itself_at_the_minute(street):
    street.out()
    over = NOW.replace(second=0, microsecond=0) + 14 * DAY
    with clock.fixed(over - timedelta(seconds=1)):
        assert "Thông báo này đã hết hạn" not in street.get("/notices/TB-0001").text
        assert "Đang có thông báo khẩn" in street.get("/").text
    with clock.fixed(over):
        assert "Thông báo này đã hết hạn" in street.get("/notices/TB-0001").text
        assert "Đang có thông báo khẩn" not in street.get("/").text
        assert "Hiện không có thông báo nào" in street.get("/notices").text
        assert json.loads(street.get("/notices.json").text)["items"][0]["_notice"]["state"] == "expired"


def test_a_withdrawal_says_why_and_a_correction_leads_to_the_new_one(street):
    page = street.out()
    edit = street.post(street.hanh, f"{page}/correct").location
    assert street.post(street.hanh, f"{page}/correct").location == edit  # pressed twice, one draft
    form = street.hanh.get(edit).text
    fields = {name: factories.hidden(form, name) for name in ("csrf_token", "start", "end", "seen")}
    answer = street.hanh.post(
        edit, data=fields | {"place": "draft", "severity": "test", "words_vi": "Lời mới", "words_en": ""}
    )
    assert answer.status_code == 303 and VI in street.get("/notices/TB-0001").text
    street.post(street.hanh, f"{answer.location}/publish", mode="now", reason="Sửa giờ sai", seen="2")
    old, new = street.get("/notices/TB-0001").text, street.get("/notices/TB-0002").text
    assert "Nội dung đã được sửa" in old and "/notices/TB-0002" in old and VI in old
    assert "Lời mới" in new and "/notices/TB-0001" in new and "◆" in new
    second = answer.location
    street.post(street.hanh, f"{second}/withdraw", why_vi="Chợ đã gọi hết người.", why_en="All were called.")
    assert "Chợ đã gọi hết người." in street.get("/notices/TB-0002").text
    assert "All were called." in street.get("/notices/TB-0002", language="en").text
    assert street.log()[-1] == ("notice.withdraw", "hanh@cdc", "TB-0002")


def test_what_is_out_is_never_rewritten(one_street):
    street = one_street
    page = street.out()
    assert street.hanh.get(f"{page}/edit").status_code == 303
    assert street.post(street.hanh, f"{page}/edit", words_vi="khác").status_code == 303
    again = street.post(street.hanh, f"{page}/publish", mode="now", reason="Một lần nữa")
    assert again.status_code == 303 and VI in street.get("/notices/TB-0001").text
    assert [action for action, *_ in street.log()] == ["notice.write", "notice.publish"]


def test_the_place_is_called_as_it_was_when_the_notice_went_out(street):
    street.out()
    with inside(street.world.app()):
        db.session.get_one(Venue, street.market).name = "Quán khác hẳn"
        factories.commit()
    for path in ("/notices", "/notices/TB-0001", "/notices.json"):
        said = street.get(path).text
        assert "khác hẳn" not in said and json.dumps("khác hẳn")[1:-1] not in said, path
        assert MARKET in said or json.dumps(MARKET)[1:-1] in said, path
    # What is not out yet is about the place as it is.
    assert "Quán khác hẳn" in street.hanh.get(street.write()).text


def test_reading_where_a_case_was_is_on_record_before_it_is_shown(street):
    def read():
        with inside(street.world.app()):
            places = sa.select(AuditEntry.case_number).where(AuditEntry.action == "case.places")
            return db.session.scalars(places).all()

    assert read() == []
    assert MARKET in street.hanh.get("/cases/F0-0001/notice").text
    assert read() == ["F0-0001"]
    page = street.write()
    before = len(read())
    assert MARKET in street.hanh.get(f"{page}/edit").text
    assert len(read()) == before + 1


def test_of_two_requests_the_first_lets_out_no_draft_that_was_written_anew(street):
    page = street.write()
    street.post(street.hanh, f"{page}/publish", mode="ask", reason="Không gọi được hết")
    street.post(street.an, f"{page}/publish", mode="ask", reason="Không gọi được hết")
    street.decide(street.hanh, number=2, do="refuse", note="Viết lại")
    with inside(street.world.app()):
        assert db.session.scalars(sa.select(Notice.state)).all() == ["draft"]
    street.decide(street.an, number=1, do="approve", note="")
    with inside(street.world.app()):
        assert db.session.scalars(sa.select(Notice.state)).all() == ["draft"]


def test_the_phones_that_were_there_then_are_told_and_no_other_one(street):
    street.come(street.market, MINE, CAME + 10 * MINUTE, cast.NEIGHBOUR)
    street.come(street.shop, THEIRS, CAME + 10 * MINUTE, cast.NEIGHBOUR)
    street.come(street.market, FAR, CAME - 3 * DAY, cast.NEIGHBOUR)
    told = "Thông báo khẩn cho nơi bạn đã đến"
    assert told not in street.get("/me/", MINE).text
    page = street.out()
    assert told in street.get("/me/", MINE).text
    for other in (THEIRS, FAR, "d" * 64, None):
        assert told not in street.get("/me/", other).text
    assert json.loads(street.get("/me/data.json", MINE).text)["notices"] == ["TB-0001"]
    street.post(street.hanh, f"{page}/withdraw", why_vi="Không còn cần nữa.", why_en="")
    assert "Đã rút lại" in street.get("/me/", MINE).text
    with clock.fixed(NOW + 14 * DAY):
        assert told not in street.get("/me/", MINE).text


def test_who_was_at_a_stall_of_the_market_is_told_too(street):
    street.come(street.stall, MINE, CAME + 10 * MINUTE, cast.NEIGHBOUR)
    street.out()
    assert "Thông báo khẩn cho nơi bạn đã đến" in street.get("/me/", MINE).text


def test_nothing_of_the_case_nor_of_who_wrote_it_is_in_any_public_answer(street):
    page = street.out()
    for path in ("/notices", "/notices/TB-0001", "/notices.json", "/me/", "/"):
        for language in ("vi", "en"):
            answer = street.get(path, language=language)
            text = html.unescape(answer.text) + str(answer.headers)
            assert answer.status_code == 200
            assert [one for one in CANARIES if one.casefold() in text.casefold()] == [], path
    # Else the search proves nothing.
    assert "F0-0001" in street.hanh.get(page).text


@pytest.mark.parametrize("words", ["Ca F0-0001 đã đến", "bà bán cá ZKHONGAIBIET mắc bệnh", "Có F0 ở chợ"])
def test_it_rejects_words_that_name_the_case_beside_the_field_and_keeps_them(one_street, words):
    page = one_street.hanh.get("/cases/F0-0001/notice").text
    form = {name: factories.hidden(page, name) for name in ("csrf_token", "start", "end")}
    form |= {"place": choices(page)[0], "severity": "watch", "words_vi": words, "words_en": ""}
    answer = one_street.hanh.post("/cases/F0-0001/notice", data=form)
    assert answer.status_code == 422 and words in html.unescape(answer.text)
    assert "không ghi số ca" in answer.text and "words_vi-error" in answer.text


def at(moment):
    return clock.to_local(moment).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"severity": ""}, "Chọn người đã ở đó cần làm gì."),
        ({"place": "x/y"}, "Chọn nơi và lúc ca đã ở đó."),
        ({"place": ""}, "Chọn nơi và lúc ca đã ở đó."),
        ({"words_vi": " "}, "Ghi điều người dân cần biết"),
        ({"words_vi": "x" * 801}, "Dài quá"),
        ({"start": "hôm qua"}, "Ghi ngày và giờ"),
        ({"start": at(NOW + HOUR), "end": at(NOW + 2 * HOUR)}, "Giờ này chưa đến."),
        ({"start": "", "end": at(CAME - HOUR)}, "Giờ kết thúc phải sau"),
        ({"start": at(NOW - HOUR), "end": at(NOW - 2 * HOUR)}, "Giờ kết thúc phải sau"),
        ({"start": at(NOW - 4 * DAY), "end": at(NOW)}, "Khung giờ dài nhất là 3 ngày"),
    ],
)
def test_it_rejects_what_cannot_be_a_notice_and_says_why(one_street, changes, message):
    form = {
        "csrf_token": factories.token(one_street.hanh, "/cases/F0-0001/notice"),
        "place": choices(one_street.hanh.get("/cases/F0-0001/notice").text)[0], "start": at(CAME),
        "end": at(CAME + HOUR), "severity": "watch", "words_vi": VI, "words_en": "", **changes,
    }  # fmt: skip
    answer = one_street.hanh.post("/cases/F0-0001/notice", data=form)
    assert answer.status_code == 422 and message in html.unescape(answer.text)


def test_hostile_words_are_shown_as_they_were_typed(street):
    hostile = "<script>alert(1)</script>\"'{{ 7*7 }}"
    page = street.out(words_vi=hostile, words_en=hostile)
    street.post(street.hanh, f"{page}/withdraw", why_vi=hostile, why_en=hostile)
    for language in ("vi", "en"):
        text = street.get("/notices/TB-0001", language=language).text
        assert "<script>alert" not in text and text.count(html.escape(hostile, quote=False)[:30]) >= 2
    assert hostile in json.loads(street.get("/notices.json").text)["items"][0]["content_text"]


def test_the_feed_is_a_json_feed_with_place_window_and_severity(street):
    street.out()
    answer = street.get("/notices.json", language="en")
    assert answer.mimetype == "application/feed+json"
    feed = json.loads(answer.text)
    assert feed["version"] == "https://jsonfeed.org/version/1.1" and feed["language"] == "en"
    (item,) = feed["items"]
    assert item["url"].endswith("/notices/TB-0001") and EN in item["content_text"] and VI not in item["content_text"]
    told = item["_notice"]
    assert (told["venue"], told["severity"], told["state"]) == (MARKET, "watch", "published")
    assert told["commune_code"] == factories.HONG_GAI and told["from"] < told["to"] and told["from"].endswith("+07:00")


def test_a_page_without_english_words_says_the_common_advice_in_english_and_the_words_as_they_are(one_street):
    one_street.out(words_en="")
    text = one_street.get("/notices/TB-0001", language="en").text
    assert f'<span lang="vi">{VI}</span>' in text and "Ông/bà" not in text


@pytest.mark.parametrize("number", ["TB-0002", "TB-", "F0-0001", "TB-99999999999", "TB-٣", "x" * 300, "TB-0000"])
def test_no_number_is_an_error_of_ours(one_street, number):
    one_street.out()
    assert one_street.get(f"/notices/{number}").status_code == 404
    assert one_street.get("/notices/tb-1").status_code == 200


def discard(street, *, seen, **form):
    return street.post(street.hanh, "/cases/F0-0001/state", state="discarded", sure="1", **form | {"seen": seen})


def seen_of(street):
    return factories.hidden(street.hanh.get("/cases/F0-0001").text.split('id="discard"')[1], "seen")


def test_discarding_takes_the_notices_back_unless_somebody_unticks_it(street):
    street.come(street.market, MINE, CAME + 10 * MINUTE, cast.NEIGHBOUR)
    street.out()
    waiting = street.write(words_vi="Chờ duyệt")
    street.post(street.hanh, f"{waiting}/publish", mode="ask", reason="Không gọi được hết")
    page = street.hanh.get("/cases/F0-0001").text
    assert 'name="withdraw" value="y" checked' in page and "Rút cả thông báo" in page
    done = discard(street, seen=seen_of(street), withdraw="y")
    assert done.status_code == 302 and done.location == "/cases/F0-0001"
    assert "Ca này đã loại trừ mà" not in street.hanh.get(done.location).text
    for language, said in (("vi", "Ca bệnh đã được loại trừ."), ("en", "The case was ruled out.")):
        assert said in street.get("/notices/TB-0001", language=language).text
        assert said in html.unescape(street.get("/notices.json", language=language).text)
    assert "Đã rút lại" in street.get("/me/", MINE).text and "Withdrawn" in street.get("/me/", MINE, "en").text
    # What waited goes out no more, whoever says yes: they are told that nothing waits, and by nobody's refusal.
    said = street.an.get(street.decide(street.an, number=2, do="approve", note="").location).text
    assert "không còn gì chờ duyệt" in said and "Ca đã loại trừ" in said and "đã từ chối" not in said
    assert street.get("/notices/TB-0002").status_code == 404
    log = [entry for entry in street.log() if entry[0] in {"notice.withdraw", "notice.hold"}]
    assert log == [("notice.hold", "hanh@cdc", "TB-0002"), ("notice.withdraw", "hanh@cdc", "TB-0001")]


def test_a_case_that_was_discarded_alone_says_loudly_what_is_still_out_and_one_press_takes_it_back(street):
    page = street.out()
    before = street.hanh.get("/cases/F0-0001").text
    assert "vẫn đang hiệu lực" not in before and '/cases/F0-0001/notice"' in before
    assert "chưa loại trừ" in street.hanh.get(early(street), follow_redirects=True).text
    discard(street, seen=seen_of(street))
    text = street.hanh.get("/cases/F0-0001").text
    assert "vẫn đang hiệu lực" in text and text.index("vẫn đang hiệu lực") < text.index('id="facts"')
    assert '/cases/F0-0001/notice"' not in text
    assert street.get("/notices/TB-0001").text.count("rút lại") == 0
    # On its own page the reason stands there already.
    desk = street.hanh.get(page).text
    assert "vẫn đang hiệu lực" in desk and "Ca bệnh đã được loại trừ" in desk
    assert street.post(street.hanh, "/cases/F0-0001/notices/withdraw").status_code == 303
    text = street.hanh.get("/cases/F0-0001").text
    assert "Đã rút lại TB-0001" in text and "vẫn đang hiệu lực" not in text
    assert "Ca bệnh đã được loại trừ" in street.get("/notices/TB-0001").text
    street.post(street.hanh, "/cases/F0-0001/notices/withdraw")
    assert "Không còn thông báo nào phải rút" in street.hanh.get("/cases/F0-0001").text
    assert [action for action, *_ in street.log()].count("notice.withdraw") == 1


def test_an_approval_is_for_the_words_that_were_asked_for(street):
    page = street.write(words_vi="Lời xin duyệt")
    asked = {"mode": "ask", "reason": "Không gọi được hết"}
    street.post(street.hanh, f"{page}/publish", **asked)
    street.post(street.an, f"{page}/publish", **asked)
    # A draft again, while what the first one asked still waits.
    street.decide(street.hanh, number=2, do="refuse", note="Gọi tiếp đã")
    form = street.an.get(f"{page}/edit").text
    new = {
        "place": choices(form)[0],
        "start": "",
        "end": "",
        "severity": "watch",
        "words_vi": "Lời khác",
        "words_en": "",
    }
    assert street.post(street.an, f"{page}/edit", **new).status_code == 303
    street.post(street.hanh, f"{page}/publish", **asked | {"seen": "2"})
    said = street.an.get(street.decide(street.an, number=1, do="approve", note="").location).text
    assert "không còn gì chờ duyệt" in said and "viết lại sau khi xin duyệt" in said
    # Nor does whoever asked for the former words let the new ones out at once by its page.
    street.post(street.hanh, f"{approval_page(street, 1)}/now", reason="Gấp")
    assert street.get("/notices/TB-0001").status_code == 404
    street.decide(street.an, number=3, do="approve", note="")
    assert "Lời khác" in street.get("/notices/TB-0001").text


def approval_page(street, number):
    with inside(street.world.app()):
        return f"/approvals/{db.session.scalar(sa.select(Approval.id).where(Approval.seq == number))}"


def test_nothing_goes_out_about_a_case_that_was_none(street):
    page, other = street.write(), street.write()
    street.post(street.hanh, f"{page}/publish", mode="ask", reason="Không gọi được hết")
    with inside(street.world.app()):
        # As before drafts went with the case.
        street.case(db.session()).state = "discarded"
        db.session.commit()
    said = street.an.get(street.decide(street.an, do="approve", note="").location).text
    assert "không đăng được nữa" in said and "Đang chờ người thứ hai duyệt" in said
    street.post(street.hanh, f"{approval_page(street, 1)}/now", reason="Gấp")
    for mode in ("ask", "now"):
        answer = street.post(street.hanh, f"{other}/publish", mode=mode, reason="Không gọi được hết")
        assert answer.status_code == 303 and answer.location == other
        assert "không đăng được nữa" in street.hanh.get(other).text
    assert [street.get(f"/notices/TB-000{n}").status_code for n in (1, 2)] == [404, 404]
    street.post(street.hanh, "/cases/F0-0001/notices/withdraw")
    assert "không còn gì chờ duyệt" in street.an.get(approval_page(street, 1)).text


@pytest.mark.parametrize("way", ["discard", "unlink"])
def test_what_was_never_out_goes_with_its_history_when_the_case_keeps_nothing_more(street, way):
    out, draft, waiting = (street.write(words_vi=words) for words in ("Đã đăng", "Nháp", "Chờ duyệt"))
    for page in (out, draft):
        new = {"place": choices(street.hanh.get(f"{page}/edit").text)[0], "start": "", "end": "", "severity": "watch"}
        assert street.post(street.hanh, f"{page}/edit", **new, words_vi="Sửa", words_en="").status_code == 303
    street.post(street.hanh, f"{out}/publish", mode="now", reason="Không gọi được hết", seen="2")
    street.post(street.hanh, f"{waiting}/publish", mode="ask", reason="Không gọi được hết")
    if way == "discard":
        discard(street, seen=seen_of(street))
    else:
        with inside(street.world.app()):
            hanh = db.session.scalars(sa.select(Account).where(Account.role == "cdc")).first().actor
        with inside(street.world.app("staff")):
            session = db.session()
            scope.enter(session, scope.Scope("cdc", hanh.id))
            case = street.case(session)
            scope.bind(session, case.id)
            cases.unlink(session, now=NOW, actor=hanh, case=case)
            session.commit()
    with inside(street.world.app()):
        session = db.session()
        assert session.scalars(sa.select(Notice.seq)).all() == [1]
        assert session.scalar(sa.select(sa.func.count()).select_from(NoticeDraft)) == 0
        assert session.scalars(sa.select(Approval.state).order_by(Approval.seq)).all() == ["asked", "refused"]
    gone = [subject for action, _, subject in street.log() if action == "notice.forget"]
    assert gone == ["TB-0003", "TB-0002"]
    assert "không còn gì chờ duyệt" in street.an.get(street.decide(street.an, number=2, do="approve").location).text
    assert "Sửa" in street.get("/notices/TB-0001").text and street.hanh.get(draft).status_code == 404


def early(street):
    """Where pressing it for a case that was not discarded leads."""
    return street.post(street.hanh, "/cases/F0-0001/notices/withdraw").location


def test_a_case_without_a_person_has_no_place_to_write_about(one_street):
    with inside(one_street.world.app()):
        factories.case(db.session(), "Chưa rõ ai")
        factories.commit()
    page = one_street.hanh.get("/cases/F0-0002/notice")
    assert page.status_code == 200 and "Ca này chưa có nơi nào." in page.text
    answer = one_street.post(one_street.hanh, "/cases/F0-0002/notice", place="x", severity="watch", words_vi="x")
    assert answer.status_code == 422
