"""A device at the counter: joined once to one venue, sees today under masked names, and nothing once it is ended."""

import re
import threading
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.declarations.told import Told
from checkin.desk import service
from checkin.desk.kinds import device_kind
from checkin.desk.models import DeskLink
from checkin.errors import AccessDenied, DomainError
from checkin.venues import queries as venue_queries
from checkin.venues import service as venues
from checkin.venues.models import Code, Venue
from checkin.visits import service as visits
from tests import cast, factories
from tests.worlds import inside, vault_of

MINUTE = timedelta(minutes=1)
ANDROID = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
SHOP, OTHER = "Siêu thị Bạch Đằng", "Quán của Chi"

both = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def world(request):
    """SQLite, where the database makes no difference; each in turn for what is marked with `both`."""
    return request.getfixturevalue(getattr(request, "param", "sqlite"))


@pytest.fixture
def shop(world):
    """Bình's venue and Chi's, with a visit in each; the clock runs, since the database asks its own."""
    return two_venues(world)


def two_venues(world):
    """Make both and return the id of Bình's."""
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        binh = factories.account(session, vault, "owner", cast.OWNER)
        chi = factories.account(session, vault, "owner", cast.OUTSIDER)
        mine = factories.venue(session, vault, SHOP, owner=binh)
        theirs = factories.venue(session, vault, OTHER, owner=chi)
        factories.check_in(app, session, vault, mine, cast.coughing(), at=clock.now())
        factories.check_in(app, session, vault, theirs, cast.healthy(cast.NEIGHBOUR), at=clock.now())
        factories.commit()
        return mine.id


@pytest.fixture
def binh(world, shop):
    """Bình's browser at the public tier, signed in."""
    browser = world.app("public").test_client()
    factories.sign_in(browser, cast.OWNER)
    return browser


def make(binh, shop, name="Bảo vệ cổng 1"):
    """A link from the owner's page; its code."""
    page = f"/venues/{shop}/desk"
    binh.post(page, data={"name": name, "csrf_token": factories.token(binh, page)})
    return re.search(r'class="code"[^>]*>([^<]+)<', binh.get(page).text)[1]


def device(world):
    return world.app("public").test_client()


def join(browser, code):
    """Open the link and press the button."""
    browser.get(f"/desk/link/{code.replace('-', '')}")
    page = browser.get("/desk/link/confirm", headers={"User-Agent": ANDROID})
    if page.status_code != 200:
        return page
    token = factories.hidden(page.text, "csrf_token")
    return browser.post("/desk/link/confirm", data={"csrf_token": token}, headers={"User-Agent": ANDROID})


def link_of(world, shop):
    with inside(world.app()):
        return db.session.scalars(sa.select(DeskLink).where(DeskLink.venue_id == shop)).one()


def revoke(binh, shop, link):
    token = factories.token(binh, f"/venues/{shop}/desk")
    return binh.post(f"/venues/{shop}/desk/{link.id}/revoke", data={"csrf_token": token})


@both
def test_a_device_is_joined_over_the_link_and_sees_who_has_just_come(world, binh, shop):
    browser, code = device(world), make(binh, shop)
    browser.get(f"/desk/link/{code.replace('-', '')}")
    asked = browser.get("/desk/link/confirm").text
    assert SHOP in asked and "Bảo vệ cổng 1" in asked
    assert join(browser, code).location == "/desk/"
    page = browser.get("/desk").text
    assert SHOP in page and "Nguyễn T. Á. T." in page and "<b>1</b>" in page
    found = link_of(world, shop)
    assert found.code_hash is None and found.joined_at and found.used_at
    assert found.device_kind == "Chrome, Android"
    assert "Chrome, Android" in binh.get(f"/venues/{shop}/desk").text


def test_the_page_tells_no_result_no_reason_and_nothing_of_other_venues(world, binh, shop):
    browser = device(world)
    join(browser, make(binh, shop))
    # Without the texts of the script, which are the same for everybody, and tokens, in which any letters may stand.
    page = re.sub(r'(data-words|value)="[^"]*"', "", browser.get("/desk").text)
    for told in ("Nguyễn Thị", "1985", "0912", "022185001234", "cough", "ho", "HỖ TRỢ", "Hưng", OTHER, "Trần Phú"):
        assert not re.search(rf"(?<!\w){told}(?!\w)", page), told


