"""An owner finds their place among those that a register brought in: shown by its phone, or said by the commune."""

from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.claims import queries, service
from checkin.claims.models import VenueClaim
from checkin.db import db, set_scope
from checkin.errors import AccessDenied, DomainError
from checkin.ids import new_id
from checkin.messages.models import Message
from checkin.venues.models import Venue
from tests import cast, factories
from tests.conftest import NOW
from tests.venues.pages import press
from tests.worlds import inside, vault_of

PHONE = "+842033825499"
both = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def world(request):
    """SQLite, where the database makes no difference; each in turn for what is marked with `both`."""
    return request.getfixturevalue(getattr(request, "param", "sqlite"))


@pytest.fixture
def known(world):
    """The id of a venue of the register at Hà Tu, without owner; Bình, Chi and the station have accounts."""
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        factories.account(session, vault, "owner", cast.OWNER)
        factories.account(session, vault, "owner", cast.OUTSIDER)
        factories.account(session, vault, "commune", cast.COMMUNE, factories.HA_TU)
        venue = factories.venue(session, vault, "Nhà nghỉ Hạ Long", kind="hotel", commune_id=factories.HA_TU)
        session.commit()
        return venue.id


def browser(world, who, tier="public"):
    made = world.app(tier).test_client()
    factories.sign_in(made, who)
    return made


def ask(client, venue_id, **fields):
    page = f"/venues/{venue_id}/claim"
    return press(client, page, page, **{"name": "Phạm Văn Bình", "note": "Có giấy phép", **fields})


def owner_of(world, venue_id):
    with inside(world.app()):
        return db.session.scalar(sa.select(Venue.owner_id).where(Venue.id == venue_id))


def account_id(world, who):
    with inside(world.app()):
        return factories.signs_in(db.session(), vault_of(world.app()), who, {"owner"}).id


def letters(world):
    """The messages about claims, opened."""
    with inside(world.app()):
        vault = vault_of(world.app())
        rows = db.session.scalars(
            sa.select(Message).where(Message.about == "claim").order_by(Message.made_at, Message.id)
        )
        return [vault.unlock("owner", row.sealed) for row in rows]


def claims(world):
    with inside(world.app()):
        return db.session.execute(
            sa.select(VenueClaim.state, VenueClaim.reason).order_by(VenueClaim.made_at, VenueClaim.id)
        ).all()


def of_station(world, station, action, number=0, **fields):
    with inside(world.app()):
        found = db.session.scalars(
            sa.select(VenueClaim.id).where(VenueClaim.state == "waiting").order_by(VenueClaim.made_at, VenueClaim.id)
        ).all()
    return press(station, "/claims/", f"/claims/{found[number]}/{action}", **fields)


def set_phone(world, venue_id, phone, confirmed=True):
    """The register holds this phone; Bình's contact is confirmed."""
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        venue = session.get_one(Venue, venue_id)
        from checkin.venues.service import phone_index

        venue.contact, venue.phone_index = vault.lock("owner", {"phone": phone}), phone_index(vault, phone)
        if confirmed:
            account = factories.signs_in(session, vault, cast.OWNER, {"owner"})
            account.contact_confirmed_at = clock.now()
        session.commit()


