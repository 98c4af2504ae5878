"""A venue changes hands: over a link that works once, with everything that must end and everything that stays."""

from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.desk import service as desk
from checkin.desk.models import DeskLink
from checkin.errors import AccessDenied, DomainError
from checkin.handovers import service
from checkin.handovers.models import Handover
from checkin.venues.models import Venue
from tests import cast, factories
from tests.conftest import NOW
from tests.venues.pages import codes_on, press, register
from tests.worlds import inside, vault_of


def stored(world, model):
    with clock.fixed(NOW), inside(world.app()):
        return db.session().scalars(sa.select(model)).one()


@pytest.fixture
def shop(world, client):
    """The page of Bình's venue, with a device at its counter."""
    page = register(client).location
    press(client, f"{page}/desk", f"{page}/desk", name="Cổng")
    return page


def offer(client, shop):
    """The code of a new link."""
    press(client, f"{shop}/handover", f"{shop}/handover")
    return codes_on(client.get(f"{shop}/handover").text)[0]


def test_another_owner_opens_the_link_makes_an_account_and_has_the_venue(world, client, shop):
    code = offer(client, shop)
    (wall,) = codes_on(client.get(shop).text)
    chi = world.app().test_client()
    assert chi.get(f"/handover/{code}").location == "/handover/"
    page = chi.get("/handover/").text
    assert "Quán phở Bình" in page and "Số 5, phố Kim Hoàn" in page and "0912000111" not in page
    assert f"/sign-up?next=/handover/{code}" in page
    fields = {
        "login": "0904 118 226",
        "password": cast.OUTSIDER[1],
        "csrf_token": factories.token(chi, f"/sign-up?next=/handover/{code}"),
    }
    assert chi.post(f"/sign-up?next=/handover/{code}", data=fields).location == f"/handover/{code}"
    chi.get(f"/handover/{code}")
    # Both are told that the list of working people comes along, before it does.
    assert "Danh sách người làm việc sang tay bạn" in chi.get("/handover/").text
    assert "Danh sách người làm việc ở đây sang tay chủ mới" in client.get(f"{shop}/handover").text
    taken = press(chi, "/handover/", "/handover/")
    assert taken.location == shop
    # Whose it was sees it no longer; codes and name stay, devices end, and the former number is not kept.
    assert client.get(shop).status_code == 404
    assert codes_on(chi.get(shop).text) == [wall]
    assert stored(world, DeskLink).revoked_at == NOW
    venue = stored(world, Venue)
    assert vault_of(world.app()).unlock("owner", venue.contact) == {"phone": "+84904118226"}
    assert "Ký bản cam kết" in chi.get(shop).text
    with inside(world.app()):
        assert db.session().scalars(
            sa.select(AuditEntry.action).where(AuditEntry.action.like("handover.%")).order_by(AuditEntry.seq)
        ).all() == ["handover.make", "handover.take"]  # fmt: skip
    # And it works once.
    chi.get(f"/handover/{code}")
    assert chi.get("/handover/").status_code == 410


def test_a_link_that_is_taken_back_replaced_or_too_old_opens_nothing(world, client, shop):
    first = offer(client, shop)
    second = offer(client, shop)
    stranger = world.app().test_client()
    for code, status in ((first, 410), (second, 200), ("K7QF3M2P9XD", 410), ("x" * 500, 410)):
        stranger.get(f"/handover/{code}")
        assert stranger.get("/handover/").status_code == status
    stranger.get(f"/handover/{second}")
    with clock.fixed(NOW + service.LIFE):
        assert stranger.get("/handover/").status_code == 410
    press(client, f"{shop}/handover", f"{shop}/handover/cancel")
    assert stranger.get("/handover/").status_code == 410
    assert press(client, f"{shop}/handover", f"{shop}/handover/cancel").status_code == 404


