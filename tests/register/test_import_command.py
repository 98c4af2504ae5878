"""`flask venues import`: from a file to venues with codes, on both databases."""

import json
import stat

import pytest
import sqlalchemy as sa

from checkin.audit.models import AuditEntry
from checkin.cells import neutral
from checkin.register import service
from checkin.register.models import RegisterNumber
from checkin.venues import queries as venue_queries
from checkin.venues import service as venues
from checkin.venues.models import CLOSED, Code, Venue
from tests import cast, factories
from tests.register.files import HEAD, register, row, workbook
from tests.worlds import inside


def load(app, path, *options):
    return app.test_cli_runner().invoke(args=["venues", "import", str(path), *options])


def counts(result):
    assert result.exit_code == 0, result.output
    found = json.loads(result.output.strip().splitlines()[-1])
    assert found["rows"] == found["created"] + found["updated"] + found["same"] + found["rejected"]
    return tuple(found[name] for name in ("rows", "created", "updated", "same", "rejected"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "so.csv"


def test_each_new_venue_has_a_code_that_opens_its_page(world, app, session, vault, path):
    path.write_bytes(
        register(row(number="5701234567", phone="912345678"), row(name="Chợ Hạ Long", commune="xã Hạ Long"))
    )
    assert counts(load(app, path)) == (2, 2, 0, 0, 0)
    venue = session.scalars(sa.select(Venue).where(Venue.name == "Quán phở Bình")).one()
    assert (venue.kind, venue.commune_id, venue.owner_id) == ("food", factories.HONG_GAI, None)
    assert vault.unlock("owner", venue.contact) == {"phone": "+84912345678"}
    # By which an owner who registers it once more is shown it.
    assert venue.phone_index == venues.phone_index(vault, "+84912345678")
    other = session.scalars(sa.select(Venue).where(Venue.name == "Chợ Hạ Long")).one()
    assert venue_queries.names(session, {other.id})[other.id].commune_id == "06994"
    code = session.scalars(sa.select(Code.code).where(Code.venue_id == venue.id)).one()
    assert world.app("public").test_client().get(f"/v/{code}").status_code == 200


def test_a_plate_is_kept_in_one_writing_and_left_out_where_it_is_none(app, session, path):
    heads = "Tên cơ sở,Loại,Địa chỉ,Xã phường,Biển số\n"
    taxis = [f"Taxi Hạ Long,Taxi,Bến xe,Hồng Gai,{plate}" for plate in ("14a 012.34", "14A-567.89", "14A 012.34")]
    path.write_text(heads + "\n".join([*taxis, "Xe Hưng,Xe khách,Bến xe,Hồng Gai,không có", ""]), encoding="utf-8")
    # Two taxis of one company at one address are two, and one in two writings is one.
    assert counts(load(app, path)) == (4, 3, 0, 1, 0)
    assert sorted(session.scalars(sa.select(sa.func.coalesce(Venue.plate, "")))) == ["", "14A01234", "14A56789"]
    assert counts(load(app, path)) == (4, 0, 0, 4, 0)


def test_a_second_run_changes_nothing(app, session, path):
    path.write_bytes(register(row(number="57"), row(name="Chợ"), row(name="Kiot", within="Chợ"), row(name="")))
    assert counts(load(app, path)) == (4, 3, 0, 0, 1)
    assert counts(load(app, path)) == (4, 0, 0, 3, 1)
    assert session.scalar(sa.select(sa.func.count()).select_from(Code)) == 3


def test_a_kiosk_above_its_market_in_the_file_stands_in_it(app, session, path):
    path.write_bytes(register(row(name="Kiot", within="Chợ"), row(name="Quầy", within="Kiot"), row(name="Chợ")))
    assert counts(load(app, path)) == (3, 3, 0, 0, 0)
    venues = {venue.name: venue for venue in session.scalars(sa.select(Venue))}
    assert venues["Kiot"].parent_id == venues["Chợ"].id
    assert venues["Quầy"].parent_id == venues["Kiot"].id
    assert counts(load(app, path)) == (3, 0, 0, 3, 0)


def test_a_register_number_finds_a_venue_that_moved_and_has_another_name(app, session, vault, path):
    path.write_bytes(register(row(number="057.01")))
    load(app, path)
    path.write_bytes(
        register(row(number="5701", name="Nhà hàng Bình", address="Số 7", commune="Hà Tu", phone="0912345678"))
    )
    assert counts(load(app, path)) == (1, 0, 1, 0, 0)
    (venue,) = session.scalars(sa.select(Venue))
    assert (venue.name, venue.name_fold, venue.address, venue.commune_id) == (
        "Nhà hàng Bình",
        "nha hang binh",
        "Số 7",
        factories.HA_TU,
    )
    assert vault.unlock("owner", venue.contact) == {"phone": "+84912345678"}


def test_a_venue_that_its_owner_registered_is_found_and_left_as_it_is(app, session, vault, path):
    bình = factories.account(session, vault, "owner", cast.OWNER)
    venue = factories.venue(session, vault, "Quán Phở Bình", owner=bình, address="5 Kim Hoàn")
    factories.commit()
    path.write_bytes(register(row(number="57", name="QUAN PHO BINH", kind="Chợ", phone="0904118226")))
    assert counts(load(app, path)) == (1, 0, 1, 0, 0)
    assert counts(load(app, path)) == (1, 0, 0, 1, 0)
    session.refresh(venue)
    assert (venue.name, venue.kind, venue.owner_id) == ("Quán Phở Bình", "supermarket", bình.id)
    assert session.scalars(sa.select(RegisterNumber.venue_id)).one() == venue.id


def test_a_closed_venue_is_none_and_gives_its_number_to_the_one_that_opens_there(app, session, path):
    path.write_bytes(register(row(number="57")))
    load(app, path)
    session.execute(sa.update(Venue).values(state=CLOSED))
    factories.commit()
    assert counts(load(app, path)) == (1, 1, 0, 0, 0)
    assert counts(load(app, path)) == (1, 0, 0, 1, 0)
    assert session.scalar(sa.select(Venue.state).join(RegisterNumber, RegisterNumber.venue_id == Venue.id)) == "active"


def test_the_refused_rows_come_back_with_their_reasons_and_load_when_they_are_corrected(app, path, tmp_path):
    path.write_bytes(register(row(name=""), row(commune="Không Có"), row(name="=1+1", address=""), row(name="Chợ")))
    report = tmp_path / "bad.csv"
    assert counts(load(app, path, "--report", str(report))) == (4, 1, 0, 0, 3)
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text(encoding="utf-8-sig")
    lines = text.splitlines()
    assert lines[0] == f"Dòng;Lý do;{HEAD}"
    assert lines[1].startswith("2;thiếu tên cơ sở;") and "không tìm thấy xã, phường này trong tỉnh" in lines[2]
    assert neutral("=1+1") in lines[3]
    corrected = (
        text.replace(";;Ăn uống", ";Quán sửa;Ăn uống")
        .replace("Không Có", "Hà Tu")
        .replace("Ăn uống;;", "Ăn uống;Số 9;")
    )
    path.write_text(corrected, encoding="utf-8")
    assert counts(load(app, path)) == (3, 3, 0, 0, 0)


def test_a_doubtful_name_is_said_and_can_be_chosen(app, session, path):
    path.write_bytes(register(row(commune="Hạ Long"), row(name="Chợ", commune="Hạ Long")))
    result = load(app, path)
    assert counts(result) == (2, 0, 0, 0, 2)
    assert (
        'doubtful, 2 rows: --commune "Hạ Long=CODE" with one of Phường Hạ Long (06688), Đặc khu Vân Đồn (06994)'
        in result.output
    )
    assert counts(load(app, path, "--commune", "Hạ Long=06994")) == (2, 2, 0, 0, 0)
    assert set(session.scalars(sa.select(Venue.commune_id))) == {"06994"}
    assert "five digits" in load(app, path, "--commune", "Hạ Long=00001").output


def test_a_preview_counts_and_stores_nothing(app, session, path):
    path.write_bytes(register(row(), row(name="Chợ")))
    assert counts(load(app, path, "--preview")) == (2, 2, 0, 0, 0)
    assert session.scalar(sa.select(sa.func.count()).select_from(Venue)) == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 0


def test_it_is_in_the_log_before_and_after(app, session, path):
    path.write_bytes(register(row()))
    load(app, path)
    begun, ended = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq))
    assert (begun.action, ended.action, ended.rows) == ("register.load.begin", "register.load", 1)
    assert ended.detail["sha256"] and "Bình" not in json.dumps(ended.detail)


