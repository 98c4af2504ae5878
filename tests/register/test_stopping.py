"""An import can be stopped and gone on with; a file that is too large is refused where it was chosen; two with the
same file are told of each other."""

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.db import db
from checkin.register import queries, running
from checkin.register.models import RegisterImport
from checkin.register.tables import LARGEST
from tests import cast, factories
from tests.conftest import NOW
from tests.register.conftest import TRAM_HA_TU
from tests.register.files import figures, register, row, venues
from tests.worlds import inside

ROWS = [row(name=f"Quán {n}", number=str(1000 + n) if n % 2 else "") for n in range(40)]


@pytest.fixture(autouse=True)
def _at_ten():
    with clock.fixed(NOW):
        yield


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(running, "BATCH", 10)


def stop_after(monkeypatch, batches):
    """Press the button while the job is in its batch of this number."""
    asked, real = [], queries.is_to_stop

    def is_to_stop(session, import_id):
        asked.append(import_id)
        if len(asked) > batches:
            session.execute(sa.update(RegisterImport).where(RegisterImport.id == import_id).values(stop_at=NOW))
            session.commit()
        return real(session, import_id)

    monkeypatch.setattr(queries, "is_to_stop", is_to_stop)


@pytest.mark.parametrize(
    "batches", [pytest.param(0, marks=pytest.mark.long), 1, pytest.param(3, marks=pytest.mark.long)]
)
def test_what_was_done_stays_the_rest_is_named_and_going_on_makes_nothing_twice(
    office, monkeypatch, small_batches, batches
):
    khoa = office.browser(cast.ADMIN)
    page, _ = office.checked(khoa, register(*ROWS))
    with monkeypatch.context() as patch:
        stop_after(patch, batches)
        text = office.post(khoa, page, "load")
    left = 40 - 10 * batches
    assert f"còn {left} dòng chưa nhập" in text and len(venues(office)) == 40 - left
    assert figures(text)["tạo mới" if batches else "dòng trong tệp"] == (40 - left or 40)
    assert figures(text)["không nhập được"] == left
    assert "việc nhập đã dừng trước dòng này" in khoa.get(f"{page}?rows=rejected").text
    assert khoa.get(f"{page}/refused.csv").text.count("việc nhập đã dừng") == left
    text = office.post(khoa, page, "load")
    assert "Đã nhập xong" in text and len(venues(office)) == 40
    assert figures(text)["tạo mới"] == left


def test_what_waits_is_stopped_at_once_and_read_again_when_asked(office):
    khoa = office.browser(cast.ADMIN)
    page = office.send(khoa, register(*ROWS)).location
    assert "Dừng lại" in khoa.get(page).text
    token = factories.token(khoa, page)
    for _ in range(2):
        assert khoa.post(f"{page}/stop", data={"csrf_token": token}).status_code == 303
    assert office.work() == 0
    text = khoa.get(page).text
    assert "Đã dừng theo ý bạn" in text and "Đọc lại tệp" in text and "Việc nhập bị dừng" not in text
    assert figures(office.post(khoa, page, "check"))["tạo mới"] == 40
    # The same of an import that waits: the words and the button are those of an import.
    khoa.post(f"{page}/load", data={"csrf_token": factories.token(khoa, page)})
    khoa.post(f"{page}/stop", data={"csrf_token": factories.token(khoa, page)})
    text = khoa.get(page).text
    assert "Đã dừng theo ý bạn" in text and "Nhập tiếp" in text and "Đọc lại tệp" not in text
    assert figures(office.post(khoa, page, "check"))["tạo mới"] == 40
    # What is over is not stopped any more.
    khoa.post(f"{page}/stop", data={"csrf_token": factories.token(khoa, page)})
    assert "Nhập 40 cơ sở" in khoa.get(page).text


def test_half_a_preview_is_none(office, monkeypatch, small_batches):
    khoa = office.browser(cast.ADMIN)
    page = office.send(khoa, register(*ROWS)).location
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        office.work()
    text = khoa.get(page).text
    assert "Đã dừng theo ý bạn" in text and "tạo mới" not in figures(text)


def test_nobody_stops_the_import_of_another_one(office):
    page = office.send(office.browser(cast.ADMIN), register(*ROWS)).location
    station = office.browser(TRAM_HA_TU)
    answer = station.post(f"{page}/stop", data={"csrf_token": factories.token(station, "/register/")})
    assert answer.status_code == 404
    with inside(office.world.app()):
        assert db.session.scalar(sa.select(RegisterImport.stop_at)) is None


def test_a_file_that_is_too_large_is_refused_on_the_page_where_it_was_chosen(office):
    khoa = office.browser(cast.ADMIN)
    answer = office.send(khoa, b"x" * (LARGEST + 200_000))
    assert answer.status_code == 303
    page = khoa.get(answer.location).text
    assert "Tệp lớn hơn 20 MB" in page and 'id="file-error"' in page and 'name="file"' in page
    stranger = office.app.test_client()
    assert stranger.get(answer.location).location.startswith("/sign-in")


@pytest.mark.long
def test_two_with_the_very_same_file_are_told_of_each_other_and_of_nobody_else(office):
    khoa, station = office.browser(cast.ADMIN), office.browser(TRAM_HA_TU)
    body = register(*ROWS)
    first, second = office.send(khoa, body).location, office.send(station, body).location
    other = office.send(station, register(*ROWS[:-1])).location
    said = "Người khác cũng đang đọc hoặc nhập đúng tệp này"
    assert said in khoa.get(first).text and said in station.get(second).text
    assert said not in station.get(other).text
    office.work()
    assert said not in khoa.get(first).text
