"""Seals: what is cut off, written anew, forged or taken out of their file is found and named."""

import hashlib
import json
import os
import stat
import subprocess
import sys
from datetime import timedelta

import pytest
import sqlalchemy as sa
from nacl.signing import SigningKey
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from checkin import clock, timer
from checkin.audit import queries, sealing, seals
from checkin.audit.models import Finding
from checkin.config import ROOT
from checkin.db import db
from checkin.keys import generate
from tests.audit.conftest import put
from tests.conftest import NOW
from tests.worlds import vault_of

# What concerns the file alone is the same on either database.
one_database = pytest.mark.parametrize("world", ["sqlite"], indirect=True)


@pytest.fixture
def path(world):
    return world.folder / "audit-seals" / "seals.jsonl"


@pytest.fixture
def seed(app):
    return vault_of(app).secrets["seal"]


def seal(session, seed, path, minutes=0):
    made = sealing.seal_head(session, seed, path, now=NOW + timedelta(minutes=minutes))
    session.commit()
    return made


def run(app, *args):
    answer = app.test_cli_runner().invoke(args=["audit", *args])
    return answer.exit_code, answer.output


@pytest.fixture
def sealed(session, seed, path):
    """Ten entries, three seals: at the entries 4, 8 (with the note of the first) and 12, and two entries after."""
    for number in range(3):
        put(session, 4 if number == 0 else 3, start=4 * number)
        seal(session, seed, path, minutes=number)
    put(session, 2, start=20)
    return session


def test_a_whole_log_with_its_seals_is_ok_and_says_what_is_covered(app, sealed, path):
    code, said = run(app, "verify")
    assert code == 0, said
    assert "ok: 15 entries" in said
    assert "3 seals" in said and "covers entry 12; 3 entries since then are not sealed yet, one of them" in said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_log_cut_off_behind_the_last_seal_is_named(app, sealed, intruder):
    intruder.run("DELETE FROM audit WHERE seq > 10")
    code, said = run(app, "verify")
    assert code == 1 and "the log was cut off: seal 3 covers entry 12" in said
    assert "broken" not in said  # what is left is a whole chain: only the seal shows it


def test_a_log_written_anew_with_hashes_that_fit_is_named(app, sealed, intruder):
    intruder.rewrite(sealed, 6, "Khác")
    assert queries.broken_link(db.session()) is None
    code, said = run(app, "verify")
    assert code == 1 and "entry 8 is not what seal 2 covers" in said and "entry 12 is not what seal 3 covers" in said
    assert "seal 1 covers" not in said  # what was sealed before the change still holds


@one_database
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_seal_taken_out_of_its_file_is_named(app, sealed, path, number):
    lines = path.read_text().splitlines(keepends=True)
    del lines[number - 1]
    path.write_text("".join(lines))
    code, said = run(app, "verify")
    assert code == 1 and f"seal {number}, which entry {4 * number + 1} of the log notes, is in no file" in said
    if number < 3:
        assert f"seal {number + 1} does not follow the line before it" in said


def test_a_file_that_is_gone_altogether_is_named(app, sealed, path):
    path.unlink()
    code, said = run(app, "verify")
    assert code == 1 and said.count("is in no file") == 3


@one_database
def test_a_file_put_away_on_purpose_is_given_or_left_out_from_an_entry_on(app, sealed, path, tmp_path):
    put_away = path.rename(tmp_path / "2026.jsonl")
    assert run(app, "verify")[0] == 1
    assert run(app, "verify", "--seals", str(put_away))[0] == 0
    assert run(app, "verify", "--since", "14")[0] == 0
    seal(sealed, vault_of(app).secrets["seal"], path, minutes=9)
    assert run(app, "verify", "--seals", str(put_away), "--seals", str(path))[0] == 0


@one_database
@pytest.mark.parametrize("what", ["hash", "seq", "at", "previous"])
def test_a_line_that_was_changed_is_forged(app, sealed, path, what):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[1][what] = {"seq": 9, "at": "2026-11-20T03:30:00+00:00"}.get(what, "0" * 64)
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    code, said = run(app, "verify")
    assert code == 1 and "seal 2 is forged" in said