def test_a_workbook_with_numbers_as_numbers(app, session, vault, path):
    path.write_bytes(workbook(["MST", "Tên", "Địa chỉ", "Xã", "ĐT"], [5701234567, "Quán", 12, 6685, 912345678]))
    assert counts(load(app, path)) == (1, 1, 0, 0, 0)
    (venue,) = session.scalars(sa.select(Venue))
    assert (venue.address, venue.commune_id) == ("12", factories.HONG_GAI)
    assert vault.unlock("owner", venue.contact) == {"phone": "+84912345678"}


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"", "Tệp trống"), (b"%PDF-1.7", "không phải CSV hay XLSX"), (b"Ten,Dia chi\n", "chỉ có dòng tiêu đề")],
)
def test_what_is_no_register_is_said_in_words(app, path, body, words):
    path.write_bytes(body)
    result = load(app, path)
    assert result.exit_code == 1 and words in result.output


def test_the_public_tier_makes_no_venues(world, path):
    path.write_bytes(register(row()))
    with inside(world.app("public")):
        result = load(world.app("public"), path)
    assert result.exit_code == 1 and "staff tier" in result.output


def test_the_staff_tier_makes_them_with_its_own_role(world, path):
    path.write_bytes(register(row(number="57"), row(name="Chợ")))
    with inside(world.app("staff")):
        assert counts(load(world.app("staff"), path)) == (2, 2, 0, 0, 0)
        path.write_bytes(register(row(number="57", phone="0912345678"), row(name="Chợ")))
        assert counts(load(world.app("staff"), path)) == (2, 0, 1, 1, 0)


def test_a_code_that_is_drawn_twice_is_drawn_again(app, session, path, monkeypatch):
    codes = iter(["A" * 11, "A" * 11, "B" * 11, "C" * 11])
    monkeypatch.setattr(service, "new_code", lambda: next(codes))
    path.write_bytes(register(row(), row(name="Chợ")))
    assert counts(load(app, path)) == (2, 2, 0, 0, 0)
    assert set(session.scalars(sa.select(Code.code))) == {"B" * 11, "C" * 11}
