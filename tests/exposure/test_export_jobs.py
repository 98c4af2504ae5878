"""Workbooks are made beside the web process: seen from the page, kept locked, gone in time, and nobody else's."""

import io
import json
import re
import time
from datetime import timedelta
from threading import Event, Thread
from uuid import UUID

import openpyxl
import pytest
import sqlalchemy as sa
import xlsxwriter

from checkin import beside, clock
from checkin.accounts.models import Account
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.exposure import attendance, exporting, exports, jobs, queries, service
from checkin.exposure.downloads import CutShort
from checkin.exposure.models import DONE, FAILED, RUNNING, WAITING, Export, ExportPart
from checkin.vault import VaultError
from checkin.web import limiter
from tests import cast, factories
from tests.conftest import NOW
from tests.exposure.many import crowd
from tests.exposure.test_pages import ask
from tests.worlds import inside, vault_of

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
PEOPLE = 12
CANARY = "Đoàn Quýt Zêrô"
OTHER = ("quang@cdc", "mật khẩu dài của Quang")


@pytest.fixture
def town(world):
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.venue(session, vault, "Chợ Hạ Long 2", kind="market")
        crowd(app, session, vault, market, PEOPLE, name=CANARY)
        for who in (cast.CDC, OTHER):
            factories.account(session, vault, "cdc", who)
        factories.case(session)
        factories.commit()
    return app


def signed_in(app, who):
    client = app.test_client()
    factories.sign_in(client, who)
    return client


@pytest.fixture
def officer(town, client):
    factories.sign_in(client, cast.CDC)
    return client


def post(client, path):
    return client.post(path, data={"csrf_token": factories.token(client, "/lookup/")})


@pytest.fixture
def job(officer, beside):
    """The page of a workbook that was asked for and is not made yet."""
    answer = post(officer, f"{ask(officer).location}/export.xlsx")
    assert answer.status_code == 303
    return answer.location


def id_of(page):
    return page.rsplit("/", 1)[1]


def change(world, **values):
    with inside(world.app()):
        db.session.execute(sa.update(Export).values(**values))
        db.session.commit()


def stored(world):
    with inside(world.app()):
        return list(db.session.scalars(sa.select(Export).order_by(Export.asked_at))), db.session.scalar(
            sa.select(sa.func.count()).select_from(ExportPart)
        )


def state_of(html):
    return re.search(r'data-state="(\w+)"', html)[1]


def names_in(body):
    return [row[1] for row in list(openpyxl.load_workbook(io.BytesIO(body)).worksheets[0].values)[1:]]


def log_of(world):
    with inside(world.app()):
        found = db.session.execute(
            sa.select(AuditEntry.action, AuditEntry.rows)
            .order_by(AuditEntry.seq)
            .where(AuditEntry.action.like("lookup.%"))
            .order_by(AuditEntry.seq)
        )
        return [tuple(row) for row in found]


def test_a_workbook_is_asked_for_made_beside_and_fetched_with_everybody_in_it(officer, job, beside, world):
    waiting = officer.get(job).text
    assert state_of(waiting) == "waiting" and "data-poll" in waiting
    assert 'http-equiv="refresh"' in waiting
    assert len(beside.started) == 1
    assert beside.work() == 1
    done = officer.get(job).text
    assert state_of(done) == "done" and "data-poll" not in done and 'http-equiv="refresh"' not in done
    assert "TC-000001.xlsx" in done and "11:30 20/11/2026" in done
    answer = post(officer, f"{job}/file")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="TC-000001.xlsx"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert sorted(names_in(answer.data)) == sorted(f"{CANARY} {n}" for n in range(PEOPLE))


def test_the_page_says_how_far_the_work_is(officer, job, world):
    change(world, state=RUNNING, beat_at=NOW, done=12_000, total=100_000)
    html = officer.get(job).text
    assert state_of(html) == "running"
    assert "12.000 / 100.000 người" in html
    assert 'aria-valuenow="12"' in html and 'width="12"' in html
    assert "style=" not in html


def test_every_step_is_in_the_log_and_the_download_with_its_number_of_rows(officer, job, beside, world):
    beside.work()
    post(officer, f"{job}/file")
    post(officer, f"{job}/file")
    assert log_of(world) == [
        ("lookup.place", None),
        ("lookup.export.xlsx", PEOPLE),
        ("lookup.made.xlsx", PEOPLE),
        ("lookup.download.xlsx", PEOPLE),
        ("lookup.download.xlsx", PEOPLE),
    ]


