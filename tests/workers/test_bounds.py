"""What keeps an owner, a stranger who signs up as one, and a database role that was taken over within bounds."""

import io
import re
import time
import zipfile

import psycopg
import pytest
import sqlalchemy as sa
from openpyxl import Workbook

from checkin import clock
from checkin.accounts.models import Account
from checkin.db import db
from checkin.register import workbook
from checkin.workers import adding, pasted, views
from checkin.workers.models import Worker
from checkin.workers.shifts import DAY
from tests.conftest import NOW
from tests.venues.pages import press, register
from tests.workers.conftest import FRIDAY, at
from tests.worlds import inside

# SQLite has no roles.
of_roles = pytest.mark.parametrize("world", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHEET = "xl/worksheets/sheet1.xml"


def packed(**parts):
    """A workbook with other parts in their places, by their names with / as __."""
    plain, out = io.BytesIO(), io.BytesIO()
    Workbook().save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            key = name.removesuffix(".xml").replace("/", "__")
            body = parts.get(key)
            target.writestr(name, body(source.read(name).decode()) if body else source.read(name))
    return out.getvalue()


def sheet(inner, writing="utf-8"):
    text = f"<worksheet {NAMESPACE}><sheetData>{inner}</sheetData></worksheet>"
    if writing != "utf-8":
        return lambda _: f'<?xml version="1.0" encoding="{writing}"?>'.encode() + text.encode(writing)
    return lambda _: text


BOMBS = {
    "one very long row": {"xl__worksheets__sheet1": sheet("<row>" + "<c><v>1</v></c>" * 250_000 + "</row>")},
    "many empty rows": {"xl__worksheets__sheet1": sheet("<row/>" * 600_000)},
    "in another writing": {"xl__worksheets__sheet1": sheet("<row/>" * 300_000, "cp037")},
    "many styles": {
        "xl__styles": lambda text: re.sub("<cellXfs.*?</cellXfs>", f"<cellXfs>{'<xf/>' * 100_000}</cellXfs>", text)
    },
    "more than a list unpacks to": {"xl__worksheets__sheet1": sheet("<row>" + " " * 5_000_000 + "</row>")},
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_workbook_that_is_much_work_is_refused_before_it_is_read(name):
    body = packed(**BOMBS[name])
    assert len(body) < 500_000
    began = time.perf_counter()
    with pytest.raises(workbook.Unreadable):
        list(workbook.lines(body, adding.LIMITS))
    assert time.perf_counter() - began < 2


def test_a_list_of_as_many_as_are_taken_at_once_is_read_and_no_row_beyond():
    book, out = Workbook(), io.BytesIO()
    for number in range(3 * pasted.MOST):
        book.active.append([f"Nguyễn Văn {number}", 1980, "0912345678", "Hàng cá", "5h", "13h", "T2-T7"])
    book.save(out)
    found = list(workbook.lines(out.getvalue(), adding.LIMITS))
    assert len(found) == 2 * pasted.MOST and found[0][1][0] == "Nguyễn Văn 0"


def row(number):
    return f"Nguyễn Văn A{chr(97 + number % 26)}\t{1960 + number % 40}\t09{number:08d}\t\t7h\t16h\t2-6"


@pytest.fixture
def client(world):
    with clock.fixed(NOW):
        yield world.app("public").test_client()


def listed(world):
    with inside(world.app()):
        return db.session().scalar(sa.select(sa.func.count()).select_from(Worker))


def paste(client, shop, numbers):
    page = f"{shop}/workers/paste"
    return press(client, page, page, rows="\n".join(map(row, numbers)), save="1")


def test_who_was_never_reached_lists_few_and_whoever_is_lists_more(world, client, monkeypatch):
    monkeypatch.setattr(views, "MOST_UNCONFIRMED", 3)
    monkeypatch.setattr(views, "reaches", lambda account: True)
    shop = register(client).location
    answer = paste(client, shop, range(5))
    assert listed(world) == 3 and "Hãy xác nhận số điện thoại" in answer.text
    with inside(world.app()):
        db.session().execute(sa.update(Account).values(contact_confirmed_at=NOW))
        db.session().commit()
    paste(client, shop, range(5))
    assert listed(world) == 5


def test_so_many_a_day_and_no_more(world, client, monkeypatch):
    monkeypatch.setattr(views, "MOST_DAILY", 4)
    counted = {}

    def count(what, of, seconds, number=1):
        counted[what] = counted.get(what, 0) + number
        return counted[what]

    monkeypatch.setattr("checkin.throttle.count", count)
    shop = register(client).location
    paste(client, shop, range(3))
    assert "Xin thêm tiếp vào ngày mai" in paste(client, shop, range(3, 6)).text
    assert listed(world) == 4


@of_roles
def test_the_public_role_changes_no_shift_and_lists_nobody_for_days_before(market):
    worker = market.add(now=at(6))
    market.round(at(8))
    (visit,) = market.visits()
    with psycopg.connect(market.world.urls["public"], autocommit=True) as public:
        public.execute("SELECT set_config('checkin.owner', %s, false)", [str(market.owner_id)])
        public.execute("SELECT set_config('checkin.visit', %s, false)", [str(visit.id)])
        assert public.execute("UPDATE visit SET left_at = now()").rowcount == 0
        copied = (
            "INSERT INTO worker (id, venue_id, person_id, gender, age_band, details, masked_name, job, weekdays, "
            "starts, ends, first_day, planned_from, added_at, due_at, seen_at) VALUES (gen_random_uuid(), %s, "
            "gen_random_uuid(), 'female', '20-39', 'x', 'x', '', 127, 420, 960, %s, %s, %s, %s, %s)"
        )
        early = FRIDAY.replace(day=1)
        for first, planned, due, seen in (
            (early, early, NOW, None),
            (FRIDAY, early, NOW, None),
            (FRIDAY, FRIDAY, NOW, NOW),
            (FRIDAY, FRIDAY, NOW.replace(year=2090), None),
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                public.execute(copied, [market.venue_id, first, planned, NOW, due, seen])
        public.execute(copied, [market.venue_id, FRIDAY, FRIDAY, NOW, NOW, None])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            public.execute("UPDATE worker SET due_at = '2090-01-01' WHERE id = %s", [worker])
        for column in ("seen_at", "first_day"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                public.execute(f"UPDATE worker SET {column} = '2026-11-01'")


@of_roles
def test_the_staff_role_reads_no_details_and_neither_forges_shifts_nor_takes_days_away(market):
    worker = market.add(now=at(6), weekdays=1 << 4)
    market.round(at(8))
    (visit,) = market.visits()
    write = "SELECT written, removed FROM write_shifts(%s, %s)"

    def ask(day, past=False):
        return {"worker": str(worker), "shift": str(visit.group_id), "since": at(0, day).isoformat(), "past": past}

    def stay(day, hours=9, **other):
        made = {"worker": str(worker), "shift": str(visit.group_id), "id": str(worker), "by": "guessed", "rules": "x"}
        ends = at(7 + hours, day).isoformat()
        return {**made, "entered": at(7, day).isoformat(), "likely": ends, "latest": ends, **other}

    def run(asked, wanted):
        from psycopg.types.json import Jsonb

        with psycopg.connect(market.world.urls["staff"]) as staff:
            staff.execute("SELECT set_config('checkin.role', 'system', true)")
            done = staff.execute(write, [Jsonb(asked), Jsonb(wanted)]).fetchone()
            staff.rollback()
            return done

    refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
    with psycopg.connect(market.world.urls["staff"], autocommit=True) as staff, refused:
        staff.execute("SELECT details FROM worker")
    # What a round does is done: today's is replaced.
    assert run([ask(FRIDAY)], [stay(FRIDAY, 8)]) == (1, 1)
    # A day off, one before the first, one far longer than any shift, and one of nobody's.
    for day in (FRIDAY + 1 * DAY, FRIDAY - 7 * DAY):
        assert run([ask(day)], [stay(day)]) == (0, 0)
    assert run([ask(FRIDAY, past=True)], [stay(FRIDAY, 30)]) == (0, 0)
    assert run([ask(FRIDAY, past=True) | {"worker": str(visit.id)}], [stay(FRIDAY)]) == (0, 0)
    # A day that the log has left behind keeps what it has, whatever is asked.
    with clock.fixed(at(9, FRIDAY + 2 * DAY)), inside(market.app):
        from checkin.audit import service as audit
        from checkin.audit.entry import Actor

        audit.record(
            db.session(), now=clock.now(), actor=Actor(None, "system", "system"), action="upkeep", subject="days"
        )
        db.session().commit()
    assert run([ask(FRIDAY)], []) == (0, 0)
