"""The command from the outside: what it says, what it stores, and that it can be repeated."""

import csv
import hashlib
import stat
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock, scope
from checkin.audit.queries import broken_link
from checkin.cells import restored
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.declarations.queries import latest_of
from checkin.exposure.listing import rows as listed
from checkin.exposure.overlap import Window, presences
from checkin.exposure.queries import Area, stays_at
from checkin.loading import batches, cli, workers
from checkin.people.models import Person
from checkin.reports.queries import overview
from checkin.visits.models import Visit
from tests import cast, factories
from tests.conftest import NOW
from tests.loading.files import COLUMNS, load, row, write
from tests.worlds import inside, vault_of


@pytest.fixture
def code(session, vault):
    venue = factories.venue(session, vault)
    found = factories.code_of(session, venue)
    session.commit()
    return found


def counts(session):
    session.rollback()
    found = tuple(session.scalar(sa.select(sa.func.count()).select_from(t)) for t in (Person, Declaration, Visit))
    session.rollback()
    return found


def test_a_row_becomes_a_visit_with_a_sealed_name_and_no_answers(app, session, vault, code, tmp_path):
    status, _, said = load(app, write(tmp_path / "a.csv", [row(code)]))
    assert (status, said) == (0, {"rows": 1, "created": 1, "same": 0, "rejected": 0})
    (visit,) = factories.all_visits(session)
    declaration = session.scalars(sa.select(Declaration)).one()
    assert (visit.channel, visit.end_set_by, visit.device, visit.group_id) == ("loaded", "desk", None, None)
    assert visit.left_at == visit.until_likely == visit.until_latest == visit.entered_at + timedelta(minutes=45)
    assert (visit.declaration_id, visit.declared_at) == (declaration.id, visit.entered_at)
    assert visit.person_id == declaration.person_id == session.scalars(sa.select(Person.id)).one()
    assert (declaration.triage, declaration.has_symptoms, declaration.contact_sick, declaration.travel) == (
        "none", None, None, None,
    )  # fmt: skip
    assert (declaration.commune_id, declaration.gender) == (factories.HA_TU, "")
    assert vault.open(declaration.details)["full_name"] == "Nguyễn Thị Ánh Tuyết"
    assert "Tuyết" not in str(session.execute(sa.text("SELECT * FROM declaration")).all())


def test_the_same_file_again_adds_nothing(app, session, code, tmp_path):
    path = write(tmp_path / "a.csv", [row(code), row(code), row(code, phone="", id_number=""), row(code, phone="1")])
    assert load(app, path)[2] == {"rows": 4, "created": 2, "same": 1, "rejected": 1}
    before = counts(session)
    assert load(app, path)[2] == {"rows": 4, "created": 0, "same": 3, "rejected": 1}
    assert counts(session) == before == (2, 2, 2)


def test_a_preview_counts_the_same_and_stores_nothing(app, session, code, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "BATCH", 2)
    load(app, write(tmp_path / "a.csv", [row(code)]))
    before = counts(session), session.execute(sa.text("SELECT count(*) FROM audit")).scalar()
    session.rollback()
    new = row(code, full_name="Lê Lý")
    path = write(tmp_path / "b.csv", [row(code), new, new, row(code, birth_year="")])
    status, output, said = load(app, path, "--preview")
    assert (status, said) == (0, {"rows": 4, "new": 1, "same": 2, "rejected": 1})
    assert "năm sinh" in output and "(lines 5)" in output
    assert (counts(session), session.execute(sa.text("SELECT count(*) FROM audit")).scalar()) == before


def test_a_person_who_checked_in_before_is_the_same_one(app, session, vault, code, tmp_path):
    venue = session.scalars(sa.select(factories.Venue)).one()
    mine = factories.check_in(app, session, vault, venue)
    session.commit()
    path = write(tmp_path / "a.csv", [row(code), row(code, id_number="", entered_at="2026-11-20T07:00:00+07:00")])
    status, output, said = load(app, path)
    assert (status, said) == (0, {"rows": 2, "created": 2, "same": 0, "rejected": 0}), output
    visits = factories.all_visits(session)
    assert len(visits) == 3 and len({visit.person_id for visit in visits}) == 1
    assert mine.visit_id in {visit.id for visit in visits}