def test_the_log_has_the_export_before_anybody_is_read(officer, world, beside, monkeypatch):
    seen = []

    def look(*_args, **_kwargs):
        seen.append(log_of(world)[-1][0])
        return []

    page = ask(officer).location
    monkeypatch.setattr(attendance, "everybody", look)
    post(officer, f"{page}/export.xlsx")
    assert seen == []  # asking reads nobody
    beside.work()
    assert post(officer, f"{page}/export.csv").data
    assert seen == ["lookup.export.xlsx", "lookup.export.csv"]


@pytest.mark.parametrize("path", ["", "/file"])
def test_nobody_but_who_asked_sees_or_fetches_the_file(officer, job, beside, town, world, path):
    beside.work()
    with clock.fixed(NOW):
        other = signed_in(town, OTHER)
        answer = other.get(job) if not path else post(other, job + path)
    assert answer.status_code == 404
    assert ("lookup.download.xlsx", PEOPLE) not in log_of(world)


def test_where_the_download_cannot_be_logged_no_byte_is_given(officer, job, beside, monkeypatch):
    beside.work()
    csrf = factories.token(officer, "/lookup/")

    def fail(*_args, **_kwargs):
        raise sa.exc.OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(service.audit, "record", fail)
    answer = officer.post(f"{job}/file", data={"csrf_token": csrf})
    assert answer.status_code == 503
    assert not answer.data.startswith(b"PK")


def test_a_finished_file_goes_after_an_hour(officer, job, beside, world):
    beside.work()
    with clock.fixed(NOW + HOUR - SECOND):
        factories.sign_in(officer, cast.CDC)  # after an hour away
        assert state_of(officer.get(job).text) == "done"
    with clock.fixed(NOW + HOUR):
        assert state_of(officer.get(job).text) == "gone"
        answer = post(officer, f"{job}/file")
        assert (answer.status_code, answer.location) == (303, job)
        assert stored(world)[1] == 1
        purge(world, 1)
    assert stored(world)[1] == 0


def purge(world, pieces):
    answer = world.app().test_cli_runner().invoke(args=["exposure", "purge"])
    assert answer.exit_code == 0, answer.output
    assert answer.output == f"exports: {pieces} pieces removed\n"


def test_a_file_that_was_fetched_goes_ten_minutes_later(officer, job, beside, world):
    beside.work()
    post(officer, f"{job}/file")
    with clock.fixed(NOW + 10 * MINUTE - SECOND):
        purge(world, 0)
        # Fetching again does not make it last longer.
        assert post(officer, f"{job}/file").data.startswith(b"PK")
    with clock.fixed(NOW + 10 * MINUTE):
        assert state_of(officer.get(job).text) == "gone"
        purge(world, 1)


def test_the_next_file_takes_away_what_is_over(officer, job, beside, world):
    beside.work()
    with clock.fixed(NOW + 2 * HOUR):
        factories.sign_in(officer, cast.CDC)  # after two hours away
        post(officer, f"{ask(officer).location}/export.xlsx")
        assert stored(world)[1] == 1
        beside.work()
        assert stored(world)[1] == 1
    found, _ = stored(world)
    with inside(world.app()):
        assert set(db.session.scalars(sa.select(ExportPart.export_id))) == {found[1].id}


def test_what_is_stored_holds_no_name_and_opens_only_with_the_secret_and_in_its_place(officer, job, beside, world):
    beside.work()
    with inside(world.app()):
        part = db.session.scalars(sa.select(ExportPart)).one()
        vault = vault_of(world.app())
        name = str(part.export_id)
        assert vault.unlock_part(name, 0, part.body).startswith(b"PK")
        assert b"PK\x03\x04" not in part.body and CANARY.encode() not in part.body
        for file, number, body in (
            (name, 1, part.body),
            ("x", 0, part.body),
            (name, 0, part.body[:-1]),
            (name, 0, b""),
        ):
            with pytest.raises(VaultError):
                vault.unlock_part(file, number, body)


def test_a_stored_piece_that_was_changed_breaks_the_download_off(officer, job, beside, world):
    beside.work()
    with inside(world.app()):
        db.session.execute(sa.update(ExportPart).values(body=b"x" * 100))
        db.session.commit()
    with pytest.raises(CutShort):
        post(officer, f"{job}/file")


def test_a_file_of_many_pieces_comes_back_whole(officer, job, beside, world, monkeypatch):
    monkeypatch.setattr(service, "PART", 1000)
    beside.work()
    assert stored(world)[1] > 3
    assert len(names_in(post(officer, f"{job}/file").data)) == PEOPLE


def test_asking_twice_makes_one_file(officer, job, beside, world):
    with inside(world.app()):
        lookup_id = db.session.scalars(sa.select(Export.lookup_id)).one()
    with clock.fixed(NOW + SECOND):
        assert post(officer, f"/lookup/{lookup_id}/export.xlsx").location == job
        change(world, state=RUNNING, beat_at=NOW)
        assert post(officer, f"/lookup/{lookup_id}/export.xlsx").location == job
    assert len(stored(world)[0]) == 1
    # What is being made needs no second process.
    assert len(beside.started) == 1


