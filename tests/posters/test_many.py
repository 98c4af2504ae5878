"""Posters of many codes: asked for on a page, made beside, fetched as files; stopped, failed, gone, and nobody else's."""

import io
import re
import zipfile
from datetime import timedelta

import pypdfium2
import pytest
import sqlalchemy as sa

from checkin import clock, scope
from checkin.accounts.models import Account
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.posters import bundles, jobs, many, queries, service
from checkin.posters.models import DONE, FAILED, RUNNING, STOPPED, WAITING, PosterFile, PosterJob
from checkin.venues import service as venues
from checkin.venues.models import SUSPENDED, Code, Venue
from checkin.web import limiter
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
OWN, STAFF = "/venues/posters/", "/posters/"


@pytest.fixture
def town(world):
    """Bình has three venues, one with two doors of their own and one that is suspended; Chi has one elsewhere."""
    app = world.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        binh, chi = (factories.account(session, vault, "owner", who) for who in (cast.OWNER, cast.OUTSIDER))
        shop = factories.venue(session, vault, "Siêu thị Bạch Đằng", owner=binh)
        for name in ("Cửa chính", "Tầng 2"):
            venues.add_zone(session, now=NOW, actor=binh.actor, venue=shop, name=name)
        factories.venue(session, vault, "Quán Bình An", owner=binh, commune_id=factories.HA_TU)
        closed = factories.venue(session, vault, "Quán đóng cửa", owner=binh)
        closed.state = SUSPENDED
        factories.venue(session, vault, "Tiệm của Chi", owner=chi, commune_id=factories.HA_TU)
        factories.account(session, vault, "commune", cast.COMMUNE, factories.HA_TU)
        factories.account(session, vault, "admin", cast.ADMIN)
        factories.commit()
    return app


def signed_in(app, who):
    client = app.test_client()
    factories.sign_in(client, who)
    return client


def ask(client, page, **fields):
    token = factories.token(client, page)
    return client.post(page, data={"csrf_token": token, "form": "a4", "language": "vi", "commune": "", **fields})


def state_of(html):
    return re.search(r'data-state="(\w+)"', html)[1]


def texts(pdf):
    """The text of each page."""
    document = pypdfium2.PdfDocument(pdf)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def change(world, **values):
    with inside(world.app()):
        db.session.execute(sa.update(PosterJob).values(**values))
        db.session.commit()


@pytest.fixture
def owner(town):
    with clock.fixed(NOW):
        yield signed_in(town, cast.OWNER)


def test_an_owner_asks_leaves_comes_back_and_fetches_every_poster_of_their_own(owner, beside, world):
    answer = ask(owner, OWN)
    assert answer.status_code == 303 and len(beside.started) == 1
    page = answer.location
    waiting = owner.get(page).text
    assert state_of(waiting) == "waiting" and "data-poll" in waiting and 'http-equiv="refresh"' in waiting
    assert beside.work() == 1
    assert page in owner.get(OWN).text
    done = owner.get(page).text
    assert state_of(done) == "done" and "data-poll" not in done and "Đã xong: 4 áp phích" in done
    (link,) = set(re.findall(rf'href="({page}/\d+\.pdf)"', done))
    file = owner.get(link)
    assert file.mimetype == "application/pdf"
    found = texts(file.data)
    assert [next(n for n in ("Quán Bình An", "– Cửa chính", "– Tầng 2", "Siêu thị Bạch Đằng") if n in text) for text in found] == [
        "Quán Bình An", "Siêu thị Bạch Đằng", "– Cửa chính", "– Tầng 2",
    ]  # fmt: skip
    assert not any("Chi" in text.split() or "đóng cửa" in text for text in found)