@both
def test_the_code_can_be_typed_as_people_type(world, binh, shop):
    browser, code = device(world), make(binh, shop)
    token = factories.token(browser, "/desk/link/")
    typed = browser.post("/desk/link/", data={"code": f" {code.lower().replace('-', ' ')} ", "csrf_token": token})
    assert typed.location == "/desk/link/confirm"
    token = factories.token(browser, "/desk/link/confirm")
    assert browser.post("/desk/link/confirm", data={"csrf_token": token}).location == "/desk/"


def test_a_code_that_nobody_made_is_told_beside_the_field_and_stays(world, shop):
    browser = device(world)
    for code in ("", "K7QF-3M2P-9XD", "x" * 9999, "\x00", "<script>", "K7QF3M2P9XD" * 4):
        data = {"code": code, "csrf_token": factories.token(browser, "/desk/link/")}
        answer = browser.post("/desk/link/", data=data)
        assert answer.status_code == 422 and "<script>" not in answer.text
        assert browser.get("/desk/link/" + (code[:50].replace("\x00", "") or "x")).status_code == 302
        assert browser.get("/desk/link/confirm").status_code == 410


def test_a_code_joins_one_device(world, binh, shop):
    code, first, second = make(binh, shop), device(world), device(world)
    second.get(f"/desk/link/{code.replace('-', '')}")
    waiting = second.get("/desk/link/confirm").text
    assert join(first, code).status_code == 302
    late = second.post("/desk/link/confirm", data={"csrf_token": factories.hidden(waiting, "csrf_token")})
    assert late.status_code == 410 and "đã dùng rồi" in late.text
    assert second.get("/desk").status_code == 403
    assert first.get("/desk").status_code == 200


@both
def test_of_two_devices_at_once_one_joins(world, binh, shop):
    code, outcomes, ready = make(binh, shop), [], threading.Barrier(4)
    app = world.app("public")

    def race():
        with inside(app):
            ready.wait()
            try:
                service.join(db.session(), vault_of(app), now=clock.now(), code=code, device_kind="")
                db.session.commit()
                outcomes.append("joined")
            except DomainError as error:
                db.session.rollback()
                outcomes.append(error.reason)

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["gone", "gone", "gone", "joined"]


def test_opening_the_link_alone_joins_nothing(world, binh, shop):
    code, browser = make(binh, shop), device(world)
    for _ in range(3):  # as a preview in a chat does
        browser.get(f"/desk/link/{code.replace('-', '')}", follow_redirects=True)
    assert link_of(world, shop).joined_at is None
    assert browser.get("/desk").status_code == 403
    assert browser.post("/desk/link/confirm").status_code == 400  # nor without the page's token


def test_a_link_is_over_after_a_day(world, binh, shop):
    code = make(binh, shop)
    with clock.fixed(clock.now() + timedelta(hours=24)):
        assert join(device(world), code).status_code == 410
        assert "hết hạn" in binh.get(f"/venues/{shop}/desk").text
    with clock.fixed(clock.now() + timedelta(hours=23, minutes=59)):
        assert join(device(world), code).status_code == 302


@both
def test_an_ended_device_is_told_so_at_its_next_look_and_sees_nothing(world, binh, shop):
    browser = device(world)
    join(browser, make(binh, shop))
    assert revoke(binh, shop, link_of(world, shop)).status_code == 302
    page = browser.get("/desk")
    assert page.status_code == 403 and "Máy này đã bị ngắt" in page.text
    assert "Tuyết" not in page.text and SHOP not in page.text


def test_a_link_that_waits_can_be_taken_back(world, binh, shop):
    code = make(binh, shop)
    revoke(binh, shop, link_of(world, shop))
    assert join(device(world), code).status_code == 410
    assert code not in binh.get(f"/venues/{shop}/desk").text


def test_a_made_up_secret_opens_nothing(world, shop):
    for secret in ("", "x", "0" * 64, "0" * 63 + "\u0660", "ab" * 32):
        browser = device(world)
        browser.set_cookie("desk", secret)
        page = browser.get("/desk")
        assert page.status_code == 403 and "chưa nối với nơi nào" in page.text and "Tuyết" not in page.text


def test_an_owner_who_is_signed_in_is_no_device(binh):
    assert binh.get("/desk").status_code == 403


@both
def test_another_owner_makes_sees_and_ends_no_device_here(world, binh, shop):
    make(binh, shop)
    chi = world.app("public").test_client()
    factories.sign_in(chi, cast.OUTSIDER)
    page = f"/venues/{shop}/desk"
    token = factories.token(chi, "/venues/new")
    assert chi.get(page).status_code == 404
    assert chi.post(page, data={"name": "Của Chi", "csrf_token": token}).status_code == 404
    link = link_of(world, shop)
    assert chi.post(f"{page}/{link.id}/revoke", data={"csrf_token": token}).status_code == 404
    with inside(world.app()):
        theirs = db.session.scalars(sa.select(Venue.id).where(Venue.name == OTHER)).one()
    # Nor by way of a venue of their own.
    assert chi.post(f"/venues/{theirs}/desk/{link.id}/revoke", data={"csrf_token": token}).status_code == 404
    assert link_of(world, shop).revoked_at is None