def test_a_line_signed_with_a_key_of_the_intruders_own_is_forged(app, sealed, path, intruder):
    intruder.rewrite(sealed, 2, "Khác")
    other = bytes(SigningKey.generate())
    lines = []
    for line in path.read_text().splitlines():
        old = seals.parse(line)
        head = queries.hashes_at(db.session(), [old.seq])[old.seq]
        lines.append(seals.next_line(lines[-1] if lines else None, other, seq=old.seq, head=head, now=NOW))
    path.write_text("".join(f"{line}\n" for line in lines))
    code, said = run(app, "verify")
    assert code == 1 and [f"seal {n} is forged" in said for n in (1, 2, 3)] == [True] * 3
    # Whoever says that it is a key of ours finds that they hold, and that the log still notes the former ones.
    code, said = run(app, "verify", "--key", seals.public_half(other))
    assert code == 1 and "forged" not in said and said.count("is in no file") == 3


@one_database
@pytest.mark.parametrize("junk", ["", "{}", "[1]", "null", "\ufffd\u0000", '{"seal": 1, "seq": "x"}', "{" * 5000])
def test_a_line_that_is_no_seal_is_named_and_stops_nothing(app, sealed, path, junk):
    with path.open("a") as file:
        file.write(junk + "\n")
    code, said = run(app, "verify")
    assert code == 1 and "line 4 of the seals cannot be read" in said


@one_database
def test_a_line_that_broke_off_half_way_is_written_over(app, sealed, seed, path):
    with path.open("a") as file:
        file.write('{"seal":4,"seq":99')
    assert seal(sealed, seed, path, minutes=5).seal == 4
    assert run(app, "verify")[0] == 0


def test_a_genuine_line_put_in_the_place_of_another_genuine_one_is_named():
    seed, key = b"k" * 32, seals.public_half(b"k" * 32)
    first = seals.next_line(None, seed, seq=1, head=b"a" * 32, now=NOW)
    one, other = (seals.next_line(first, seed, seq=2, head=head * 32, now=NOW) for head in (b"b", b"c"))
    last = seals.next_line(one, seed, seq=3, head=b"d" * 32, now=NOW)
    assert seals.read([first, one, last], [key])[1] == []
    assert seals.read([first, other, last], [key])[1] == [seals.Problem("missing", 3, 3)]


def test_nothing_new_is_not_sealed_again(session, seed, path):
    assert seal(session, seed, path) is None  # an empty log
    put(session, 1)
    assert seal(session, seed, path).seq == 1
    assert seal(session, seed, path, minutes=60) is None
    put(session, 1, start=1)
    assert seal(session, seed, path, minutes=120).seq == 3


def test_what_was_cut_off_is_not_sealed_over(session, seed, path, intruder):
    put(session, 5)
    seal(session, seed, path)
    intruder.run("DELETE FROM audit WHERE seq > 3")
    put(session, 4, start=10)
    with pytest.raises(sealing.SealError, match="entry 5"):
        seal(session, seed, path, minutes=60)
    assert len(path.read_text().splitlines()) == 1


def test_the_round_of_the_staff_seals_and_the_command_too(app, session, path):
    put(session, 3)
    sealing.seal_round(session)
    session.commit()
    assert seals.parse(path.read_text()).seq == 3
    assert run(app, "seal")[1] == "nothing new to seal since the last seal\n"
    assert "since then the log has the entry of that seal itself" in run(app, "verify")[1]
    put(session, 1, start=9)
    assert "sealed: entry 5 as seal 2" in run(app, "seal")[1]
    assert run(app, "verify")[0] == 0


@one_database
def test_the_public_half_that_is_printed_checks_the_seals_elsewhere(app, sealed, path):
    key = run(app, "key")[1].strip()
    found, wrong = seals.read(path.read_text().splitlines(), [key])
    assert len(found) == 3 and wrong == []
    assert len(seals.read(path.read_text().splitlines(), ["0" * 64])[1]) == 3


def test_the_sealing_key_is_where_the_private_key_is_and_nowhere_else(tmp_path):
    generate(tmp_path / "staff")
    assert (tmp_path / "staff" / "seal.key").exists()
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "cdc-20260101.public").write_text("00" * 32)
    generate(tmp_path / "public")
    assert not (tmp_path / "public" / "seal.key").exists()