def test_an_owner_prints_one_venue_with_its_zones_as_people_count_them_and_nobody_elses(town, owner, beside, world):
    with clock.fixed(NOW), inside(town):
        listed = {venue.name: venue for venue in db.session.scalars(sa.select(Venue))}
        shop, other = listed["Siêu thị Bạch Đằng"], listed["Tiệm của Chi"].id
        actor = next(account.actor for account in db.session.scalars(sa.select(Account)) if account.id == shop.owner_id)
        for name in ("Sạp 10", "Sạp 2"):
            venues.add_zone(db.session(), now=NOW, actor=actor, venue=shop, name=name)
        factories.commit()
        shop = shop.id
    assert re.search(r"<option [^>]*selected[^>]*>Siêu thị", chosen := owner.get(f"{OWN}?venue={shop}").text), chosen
    page = ask(owner, OWN, venue=str(shop)).location
    beside.work()
    found = texts(owner.get(f"{page}/1.pdf").data)
    doors = ("– Cửa chính", "– Sạp 2", "– Sạp 10", "– Tầng 2")
    assert [next((door for door in doors if door in text), "") for text in found] == ["", *doors]
    assert "Siêu thị Bạch Đằng" in owner.get(page).text
    assert ask(owner, OWN, venue=str(other)).status_code == 422
    assert str(other) not in owner.get(f"{OWN}?venue={other}").text


@pytest.mark.long
def test_each_code_on_them_is_in_force_and_leads_to_its_own_page(owner, beside, world):
    page = ask(owner, OWN).location
    beside.work()
    printed = re.findall(r"/v/(\w{11})", " ".join(texts(owner.get(f"{page}/1.pdf").data)))
    with inside(world.app()):
        known = db.session.scalars(
            sa.select(Code.code).join(Venue, Venue.id == Code.venue_id).where(
                Venue.name.in_(["Quán Bình An", "Siêu thị Bạch Đằng"]), Code.revoked_at.is_(None)
            )
        )  # fmt: skip
        assert sorted(printed) == sorted(known)
    for code in printed:
        assert world.app().test_client().get(f"/v/{code}").status_code == 200


def test_a_station_prints_its_commune_and_no_other_one(town, beside, world):
    with clock.fixed(NOW):
        station = signed_in(town, cast.COMMUNE)
        # Whatever commune the form names.
        page = ask(station, STAFF, commune="").location
        beside.work()
        found = texts(station.get(f"{page}/1.pdf").data)
    assert len(found) == 2 and "Quán Bình An" in found[0] and "Tiệm của Chi" in found[1]


def test_the_administrator_gets_a_file_for_each_commune_in_one_zip(town, beside, world):
    with clock.fixed(NOW):
        admin = signed_in(town, cast.ADMIN)
        page = ask(admin, STAFF, form="sheet", language="en").location
        beside.work()
        html = admin.get(page).text
        packed = zipfile.ZipFile(io.BytesIO(admin.get(f"{page}/posters.zip").data))
    assert "Đã xong: 5 áp phích" in html
    assert packed.testzip() is None
    assert packed.namelist() == ["001-phuong-ha-tu-sheet.pdf", "002-phuong-hong-gai-sheet.pdf"]
    (first,), (second,) = (texts(packed.read(name)) for name in packed.namelist())
    assert "Quán Bình An" in first and "Tiệm của Chi" in first and "No phone? Our staff" in first
    assert second.count("Siêu thị Bạch Đằng") == 3 and "Quán đóng cửa" not in second


@pytest.mark.long
def test_the_administrator_may_print_one_commune(town, beside):
    with clock.fixed(NOW):
        admin = signed_in(town, cast.ADMIN)
        page = ask(admin, STAFF, commune=factories.HONG_GAI).location
        beside.work()
        assert "Đã xong: 3 áp phích" in admin.get(page).text
        wrong = ask(admin, STAFF, commune="99999")
    assert wrong.status_code == 422 and "Chọn một mục trong danh sách." in wrong.text


@pytest.mark.parametrize(("field", "value"), [("form", "a0"), ("language", "x" * 9999)])
def test_it_rejects_a_form_or_language_that_there_is_not(owner, beside, field, value):
    answer = ask(owner, OWN, **{field: value})
    assert answer.status_code == 422 and "Chọn một mục trong danh sách." in answer.text
    assert beside.started == []


def test_asking_twice_makes_one_and_something_else_meanwhile_leads_to_the_first(owner, beside):
    first = ask(owner, OWN).location
    assert ask(owner, OWN).location == first
    other = ask(owner, OWN, form="sticker")
    assert other.location == first and len(beside.started) == 1
    assert "Bộ này chưa làm xong" in owner.get(first).text