def test_an_owner_cannot_take_what_is_theirs_and_a_stranger_not_without_an_account(world, client, shop):
    code = offer(client, shop)
    client.get(f"/handover/{code}")
    assert "đang là của bạn" in client.get("/handover/").text
    stranger = world.app().test_client()
    stranger.get(f"/handover/{code}")
    token = factories.token(stranger, "/sign-in")
    for one in (client, stranger):
        one.post("/handover/", data={"csrf_token": token})
    assert stored(world, Handover).taken_at is None
    assert stored(world, Venue).owner_id == stored(world, Account).id


@pytest.fixture
def two(session, vault):
    """Bình with a venue, and Chi."""
    binh, chi = (factories.account(session, vault, "owner", who) for who in (cast.OWNER, cast.OUTSIDER))
    return binh, chi, factories.venue(session, vault, owner=binh)


def test_of_two_who_take_it_one_gets_it_and_nobody_gives_away_anothers(session, vault, two):
    binh, chi, venue = two
    dung = factories.account(session, vault, "owner", ("dung@example.vn", "quán của Dũng ở đây"))
    with pytest.raises(AccessDenied):
        service.make(session, vault, now=NOW, actor=chi.actor, venue=venue)
    _, code = service.make(session, vault, now=NOW, actor=binh.actor, venue=venue)
    factories.set_owner(session, chi)
    assert service.take(session, vault, now=NOW, account=chi, code=code.lower()) == venue.id
    factories.set_owner(session, dung)
    with pytest.raises(DomainError, match="gone"):
        service.take(session, vault, now=NOW, account=dung, code=code)
    session.expire_all()
    assert venue.owner_id == chi.id and venue.contact is None and venue.phone_index is None


def test_a_link_of_who_owned_it_before_opens_nothing_and_staff_take_nothing(session, vault, two):
    binh, chi, venue = two
    _, code = service.make(session, vault, now=NOW, actor=binh.actor, venue=venue)
    officer = factories.account(session, vault, "cdc", cast.CDC)
    with pytest.raises(DomainError, match="role"):
        service.take(session, vault, now=NOW, account=officer, code=code)
    venue.owner_id = None
    session.flush()
    with pytest.raises(DomainError, match="gone"):
        service.take(session, vault, now=NOW, account=chi, code=code)


@pytest.mark.postgresql
def test_the_public_role_takes_a_venue_over_its_link_alone_and_lifts_no_suspension(postgresql):
    app = postgresql.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        binh, chi = (factories.account(session, vault, "owner", who) for who in (cast.OWNER, cast.OUTSIDER))
        venue = factories.venue(session, vault, owner=binh)
        desk.make(session, vault, now=NOW, actor=binh.actor, venue=venue, name="Cổng")
        _, code = service.make(session, vault, now=NOW, actor=binh.actor, venue=venue)
        token, ids = session.scalar(sa.select(Handover.token_hash)), (str(binh.id), str(chi.id), venue.id)
        venue.state, venue.suspended_at = "suspended", NOW
        factories.commit()
    with psycopg.connect(postgresql.urls["public"], autocommit=True) as public:

        def ask(owner, statement, *values):
            with public.transaction():
                public.execute("SELECT set_config('checkin.owner', %s, true)", (owner,))
                return public.execute(statement, values)

        take = "SELECT take_venue(%s, %s, NULL, NULL)"
        for owner, secret, at in (
            ("", token, NOW), (ids[0], token, NOW), (ids[1], b"x" * 16, NOW), (ids[1], token, NOW + timedelta(hours=73)),
        ):  # fmt: skip
            assert ask(owner, take, secret, at).fetchone() == (None,)
        for statement in (
            "UPDATE venue SET owner_id = %s",
            "UPDATE handover SET taken_by = %s",
            "UPDATE venue SET suspended_reason = %s",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                ask(ids[1], statement, ids[1])
        with pytest.raises(psycopg.errors.CheckViolation):
            ask(ids[0], "UPDATE venue SET state = 'active'")
        assert ask(ids[1], "UPDATE venue SET name = 'x'").rowcount == 0
        assert ask(ids[1], take, token, NOW).fetchone() == (ids[2],)
        assert ask(ids[1], "SELECT count(*) FROM desk_link WHERE revoked_at IS NULL").fetchone() == (0,)