@one_database
def test_an_export_is_checked_without_the_database_also_by_the_lines_in_the_manual(app, session, tmp_path):
    put(session, 30)
    out = tmp_path / "log.jsonl"
    assert run(app, "export", "--out", str(out))[0] == 0
    code, said = run(app, "verify", "--file", str(out))
    assert code == 0 and "entries 1 to 30" in said
    script = (ROOT / "docs" / "audit.md").read_text().split("```python\n")[1].split("```")[0]
    assert len(script.splitlines()) <= 20
    (tmp_path / "check.py").write_text(script)
    checked = subprocess.run([sys.executable, str(tmp_path / "check.py"), str(out)], capture_output=True, text=True)
    assert checked.returncode == 0 and "entry 30," in checked.stdout, checked.stderr
    lines = out.read_text().splitlines(keepends=True)
    for damage in (
        [lines[0].replace("Chợ", "Cho"), *lines[1:]],
        [*lines[:3], *lines[4:]],
        [lines[1], lines[0], *lines[2:]],
    ):
        out.write_text("".join(damage))
        assert run(app, "verify", "--file", str(out))[0] == 1
        checked = subprocess.run([sys.executable, str(tmp_path / "check.py"), str(out)], capture_output=True)
        assert checked.returncode != 0


@one_database
def test_an_export_of_some_days_holds_those_of_the_province_and_a_csv_is_neutral(app, session, tmp_path):
    with clock.fixed(NOW):
        put(session, 2)
        out = tmp_path / "log.csv"
        assert (
            "entries 1 to 2" in run(app, "export", "--from", "2026-11-20", "--to", "2026-11-20", "--out", str(out))[1]
        )
        text = out.read_text(encoding="utf-8-sig")
        assert text.splitlines()[0].startswith("seq,at,actor_id,actor,role,action")
        assert len(text.splitlines()) == 3
        none = tmp_path / "none.jsonl"
        assert "no entry" in run(app, "export", "--to", "2026-11-19", "--out", str(none))[1]
        assert run(app, "export", "--out", str(out))[0] == 1  # nothing is written over


@one_database
def test_the_hash_is_the_documented_one(session):
    put(session, 1)
    ((fields, previous, own),) = queries.fields_of(session, 1, 1)
    told = {**fields, "at": "2026-11-20T03:30:00.000000+00:00", "actor_id": str(fields["actor_id"])}
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(previous + text.encode()).digest() == own


@one_database
def test_a_file_that_cannot_be_written_stops_the_seal_and_leaves_the_log_alone(app, session, tmp_path, seed):
    put(session, 1)
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(OSError):
        sealing.seal_head(session, seed, blocked / "seals.jsonl", now=NOW)
    session.rollback()
    assert queries.last_link(session)[0] == 1
    assert os.listdir(tmp_path) == ["file"]


def test_a_round_that_cannot_seal_is_counted_told_and_found_once_a_day(world, app, session, path, intruder):
    put(session, 5)
    sealing.seal_round(session)
    session.commit()
    intruder.run("DELETE FROM audit WHERE seq > 3")
    rounds = {"checkin.audit.sealing:seal_round": {"all"}}

    def failed():
        return REGISTRY.get_sample_value("checkin_rounds_failed_total", {"round": next(iter(rounds))}) or 0

    def found():
        db.session.rollback()
        told = [(one.kind, one.seen_at is None) for one in db.session.scalars(sa.select(Finding))]
        db.session.rollback()  # what was read holds SQLite's lock
        return told

    before = failed()
    with clock.fixed(NOW), capture_logs() as logs:
        timer.go_round(app, rounds)
        timer.go_round(app, rounds)
    assert failed() == before + 2 and found() == [("seal", True)]
    assert [line["why"] for line in logs] == ["the log does not hold entry 5 as sealed: run 'audit verify'"] * 2
    with clock.fixed(NOW + timedelta(days=1)):
        timer.go_round(app, rounds)
    assert found() == [("seal", True)] * 2
    assert len(path.read_text().splitlines()) == 1


@one_database
def test_a_folder_that_cannot_be_written_is_found_too_and_its_path_is_in_no_log(app, session, path, monkeypatch):
    put(session, 2)

    def full(*_of):
        raise OSError(28, "No space left on device", "/somewhere/secret")

    monkeypatch.setattr(sealing.os, "fsync", full)
    with clock.fixed(NOW), capture_logs() as logs:
        timer.go_round(app, {"checkin.audit.sealing:seal_round": {"all"}})
    assert [one.kind for one in db.session.scalars(sa.select(Finding))] == ["seal"]
    assert [("why" in line, line["kind"]) for line in logs] == [(False, "OSError")] and "secret" not in str(logs)