def test_refused_rows_can_be_corrected_and_loaded_again(app, session, code, tmp_path):
    bad, again = tmp_path / "bad.csv", tmp_path / "again.csv"
    rows = [
        row(code),
        row(code, phone="+84 12"),
        row(code, full_name="=Lan"),
        row(code, full_name="Lý", commune="Gotham", note=";=1"),
    ]
    path = write(tmp_path / "a.csv", rows, [*COLUMNS, "note"], delimiter=";")
    _, output, said = load(app, path, "--report", bad)
    assert said["rejected"] == 2
    assert "columns that are not used: note" in output
    assert stat.S_IMODE(bad.stat().st_mode) == 0o600
    text = bad.read_text(encoding="utf-8-sig")
    lines = list(csv.DictReader(text.splitlines(), delimiter=";"))
    assert [(line["line"], line["reason"]) for line in lines] == [
        ("3", "số điện thoại chưa đúng"),
        ("5", "không tìm thấy xã, phường này"),
    ]
    assert lines[0]["phone"] == "'+84 12" and lines[1]["note"] == ";'=1"
    assert [restored(line["note"]) for line in lines] == ["", ";=1"]
    # As it is: refused once more, each cell as before.
    load(app, bad, "--report", again)
    once_more = list(csv.DictReader(again.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert [line | {"line": ""} for line in once_more] == [line | {"line": ""} for line in lines]
    bad.write_text(text.replace("'+84 12", "'+84 912 345 679").replace("Gotham", "Hà Tu"), encoding="utf-8-sig")
    assert load(app, bad)[2] == {"rows": 2, "created": 2, "same": 0, "rejected": 0}
    assert counts(session)[2] == 4


def test_a_file_with_nothing_refused_leaves_no_report(app, code, tmp_path):
    load(app, write(tmp_path / "a.csv", [row(code)]), "--report", tmp_path / "bad.csv")
    assert not (tmp_path / "bad.csv").exists()


def test_an_existing_report_is_left_alone(app, code, tmp_path):
    (tmp_path / "bad.csv").write_text("mine")
    path = write(tmp_path / "a.csv", [row(code)])
    for name in ("bad.csv", "a.csv"):
        status, output, _ = load(app, path, "--report", tmp_path / name)
        assert status == 1 and "exists already" in output
    assert (tmp_path / "bad.csv").read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 500, b"a,b\n", "Nguyễn".encode("utf-16"), b"code\n"])
