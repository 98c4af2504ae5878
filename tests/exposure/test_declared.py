"""A case opened from a declaration: wherever an officer reads one, filled with what was told, and bound to it."""

import html as entities
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.calls import service as calls
from checkin.calls.journeys import ILL, Journey
from checkin.calls.models import StationCall
from checkin.cases.models import Case, CaseStep
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.exposure import second
from checkin.ids import new_id
from checkin.visits.models import Visit
from tests import cast, factories
from tests.conftest import NOW
from tests.exposure.test_case_pages import find, linked, post
from tests.fuzz import cheap
from tests.worlds import inside, vault_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COLLEAGUE = ("minh@cdc", "đồng nghiệp ở CDC tỉnh")
ILL_SINCE = clock.to_local(NOW - 3 * DAY).date()
TODAY = clock.to_local(NOW).date()


@pytest.fixture
def town(world):
    """A market where the neighbour coughs, the citizen is well; the citizen said at home that they are ill."""
    # On PostgreSQL the pages ask as the role of their own tier.
    app, staff = world.app(), world.app("staff")
    with clock.fixed(NOW), cheap.passwords():
        with inside(app):
            session, vault = db.session(), vault_of(app)
            for role, who in (("cdc", cast.CDC), ("cdc", COLLEAGUE)):
                factories.account(session, vault, role, who)
            market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
            factories.check_in(app, session, vault, market, cast.healthy(), at=NOW - 2 * HOUR)
            factories.check_in(app, session, vault, market, cast.coughing(cast.NEIGHBOUR), at=NOW - 2 * HOUR)
            how = {"now": NOW - HOUR, "rules": factories.rules(app), "submission_id": new_id(NOW)}
            calls.declare(session, vault, told=cast.coughing(), journey=Journey(kind=ILL, day=ILL_SINCE), **how)
            factories.case(session)
            factories.commit()
        app.extensions["staff pages"] = staff
        yield app


@pytest.fixture
def officer(town):
    return signed_in(town, cast.CDC)


def signed_in(town, who):
    client = town.extensions["staff pages"].test_client()
    factories.sign_in(client, who)
    return client


def buttons(page):
    """Where the buttons of a page lead: (address, person, declaration)."""
    found = re.findall(
        r'action="(/cases/[^"]*declared[^"]*)">.*?name="person" value="([^"]+)">.*?name="declaration" value="([^"]+)"',
        page,
    )
    return [(action, {"person": person, "declaration": told}) for action, person, told in found]


def fields(page):
    """What the form of the page says, as a browser would send it."""
    form = re.search(r'<form class="card ask".*?</form>', page, re.S)[0]
    sent = dict(re.findall(r'<input type="(?:hidden|text|date)"[^>]*name="(\w+)" value="([^"]*)"', form))
    sent |= dict(re.findall(r'name="(title|onset_on|sample_on|isolated_on)" value="([^"]*)"', form))
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        sent[name] = chosen[1]
    sent["symptoms"] = re.findall(r'name="symptoms" value="(\w+)" checked', form)
    return {name: entities.unescape(value) if isinstance(value, str) else value for name, value in sent.items()}


def of_place(officer):
    sent = {
        "venue": "Chợ Hạ Long 1",
        "case": "F0-0001",
        "reason": "Truy vết",
        "start": at(NOW - 3 * HOUR),
        "end": at(NOW),
    }
    return post(officer, "/lookup/place", **sent).location


def at(moment):
    return clock.to_local(moment).strftime("%Y-%m-%dT%H:%M")


def made(town, seq=2):
    with inside(town):
        case = db.session.scalars(sa.select(Case).where(Case.seq == seq)).one_or_none()
        if case is not None:
            db.session.expunge(case)
        return case


def link_step(town, case):
    with inside(town):
        query = sa.select(CaseStep.detail).where(CaseStep.case_id == case.id, CaseStep.what == "link")
        return db.session.scalars(query).one()


def told_at_home(officer):
    """The button beside what the citizen declared at home, on their time line."""
    page = find(officer)
    html = officer.get(page).text
    assert "Tờ khai không gắn với địa điểm" in html and "Báo không khoẻ" in html
    (button,) = buttons(html)
    return button


