"""The owner's page of one code, its files, and what a code says once it was replaced."""

import re

import pypdfium2
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.db import db
from checkin.posters.words import ENGLISH
from checkin.venues import service as venues
from checkin.venues.kinds import VEHICLES
from checkin.venues.models import Code, Venue
from tests import cast, factories
from tests.conftest import NOW
from tests.posters.sheets import FORMS, decoded, drawn, words_of
from tests.worlds import inside, vault_of


@pytest.fixture
def shop(world):
    """Bình's venue with a door of its own; the codes of both by name."""
    app = world.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        owner = factories.account(session, vault, "owner", cast.OWNER)
        factories.account(session, vault, "owner", cast.OUTSIDER)
        where = factories.venue(session, vault, owner=owner)
        venues.add_zone(session, now=NOW, actor=owner.actor, venue=where, name="Cửa sau")
        codes = dict(session.execute(sa.select(Code.zone_id, Code.code)).all())
        factories.commit()
    return {"venue": codes.pop(None), "zone": next(iter(codes.values()))}


@pytest.fixture
def owner(world, shop, client):
    factories.sign_in(client, cast.OWNER)
    return client


@pytest.mark.parametrize("door", ["venue", "zone"])
def test_the_page_shows_every_form_and_each_link_gives_a_file(owner, shop, door):
    page = owner.get(f"/venues/codes/{shop[door]}/poster").text
    for form in FORMS:
        path = f"/venues/codes/{shop[door]}/poster-{form}"
        assert f'href="{path}.pdf?in=vi"' in page and f'src="{path}.svg?in=vi"' in page
        assert owner.get(f"{path}.pdf?in=vi").data[:5] == b"%PDF-"
        assert owner.get(f"{path}.svg?in=vi").mimetype == "image/svg+xml"


@pytest.mark.parametrize(
    ("kind", "first"), [*((kind, "sticker") for kind in VEHICLES), ("food", "a4"), ("station", "a4"), ("market", "a4")]
)
def test_a_vehicle_is_offered_the_sticker_first_and_everything_else_the_sheet_for_the_door(
    world, owner, shop, kind, first
):
    app = world.app()
    with inside(app):
        where = db.session.scalars(sa.select(Venue)).one()
        where.kind, where_id = kind, where.id
        factories.commit()
    page = owner.get(f"/venues/codes/{shop['venue']}/poster").text
    offered = re.findall(r"poster-(\w+)\.pdf", page)
    assert offered[0] == first and set(offered) == set(FORMS)
    button = re.search(r"poster-(\w+)\.pdf\">([^<]*)", owner.get(f"/venues/{where_id}").text)
    assert button[1] == first and ("Nhãn dán" in button[2]) == (first == "sticker")


def test_the_wall_speaks_the_language_that_was_chosen_whatever_the_owner_reads(owner, shop):
    path = f"/venues/codes/{shop['venue']}/poster-a4.pdf"
    assert ENGLISH.help in words_of(owner.get(f"{path}?in=en&lang=vi").data)
    assert ENGLISH.help not in words_of(owner.get(f"{path}?lang=en").data)
    page = owner.get(f"/venues/codes/{shop['venue']}/poster?in=en&lang=vi").text
    assert "poster-a4.pdf?in=en" in page and "Ngôn ngữ trên tờ in" in page


@pytest.mark.parametrize("wish", ["fr", "x" * 5000 + "%00"])
def test_a_language_that_there_is_not_is_no_page(owner, shop, wish):
    for name in ("poster", "poster-a4.pdf", "poster-a4.svg"):
        assert owner.get(f"/venues/codes/{shop['venue']}/{name}?in={wish}").status_code == 404


def test_another_owner_gets_nothing(world, shop):
    with clock.fixed(NOW):
        other = world.app().test_client()
        factories.sign_in(other, cast.OUTSIDER)
        for name in ("poster", "poster-a4.pdf", "poster-a4.svg", "qr.svg", "qr.png"):
            assert other.get(f"/venues/codes/{shop['venue']}/{name}").status_code == 404


