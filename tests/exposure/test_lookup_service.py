"""The record of a lookup: made first, bound to a case or a signal, in the log, and readable to nobody else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin.audit.entry import Actor
from checkin.audit.models import AuditEntry
from checkin.audit.queries import broken_link
from checkin.cases.models import Case
from checkin.db import db
from checkin.errors import AccessDenied
from checkin.exposure import queries, service
from checkin.exposure.models import Lookup
from checkin.exposure.service import Bound, PersonAsked, PlaceAsked
from checkin.exposure.timeline import found_people
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside

DAY = timedelta(days=1)
SIGNAL = Bound(case=None, signal="Chùm sốt ở trường", reason="Tìm người cùng lớp")


@pytest.fixture
def actor(session, vault):
    return factories.account(session, vault, "cdc", cast.CDC).actor


def ask_place(session, actor, bound=SIGNAL, **asked):
    return service.ask_place(
        session, now=NOW, actor=actor, bound=bound, asked=PlaceAsked(start=NOW - DAY, end=NOW, **asked)
    )


def ask_person(session, vault, actor, bound=SIGNAL, **asked):
    return service.ask_person(
        session, vault, now=NOW, actor=actor, bound=bound, asked=PersonAsked(start=NOW - DAY, end=NOW, **asked)
    )


def log(session):
    return list(session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq)))


def test_a_lookup_by_place_is_on_record_with_its_case_and_in_the_log(session, actor):
    case = factories.case(session)
    found = ask_place(
        session, actor, Bound(case=case, signal=None, reason="Chợ đông"), commune_id="06688", kind="market"
    )
    session.commit()
    stored, of_case = queries.lookup(session, found.id)
    assert (stored.number, of_case.number) == ("TC-000001", "F0-0001")
    assert (stored.kind, stored.commune_id, stored.venue_kind, stored.made_by) == ("place", "06688", "market", actor.id)
    assert (stored.start, stored.end, stored.made_at) == (NOW - DAY, NOW, NOW)
    entry = log(session)[-1]
    assert (entry.action, entry.subject, entry.case_number, entry.reason) == (
        "lookup.place",
        found.number,
        "F0-0001",
        "Chợ đông",
    )
    assert (entry.actor_id, entry.actor, entry.role) == (actor.id, cast.CDC[0], "cdc")
    assert entry.detail == {
        "start": "2026-11-19T03:30:00+00:00",
        "end": "2026-11-20T03:30:00+00:00",
        "commune_id": "06688",
        "venue_kind": "market",
    }


def test_reading_and_exporting_are_entries_of_their_own(session, actor):
    case = factories.case(session)
    lookup = ask_place(session, actor, Bound(case=case, signal=None, reason="Chợ đông"))
    for action in ("lookup.read", "lookup.export.csv"):
        service.read(session, now=NOW, actor=actor, lookup=lookup, case=case, action=action, rows=1284)
    entries = log(session)[-2:]
    assert [(e.action, e.subject, e.case_number, e.reason, e.rows) for e in entries] == [
        ("lookup.read", "TC-000001", "F0-0001", "Chợ đông", 1284),
        ("lookup.export.csv", "TC-000001", "F0-0001", "Chợ đông", 1284),
    ]
    assert broken_link(session) is None


def test_without_the_entry_in_the_log_there_is_no_lookup(session, actor, monkeypatch):
    session.commit()

    def full(*_args, **_kwargs):
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr(service.audit, "record", full)
    with pytest.raises(RuntimeError):
        ask_place(session, actor)
    assert not session.new
    assert session.scalar(sa.select(sa.func.count()).select_from(Lookup)) == 0


def test_a_command_without_an_account_looks_nobody_up_but_those_of_a_case(session, vault):
    shell = Actor.command("shell")
    with pytest.raises(AccessDenied):
        ask_place(session, shell)
    with pytest.raises(AccessDenied):
        ask_person(session, vault, shell, phone="+84912345678")
    assert log(session) == []


def test_numbers_follow_each_other_whatever_is_asked(session, vault, actor):
    numbers = [ask_place(session, actor).number, ask_person(session, vault, actor, phone="+84912345678").number]
    numbers.append(ask_place(session, actor).number)
    assert numbers == ["TC-000001", "TC-000002", "TC-000003"]
    assert [lookup.number for lookup, _ in queries.newest(session, limit=2)] == ["TC-000003", "TC-000002"]


def test_lookups_asked_at_once_get_numbers_of_their_own(world, app, session, vault, actor):
    session.commit()

    def ask(_number):
        with inside(world.app()):
            number = ask_place(db.session(), actor).number
            db.session.commit()
            return number

    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(ask, range(18)))
    assert sorted(numbers) == [f"TC-{n:06d}" for n in range(1, 19)]
    assert broken_link(session) is None


def test_the_database_refuses_a_lookup_for_nothing(session, actor):
    with pytest.raises(sa.exc.IntegrityError):
        ask_place(session, actor, Bound(case=None, signal=None, reason="Chỉ xem thôi"))
    session.rollback()


def test_the_database_refuses_a_lookup_for_a_case_and_a_signal_at_once(session, actor):
    case = factories.case(session)
    with pytest.raises(sa.exc.IntegrityError):
        ask_place(session, actor, Bound(case=case, signal="Tin báo", reason="Cả hai"))
    session.rollback()


def test_the_database_refuses_a_lookup_for_a_case_that_does_not_exist(session, actor):
    nobody = Case(id=factories.new_id(NOW), seq=99, title="?", disease="covid-19", state="confirmed", opened_at=NOW)
    with pytest.raises(sa.exc.IntegrityError):
        ask_place(session, actor, Bound(case=nobody, signal=None, reason="Ca không có"))
    session.rollback()


def test_what_was_asked_of_a_person_is_sealed_and_read_in_no_row(session, vault, actor):
    asked = {
        "id_number": "022185001234",
        "phone": "+84912345678",
        "full_name": "Nguyễn Thị Ánh Tuyết",
        "birth_year": 1985,
    }
    lookup = ask_person(session, vault, actor, **asked)
    session.commit()
    session.expire_all()
    assert vault.open(session.get_one(Lookup, lookup.id).asked) == asked
    for table in ("lookup", "audit"):
        for row in session.execute(sa.text(f'SELECT * FROM "{table}"')).mappings():
            text = " ".join(
                bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
                for value in row.values()
            )
            for secret in ("Tuyết", "Tuyết".encode().decode("latin-1"), "tuyet", "912345678", "185001234", "1985"):
                assert secret not in text


def test_only_what_was_asked_has_an_index(session, vault, actor):
    by_phone = ask_person(session, vault, actor, phone="+84912345678")
    assert (by_phone.id_index, by_phone.phone_index, by_phone.name_index) == (
        None,
        vault.index("phone", "+84912345678"),
        None,
    )
    assert ask_person(session, vault, actor, full_name="Trần Văn Hưng").name_index is None  # no year, no index
    named = ask_person(session, vault, actor, full_name="Trần Văn Hưng", birth_year=1971)
    assert (named.id_index, named.phone_index) == (None, None) and len(named.name_index) == 16


@pytest.mark.parametrize(
    "name", ["Nguyễn Thị Ánh Tuyết", "Nguyễn Thị Ánh Tuyết", "NGUYEN THI ANH TUYET", "nguyen  thi\u200b anh tuyet"]
)
def test_a_name_finds_with_and_without_accents_composed_or_not(app, session, vault, actor, name):
    shop = factories.venue(session, vault)
    factories.check_in(app, session, vault, shop)
    factories.check_in(app, session, vault, shop, cast.healthy(cast.NEIGHBOUR))
    (found,) = found_people(session, vault, ask_person(session, vault, actor, full_name=name, birth_year=1985))
    assert found.person.full_name == "Nguyễn Thị Ánh Tuyết"
    assert len(found.visits) == 1 and found.by == ("name",)


def test_hung_and_hung_are_two_people_and_the_accents_asked_for_come_first(app, session, vault, actor):
    shop = factories.venue(session, vault)
    for number, name in enumerate(("Trần Văn Hùng", "Trần Văn Hưng")):
        who = cast.Identity(
            full_name=name,
            birth_year=1971,
            gender="male",
            phone=f"+8490411822{number}",
            province_id="22",
            commune_id="06652",
        )
        factories.check_in(app, session, vault, shop, cast.healthy(who))
    for name, other in (("Trần Văn Hưng", "Trần Văn Hùng"), ("Trần Văn Hùng", "Trần Văn Hưng")):
        found = found_people(session, vault, ask_person(session, vault, actor, full_name=name, birth_year=1971))
        assert [(p.person.full_name, p.same_accents) for p in found] == [(name, True), (other, False)]


def test_who_agrees_in_most_of_what_was_asked_comes_first(app, session, vault, actor):
    shop = factories.venue(session, vault)
    factories.check_in(app, session, vault, shop)
    wife = cast.Identity(
        full_name="Lê Thị Hoa",
        birth_year=1990,
        gender="female",
        phone="+84912345678",
        province_id="22",
        commune_id="06652",
    )
    factories.check_in(app, session, vault, shop, cast.healthy(wife))
    asked = ask_person(session, vault, actor, id_number="022185001234", phone="+84912345678")
    found = found_people(session, vault, asked)
    assert [(p.person.full_name, p.by) for p in found] == [
        ("Nguyễn Thị Ánh Tuyết", ("id_number", "phone")),
        ("Lê Thị Hoa", ("phone",)),
    ]


def test_nobody_is_found_for_nothing_asked(app, session, vault, actor):
    factories.check_in(app, session, vault, factories.venue(session, vault))
    assert found_people(session, vault, ask_person(session, vault, actor)) == []
