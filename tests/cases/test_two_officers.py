"""Two on one person at the same moment: one is taken, the other reads who did what and when, and loses nothing typed."""

import contextvars
import re
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.cases.models import Case, CaseStep
from checkin.contacts.models import ContactCheck, ContactStep
from checkin.db import db
from tests import cast, factories
from tests.conftest import NOW
from tests.contacts.conftest import AWAY, COLLEAGUE, HERE, OTHER, Given
from tests.contacts.conftest import staff as staff
from tests.worlds import inside, vault_of

pytestmark = pytest.mark.usefixtures("staff")

SECOND_AT_STATION = ("lien@tram", "đồng nghiệp ở trạm Hà Tu")
THEN = "10:30 20/11/2026"


@pytest.fixture
def given(world):
    """On each database: two officers of the CDC, two accounts of the station of Hà Tu, one of Hồng Gai."""
    with clock.fixed(NOW):
        made = Given(world)
        with inside(made.app):
            session, vault = db.session(), vault_of(made.app)
            factories.account(session, vault, "commune", SECOND_AT_STATION, factories.HA_TU)
            market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
            factories.check_in(made.app, session, vault, market, cast.coughing(), at=NOW - timedelta(hours=1))
            factories.commit()
        yield made


def at_once(given, *posts):
    """Post each of (client, path, fields) from a thread of its own, all at the same moment; the answers in order."""
    ready, answers = threading.Barrier(len(posts)), [None] * len(posts)
    tokens = [factories.token(client, "/account") for client, *_ in posts]

    def send(number, client, path, fields):
        ready.wait()
        answers[number] = client.post(path, data={"csrf_token": tokens[number], **fields})

    threads = [
        threading.Thread(target=contextvars.copy_context().run, args=(send, number, *one))
        for number, one in enumerate(posts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def won(answers, names, taken=303):
    """(who was taken, who was late, the page of the late one)."""
    first = [number for number, answer in enumerate(answers) if answer.status_code == taken]
    assert len(first) == 1, [answer.status_code for answer in answers]
    (late,) = {0, 1} - set(first)
    return names[first[0]], names[late], answers[late].text


def steps(given, table, *conditions):
    with given.session() as session:
        return session.execute(sa.select(table).where(*conditions)).scalars().all()


def both(given, *who):
    return [given.signed_in(one) for one in who]


def test_two_officers_decide_on_one_contact(given):
    clients, page = both(given, cast.CDC, COLLEAGUE), given.page(HERE)
    said = [
        {"seen": 1, "stage": "f1", "reason": "Ngồi cùng bàn"},
        {"seen": 1, "stage": "not", "reason": "Chỉ đi ngang"},
    ]
    answers = at_once(given, *((client, f"{page}/decide", one) for client, one in zip(clients, said, strict=True)))
    first, late, text = won(answers, ["hanh@cdc", "minh@cdc"])
    kept = said[0 if first == "hanh@cdc" else 1]
    lost = said[0 if late == "hanh@cdc" else 1]
    name = {"f1": "F1", "not": "Không phải F1"}[kept["stage"]]
    assert f"{first} làm trước bạn, lúc {THEN}: CDC quyết định → {name}." in text
    assert f'value="{lost["reason"]}"' in text and f'value="{lost["stage"]}" id=' in text
    rows = steps(given, ContactStep, ContactStep.contact_id == given.one(HERE).id, ContactStep.what == "decide")
    assert [(one.by_name, one.stage, one.number) for one in rows] == [(first, kept["stage"], 2)]
    assert (given.one(HERE).stage, given.one(HERE).version) == (kept["stage"], 2)
    # Having read it, the second one may go on.
    again = given.act(clients[0 if late == "hanh@cdc" else 1], f"{page}/decide", **lost | {"seen": 2})
    assert again.status_code == 200 and given.one(HERE).version == 3


def test_two_of_one_station_note_a_call(given):
    clients, page = both(given, cast.COMMUNE, SECOND_AT_STATION), given.page(HERE, station=True)
    said = [
        {"seen": 1, "result": "refused", "note": "Cúp máy"},
        {"seen": 1, "result": "not_reached", "note": "Không nghe"},
    ]
    answers = at_once(given, *((client, f"{page}/call", one) for client, one in zip(clients, said, strict=True)))
    first, late, text = won(answers, ["giang@tram", "lien@tram"])
    name = {"giang@tram": "Từ chối trả lời", "lien@tram": "Chưa gọi được"}[first]
    assert f"{first} làm trước bạn, lúc {THEN}: Gọi – {name} → Cần gọi." in text
    assert {"giang@tram": "Cúp máy", "lien@tram": "Không nghe"}[late] in text
    rows = steps(given, ContactStep, ContactStep.contact_id == given.one(HERE).id, ContactStep.what == "call")
    assert [one.by_name for one in rows] == [first]
    assert given.one(HERE).taken_by_name == first


def test_a_station_that_is_later_than_the_cdc_reads_what_was_done_and_no_officers_name(given):
    (station,) = both(given, cast.COMMUNE)
    given.make_f1(given.signed_in(cast.CDC), HERE)
    late = given.act(station, f"{given.page(HERE, station=True)}/call", seen=1, result="refused", note="Bận")
    assert late.status_code == 409
    assert f"CDC làm trước bạn, lúc {THEN}: CDC quyết định → F1." in late.text and "hanh@cdc" not in late.text


def test_two_officers_give_one_contact_to_two_stations(given):
    clients, page = both(given, cast.CDC, COLLEAGUE), given.page(AWAY)
    said = [{"seen": 1, "to": home, "give_note": home} for home in (factories.HA_TU, factories.HONG_GAI)]
    answers = at_once(given, *((client, f"{page}/give", one) for client, one in zip(clients, said, strict=True)))
    first, late, text = won(answers, ["hanh@cdc", "minh@cdc"])
    homes = {"hanh@cdc": factories.HA_TU, "minh@cdc": factories.HONG_GAI}
    assert f"{first} làm trước bạn, lúc {THEN}: Đã giao cho trạm y tế → Cần gọi." in text
    assert f'value="{homes[late]}" selected' in text
    rows = steps(given, ContactStep, ContactStep.contact_id == given.one(AWAY).id, ContactStep.what == "give")
    assert [(one.by_name, one.answers) for one in rows] == [(first, [f"to={homes[first]}"])]
    assert given.one(AWAY).commune_id == homes[first]
    lists = {who: given.signed_in(who).get("/station/").text for who in (cast.COMMUNE, OTHER)}
    assert [AWAY in lists[who] for who in (cast.COMMUNE, OTHER)] == [first == "hanh@cdc", first == "minh@cdc"]


def test_a_station_typing_about_somebody_who_is_given_to_another_one_keeps_what_it_typed(given):
    station, officer = both(given, cast.COMMUNE, cast.CDC)
    page = given.page(HERE, station=True)
    given.act(officer, f"{given.page(HERE)}/give", seen=1, to=factories.HONG_GAI)
    late = given.act(station, f"{page}/call", seen=1, result="refused", note="Hẹn <chiều> gọi lại")
    assert late.status_code == 404 and "CDC vừa nhận lại hoặc giao họ cho nơi khác" in late.text
    assert "Hẹn &lt;chiều&gt; gọi lại" in late.text and HERE not in late.text
    assert given.one(HERE).version == 2


def test_two_officers_change_the_facts_of_one_case(given):
    clients = both(given, cast.CDC, COLLEAGUE)
    seen = factories.hidden(clients[0].get("/cases/F0-0001/facts").text, "seen")
    facts = {"seen": seen, "disease": "covid-19", "state": "confirmed", "onset_on": "2026-11-18"}
    posts = [
        (client, "/cases/F0-0001/facts", facts | {"title": title})
        for client, title in zip(clients, ("Chợ cá", "Chợ rau"), strict=True)
    ]
    first, late, text = won(at_once(given, *posts), ["hanh@cdc", "minh@cdc"])
    titles = {"hanh@cdc": "Chợ cá", "minh@cdc": "Chợ rau"}
    assert f"{first} làm trước bạn, lúc {THEN}: Sửa điều đã biết; " in text and f"→ {titles[first]}" in text
    assert f'value="{titles[late]}"' in text
    (case,) = steps(given, Case)
    changes = steps(given, CaseStep, CaseStep.what == "facts")
    assert case.title == titles[first] and [one.by_name for one in changes] == [first]


def test_two_officers_open_a_case_of_one_person(given):
    clients, posts = both(given, cast.CDC, COLLEAGUE), []
    for client, title in zip(clients, ("Ca của Hạnh", "Ca của Minh"), strict=True):
        asked = {"case": "signal", "signal": "Tin báo", "reason": "Tìm người bệnh", "phone": "0912345678"}
        made = client.post("/lookup/person", data={"csrf_token": factories.token(client, "/account"), **asked})
        person = factories.hidden(client.get(made.location).text, "person")
        fields = {
            "person": person,
            "title": title,
            "disease": "covid-19",
            "state": "confirmed",
            "onset_on": "2026-11-19",
        }
        posts.append((client, made.location.replace("/lookup/", "/cases/found/"), fields))
    first, late, text = won(at_once(given, *posts), ["hanh@cdc", "minh@cdc"])
    titles = {"hanh@cdc": "Ca của Hạnh", "minh@cdc": "Ca của Minh"}
    assert f"{first} mở ca F0-0002 lúc {THEN}" in text and 'href="/cases/F0-0002"' in text
    assert f'value="{titles[late]}"' in text and 'value="2026-11-19"' in text
    (made,) = steps(given, Case, Case.person_id.is_not(None))
    assert made.title == titles[first] and len(steps(given, Case)) == 2
    assert [one.by_name for one in steps(given, CaseStep, CaseStep.what == "link")] == [first]


def test_two_officers_open_a_case_of_one_f1(given):
    clients, page = both(given, cast.CDC, COLLEAGUE), given.page(HERE)
    given.make_f1(clients[0], HERE)
    fields = {"disease": "covid-19", "state": "confirmed", "sample_on": "2026-11-20"}
    posts = [
        (client, f"{page}/case", fields | {"title": title})
        for client, title in zip(clients, ("Một", "Hai"), strict=True)
    ]
    first, late, text = won(at_once(given, *posts), ["hanh@cdc", "minh@cdc"])
    assert f"{first} mở ca F0-0002 lúc {THEN}" in text
    assert f'value="{ {"hanh@cdc": "Một", "minh@cdc": "Hai"}[late] }"' in text
    assert len(steps(given, Case)) == 2


def test_two_officers_take_the_person_off_a_case(given):
    clients = both(given, cast.CDC, COLLEAGUE)
    with given.session() as session:
        session.scalars(sa.select(Case)).one().person_id = given.ids[AWAY]
        session.commit()
    answers = at_once(given, *((client, "/cases/F0-0001/unlink", {}) for client in clients))
    assert [answer.status_code for answer in answers] == [303, 303]
    (step,) = steps(given, CaseStep, CaseStep.what == "unlink")
    late = clients[1 if step.by_name == "hanh@cdc" else 0]
    assert f"{step.by_name} làm trước bạn, lúc {THEN}: Gỡ người." in late.get("/cases/F0-0001").text


def test_two_officers_end_one_case_in_two_ways(given):
    clients = both(given, cast.CDC, COLLEAGUE)
    (case,) = steps(given, Case)
    posts = [
        (client, "/cases/F0-0001/state", {"state": state, "seen": case.version})
        for client, state in zip(clients, ("recovered", "died"), strict=True)
    ]
    answers = at_once(given, *posts)
    (step,) = steps(given, CaseStep, CaseStep.what == "state")
    late = 1 if step.by_name == "hanh@cdc" else 0
    assert answers[late].location.endswith("/cases/F0-0001/facts#history")
    shown = clients[late].get("/cases/F0-0001/facts").text
    assert f"{step.by_name} vừa sửa ca F0-0001 lúc {THEN}" in shown
    assert steps(given, Case)[0].state == {"hanh@cdc": "recovered", "minh@cdc": "died"}[step.by_name]


def test_two_of_one_station_say_how_an_f1_is(given):
    clients = both(given, cast.COMMUNE, SECOND_AT_STATION)
    given.make_f1(given.signed_in(cast.CDC), HERE)
    path = f"/station/quarantine/{given.one(HERE).id}/health"
    answers = at_once(
        given,
        *((client, path, {"seen": 0, "said": said}) for client, said in zip(clients, ("well", "ill"), strict=True)),
    )
    assert {answer.status_code for answer in answers} == {303}
    (row,) = steps(given, ContactCheck)
    late = clients[1 if row.by_name == "giang@tram" else 0]
    said = {"well": "Khoẻ", "ill": "Ốm"}[row.said]
    assert (
        f"{row.by_name} làm trước bạn, lúc {THEN}: 20/11/2026 – {said}."
        in late.get(given.page(HERE, station=True)).text
    )


def test_two_of_one_station_work_on_one_declaration(given):
    clients = both(given, cast.COMMUNE, SECOND_AT_STATION)
    page = re.search(r'href="(/station/people/[0-9a-f-]{36})"', clients[0].get("/station/").text)[1]
    seen = factories.hidden(clients[0].get(page).text, "seen")
    said = [
        {"seen": seen, "result": "reached", "note": "Đã dặn"},
        {"seen": seen, "result": "not_reached", "note": "Máy bận"},
    ]
    answers = at_once(given, *((client, f"{page}/call", one) for client, one in zip(clients, said, strict=True)))
    first, late, text = won(answers, ["giang@tram", "lien@tram"])
    assert f"{first} làm trước bạn, lúc {THEN}: Gọi" in text, re.findall(r"notice warn[^<]*<?[^<]*", text)
    assert {"giang@tram": "Đã dặn", "lien@tram": "Máy bận"}[late] in text
    # One hands them over while the other types.
    moved = given.act(
        clients[0], f"{page}/move", seen=int(seen) + 1, to=factories.HONG_GAI, move_note="Đang ở Hồng Gai"
    )
    assert moved.status_code == 200
    gone = given.act(clients[1], f"{page}/call", seen=int(seen) + 1, result="reached", note="Vừa gọi xong")
    assert gone.status_code == 404 and f"giang@tram đã chuyển người này sang trạm khác lúc {THEN}" in gone.text
    assert "Vừa gọi xong" in gone.text