@both
def test_the_likely_double_leads_to_the_claim_and_the_station_says_whose_it_is(world, known):
    binh = browser(world, cast.OWNER)
    page = binh.post(
        "/venues/new",
        data={
            "name": "Nhà nghỉ Hạ Long", "kind": "hotel", "commune": factories.HA_TU, "address": "Số 12 Trần Phú",
            "phone": "0912 000 111", "csrf_token": factories.token(binh, "/venues/new"),
        },
    )  # fmt: skip
    assert "Có phải cơ sở này?" in page.text and f"/venues/{known}/claim" in page.text
    assert ask(binh, known).status_code == 303
    waiting = binh.get(f"/venues/{known}/claim").text
    assert "Đang chờ trạm y tế xác nhận" in waiting and owner_of(world, known) is None
    assert "Nhà nghỉ Hạ Long" in binh.get("/venues/new").text
    # Nothing to print meanwhile.
    assert binh.get(f"/venues/{known}").status_code == 404
    station = browser(world, cast.COMMUNE, "staff")
    shown = station.get("/claims/").text
    assert (
        "Phạm Văn Bình" in shown
        and "Có giấy phép" in shown
        and "0203 3825 499" in shown.replace("&nbsp;", " ")
        or "382" in shown
    )
    assert of_station(world, station, "confirm").status_code == 303
    assert owner_of(world, known) == account_id(world, cast.OWNER)
    assert binh.get(f"/venues/{known}").status_code == 200
    (letter,) = letters(world)
    assert "đã là của bạn" in letter["text"] and "Nhà nghỉ Hạ Long" in letter["text"]
    assert "Không có ai đang chờ" in station.get("/claims/").text


@both
def test_the_phone_of_the_register_shows_it_at_once(world, known):
    set_phone(world, known, login_phone())
    binh = browser(world, cast.OWNER)
    assert ask(binh, known).location.endswith(f"/venues/{known}")
    assert owner_of(world, known) == account_id(world, cast.OWNER)
    assert claims(world) == [("confirmed", None)] and letters(world) == []
    # Nothing of it lets a second one in.
    assert ask_refused(browser(world, cast.OUTSIDER), known)


def login_phone():
    from checkin.accounts.logins import normalise_login

    return normalise_login(cast.OWNER[0])


def ask_refused(client, venue_id):
    """True where the page offers no form and says that there is an owner."""
    page = client.get(f"/venues/{venue_id}/claim").text
    return "Nơi này đã có chủ" in page and 'name="name"' not in page


@both
def test_a_number_that_is_not_confirmed_or_another_one_shows_nothing(world, known):
    binh = browser(world, cast.OWNER)
    set_phone(world, known, login_phone(), confirmed=False)
    assert ask(binh, known).status_code == 303 and owner_of(world, known) is None
    # Confirmed later: the same claim goes through.
    set_phone(world, known, "+84912999888")
    page = f"/venues/{known}/claim"
    press(binh, page, f"{page}/prove")
    assert owner_of(world, known) is None
    set_phone(world, known, login_phone())
    assert press(binh, page, f"{page}/prove").location.endswith(f"/venues/{known}")
    assert owner_of(world, known) == account_id(world, cast.OWNER)


@both
def test_two_who_claim_one_place_are_both_seen_and_one_gets_it(world, known):
    ask(browser(world, cast.OWNER), known)
    ask(browser(world, cast.OUTSIDER), known, name="Lê Thị Chi")
    station = browser(world, cast.COMMUNE, "staff")
    shown = station.get("/claims/").text
    assert "Phạm Văn Bình" in shown and "Lê Thị Chi" in shown and shown.count("Nhiều người cùng hỏi") == 2
    of_station(world, station, "confirm", 1)
    assert owner_of(world, known) == account_id(world, cast.OUTSIDER)
    assert claims(world) == [("refused", None), ("confirmed", None)]
    assert sorted("đã là của bạn" in letter["text"] for letter in letters(world)) == [False, True]
    assert ask_refused(browser(world, cast.OWNER), known)


@both
def test_a_refusal_says_why_and_can_be_asked_again(world, known):
    binh, station = browser(world, cast.OWNER), browser(world, cast.COMMUNE, "staff")
    ask(binh, known)
    empty = of_station(world, station, "refuse", reason="")
    assert empty.status_code == 422 and "Ghi lý do" in empty.text
    of_station(world, station, "refuse", reason="Sổ ghi tên người khác")
    assert owner_of(world, known) is None and claims(world) == [("refused", "Sổ ghi tên người khác")]
    assert "Sổ ghi tên người khác" in binh.get(f"/venues/{known}/claim").text
    assert ask(binh, known).status_code == 303
    assert [state for state, _ in claims(world)] == ["refused", "waiting"]


