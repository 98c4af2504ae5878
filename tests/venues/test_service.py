"""Venues, zones and codes below the pages: whose they are, what stands inside what, what a search finds."""

import unicodedata
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin.audit.models import AuditEntry
from checkin.audit.queries import broken_link
from checkin.errors import AccessDenied
from checkin.venues import codes, finding, queries, service
from checkin.venues.models import CLOSED, SUSPENDED, Code, Venue
from checkin.venues.service import VenueFacts
from tests import cast, factories
from tests.conftest import NOW

FACTS = VenueFacts(
    name="Phở Bình", kind="food", address="Số 7", commune_id=factories.HA_TU, phone="+84912000111", closes_at="22:00"
)


@pytest.fixture
def binh(session, vault):
    return factories.account(session, vault, "owner", cast.OWNER)


@pytest.fixture
def chi(session, vault):
    return factories.account(session, vault, "owner", cast.OUTSIDER)


@pytest.fixture
def pho(session, vault, binh):
    return service.register(session, vault, now=NOW, actor=binh.actor, facts=FACTS)


def last_entry(session):
    return session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()


def test_a_new_venue_is_its_owners_with_a_code_that_works_at_once(session, vault, binh, pho):
    door = factories.door(session, pho)
    assert codes.is_well_formed(door.code)
    assert door.open and not door.revoked
    assert (door.venue_name, door.kind, door.closes_at, door.owner_id) == ("Phở Bình", "food", "22:00", binh.id)
    assert (door.commune_name, door.zone_id, door.default_minutes) == ("Phường Hà Tu", None, None)
    assert vault.unlock("owner", pho.contact) == {"phone": "+84912000111"}
    entry = last_entry(session)
    assert (entry.action, entry.subject, entry.actor_id) == ("venue.register", str(pho.id), binh.id)


def test_the_owners_phone_is_not_readable_in_the_table_or_the_log(session, pho):
    session.commit()
    for table in ("venue", "audit", "account"):
        for row in session.execute(sa.text(f'SELECT * FROM "{table}"')).mappings():
            assert "912000111" not in " ".join(str(value) for value in row.values())


def test_the_owner_corrects_what_is_known_and_the_code_stays(session, vault, binh, pho):
    code = factories.code_of(session, pho)
    facts = VenueFacts(
        name="Phở Bình 2", kind="shop", address="Số 9", commune_id=factories.HONG_GAI, phone="+84912000112"
    )
    service.change(session, vault, now=NOW, actor=binh.actor, venue=pho, facts=facts)
    session.expire_all()
    door = queries.door(session, code)
    assert (door.venue_name, door.kind, door.address, door.commune_id, door.closes_at) == (
        "Phở Bình 2",
        "shop",
        "Số 9",
        factories.HONG_GAI,
        None,
    )
    assert [found.id for found in finding.search(session, "pho binh 2")] == [pho.id]
    assert last_entry(session).action == "venue.change"


def test_nobody_else_changes_a_venue_adds_a_zone_or_takes_its_code_away(session, vault, chi, pho):
    code = factories.code_of(session, pho)
    entries = last_entry(session).seq
    for attempt in (
        lambda: service.change(session, vault, now=NOW, actor=chi.actor, venue=pho, facts=FACTS),
        lambda: service.add_zone(session, now=NOW, actor=chi.actor, venue=pho, name="Tầng 2"),
        lambda: service.reissue(session, now=NOW, actor=chi.actor, code=code),
        lambda: service.reissue(session, now=NOW, actor=factories.SYSTEM, code=code),
    ):
        with pytest.raises(AccessDenied):
            attempt()
    assert queries.door(session, code).open
    assert queries.owned(session, chi.id, pho.id) is None
    assert queries.of_owner(session, chi.id) == []
    assert last_entry(session).seq == entries


def test_a_zone_has_a_code_of_its_own(session, binh, pho):
    zone = service.add_zone(session, now=NOW, actor=binh.actor, venue=pho, name="Tầng 2")
    zone.default_minutes = 20
    session.flush()
    doors = queries.doors_of(session, pho.id)
    assert [(door.zone_name, door.default_minutes) for door in doors] == [(None, None), ("Tầng 2", 20)]
    assert doors[0].code != doors[1].code
    assert queries.zone_names(session, [pho.id]) == {zone.id: "Tầng 2"}
    assert queries.own_codes(session, {pho.id}) == {pho.id: doors[0].code}
    listed = {(doors[0].code, "Phở Bình"), (doors[1].code, "Phở Bình – Tầng 2")}
    assert set(queries.all_codes(session)) == listed