def test_from_the_time_line_of_a_person_the_form_is_filled_with_what_they_told(town, officer):
    action, asked = told_at_home(officer)
    page = post(officer, action, **asked)
    assert page.status_code == 200
    for words in (cast.CITIZEN.full_name, "0912 345 678", "Phường Hà Tu", f"từ ngày {ILL_SINCE:%d/%m/%Y}"):
        assert words in page.text
    filled = fields(page.text)
    assert filled["onset_on"] == ILL_SINCE.isoformat() and filled["symptoms"] == ["cough"]
    assert (filled["commune"], filled["state"]) == (factories.HA_TU, "suspected")
    assert cast.CITIZEN.full_name not in filled["title"] and "Hà Tu" in filled["title"]
    done = post(officer, action, **filled)
    assert done.status_code == 303 and done.location.endswith("/cases/F0-0002")
    case = made(town)
    assert (case.onset_on, case.symptoms, case.commune_id, case.state) == (
        ILL_SINCE,
        ["cough"],
        factories.HA_TU,
        "suspected",
    )
    detail = link_step(town, case)
    with inside(town):
        told = db.session.scalars(sa.select(Declaration).where(Declaration.person_id == case.person_id)).all()
        (own,) = [one for one in told if str(one.id) == asked["declaration"]]
        assert detail == {"lookup": "TC-000001", "declared": [own.made_at.isoformat(), asked["declaration"]]}
    # Another officer reads where it came from.
    other = signed_in(town, COLLEAGUE)
    assert re.search(r"Mở từ tờ khai</dt><dd>.*?thấy ở TC-000001", other.get("/cases/F0-0002").text, re.S)
    assert "Từ tờ khai lúc" in other.get("/cases/F0-0002/facts").text


def test_that_a_declaration_is_read_is_on_record_before_it_is_shown(town, officer):
    action, asked = told_at_home(officer)
    with inside(town):
        before = db.session.scalar(sa.select(sa.func.max(AuditEntry.seq)))
    post(officer, action, **asked)
    with inside(town):
        query = (
            sa.select(AuditEntry.action, AuditEntry.subject, AuditEntry.rows)
            .order_by(AuditEntry.seq)
            .where(AuditEntry.seq > before)
        )
        assert [tuple(row) for row in db.session.execute(query.order_by(AuditEntry.seq))] == [
            ("lookup.read", "TC-000001", 1),
            ("lookup.shown", "TC-000001", 1),
        ]


def test_from_the_list_of_a_place_a_cough_at_the_door_counts_from_that_day(town, officer):
    page = of_place(officer)
    (button,) = buttons(officer.get(page).text)
    action, asked = button
    form = post(officer, action, **asked)
    assert cast.NEIGHBOUR.full_name in form.text
    filled = fields(form.text)
    assert filled["onset_on"] == TODAY.isoformat()
    # The officer knows better than the form.
    done = post(officer, action, **filled | {"onset_on": (TODAY - DAY).isoformat(), "title": "Người bán cá"})
    assert done.location.endswith("/cases/F0-0002")
    case = made(town)
    assert (case.title, case.onset_on) == ("Người bán cá", TODAY - DAY)
    assert link_step(town, case)["declared"][1] == asked["declaration"]


def test_from_the_people_of_a_case_and_from_what_a_contact_declared(town, officer):
    linked(officer)
    listed = post(officer, "/cases/F0-0001/lookup", reason="Cần gọi").location
    html = officer.get(listed).text
    (button,) = buttons(html)
    shown = re.findall(r'name="shown" value="([^"]+)"', html)
    post(officer, listed.replace("/lookup/", "/cases/assign/"), page="1", shown=shown, all="y")
    contact = re.search(r"/cases/F0-0001/contacts/[0-9a-f-]{36}", officer.get(listed).text)[0]
    html = officer.get(f"{contact}/movements").text
    (of_contact,) = buttons(html)
    assert of_contact[1]["declaration"] == button[1]["declaration"]
    for action, asked in (button, of_contact):
        assert cast.NEIGHBOUR.full_name in post(officer, action, **asked).text
    done = post(officer, of_contact[0], **fields(post(officer, of_contact[0], **of_contact[1]).text))
    assert done.location.endswith("/cases/F0-0002")
    assert link_step(town, made(town))["lookup"] == "F0-0001"