@pytest.mark.long
def test_a_poster_is_the_same_at_every_download(owner, shop, world):
    path = f"/venues/codes/{shop['zone']}/poster-a5.pdf"
    first = owner.get(path).data
    with clock.fixed(NOW.replace(year=2027)):
        later = world.app().test_client()
        factories.sign_in(later, cast.OWNER)
        assert later.get(path).data == first


@pytest.mark.parametrize("door", ["venue", "zone"])
def test_a_reissued_code_has_another_symbol_and_date_and_the_old_one_says_so_when_scanned(world, shop, owner, door):
    old = shop[door]
    before = owner.get(f"/venues/codes/{old}/poster-a4.pdf").data
    later = NOW.replace(day=25)
    with clock.fixed(later):
        there = world.app().test_client()
        factories.sign_in(there, cast.OWNER)
        with inside(world.app()):
            venue_id = db.session.scalar(sa.select(Code.venue_id).where(Code.code == old))
        token = factories.token(there, f"/venues/{venue_id}")
        assert there.post(f"/venues/codes/{old}/reissue", data={"csrf_token": token}).status_code == 302
        with inside(world.app()):
            zone = db.session.scalar(sa.select(Code.zone_id).where(Code.code == old))
            new = db.session.scalar(
                sa.select(Code.code).where(Code.zone_id.is_not_distinct_from(zone), Code.revoked_at.is_(None))
            )
        after = there.get(f"/venues/codes/{new}/poster-a4.pdf").data
        assert "Cấp ngày 25/11/2026" in words_of(after)
        assert "Cấp ngày 25/11/2026" not in words_of(before)
        assert decoded(drawn(after)) == [f"http://localhost:8000/v/{new}"] != decoded(drawn(before))
        for name in ("poster", "poster-a4.pdf", "poster-a4.svg", "qr.svg", "qr.png"):
            assert there.get(f"/venues/codes/{old}/{name}").status_code == 404
        scanned = world.app().test_client().get(f"/v/{old}")
        assert scanned.status_code == 410 and "Mã này đã bị thu hồi" in scanned.text
        other = "zone" if door == "venue" else "venue"
        assert world.app().test_client().get(f"/v/{shop[other]}").status_code == 200


@pytest.mark.long
def test_a_vehicle_has_its_plate_on_the_sticker(owner, shop, world):
    with inside(world.app()):
        db.session.execute(sa.update(Venue).values(plate="14B01234", name="Xe khách Hạ Long"))
        db.session.commit()
    words = words_of(owner.get(f"/venues/codes/{shop['venue']}/poster-sticker.pdf").data)
    assert "14B-012.34" in words and "Xe khách Hạ Long" in words


def runner(app, *words):
    return app.test_cli_runner().invoke(args=list(words))


def test_the_commands_write_one_poster_and_all_of_them(world, shop, tmp_path):
    app = world.app()
    one = runner(
        app,
        "venues",
        "poster",
        shop["zone"],
        "--form",
        "sticker",
        "--language",
        "en",
        "--out",
        str(tmp_path / "one.pdf"),
    )
    assert one.exit_code == 0, one.output
    assert "Cửa sau" in words_of((tmp_path / "one.pdf").read_bytes())
    every = runner(app, "posters", "print", "--out", str(tmp_path / "all"), "--per-file", "1")
    assert every.exit_code == 0 and "posters: 2 of 2 codes" in every.output, every.output
    files = sorted((tmp_path / "all").iterdir())
    assert [file.name for file in files] == ["001-phuong-hong-gai-1-a4.pdf", "002-phuong-hong-gai-2-a4.pdf"]
    assert [len(pypdfium2.PdfDocument(file.read_bytes())) for file in files] == [1, 1]
    nowhere = runner(app, "posters", "print", "--commune", "99999", "--out", str(tmp_path / "x"))
    assert nowhere.exit_code == 1 and "no such commune" in nowhere.output
    empty = runner(app, "posters", "print", "--commune", factories.HA_TU, "--out", str(tmp_path / "x"))
    assert empty.exit_code == 1 and "no code is in force" in empty.output
    assert "posters: 0 made" in runner(app, "posters", "make").output
    assert "posters: 0 files removed" in runner(app, "posters", "purge").output