def test_a_reissued_code_is_new_and_the_old_one_says_that_it_was_revoked(session, binh, pho):
    old = factories.code_of(session, pho)
    new = service.reissue(session, now=NOW + timedelta(hours=1), actor=binh.actor, code=old)
    assert new != old
    assert queries.door(session, new).open
    assert queries.door(session, old).revoked and not queries.door(session, old).open
    assert [door.code for door in queries.doors_of(session, pho.id)] == [new]
    assert (last_entry(session).action, last_entry(session).subject) == ("code.reissue", old)
    with pytest.raises(AccessDenied):
        service.reissue(session, now=NOW, actor=binh.actor, code=old)


def test_a_reissued_code_of_a_zone_stays_with_its_zone(session, binh, pho):
    zone = service.add_zone(session, now=NOW, actor=binh.actor, venue=pho, name="Cửa sau")
    old = session.scalars(sa.select(Code.code).where(Code.zone_id == zone.id)).one()
    new = service.reissue(session, now=NOW, actor=binh.actor, code=old)
    assert queries.door(session, new).zone_id == zone.id
    assert queries.door(session, factories.code_of(session, pho)).open


@pytest.mark.parametrize("code", ["", "K7QF3M2P9XD", "x" * 10_000, "'; DROP TABLE code; --"])
def test_a_code_that_was_never_issued_is_no_door(session, binh, code):
    assert queries.door(session, code) is None
    with pytest.raises(AccessDenied):
        service.reissue(session, now=NOW, actor=binh.actor, code=code)


def test_a_code_that_exists_already_is_drawn_again(session, pho, monkeypatch):
    taken, fresh = factories.code_of(session, pho), codes.new_code()
    drawn = iter([taken, taken, fresh])
    monkeypatch.setattr(service, "new_code", lambda: next(drawn))
    assert service.issue_code(session, now=NOW, venue_id=pho.id) == fresh


@pytest.mark.parametrize("state", [SUSPENDED, CLOSED])
def test_nobody_checks_in_where_the_venue_is_not_active(session, pho, state):
    pho.state = state
    session.flush()
    assert not factories.door(session, pho).open


@pytest.fixture
def mall(session, vault):
    """A mall, a food court in it, a kiosk in that, and a shop outside."""
    made = {name: factories.venue(session, vault, name) for name in ("mall", "court", "kiosk", "outside")}
    made["court"].parent_id, made["kiosk"].parent_id = made["mall"].id, made["court"].id
    session.flush()
    return {name: venue.id for name, venue in made.items()}


def test_what_stands_inside_is_found_at_every_depth(session, mall):
    assert set(queries.with_inside(session, mall["mall"])) == {mall["mall"], mall["court"], mall["kiosk"]}
    assert set(queries.with_inside(session, mall["court"])) == {mall["court"], mall["kiosk"]}
    assert queries.with_inside(session, mall["kiosk"]) == [mall["kiosk"]]
    assert queries.with_inside(session, factories.new_id(NOW)) == []


def test_what_a_kiosk_stands_inside_is_found_nearest_first(session, mall):
    assert queries.ancestors(session, mall["kiosk"]) == [mall["court"], mall["mall"]]
    assert queries.ancestors(session, mall["outside"]) == queries.ancestors(session, factories.new_id(NOW)) == []


def test_venues_that_stand_inside_each_other_by_mistake_stop_nothing(session, mall):
    session.get_one(Venue, mall["mall"]).parent_id = mall["kiosk"]
    session.flush()
    assert set(queries.with_inside(session, mall["mall"])) == {mall["mall"], mall["court"], mall["kiosk"]}
    assert set(queries.ancestors(session, mall["kiosk"])) <= {mall["court"], mall["mall"], mall["kiosk"]}