@both
def test_it_is_taken_back_and_what_is_over_is_said_to_be_over(world, known):
    binh, station = browser(world, cast.OWNER), browser(world, cast.COMMUNE, "staff")
    ask(binh, known)
    page = f"/venues/{known}/claim"
    with inside(world.app()):
        claim_id = db.session.scalar(sa.select(VenueClaim.id))
    press(binh, page, f"{page}/withdraw")
    assert press(binh, page, f"{page}/withdraw").status_code == 404
    for action in ("confirm", "refuse"):
        answer = press(station, "/claims/", f"/claims/{claim_id}/{action}", reason="x")
        assert answer.status_code == 303 and "không còn chờ" in station.get("/claims/").text
    assert owner_of(world, known) is None and claims(world) == [("withdrawn", None)]


@both
def test_another_communes_station_neither_sees_nor_decides(world, known):
    with inside(world.app()):
        factories.account(
            db.session(), vault_of(world.app()), "commune", ("khac@tram", cast.COMMUNE[1]), factories.HONG_GAI
        )
        db.session.commit()
    ask(browser(world, cast.OWNER), known)
    other = browser(world, ("khac@tram", cast.COMMUNE[1]), "staff")
    assert "Phạm Văn Bình" not in other.get("/claims/").text
    for action in ("confirm", "refuse"):
        assert of_station(world, other, action, reason="x").status_code == 404
    assert owner_of(world, known) is None and claims(world) == [("waiting", None)]


WRONG = {
    "the venue closed": sa.update(Venue).values(state="closed", closed_at=NOW),
    "the venue has an owner": sa.update(Venue).values(owner_id=sa.select(Account.id).limit(1).scalar_subquery()),
    "the account is out of use": sa.update(Account).where(Account.role == "owner").values(active=False),
    "the account is no owner's": sa.update(Account).where(Account.role == "owner").values(role="admin"),
}


@both
@pytest.mark.parametrize("wrong", WRONG)
def test_a_station_gives_no_venue_where_something_changed_since(world, known, wrong):
    ask(browser(world, cast.OWNER), known)
    with inside(world.app()):
        db.session.execute(WRONG[wrong].execution_options(synchronize_session=False))
        db.session.commit()
    before, station = owner_of(world, known), browser(world, cast.COMMUNE, "staff")
    assert of_station(world, station, "confirm").status_code == 303
    assert "Không làm được" in station.get("/claims/").text
    assert owner_of(world, known) == before and claims(world) == [("waiting", None)] and letters(world) == []


@both
@pytest.mark.parametrize("wrong", WRONG)
def test_the_phone_gives_no_venue_where_something_changed_since(world, known, wrong):
    set_phone(world, known, login_phone(), confirmed=False)
    ask(browser(world, cast.OWNER), known)
    set_phone(world, known, login_phone())
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        binh = factories.signs_in(session, vault, cast.OWNER, {"owner"})
        claim = session.scalars(sa.select(VenueClaim)).one()
        session.execute(WRONG[wrong].execution_options(synchronize_session=False))
        set_scope(session, owner=str(binh.id))
        assert service.prove(session, vault, now=clock.now(), account=binh, claim=claim) is False
        assert claim.state == "waiting"


@both
def test_a_claim_that_was_taken_back_is_given_by_nothing(world, known):
    set_phone(world, known, login_phone(), confirmed=False)
    binh = browser(world, cast.OWNER)
    ask(binh, known)
    page = f"/venues/{known}/claim"
    press(binh, page, f"{page}/withdraw")
    set_phone(world, known, login_phone())
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        asker = factories.signs_in(session, vault, cast.OWNER, {"owner"})
        set_scope(session, owner=str(asker.id))
        claim = session.scalars(sa.select(VenueClaim)).one()
        assert service.prove(session, vault, now=clock.now(), account=asker, claim=claim) is False
    assert owner_of(world, known) is None and claims(world) == [("withdrawn", None)]