@pytest.mark.long
def test_asking_twice_at_the_same_moment_makes_one_file(officer, world):
    lookup_id = UUID(id_of(ask(officer).location))
    app, asked = world.app(), []

    def ask_file(seconds=0):
        with inside(app):
            session = db.session()
            lookup, _ = queries.lookup(session, lookup_id)
            asker = session.scalars(sa.select(Account).where(Account.id == lookup.made_by)).one().actor
            file = service.ask_export(
                session, now=NOW, actor=asker, lookup=lookup, form="xlsx", locale="vi", total=PEOPLE
            )
            asked.append(file.id)
            begun.set()
            time.sleep(seconds)
            session.commit()

    begun = Event()
    first = Thread(target=ask_file, args=(1,))
    first.start()
    assert begun.wait(30)
    ask_file()
    first.join()
    assert len(asked) == 2 and len(set(asked)) == 1
    assert len(stored(world)[0]) == 1


@pytest.mark.long
def test_who_asks_for_files_without_end_is_slowed_down(officer, beside):
    page = ask(officer).location
    csrf = factories.token(officer, "/lookup/")
    limiter.enabled = True
    try:
        codes = [officer.post(f"{page}/export.xlsx", data={"csrf_token": csrf}).status_code for _ in range(31)]
    finally:
        limiter.reset()
        limiter.enabled = False
    assert codes == [303] * 30 + [429]


def test_nothing_is_held_in_the_database_while_a_workbook_is_written_and_packed(officer, job, beside, monkeypatch):
    held = {"write_number": [], "close": []}

    def watch(kind, name):
        real = getattr(kind, name)

        def watched(*args, **kwargs):
            held[name].append(db.session().in_transaction())
            return real(*args, **kwargs)

        monkeypatch.setattr(kind, name, watched)

    watch(xlsxwriter.worksheet.Worksheet, "write_number")
    watch(xlsxwriter.Workbook, "close")
    assert beside.work() == 1
    assert len(held["write_number"]) >= PEOPLE and len(held["close"]) == 1
    assert not any(held["write_number"] + held["close"])


def waiting_files(world, officer, count):
    pages = []
    for number in range(count):
        with clock.fixed(NOW + number * SECOND):
            pages.append(post(officer, f"{ask(officer).location}/export.xlsx").location)
    return pages


def test_two_files_are_made_at_once_and_others_wait_their_turn(officer, beside, world):
    pages = waiting_files(world, officer, 4)
    with inside(world.app()):
        claimed = [service.claim_export(db.session(), now=NOW + MINUTE) for _ in range(3)]
        assert [str(found.id) if found else None for found in claimed] == [id_of(pages[0]), id_of(pages[1]), None]
        first = claimed[0].id
        db.session.commit()
    with clock.fixed(NOW + MINUTE):
        assert state_of(officer.get(pages[2]).text) == "waiting"
        assert "còn 1 tệp" in officer.get(pages[3]).text
    with inside(world.app()), clock.fixed(NOW + MINUTE):
        service.fail_export(db.session(), now=NOW, export_id=first, problem="broken")
        db.session.commit()
        assert jobs.work() == 2
    assert [found.state for found in stored(world)[0]] == [FAILED, RUNNING, DONE, DONE]


def test_a_job_whose_process_died_says_so_and_can_be_asked_for_again(officer, job, beside, world):
    change(world, state=RUNNING, beat_at=NOW, done=5)
    with clock.fixed(NOW + service.SILENT):
        assert state_of(officer.get(job).text) == "running"
    with clock.fixed(NOW + service.SILENT + SECOND):
        html = officer.get(job).text
        assert state_of(html) == "failed" and "dừng giữa chừng" in html and "data-poll" not in html
        again = re.search(r'action="(/lookup/[0-9a-f-]+/export\.xlsx)"', html)[1]
        answer = post(officer, again)
        assert answer.location != job
        assert beside.work() == 1
        assert state_of(officer.get(answer.location).text) == "done"
    assert [found.state for found in stored(world)[0]] == [FAILED, DONE]


def test_a_job_that_no_process_took_up_says_so_and_is_taken_up_when_asked_for_again(officer, job, beside, world):
    with clock.fixed(NOW + service.SILENT + SECOND):
        html = officer.get(job).text
        assert state_of(html) == "failed"
        assert post(officer, re.search(r'action="(/lookup/[0-9a-f-]+/export\.xlsx)"', html)[1]).location == job
        assert state_of(officer.get(job).text) == "waiting"
        assert len(beside.started) == 2
        assert beside.work() == 1