@pytest.fixture
def town(session, vault):
    for name, kind, commune in (
        ("Chợ Hạ Long 1", "market", factories.HONG_GAI),
        ("Chợ Hạ Long 2", "market", factories.HONG_GAI),
        ("Chợ Hà Tu", "market", factories.HA_TU),
        ("Cho Ha Long", "shop", factories.HONG_GAI),
        ("100% Cotton", "shop", factories.HA_TU),
        ("100 Món", "food", factories.HA_TU),
        ("A_B", "shop", factories.HA_TU),
        ("AxB", "shop", factories.HA_TU),
    ):
        factories.venue(session, vault, name, kind=kind, commune_id=commune)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Chợ Hạ Long 1", ["Chợ Hạ Long 1"]),
        (unicodedata.normalize("NFD", "Chợ Hạ Long 1"), ["Chợ Hạ Long 1"]),
        ("CHO HA LONG 1", ["Chợ Hạ Long 1"]),
        ("long cho 2", ["Chợ Hạ Long 2"]),
        ("cho ha long", ["Cho Ha Long", "Chợ Hạ Long 1", "Chợ Hạ Long 2"]),
        ("hạ long", ["Chợ Hạ Long 1", "Chợ Hạ Long 2", "Cho Ha Long"]),
        ("100%", ["100% Cotton"]),
        ("a_b", ["A_B"]),
        ("ch\u200bợ\u202e hà tu", ["Chợ Hà Tu"]),
        ("chợ\x00 hà tu", ["Chợ Hà Tu"]),
        ("không có", []),
        ("'; DROP TABLE venue; --", []),
        ("x" * 10_000, []),
        ("ế " * 5_000, []),
    ],
)
def test_a_search_finds_names_with_and_without_accents_best_first(session, town, text, found):
    assert [venue.name for venue in finding.search(session, text)] == found


def test_a_search_can_be_narrowed_to_a_commune_and_a_kind(session, town):
    assert [v.name for v in finding.search(session, "chợ", commune_id=factories.HA_TU)] == ["Chợ Hà Tu"]
    assert [v.name for v in finding.search(session, "cho", kind="shop")] == ["Cho Ha Long"]
    assert len(finding.search(session, "", limit=3)) == 3


def test_a_search_by_code_finds_its_venue_however_it_is_typed(session, vault, town):
    pho = factories.venue(session, vault, "Phở Bình")
    code = factories.code_of(session, pho)
    for typed in (code, code.lower(), codes.display(code), f" {codes.display(code)}\u200b "):
        (found,) = finding.search(session, typed)
        assert (found.id, found.code) == (pho.id, code)


def test_a_name_as_long_as_its_field_is_kept_and_found(session, vault):
    name = "Ấ" * 200
    made = factories.venue(session, vault, name)
    session.commit()
    session.expire_all()
    assert session.get_one(Venue, made.id).name == name
    assert [found.id for found in finding.search(session, name)] == [made.id]


def test_the_log_of_all_this_is_whole(session, vault, binh, pho):
    service.add_zone(session, now=NOW, actor=binh.actor, venue=pho, name="Tầng 2")
    service.reissue(session, now=NOW, actor=binh.actor, code=factories.code_of(session, pho))
    session.commit()
    assert broken_link(session) is None


def test_where_no_name_has_the_words_the_address_and_the_commune_count(session, vault):
    first = factories.venue(session, vault, "Phở Bình", address="Số 12, đường Lê Lợi")
    second = factories.venue(session, vault, "Phở Bình", address="Số 112, đường Lê Lợi", commune_id=factories.HA_TU)
    for text, found in (
        ("pho binh 12", {first.id}),
        ("12 le loi", {first.id}),
        ("le loi pho", {first.id, second.id}),
        ("phở lê lợi hà tu", {second.id}),
        ("hong gai pho", {first.id}),
        ("ngoc lam", set()),
    ):
        assert {one.id for one in finding.search(session, text)} == found, text
    assert finding.the_one(finding.search(session, "pho binh")) is None


def test_a_name_typed_whole_is_the_one_that_is_meant_among_longer_ones(session, vault):
    short = factories.venue(session, vault, "Chợ Hạ Long 1")
    factories.venue(session, vault, "Chợ Hạ Long 1 mở rộng")
    assert finding.the_one(finding.search(session, "cho ha long 1")).id == short.id
    factories.venue(session, vault, "Cho Ha Long 1")
    assert finding.the_one(finding.search(session, "Cho Ha Long 1")).name == "Cho Ha Long 1"
    assert finding.the_one(finding.search(session, "CHO HA LONG 1")) is None