def test_a_file_that_is_no_table_is_one_clear_line(app, tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    status, output, _ = load(app, path)
    assert status == 1 and output.startswith("Error: ") and output.count("\n") == 1


def test_nothing_of_a_person_is_on_the_terminal_or_in_the_log(app, session, code, tmp_path):
    path = write(
        tmp_path / "Nguyễn.csv", [row(code), row(code, phone="0987"), row(code, full_name="Lý 1", commune="?")]
    )
    _, output, _ = load(app, path)
    logged = str(session.execute(sa.text("SELECT * FROM audit")).all())
    for told in ("Nguyễn", "Lý", "0987", "912345678", "022185001234", "Hà Tu"):
        assert told not in output and told not in logged


def test_a_load_is_in_the_log_with_its_counts_and_the_hash_of_the_file(app, session, code, tmp_path):
    path = write(tmp_path / "a.csv", [row(code), row(code, phone="1")])
    load(app, path)
    entries = session.execute(
        sa.text("SELECT action, rows, detail FROM audit WHERE action LIKE 'visits.%' ORDER BY seq")
    ).all()
    assert [(action, number) for action, number, _ in entries] == [("visits.load.begin", None), ("visits.load", 1)]
    for part in (hashlib.sha256(path.read_bytes()).hexdigest(), '"rejected": 1', '"whole": true'):
        assert part in str(entries[1].detail).replace("'", '"').replace("True", "true")
    assert broken_link(session) is None


@pytest.mark.long
def test_a_load_that_fails_half_way_says_so_without_a_cell_and_logs_what_it_did(
    app, session, code, tmp_path, monkeypatch
):
    real = batches.service.store
    done = []

    def fail_later(*args, **kwargs):
        if done:
            raise ValueError("Nguyễn Thị Ánh Tuyết")
        done.append(1)
        return real(*args, **kwargs)

    monkeypatch.setattr(batches.service, "store", fail_later)
    monkeypatch.setattr("checkin.loading.loading.load.__kwdefaults__", {"batch": 1}, raising=False)
    path = write(tmp_path / "a.csv", [row(code), row(code, full_name="Lê Lý")])
    status, output, _ = load(app, path, "--processes", "1")
    assert status == 1 and "something failed (ValueError" in output and "Tuyết" not in output
    entry = session.execute(sa.text("SELECT detail FROM audit ORDER BY seq DESC LIMIT 1")).scalar()
    assert "'created': 1" in str(entry).replace('"', "'") and "false" in str(entry).lower()
    session.rollback()
    monkeypatch.setattr(batches.service, "store", real)
    assert load(app, path)[2] == {"rows": 2, "created": 1, "same": 1, "rejected": 0}


def test_a_process_that_is_gone_ends_the_work_with_a_word(app, code, tmp_path, monkeypatch):
    class Gone(workers.Alone):
        def give(self, *_):
            raise workers.Stopped("ended")
            yield

    monkeypatch.setattr("checkin.loading.loading.Alone", Gone)
    status, output, _ = load(app, write(tmp_path / "a.csv", [row(code)]))
    assert status == 1 and "ended from outside" in output and "Run the same command again" in output


@pytest.mark.long
def test_two_processes_store_what_one_stores(app, world, session, code, tmp_path, monkeypatch):
    monkeypatch.setattr("checkin.loading.loading.load.__kwdefaults__", {"batch": 40}, raising=False)
    rows = [row(code, full_name=f"Người {'abcdefg'[n % 7]}", birth_year=str(1980 + n % 5), phone="", id_number="" if n % 3 else "022185001234",
                entered_at=(NOW - timedelta(minutes=n)).isoformat(), left_at="") for n in range(100)]  # fmt: skip
    path = write(tmp_path / "a.csv", [*rows, *rows, row(code, phone="1")])
    assert load(app, path, "--processes", "2")[2] == {"rows": 201, "created": 100, "same": 100, "rejected": 1}
    assert counts(session)[1:] == (100, 100)
    assert load(app, path, "--processes", "1")[2] == {"rows": 201, "created": 0, "same": 200, "rejected": 1}


def test_who_was_loaded_is_listed_with_the_name_and_as_not_having_declared(app, session, vault, code, tmp_path):
    load(app, write(tmp_path / "a.csv", [row(code)]))
    venue = session.scalars(sa.select(factories.Venue)).one()
    window = Window(NOW - timedelta(hours=3), NOW)
    found = presences(stays_at(session, Area((venue.id,)), window.start, window.end, timedelta(hours=12)), window)
    (one,) = listed(session, vault, found, window)
    assert (one.person.full_name, one.triage, one.notes) == ("Nguyễn Thị Ánh Tuyết", "none", ())
    scope.enter(session, scope.Scope("command"))
    numbers = overview(session, [clock.to_local(NOW).date()])
    assert (numbers.triage, numbers.not_asked, numbers.help_by_commune) == ({}, 1, {})
    assert sum(numbers.visits_by_day.values()) == 1


def test_what_somebody_declared_is_not_hidden_by_a_later_row_of_a_log(app, session, vault, code, tmp_path):
    venue = session.scalars(sa.select(factories.Venue)).one()
    factories.check_in(app, session, vault, venue, cast.coughing(), at=NOW - timedelta(hours=5))
    session.commit()
    load(app, write(tmp_path / "a.csv", [row(code)]))
    window = Window(NOW - timedelta(hours=6), NOW)
    found = presences(stays_at(session, Area((venue.id,)), window.start, window.end, timedelta(hours=12)), window)
    (one,) = listed(session, vault, found, window)
    assert (one.triage, one.person.address) == ("watch", cast.CITIZEN.address)
    assert latest_of(session, [found[0].person_id])[found[0].person_id].triage == "watch"


@pytest.mark.postgresql
def test_a_day_without_a_table_gets_one(postgresql, tmp_path):
    with clock.fixed(NOW + timedelta(days=200)), inside(postgresql.app()):
        session = db.session()
        venue = factories.venue(session, vault_of(postgresql.app()))
        code = factories.code_of(session, venue)
        session.commit()
        moment = (NOW + timedelta(days=199)).isoformat()
        path = write(tmp_path / "a.csv", [row(code, entered_at=moment, left_at="")])
        assert load(postgresql.app(), path)[2] == {"rows": 1, "created": 1, "same": 0, "rejected": 0}


@pytest.mark.parametrize("reason", ["empty", "utf16", "encoding", "header", "missing", "twice", "ended", "failed"])
def test_every_way_to_stop_has_words(reason):
    assert cli.MESSAGES[reason].format(detail="x")