def test_one_that_was_given_up_stores_nothing_when_it_comes_back(officer, job, world):
    change(world, state=FAILED)
    with inside(world.app()):
        export_id = db.session.scalars(sa.select(Export.id)).one()
        service.keep_export(db.session(), vault_of(world.app()), now=NOW, export_id=export_id, body=b"PK", total=PEOPLE)
        db.session.commit()
    assert stored(world)[1] == 0


@pytest.mark.parametrize("error", [RuntimeError(CANARY), sa.exc.OperationalError(CANARY, {}, Exception(CANARY))])
def test_a_job_that_fails_says_so_and_logs_no_name(officer, job, beside, world, monkeypatch, capsys, error):
    def fail(*_args, **_kwargs):
        raise error

    monkeypatch.setattr(exporting, "rows", fail)
    assert beside.work() == 0
    assert state_of(officer.get(job).text) == "failed"
    assert stored(world)[1] == 0
    said = capsys.readouterr()
    assert "export failed" in said.out
    assert CANARY not in said.out + said.err


def test_a_list_too_long_for_a_workbook_is_refused_with_a_way_out(officer, beside, world, monkeypatch):
    page = ask(officer).location
    monkeypatch.setattr(jobs, "MOST_ROWS", PEOPLE - 1)
    answer = post(officer, f"{page}/export.xlsx")
    assert answer.status_code == 413
    assert f"{page}/export.csv" in answer.text and "CSV" in answer.text
    assert beside.started == [] and stored(world)[0] == []
    monkeypatch.setattr(jobs, "MOST_ROWS", PEOPLE)
    assert post(officer, f"{page}/export.xlsx").status_code == 303


@pytest.mark.parametrize("limit", ["MOST_ROWS", "XLSX_ROWS"])
def test_a_list_that_grew_too_long_meanwhile_is_refused_and_never_cut(officer, job, beside, world, monkeypatch, limit):
    monkeypatch.setattr(jobs if limit == "MOST_ROWS" else exports, limit, PEOPLE - 1)
    assert beside.work() == 0
    html = officer.get(job).text
    assert state_of(html) == "failed" and "CSV" in html and "export.csv" in html
    assert "export.xlsx" not in html


def test_an_empty_list_makes_a_workbook_with_its_heads(officer, beside):
    page = ask(officer, venue="cho ha long 2").location
    job = post(officer, f"{page}/export.xlsx").location
    assert beside.work() == 1
    assert names_in(post(officer, f"{job}/file").data) == []


def test_the_workbook_speaks_the_language_of_who_asked(officer, beside):
    page = ask(officer).location
    officer.get("/lookup/?lang=en")
    job = post(officer, f"{page}/export.xlsx").location
    beside.work()
    book = openpyxl.load_workbook(io.BytesIO(post(officer, f"{job}/file").data))
    assert "Full name" in [cell.value for cell in book.worksheets[0][1]]


def test_the_time_line_of_a_person_comes_at_once_in_every_form(officer, beside, world):
    page = ask(officer, "person", phone="+84 900 000 003").location
    book = post(officer, f"{page}/export.xlsx")
    assert names_in(book.data) == [f"{CANARY} 3"]
    assert f"{CANARY} 3" in post(officer, f"{page}/export.csv").data.decode("utf-8-sig")
    told = json.loads(post(officer, f"{page}/export.json").data)
    assert [one["Họ và tên"] for one in told["people"]] == [f"{CANARY} 3"] and "TC-000001" in told["about"].values()
    assert beside.started == []
    assert log_of(world)[-6:] == [
        ("lookup.export.xlsx", None),
        ("lookup.sent.xlsx", 1),
        ("lookup.export.csv", None),
        ("lookup.sent.csv", 1),
        ("lookup.export.json", None),
        ("lookup.sent.json", 1),
    ]


def test_progress_is_said_while_the_work_goes_on(officer, job, world, monkeypatch):
    monkeypatch.setattr(beside, "BEAT_SECONDS", 0.01)
    app = world.app()
    with inside(app):
        found = service.claim_export(db.session(), now=NOW)
        export_id = found.id
        db.session.commit()
        with jobs._progress(app, export_id, PEOPLE) as progress:
            progress.done = 7
            until_said(world, 7)


def until_said(world, done):
    for _ in range(500):
        if stored(world)[0][0].done == done:
            return
        time.sleep(0.01)
    pytest.fail("no word")


def test_a_state_that_nobody_knows_is_refused_by_the_database(officer, job, world):
    with pytest.raises(sa.exc.IntegrityError):
        change(world, state="lost")
    assert stored(world)[0][0].state == WAITING
