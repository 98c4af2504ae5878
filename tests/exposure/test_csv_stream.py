"""The CSV of a place: sent as it is read, in memory that stays flat, and never short without saying so."""

import csv
import gc
import io
import json
import tracemalloc
import weakref
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.declarations import queries as declarations
from checkin.exposure import exporting, second
from checkin.exposure.asking import Asked
from checkin.exposure.downloads import CutShort
from checkin.exposure.models import Lookup
from checkin.vault import Vault
from tests import cast, factories
from tests.conftest import NOW
from tests.exposure.many import crowd
from tests.exposure.test_export_jobs import log_of
from tests.exposure.test_pages import ask
from tests.worlds import inside, vault_of

PEOPLE = 1250


def fill(world, count):
    app = world.app()
    with inside(app):
        session, vault = factories.db.session(), vault_of(app)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        crowd(app, session, vault, market, count)
        factories.account(session, vault, "cdc", cast.CDC)
        factories.case(session)
        factories.commit()


@pytest.fixture
def officer(world, client):
    fill(world, PEOPLE)
    factories.sign_in(client, cast.CDC)
    return client


def begin(client):
    """The answer to the button, of which nothing is read yet but what was sent at once."""
    page = urlsplit(ask(client).location).path
    csrf = factories.token(client, "/lookup/")
    return client.post(f"{page}/export.csv", data={"csrf_token": csrf}, buffered=False)


def collect(answer, into):
    for part in answer.iter_encoded():
        into.append(part)


def lines_of(body):
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


@pytest.fixture
def opened(monkeypatch):
    """How many details were opened so far."""
    real, seen = Vault.open, []
    monkeypatch.setattr(Vault, "open", lambda self, sealed: seen.append(1) or real(self, sealed))
    return seen


@pytest.mark.long
def test_everybody_comes_once_and_in_the_order_of_the_page(officer, world):
    answer = begin(officer)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="TC-000001.csv"'
    assert "Content-Length" not in answer.headers
    body = answer.data
    assert body.startswith(b"\xef\xbb\xbf") and body.count(b"\xef\xbb\xbf") == 1
    *lines, end = lines_of(body)[1:]
    assert end[0] == "Nguồn" and len(end) == len(lines[0])
    assert "Số dòng: 1.250" in end[1] and f"Người xuất tệp: {cast.CDC[0]}" in end[1] and "F0-0001" in end[1]
    assert [line[0] for line in lines] == [str(number + 1) for number in range(PEOPLE)]
    assert {line[1] for line in lines} == {f"Người Thứ {number}" for number in range(PEOPLE)}
    with inside(world.app()):
        session = factories.db.session()
        lookup = session.scalars(sa.select(Lookup)).one()
        asked = Asked.of(session, lookup)
        people = asked.ranked(session)
        assert people == [one.person_id for one in asked.page(session, PEOPLE + 1).people]
        assert asked.some(session, people[100:0:-1]) == asked.some(session, people)[100:0:-1]
        assert asked.count(session) == PEOPLE


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_the_same_list_comes_as_json_with_the_heads_of_its_columns(officer, world):
    page = urlsplit(ask(officer).location).path
    answer = officer.post(f"{page}/export.json", data={"csrf_token": factories.token(officer, "/lookup/")})
    assert answer.mimetype == "application/json" and answer.headers["Content-Disposition"].endswith('"TC-000001.json"')
    told = json.loads(answer.data)
    assert [one["STT"] for one in told["people"]] == list(range(1, PEOPLE + 1))
    assert {one["Họ và tên"] for one in told["people"]} == {f"Người Thứ {number}" for number in range(PEOPLE)}
    assert told["people"][0]["Vào lúc"].endswith("+07:00") and told["about"]["Số dòng"] == "1.250"
    with inside(world.app()):
        entry = factories.db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        assert (entry.action, entry.rows, entry.detail["whole"]) == ("lookup.sent.json", PEOPLE, True)


def test_the_log_says_how_many_rows_before_the_first_is_sent(officer, world):
    answer = begin(officer)
    assert log_of(world)[-1] == ("lookup.export.csv", PEOPLE)
    answer.close()


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_of_a_list_that_the_reader_breaks_off_the_log_says_how_far_it_came(officer, world):
    for parts_read, rows in ((1, 0), (2, 500)):
        answer = begin(officer)
        parts = answer.iter_encoded()
        for _ in range(parts_read):
            next(parts)
        answer.close()
        assert closing(world) == ("lookup.sent.csv", rows, False, PEOPLE)
    assert len(lines_of(begin(officer).data)) == 1 + PEOPLE + 1
    assert closing(world) == ("lookup.sent.csv", PEOPLE, True, PEOPLE)