def test_what_is_stopped_stays_stopped_and_can_be_made_again(owner, beside, world):
    page = ask(owner, OWN).location
    answer = owner.post(f"{page}/stop", data={"csrf_token": factories.token(owner, page)})
    assert answer.status_code == 303
    assert state_of(owner.get(page).text) == "stopped"
    assert beside.work() == 0
    assert owner.get(f"{page}/posters.zip").status_code == 303
    again = ask(owner, OWN)
    assert again.location != page and len(beside.started) == 2


def test_a_process_hears_within_a_block_that_it_should_stop(owner, beside, world, monkeypatch):
    monkeypatch.setattr(jobs, "BLOCK", 1)
    page = ask(owner, OWN).location
    drawn = []

    def draw(door, *more):
        drawn.append(door)
        if len(drawn) == 2:
            change(world, state=STOPPED, finished_at=NOW, gone_at=NOW)
        return original(door, *more)

    original = jobs.poster_of
    monkeypatch.setattr(jobs, "poster_of", draw)
    assert beside.work() == 0
    assert len(drawn) == 2
    assert state_of(owner.get(page).text) == "stopped"


def test_a_failure_is_said_in_words_and_nothing_that_was_typed_is_logged(owner, beside, world, monkeypatch, capfd):
    page = ask(owner, OWN).location
    monkeypatch.setattr(jobs, "poster_pdf", lambda *_, **__: 1 / 0)
    assert beside.work() == 0
    html = owner.get(page).text
    assert state_of(html) == "failed" and "Có lỗi ở phía chúng tôi" in html
    assert "Bạch Đằng" not in "".join(capfd.readouterr())


def test_a_process_that_died_is_said_and_another_one_may_begin(owner, beside, world):
    page = ask(owner, OWN).location
    change(world, state=RUNNING, beat_at=NOW - 3 * MINUTE, done=1, total=4)
    html = owner.get(page).text
    assert state_of(html) == "failed" and "dừng giữa chừng" in html
    assert ask(owner, OWN).location != page
    assert beside.work() == 1
    with inside(world.app()):
        assert sorted(db.session.scalars(sa.select(PosterJob.state))) == [DONE, FAILED]


@pytest.mark.long
def test_what_nobody_took_up_is_said_and_asking_again_starts_a_process(owner, beside, world):
    page = ask(owner, OWN).location
    change(world, asked_at=NOW - 3 * MINUTE)
    assert state_of(owner.get(page).text) == "failed"
    assert ask(owner, OWN).location == page and len(beside.started) == 2


@pytest.mark.long
def test_without_any_code_in_force_it_says_so(world, beside):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        factories.account(db.session(), vault_of(app), "admin", cast.ADMIN)
        factories.commit()
    with clock.fixed(NOW):
        admin = signed_in(app, cast.ADMIN)
        page = ask(admin, STAFF).location
        beside.work()
        assert "Không có mã nào đang dùng để in." in admin.get(page).text


def test_nobody_else_sees_stops_or_fetches_them(owner, town, beside, world):
    page = ask(owner, OWN).location
    beside.work()
    with clock.fixed(NOW):
        for who, base in ((cast.OUTSIDER, OWN), (cast.COMMUNE, STAFF), (cast.ADMIN, STAFF)):
            other = signed_in(town, who)
            there = base + page.rsplit("/", 1)[1]
            token = factories.token(other, base)
            assert other.get(there).status_code == 404
            assert other.get(f"{there}/1.pdf").status_code == 404
            assert other.get(f"{there}/posters.zip").status_code == 404
            assert other.post(f"{there}/stop", data={"csrf_token": token}).status_code == 404
    assert owner.get(f"{page}/2.pdf").status_code == 404
    assert owner.get(f"{page}/9999999999999999999999.pdf").status_code == 404