def test_a_device_needs_a_name(binh, shop):
    page = f"/venues/{shop}/desk"
    for name, why in (("", "Đặt tên"), ("x" * 61, "Dài quá"), ("\u202e  ", "Đặt tên")):
        answer = binh.post(page, data={"name": name, "csrf_token": factories.token(binh, page)})
        assert answer.status_code == 422 and why in answer.text


def test_the_code_and_the_secret_stand_in_no_row_and_no_log(world, binh, shop, capsys):
    code, browser = make(binh, shop).replace("-", ""), device(world)
    join(browser, code)
    browser.get("/desk")
    secret = browser.get_cookie("desk").value
    with inside(world.app()):
        stored = repr(db.session.execute(sa.select(DeskLink.__table__)).all())
        logged = repr(db.session.execute(sa.select(AuditEntry.__table__)).all())
    out = capsys.readouterr().out
    for told in (code, secret):
        assert told not in stored + logged + out and bytes.fromhex(secret).hex() not in stored
    assert "/desk/link/<token>" in out


def test_making_joining_looking_and_ending_are_in_the_log_once_a_day(world, binh, shop):
    browser = device(world)
    join(browser, make(binh, shop))
    for _ in range(3):
        browser.get("/desk")
    with clock.fixed(clock.now() + 6 * MINUTE):
        browser.get("/desk")
    link = link_of(world, shop)
    revoke(binh, shop, link)
    with inside(world.app()):
        found = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq)).all()
        of_desk = [(e.action, e.role, e.subject) for e in found if e.action.startswith("desk")]
    assert of_desk[0] == ("desk.make", "owner", str(link.id)) and of_desk[-1] == ("desk.revoke", "owner", str(link.id))
    assert of_desk[1] == ("desk.join", "none", str(link.id))
    assert {entry[0] for entry in of_desk[2:-1]} == {"desk.read"} and len(of_desk) <= 5


