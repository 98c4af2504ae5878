"""The officer's pages: a reason, a list, two people side by side, joined and parted by hand."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.doubles import finding
from checkin.exposure.models import Lookup
from checkin.joins.models import Pair, joined
from checkin.me.models import Reading
from checkin.visits.models import Visit
from tests import cast, factories
from tests.conftest import NOW
from tests.fuzz import cheap
from tests.worlds import inside, vault_of

OLD, NEW = "Nguyễn Thị Ánh Tuyết", "Nguyễn Thị Anh Tuyết"
CHILD = "Nguyễn Bảo An"
BECAUSE = "Hai tờ khai cùng một số căn cước"


@pytest.fixture
def town(sqlite):
    """Somebody who told her id number twice, once with her name and year mistyped; and a child on her phone."""
    app = sqlite.app()
    with clock.fixed(NOW), cheap.passwords():
        with inside(app):
            session, vault = db.session(), vault_of(app)
            factories.account(session, vault, "cdc", cast.CDC)
            shop = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
            again = replace(cast.CITIZEN, full_name=NEW, birth_year=1986, phone="+84904118999", address="")
            child = replace(cast.CITIZEN, full_name=CHILD, birth_year=2019, id_number="")
            for number, who in enumerate((cast.CITIZEN, again, child)):
                at = NOW - timedelta(hours=5 - number)
                factories.check_in(app, session, vault, shop, cast.healthy(who), at=at)
            factories.commit()
        yield app


def search(app):
    with inside(app):
        finding.find(db.session(), vault_of(app), now=NOW, rules=factories.rules(app))


def signed_in(app):
    client = app.test_client()
    factories.sign_in(client, cast.CDC)
    return client


def begin(client):
    token = factories.token(client, "/doubles/")
    return client.post("/doubles/", data={"csrf_token": token, "reason": "Rà hằng tuần"}).location


def pair_of(client, page, **asked):
    return re.findall(rf'href="({page}/[0-9a-f-]{{36}})"', client.get(page, query_string=asked).text)


def say(client, page, what, reason=BECAUSE, seen=None):
    html = client.get(page).text
    fields = {"csrf_token": factories.hidden(html, "csrf_token"), "seen": seen or factories.hidden(html, "seen")}
    return client.post(page, data=fields | {"what": what, "reason": reason}, follow_redirects=True)


def count(app, table, *where):
    with inside(app):
        return db.session.scalar(sa.select(sa.func.count()).select_from(table).where(*where))


def by_person(client, phone):
    asked = {"case": "signal", "signal": "Nghi ngờ", "reason": "Tìm người", "phone": phone}
    return client.post(
        "/lookup/person", data={"csrf_token": factories.token(client, "/lookup/"), **asked}, follow_redirects=True
    ).text


def test_nothing_waits_before_the_first_search_and_a_reason_opens_the_lists(town):
    client = signed_in(town)
    page = client.get("/doubles/").text
    assert "Chưa tìm lần nào" in page and OLD not in page
    refused = client.post("/doubles/", data={"csrf_token": factories.token(client, "/doubles/"), "reason": "vì"})
    assert refused.status_code == 422 and "Lý do ngắn quá" in refused.text
    empty = client.get(begin(client)).text
    assert "Không có cặp nào ở đây" in empty
    assert count(town, AuditEntry, AuditEntry.action == "doubles.read") == 0  # nobody was read


def test_a_list_opens_names_only_after_the_log_has_it_and_the_visitors_are_told(town):
    search(town)
    client = signed_in(town)
    assert ">1</b>" in re.sub(r"\s+", "", client.get("/lookup/").text)  # the child on her phone is not counted
    page = begin(client)
    shown = client.get(page).text
    assert OLD in shown and NEW in shown and "Số giấy tờ" in shown and CHILD not in shown
    family = client.get(page, query_string={"list": "family"}).text
    assert CHILD in family and "Năm sinh cách nhau 34 năm: có lẽ là người nhà" in family
    assert count(town, AuditEntry, AuditEntry.action == "doubles.read") == 2
    assert count(town, Reading, Reading.shown_from > NOW) == 3
    with inside(town):
        (lookup,) = db.session.scalars(sa.select(Lookup))
        assert (lookup.kind, lookup.reason, lookup.case_id) == ("doubles", "Rà hằng tuần", None)
    # The record leads back to the lists, and there is no file of it.
    assert client.get(f"/lookup/{lookup.id}").location.endswith(page)
    token = factories.token(client, "/account")
    assert client.post(f"/lookup/{lookup.id}/export.csv", data={"csrf_token": token}).status_code == 404


def test_side_by_side_differences_are_words(town):
    search(town)
    client = signed_in(town)
    (page,) = pair_of(client, begin(client))
    shown = re.sub(r"<[^>]*>", "", client.get(page).text)
    for words in (
        "giống nhau",
        "khác nhau",
        "chỉ khác dấu",
        "một bên chưa khai",
        "1 lượt vào, 1 tờ khai",
        "022185001234",
    ):
        assert words in shown, words


def test_joined_by_hand_both_are_found_by_either_phone_and_parted_neither(town):
    search(town)
    client = signed_in(town)
    (page,) = pair_of(client, begin(client))
    assert "Ghi lý do" in say(client, page, "join", reason="").text
    done = say(client, page, "join")
    assert "Đã gộp" in done.text and BECAUSE in done.text and "Tách lại hai hồ sơ" in done.text
    for phone in ("0904118999", "0912345678"):
        found = by_person(client, phone)
        assert "Gộp từ 2 hồ sơ" in found and "2 lượt" in found
    assert "Đã tách" in say(client, page, "part", reason="Nhầm").text
    assert "Gộp từ" not in by_person(client, "0904118999") and count(town, joined) == 0
    history = client.get(page).text
    assert BECAUSE in history and "Nhầm" in history
    with inside(town):
        said = db.session.scalars(
            sa.select(AuditEntry.action).order_by(AuditEntry.seq).where(AuditEntry.action.like("doubles.%"))
        )
        assert {"doubles.join", "doubles.part"} <= set(said)


def test_the_second_of_two_officers_keeps_what_was_typed_and_sees_what_happened(town):
    search(town)
    client = signed_in(town)
    (page,) = pair_of(client, begin(client))
    say(client, page, "join")
    late = say(client, page, "apart", reason="Hai chị em", seen="0")
    assert late.status_code == 409 and "làm trước bạn, lúc" in late.text
    assert 'value="Hai chị em"' in late.text and BECAUSE in late.text
    assert say(client, page, "apart", seen="nonsense").status_code == 409
    assert say(client, page, "join", seen="1").status_code == 409  # joined already
    assert say(client, page, "nothing").status_code == 400


def test_two_people_said_to_be_two_are_offered_no_more(town):
    search(town)
    client = signed_in(town)
    start = begin(client)
    (page,) = pair_of(client, start)
    assert "Đã ghi là hai người" in say(client, page, "apart").text
    search(town)
    assert pair_of(client, start, list="id") == []
    assert pair_of(client, start, list="apart") == [page]


def test_two_open_cases_are_refused_with_their_numbers(town):
    search(town)
    client = signed_in(town)
    (page,) = pair_of(client, begin(client))
    with inside(town):
        session = db.session()
        for person in {visit.person_id for visit in session.scalars(sa.select(Visit))}:
            case = factories.case(session)
            case.person_id = person
        factories.commit()
    refused = say(client, page, "join")
    assert refused.status_code == 409 and "hai ca đang mở (F0-000" in refused.text
    assert count(town, Pair, Pair.state == "same") == 0


@pytest.mark.parametrize(
    "path", ["?list=nothing", "?after=1", "?after=00000000-0000-0000-0000-000000000000&list=name", "/{none}"]
)
def test_what_is_not_there_is_not_found(town, path):
    client = signed_in(town)
    page = begin(client)
    assert client.get(page + path.format(none="00000000-0000-0000-0000-000000000000")).status_code == 404
    assert client.get("/doubles/00000000-0000-0000-0000-000000000000").status_code == 404


def test_many_pairs_are_paged_by_key(town, monkeypatch):
    monkeypatch.setattr("checkin.doubles.views.PAGE", 1)
    search(town)
    with inside(town):
        session = db.session()
        for pair in session.scalars(sa.select(Pair)):
            pair.likeness = 1
        factories.commit()
    client = signed_in(town)
    page = begin(client)
    seen, at = [], page
    while at:
        html = client.get(at).text
        seen += re.findall(rf'href="({page}/[0-9a-f-]{{36}})"', html)
        more = re.search(r'href="([^"]+)" rel="next"', html)
        at = more and more[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == count(town, Pair) > 1