def test_who_is_an_open_case_is_offered_with_who_opened_it(town, officer):
    action, asked = told_at_home(officer)
    filled = fields(post(officer, action, **asked).text)
    other = signed_in(town, COLLEAGUE)
    theirs, told = told_at_home(other)
    post(other, theirs, **fields(post(other, theirs, **told).text) | {"title": "Của Minh"})
    late = post(officer, action, **filled | {"title": "Của Hạnh"})
    assert late.status_code == 409 and "minh@cdc mở ca F0-0002" in late.text
    assert 'href="/cases/F0-0002"' in late.text and 'value="Của Hạnh"' in late.text
    first = post(officer, action, **asked)
    assert first.status_code == 200 and "minh@cdc mở ca F0-0002" in first.text and 'name="title"' not in first.text
    assert made(town, 3) is None and made(town).title == "Của Minh"


def test_a_declaration_that_was_deleted_meanwhile_is_said_and_what_was_typed_stays(town, officer):
    action, asked = told_at_home(officer)
    filled = fields(post(officer, action, **asked).text) | {"title": "Ca ở nhà máy"}
    with inside(town):
        for table in (StationCall, Declaration):
            db.session.execute(sa.delete(table))
        db.session.commit()
    late = post(officer, action, **filled)
    assert late.status_code == 409 and "vừa bị xoá" in late.text and 'value="Ca ở nhà máy"' in late.text
    assert made(town) is None
    again = post(officer, action, **fields(late.text))
    assert again.location.endswith("/cases/F0-0002") and "declared" not in link_step(town, made(town))
    gone = post(officer, action, **asked)
    assert gone.status_code == 303 and "Tờ khai này không còn" in officer.get(gone.location).text


def test_who_is_no_more_in_the_lookup_is_said_and_no_case_opened(town, officer):
    (button,) = buttons(officer.get(of_place(officer)).text)
    action, asked = button
    with inside(town):
        db.session.execute(sa.delete(Visit))
        db.session.commit()
    gone = post(officer, action, **asked, title="Ca")
    assert gone.status_code == 303 and "không còn trong tra cứu này" in officer.get(gone.location).text
    assert made(town) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sample_on": (TODAY - 5 * DAY).isoformat()}, "Khởi phát sau ngày lấy mẫu"),
        ({"onset_on": (TODAY + DAY).isoformat()}, "Ngày này chưa tới"),
        ({"isolated_on": (TODAY - 9 * DAY).isoformat()}, "Ngày cách ly trước cả"),
        ({"title": " "}, "Đặt tên gọi"),
        ({"title": "x" * 121}, "Dài quá"),
        ({"disease": "dịch lạ"}, "Chọn một mục"),
        ({"commune": "99999"}, "Chọn một mục"),
        ({"symptoms": ["cough", "none"]}, "bỏ “Không có triệu chứng”"),
        ({"onset_on": "hôm kia"}, "Ghi ngày, tháng, năm"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(town, officer, change, words):
    action, asked = told_at_home(officer)
    filled = fields(post(officer, action, **asked).text) | {"isolated_on": ""}
    wrong = post(officer, action, **filled | change)
    assert wrong.status_code == 422 and words in wrong.text and made(town) is None
    if "sample_on" in change:
        assert post(officer, action, **filled | change, sure="y").status_code == 303


@pytest.mark.parametrize("asked", [{}, {"person": "x"}, {"person": "0" * 32, "declaration": "'; --"}])
def test_nonsense_opens_nothing(town, officer, asked):
    action, _ = told_at_home(officer)
    assert post(officer, action, **asked).status_code in (303, 404) and made(town) is None


def test_of_a_list_that_a_second_person_has_not_let_out_nobody_is_opened(town, officer, monkeypatch):
    (button,) = buttons(officer.get(of_place(officer)).text)
    monkeypatch.setattr(second, "wants_reading", lambda _session, lookup: True)
    assert post(officer, button[0], **button[1], title="Ca").status_code == 404 and made(town) is None


def test_nobody_is_opened_whom_the_lookup_does_not_show(town, officer):
    (of_neighbour,) = buttons(officer.get(of_place(officer)).text)
    action, _ = told_at_home(officer)
    foreign = post(officer, action, **of_neighbour[1], title="Ca")
    assert foreign.status_code == 303 and made(town) is None


def test_a_case_of_before_steps_were_written_down_is_said_without_who_opened_it(town, officer):
    action, asked = told_at_home(officer)
    filled = fields(post(officer, action, **asked).text)
    post(officer, action, **filled)
    with inside(town):
        db.session.execute(sa.delete(CaseStep))
        db.session.commit()
    again = post(officer, action, **filled)
    assert again.status_code == 409 and "Người này đã là một ca đang mở." in again.text
    assert filled["title"] in again.text