def test_how_often_one_owner_may_ask_is_bounded(world, known):
    now = clock.now()
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        binh = factories.signs_in(session, vault, cast.OWNER, {"owner"})
        venues = [factories.venue(session, vault, f"Nhà nghỉ {n}", commune_id=factories.HA_TU) for n in range(30)]
        values = {"account": binh, "name": "Bình", "note": ""}
        for venue in venues[: service.MOST_WAITING]:
            service.ask(session, vault, now=now, venue=venue, **values)
        with pytest.raises(DomainError) as refused:
            service.ask(session, vault, now=now, venue=venues[20], **values)
        assert refused.value.reason == "many"
        for number in range(service.MOST_MADE - service.MOST_WAITING):
            session.execute(sa.update(VenueClaim).values(state="refused", decided_at=now))
            service.ask(session, vault, now=now, venue=venues[5 + number], **values)
        session.execute(sa.update(VenueClaim).values(state="refused", decided_at=now))
        with pytest.raises(DomainError):
            service.ask(session, vault, now=now, venue=venues[25], **values)
        assert service.ask(session, vault, now=now + timedelta(days=31), venue=venues[25], **values).state == "waiting"
        session.commit()


def test_what_is_no_claim_is_refused(world, known):
    now = clock.now()
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        binh = factories.signs_in(session, vault, cast.OWNER, {"owner"})
        venue = session.get_one(Venue, known)
        values = {"now": now, "account": binh, "name": "Bình", "note": ""}
        service.ask(session, vault, venue=venue, **values)
        with pytest.raises(AccessDenied):
            service.withdraw(session, now=now, account=binh, venue_id=factories.venue(session, vault, "Khác").id)
        owned = factories.venue(session, vault, "Có chủ", owner=binh)
        closed = factories.venue(session, vault, "Đã đóng")
        closed.state, closed.closed_at = "closed", now
        for wrong, reason in ((owned, "owned"), (closed, "closed")):
            with pytest.raises(DomainError) as refused:
                service.ask(session, vault, venue=wrong, **values)
            assert refused.value.reason == reason
        session.commit()
        with pytest.raises(DomainError) as refused:
            service.ask(
                session,
                vault,
                venue=session.get_one(Venue, known),
                **{**values, "account": session.get_one(Account, binh.id)},
            )
        assert refused.value.reason == "waiting"
        session.rollback()
        assert len(queries.waiting_of(session, account_id=session.scalar(sa.select(VenueClaim.account_id)))) == 1


@pytest.mark.parametrize("fields", [{"name": ""}, {"name": "x" * 81}, {"note": "x" * 301}])
def test_what_is_missing_or_too_long_is_said_and_stays(world, known, fields):
    answer = ask(browser(world, cast.OWNER), known, **fields)
    assert answer.status_code == 422 and claims(world) == []
    assert next(iter(fields.values()))[:60] in answer.text