@pytest.mark.long
def test_files_go_after_a_day_and_their_lines_after_a_month(owner, beside, world):
    page = ask(owner, OWN).location
    beside.work()
    with clock.fixed(NOW + DAY):
        later = signed_in(world.app(), cast.OWNER)
        assert state_of(later.get(page).text) == "gone"
        assert later.get(f"{page}/1.pdf").status_code == 303
    for after, files, lines in ((DAY - MINUTE, 1, 1), (DAY, 0, 1), (31 * DAY, 0, 0)):
        with inside(world.app()):
            scope.enter(db.session(), scope.SYSTEM)
            service.purge(db.session(), now=NOW + after)
            db.session.commit()
            found = [db.session.scalar(sa.select(sa.func.count()).select_from(t)) for t in (PosterFile, PosterJob)]
            db.session().info.pop("scope", None)
        assert found == [files, lines]


@pytest.mark.long
def test_an_account_holds_files_of_three_at_most(owner, beside, world):
    for number, form in enumerate(("a4", "a5", "tent", "sticker")):
        with clock.fixed(NOW + number * MINUTE):
            ask(owner, OWN, form=form)
        beside.work()
    with inside(world.app()):
        over = db.session.scalars(sa.select(PosterJob.form).where(PosterJob.gone_at <= NOW + 3 * MINUTE))
        assert list(over) == ["a4"]


def test_two_are_made_at_once_and_a_third_waits(session):
    people = [factories.SYSTEM.__class__(id=service.new_id(NOW), name=f"n{n}", role="admin") for n in range(3)]
    for actor in people:
        service.ask(session, now=NOW, actor=actor, role="admin", form="a4", language="vi")
    taken = [service.claim(session, now=NOW, roles=["admin"]) for _ in range(3)]
    assert taken[0] and taken[1] and taken[2] is None
    assert service.claim(session, now=NOW, roles=["owner"]) is None
    assert [job.state for job in queries.jobs_in(session, [WAITING], ["admin"])] == [WAITING]


def test_asking_is_in_the_log_with_form_and_place_and_no_name(town, beside, world):
    with clock.fixed(NOW):
        ask(signed_in(town, cast.ADMIN), STAFF, commune=factories.HA_TU)
    with inside(world.app()):
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "posters.ask")).one()
        assert entry.detail == {"form": "a4", "language": "vi", "commune": factories.HA_TU}


@pytest.mark.long
def test_a_bundle_that_breaks_off_ends_as_a_broken_one(owner, beside, world):
    page = ask(owner, OWN).location
    beside.work()
    with inside(world.app()):
        db.session.execute(sa.delete(PosterFile))
        db.session.commit()
        job_id = db.session.scalars(sa.select(PosterJob.id)).one()
        sent = many._zipped(job_id, [queries.FileLine(1, "1.pdf", "", 1, 9)], scope.SYSTEM)
        with pytest.raises(many.CutShort):
            list(sent)
        db.session().info.pop("scope", None)
    assert state_of(owner.get(page).text) == "done"


@pytest.mark.long
def test_asking_is_limited(owner, beside):
    limiter.enabled = True
    try:
        answers = [ask(owner, OWN).status_code for _ in range(31)]
    finally:
        limiter.reset()
        limiter.enabled = False
    assert answers == [303] * 30 + [429]


def by_hand(listed, per_file):
    """The sizes of files, written plainly: a new one where the commune changes or the last one is full."""
    sizes, last = [], None
    for commune, _ in listed:
        if commune != last or sizes[-1] == per_file:
            sizes.append(0)
        sizes[-1] += 1
        last = commune
    return sizes


def test_files_are_by_commune_and_never_hold_more_than_they_may():
    for counts, per_file in (((1,), 1), ((3, 2), 2), ((5, 5, 1), 5), ((7, 1, 9), 4), ((), 3)):
        listed = [(f"c{n}", f"{n}-{m}") for n, count in enumerate(counts) for m in range(count)]
        made = list(bundles.bundles(listed, "a4", {"c0": "Phường Đông Mai"}, per_file))
        assert [len(bundle.codes) for bundle in made] == by_hand(listed, per_file)
        assert [code for bundle in made for code in bundle.codes] == [code for _, code in listed]
        assert len({bundle.name for bundle in made}) == len(made)
        assert all(re.fullmatch(r"\d{3}-[a-z0-9-]+\.pdf", bundle.name) for bundle in made)
        whole = list(bundles.bundles(listed, "a4", None, per_file))
        assert [len(bundle.codes) for bundle in whole] == by_hand([("", code) for _, code in listed], per_file)
