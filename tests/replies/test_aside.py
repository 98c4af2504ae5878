"""An answer that is plain nonsense is set aside with a reason: out of the list, never deleted by that, and undone."""

import html
import re
from uuid import UUID

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.contacts.models import Contact
from checkin.db import db
from checkin.errors import DomainError
from checkin.replies import service
from checkin.replies.models import NoticeAnswer
from tests import factories
from tests.conftest import NOW
from tests.notices.street import AN
from tests.replies.test_answers import ANSWERS, MINUTE, NAME, answer, rows, ticks
from tests.worlds import inside

NONSENSE, WHY = "Vịt Donald", "Tên không có thật, gọi số không ai biết"
ASIDE, BACK = f"{ANSWERS}/aside", f"{ANSWERS}/back"


def answers_in(page):
    """Ids of the answers of a page, in its order."""
    return re.findall(r'name="answer" value="([0-9a-f-]{36})"', page)


def shown(client, aside=False):
    page = client.get(f"{ANSWERS}?aside=1" if aside else ANSWERS)
    assert page.status_code == 200
    return html.unescape(page.text)


def log(street):
    query = sa.select(
        AuditEntry.action, AuditEntry.actor, AuditEntry.reason, AuditEntry.rows, AuditEntry.detail
    ).order_by(AuditEntry.seq)
    with inside(street.world.app()):
        found = db.session.execute(query.where(AuditEntry.action.like("case.answers_%")).order_by(AuditEntry.seq))
        return [tuple(row) for row in found]


def two_answers(street):
    """The id of a nonsense answer, beside one that is none."""
    street.out()
    answer(street)
    with clock.fixed(NOW + MINUTE):
        answer(street, full_name=NONSENSE, phone="0912 345 671", symptoms="yes", symptom="cough")
    return answers_in(shown(street.hanh))[0]


def test_nonsense_goes_out_of_the_list_with_a_reason_and_comes_back_whole(street):
    bad = two_answers(street)
    done = street.post(street.hanh, ASIDE, answer=bad, reason=WHY)
    assert done.status_code == 303
    page = shown(street.an)
    assert NAME in page and NONSENSE not in page and "Không hiện: 1" in page
    assert "1 câu trả lời từ 1 số điện thoại" in page
    case = shown_case(street)
    assert "Người trả lời thông báo: 1" in case and "Không hiện: 1" in case
    hidden = shown(street.an, aside=True)
    assert NONSENSE in hidden and WHY in hidden and "hanh@cdc" in hidden and NAME not in hidden
    assert len(rows(street, NoticeAnswer.id)) == 2
    assert street.post(street.an, BACK, answer=bad).status_code == 303
    page = shown(street.hanh)
    assert NONSENSE in page and "Ho" in page and "Không hiện: " not in page
    assert "Không có câu trả lời nào bị bỏ ra" in shown(street.hanh, aside=True)
    assert log(street) == [
        ("case.answers_aside", "hanh@cdc", WHY, 1, {"answers": [bad]}),
        ("case.answers_back", "an@cdc", None, 1, {"answers": [bad]}),
    ]


def shown_case(street):
    return street.hanh.get("/cases/F0-0001").text


def test_without_a_reason_or_without_a_choice_nothing_happens_and_what_was_typed_stays(one_street):
    street = one_street
    bad = two_answers(street)
    for form, said in (
        ({"answer": bad, "reason": " "}, "Ghi lý do"),
        ({"answer": bad, "reason": "x" * 301}, "Dài quá"),
        ({"reason": WHY}, "Chưa chọn câu trả lời nào"),
        ({"answer": "x", "reason": WHY}, "Chưa chọn câu trả lời nào"),
    ):
        page = street.post(street.hanh, ASIDE, **form)
        assert page.status_code == 422 and said in page.text and "reason-error" in page.text
        if form.get("answer") == bad:
            assert f'value="{bad}" checked' in page.text
        assert form["reason"].strip()[:300] in page.text
    assert rows(street, NoticeAnswer.aside_at) == [(None,), (None,)] and log(street) == []
    assert "Chưa chọn câu trả lời nào" in street.hanh.get(street.post(street.hanh, BACK).location).text


def test_whoever_set_it_aside_first_stands_and_answers_of_other_cases_are_left_alone(street):
    bad = two_answers(street)
    with inside(street.world.app()):
        other = factories.case(db.session(), "Một ca khác")
        factories.commit()
        how = {"now": NOW, "actor": factories.SYSTEM, "answers": {UUID(bad)}}
        case = street.case(db.session())
        assert service.set_aside(db.session(), case=other, reason="Ca khác", **how) == 0
        assert service.set_aside(db.session(), case=case, reason="Trước", **how) == 1
        assert service.set_aside(db.session(), case=case, reason="Sau", **how) == 0
        assert service.put_back(db.session(), case=other, **how) == 0
        for nothing in ("", "  "):
            with pytest.raises(DomainError, match="reason"):
                service.set_aside(db.session(), case=case, reason=nothing, **how)
        db.session.commit()
    assert "Trước" in shown(street.hanh, aside=True)
    assert [row[0] for row in log(street)] == ["case.answers_aside"]


def test_of_one_person_one_answer_alone_is_set_aside_and_who_has_none_left_is_given_to_nobody(one_street):
    street = one_street
    street.out()
    answer(street)
    with clock.fixed(NOW + MINUTE):
        answer(street, symptoms="yes", symptom="cough")
    page = shown(street.hanh)
    latest, first = answers_in(page)
    (person,) = ticks(page)
    street.post(street.hanh, ASIDE, answer=latest, reason=WHY)
    page = shown(street.hanh)
    assert answers_in(page) == [first] and "▲" not in page
    street.post(street.hanh, ASIDE, answer=first, reason=WHY)
    assert "Không còn câu trả lời nào trong danh sách" in shown(street.signed_in(AN))
    street.post(street.hanh, ANSWERS, person=person)
    assert rows(street, Contact.id) == []


def test_answers_are_leafed_through_and_whoever_sets_one_aside_or_gives_it_comes_back_to_the_page(street, monkeypatch):
    monkeypatch.setattr("checkin.replies.desk.PAGE", 1)
    two_answers(street)
    first = shown(street.hanh)
    second = html.unescape(street.hanh.get(re.search('href="([^"]*)" rel="next"', first)[1]).text)
    assert NONSENSE in first and NAME in second and NONSENSE not in second
    assert 'rel="next"' not in second and 'rel="prev"' in second
    assert NONSENSE in html.unescape(street.hanh.get(re.search('href="([^"]*)" rel="prev"', second)[1]).text)
    word = factories.hidden(second, "after")
    back = street.post(street.hanh, ANSWERS, person=ticks(second), after=word)
    assert back.status_code == 303 and back.location.endswith(f"/answers?after={word}")
    # Nothing was chosen: the page that was shown, with what is wrong.
    late = street.post(street.hanh, ASIDE, reason=WHY, after=word)
    assert late.status_code == 422 and NAME in html.unescape(late.text) and NONSENSE not in html.unescape(late.text)
    for bad in ("x", "", "A" * 999, "%00", word[:-2]):
        assert NONSENSE in html.unescape(street.hanh.get(f"{ANSWERS}?after={bad}").text), bad
    assert street.post(street.hanh, BACK, after="x" * 9999).status_code == 303