@pytest.mark.postgresql
def test_the_public_role_gives_itself_no_venue_and_confirms_nothing(postgresql):
    app = postgresql.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        binh = factories.account(session, vault, "owner", cast.OWNER)
        chi = factories.account(session, vault, "owner", cast.OUTSIDER)
        venue = factories.venue(session, vault, commune_id=factories.HA_TU)
        claim = service.ask(session, vault, now=clock.now(), account=binh, venue=venue, name="Bình", note="")
        session.commit()
        ids = {
            "binh": str(binh.id),
            "chi": str(chi.id),
            "venue": venue.id,
            "claim": claim.id,
        }
    with psycopg.connect(postgresql.urls["public"]) as connection:

        def as_owner(who):
            connection.rollback()
            connection.execute("SELECT set_config('checkin.owner', %s, true)", (ids[who],))

        as_owner("chi")
        assert connection.execute("SELECT count(*) FROM venue_claim").fetchone() == (0,)
        taken = "SELECT take_claimed(%s, now())"
        assert connection.execute(taken, (ids["claim"],)).fetchone() == (False,)
        as_owner("binh")
        # The phone is right, and nobody showed that it is theirs.
        assert connection.execute(taken, (ids["claim"],)).fetchone() == (False,)
        for statement in (
            "UPDATE venue SET owner_id = NULL",
            "SELECT confirm_claim(gen_random_uuid(), now())",
            "UPDATE venue_claim SET account_id = account_id",
        ):
            as_owner("binh")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        as_owner("binh")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE venue_claim SET state = 'confirmed', decided_at = now()")
        for who, state in (("chi", "waiting"), ("binh", "confirmed")):
            as_owner("binh")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(
                    "INSERT INTO venue_claim (id, venue_id, account_id, made_at, asker, state, decided_at) VALUES "
                    "(gen_random_uuid(), %s, %s, now(), '', %s, CASE WHEN %s = 'confirmed' THEN now() END)",
                    (ids["venue"], ids[who], state, state),
                )
    with psycopg.connect(postgresql.urls["staff"]) as connection:
        for role, commune in (("commune", factories.HONG_GAI), ("cdc", ""), ("admin", "")):
            connection.execute("SELECT set_config('checkin.role', %s, true)", (role,))
            connection.execute("SELECT set_config('checkin.commune', %s, true)", (commune,))
            assert connection.execute("SELECT confirm_claim(%s, now())", (ids["claim"],)).fetchone() == (False,)
            assert connection.execute("SELECT count(*) FROM venue_claim").fetchone() == (0,)
            connection.rollback()
    assert owner_of(postgresql, ids["venue"]) is None


@pytest.mark.postgresql
@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_who_claims_a_venue_at_the_database_can_neither_read_its_phone_nor_bring_one(world, known):
    with inside(world.app()):
        session = db.session()
        chi = factories.signs_in(session, vault_of(world.app()), cast.OUTSIDER, {"owner"})
        chi.contact_confirmed_at = clock.now()
        claim = VenueClaim(
            id=new_id(clock.now()), venue_id=known, account_id=chi.id, made_at=clock.now(), asker=b"x", state="waiting"
        )
        session.add(claim)
        session.commit()
        claim_id, chi_id = claim.id, str(chi.id)
    set_phone(world, known, login_phone())
    with psycopg.connect(world.urls["public"]) as connection:
        for statement in (
            "SELECT phone_index FROM venue",
            "SELECT * FROM venue",
            "SELECT 1 FROM venue WHERE phone_index = ''",
            "UPDATE venue SET name = name RETURNING phone_index",
            "UPDATE account SET login_index = (SELECT phone_index FROM venue LIMIT 1)",
            "UPDATE account SET login_index = ''",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()
        connection.execute("SELECT set_config('checkin.owner', %s, true)", (chi_id,))
        # What Chi showed is a phone, and not that of the venue.
        assert connection.execute("SELECT take_claimed(%s, now())", (claim_id,)).fetchone() == (False,)
        assert connection.execute("SELECT count(*) FROM venues_of_phone(%s, %s, NULL)", (b"", "06652")).fetchone() == (
            0,
        )
    assert owner_of(world, known) is None


@both
def test_a_likely_double_is_found_by_its_phone_alone_and_not_named(world, known):
    set_phone(world, known, "+84912999888", confirmed=False)
    binh = browser(world, cast.OWNER)
    page = binh.post(
        "/venues/new",
        data={
            "name": "Xưởng mộc Tân Tiến", "kind": "hotel", "commune": factories.HA_TU, "address": "Số 7 Lê Lợi",
            "phone": "0912 999 888", "csrf_token": factories.token(binh, "/venues/new"),
        },
    )  # fmt: skip
    assert "Có phải cơ sở này?" in page.text and "Nhà nghỉ Hạ Long" not in page.text