def closing(world):
    """The last entry: action, rows, whether whole, of how many; it names the one that it closes."""
    with inside(world.app()):
        entries = factories.db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(2)).all()
        last, opened = entries
        assert last.detail["opens"] == opened.seq and opened.action == "lookup.export.csv"
        return last.action, last.rows, last.detail["whole"], last.detail["of"]


@pytest.mark.long
def test_names_are_opened_as_the_lines_go_out(officer, opened):
    answer = begin(officer)
    parts = answer.iter_encoded()
    assert b"STT" in next(parts) and len(opened) == 0
    for number in (500, 1000, PEOPLE):
        assert next(parts).count(b"\r\n") == number - (number - 1) // 500 * 500
        assert len(opened) == number
    assert [part.startswith("Nguồn,".encode()) for part in parts] == [True]


def test_no_connection_is_held_while_somebody_reads_slowly(officer, world):
    answer = begin(officer)
    parts = answer.iter_encoded()
    next(parts), next(parts)
    with world.app().app_context():
        assert factories.db.engine.pool.checkedout() == 0
    answer.close()


def test_a_list_that_breaks_off_says_so_in_its_last_line_and_ends_in_an_error(officer, monkeypatch, capsys):
    real, calls = declarations.opened, []

    def fail(*args):
        calls.append(1)
        if len(calls) == 3:
            raise sa.exc.OperationalError("SELECT", {}, Exception("Người Thứ 7"))
        return real(*args)

    monkeypatch.setattr(declarations, "opened", fail)
    seen = []
    with pytest.raises(CutShort):
        collect(begin(officer), seen)
    lines = lines_of(b"".join(seen))
    assert len(lines) == 1 + 1000 + 1
    assert lines[-1] == ["DANH SÁCH CHƯA ĐỦ: mới có 1.000 trong 1.250 người. Hãy xuất lại."]
    said = capsys.readouterr()
    assert "list cut short" in said.out and "Người Thứ" not in said.out + said.err


@pytest.mark.long
def test_a_list_that_would_come_out_short_is_never_taken_for_whole(officer, monkeypatch):
    real = exporting.rows
    monkeypatch.setattr(exporting, "rows", lambda *args: real(*args)[:-1])
    with pytest.raises(CutShort):
        list(begin(officer).iter_encoded())


@pytest.mark.long
def test_who_stops_reading_leaves_nothing_open(officer, world):
    answer = begin(officer)
    parts = answer.iter_encoded()
    next(parts), next(parts)
    answer.close()
    with world.app().app_context():
        assert factories.db.engine.pool.checkedout() == 0
    # The next request may write: nothing of the broken one is left.
    assert ask(officer).status_code == 303


@pytest.mark.long
def test_what_was_sent_is_let_go_of_before_more_is_opened(officer, monkeypatch):
    real, made, left = exporting.rows, [], []

    def watched(*args):
        gc.collect()
        left.append(sum(row() is not None for row in made))
        found = real(*args)
        made.extend(map(weakref.ref, found))
        return found

    monkeypatch.setattr(exporting, "rows", watched)
    assert len(lines_of(begin(officer).data)) == 1 + PEOPLE + 1
    assert len(made) == PEOPLE
    assert left == [0, 0, 0]


@pytest.mark.long
@pytest.mark.wide
def test_memory_stays_flat_over_twenty_thousand_people(sqlite, monkeypatch):
    """Opened names and text of the lines sent do not pile up; the ranked list itself is held."""
    count = 20_000
    fill(sqlite, count)
    # Nobody else's say is asked for here.
    monkeypatch.setattr(second, "wants_export", lambda *_asked: False)
    with clock.fixed(NOW):
        client = sqlite.app().test_client()
        factories.sign_in(client, cast.CDC)
        parts = begin(client).iter_encoded()
        sent = len(next(parts)) + len(next(parts))
        tracemalloc.start()
        try:
            before = held()
            for part in parts:
                sent += len(part)
            peak = tracemalloc.get_traced_memory()[1]
            grown = held() - before
        finally:
            tracemalloc.stop()
    assert sent > 3_000_000
    assert grown < 500_000
    assert peak < 5_000_000


def held():
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