def test_the_cookie_is_hidden_and_lasts(world, binh, shop):
    browser = device(world)
    answer = join(browser, make(binh, shop))
    cookie = next(value for name, value in answer.headers if name == "Set-Cookie" and value.startswith("desk="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie and "Max-Age=34560000" in cookie
    assert answer.headers["Cache-Control"] == browser.get("/desk").headers["Cache-Control"] == "no-store"


@both
def test_yesterdays_visits_and_those_to_come_are_not_shown_and_twenty_are(world, binh, shop):
    app, now = world.app(), clock.now()
    today = clock.day_bounds(clock.to_local(now).date())[0]
    with inside(app):
        session, vault = db.session(), vault_of(app)
        where = session.get_one(Venue, shop)
        zone = venues.add_zone(
            session, now=now, actor=session.get_one(Account, where.owner_id).actor, venue=where, name="Tầng 2"
        )
        code = session.scalars(sa.select(Code.code).where(Code.zone_id == zone.id)).one()
        for number in range(22):
            who = replace(cast.NEIGHBOUR, full_name=f"Trần Văn {chr(65 + number)}", phone=f"+84912345{number:03d}")
            at = today - MINUTE if number == 0 else now + 5 * MINUTE if number == 1 else max(today, now - MINUTE)
            visits.check_in(
                session,
                vault,
                now=at,
                rules=factories.rules(app, at),
                door=venue_queries.door(session, code),
                told=Told(who=who),
                submission_id=factories.new_id(at),
                device=None,
            )
        factories.commit()
    browser = device(world)
    join(browser, make(binh, shop))
    page = browser.get("/desk").text
    assert page.count('class="who"') == 20 and "<b>21</b>" in page
    assert "T. V. A<" not in page and "T. V. B<" not in page and "Tầng 2" in page


def test_an_empty_day_says_what_comes(world, binh, shop):
    with inside(world.app()):
        owner = db.session.get_one(Account, db.session.get_one(Venue, shop).owner_id)
        bare = factories.venue(db.session(), vault_of(world.app()), "Quán mới", owner=owner)
        factories.commit()
        bare_id = bare.id
    browser = device(world)
    join(browser, make(binh, bare_id))
    assert "Hôm nay chưa có lượt vào nào" in browser.get("/desk").text


def test_a_venue_has_a_bounded_number_of_devices(sqlite):
    app = sqlite.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        owner = factories.account(session, vault, "owner", cast.OWNER)
        where = factories.venue(session, vault, owner=owner)
        values = {"now": clock.now(), "actor": owner.actor, "venue": where}
        for number in range(service.MOST):
            service.make(session, vault, name=str(number), **values)
        with pytest.raises(DomainError, match="many"):
            service.make(session, vault, name="một máy nữa", **values)
        with pytest.raises(AccessDenied):
            service.make(session, vault, name="x", **{**values, "actor": factories.SYSTEM})


@pytest.mark.parametrize(("agent", "kind"), [
    (ANDROID, "Chrome, Android"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0", "Edge, Windows"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"),
    ("curl/8", ""), ("", ""), ("Android " * 5000, "Android"),
])  # fmt: skip
def test_of_what_a_browser_says_the_sort_of_device_is_kept(agent, kind):
    assert device_kind(agent) == kind and len(kind) <= 40


@pytest.fixture
def public(postgresql):
    """A connection as the public role, the scope of a joined device, and ids: its link, both venues, Bình."""
    app, where = postgresql.app(), two_venues(postgresql)
    with inside(app):
        session, vault = db.session(), vault_of(app)
        binh = session.get_one(Account, session.get_one(Venue, where).owner_id)
        values = {"now": clock.now(), "venue": session.get_one(Venue, where)}
        link, code = service.make(session, vault, actor=binh.actor, name="Bảo vệ", **values)
        scope = service.hash_of(vault, service.join(session, vault, now=clock.now(), code=code, device_kind="")).hex()
        session.commit()
        ids = {"link": link.id, "shop": where, "owner": binh.id}
    with psycopg.connect(postgresql.urls["public"]) as connection:
        yield connection, scope, ids


def seen(public, scope):
    """What the database shows within a scope: (count, names)."""
    public.rollback()
    public.execute("SELECT set_config('checkin.desk', %s, true)", (scope,))
    names = [row[0] for row in public.execute("SELECT masked_name FROM desk_visits(20)")]
    return public.execute("SELECT desk_count()").fetchone()[0], names


@pytest.mark.postgresql
def test_the_database_shows_a_device_its_own_venue_and_nothing_without_its_scope(postgresql, public):
    connection, scope, ids = public
    assert seen(connection, scope) == (1, ["Nguyễn T. Á. T."])
    for other in ("", "00" * 16, scope.upper(), scope[:-1], f"{scope}' OR '1'='1", str(ids["link"]), "%"):
        assert seen(connection, other) == (0, []), other
    assert seen(connection, scope)[0] == 1
    with inside(postgresql.app()):
        link = db.session.get_one(DeskLink, ids["link"])
        link.revoked_at = clock.now()
        db.session.commit()
    assert seen(connection, scope) == (0, [])


@pytest.mark.postgresql
def test_a_device_gets_three_columns_of_a_bounded_number_of_rows(public):
    connection, scope, _ = public
    connection.execute("SELECT set_config('checkin.desk', %s, true)", (scope,))
    answer = connection.execute("SELECT * FROM desk_visits(2147483647)")
    assert [column.name for column in answer.description] == ["masked_name", "entered_at", "zone"]
    assert connection.execute("SELECT count(*) FROM desk_visits(-1)").fetchone() == (0,)
    assert connection.execute("SELECT count(*) FROM visit").fetchone() == (0,)


@pytest.mark.postgresql
def test_a_link_is_seen_by_its_owner_its_device_and_who_has_its_code_alone(public):
    connection, scope, ids = public
    for name, value, rows in (
        ("owner", str(ids["owner"]), 1),
        ("owner", str(ids["shop"]), 0),
        ("desk", scope, 1),
        ("desk_code", scope, 0),
        ("desk", "", 0),
    ):
        connection.rollback()
        connection.execute("SELECT set_config(%s, %s, true)", (f"checkin.{name}", value))
        assert connection.execute("SELECT count(*) FROM desk_link").fetchone() == (rows,), name
        revoked = connection.execute("UPDATE desk_link SET revoked_at = now()").rowcount
        assert revoked == rows
    connection.rollback()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(
            "INSERT INTO desk_link (id, venue_id, name, made_at, expires_at, device_kind) "
            "VALUES (gen_random_uuid(), %s, 'x', now(), now(), '')",
            (ids["shop"],),
        )
    connection.rollback()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE desk_link SET venue_id = %s", (ids["shop"],))
