"""Who was given to be called before the reasons went along reads, at the station and at the CDC, as who is given now."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.contacts.models import Contact
from checkin.db import db
from checkin.exposure import earlier
from tests import cast, factories
from tests.conftest import NOW
from tests.exposure.test_case_pages import linked, look_up, post
from tests.fuzz import cheap
from tests.worlds import inside, vault_of

HOUR = timedelta(hours=1)
COLLEAGUE = ("minh@cdc", "đồng nghiệp ở CDC tỉnh")


@pytest.fixture
def given(world):
    """A case and somebody of Hà Tu who coughed at the same market, given to be called; the reasons were left out."""
    # On PostgreSQL the pages ask as the role of their own tier.
    app, staff = world.app(), world.app("staff")
    with clock.fixed(NOW), cheap.passwords():
        with inside(app):
            session, vault = db.session(), vault_of(app)
            for role, who, commune in (
                ("cdc", cast.CDC, None),
                ("cdc", COLLEAGUE, None),
                ("commune", cast.COMMUNE, factories.HA_TU),
            ):
                factories.account(session, vault, role, who, commune)
            market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
            factories.check_in(app, session, vault, market, cast.healthy(), at=NOW - 3 * HOUR)
            factories.check_in(app, session, vault, market, cast.coughing(cast.NEIGHBOUR), at=NOW - 3 * HOUR)
            factories.case(session)
            factories.commit()
        app.extensions["staff pages"] = staff
        officer = signed_in(app, cast.CDC)
        linked(officer)
        page = look_up(officer).location
        shown = re.findall(r'name="shown" value="([^"]+)"', officer.get(page).text)
        post(officer, page.replace("/lookup/", "/cases/assign/"), page="1", shown=shown, all="y")
        yield app, officer


def signed_in(app, who):
    client = app.extensions["staff pages"].test_client()
    factories.sign_in(client, who)
    return client


def details(app):
    with inside(app):
        (sealed,) = db.session.scalars(sa.select(Contact.details))
        return vault_of(app).open(sealed)


def leave_out(app, **more):
    """The row as it was made before the reasons went along."""
    with inside(app):
        session, vault = db.session(), vault_of(app)
        one = session.scalars(sa.select(Contact)).one()
        told = vault.open(one.details) | more
        told.pop("why")
        one.details = vault.seal(told)
        session.commit()


def complete(app):
    """How many the command says it gave reasons."""
    with inside(app):
        done = app.test_cli_runner().invoke(args=["cases", "reasons"])
    assert done.exit_code == 0, done.output
    return int(re.search(r"reasons: (\d+) people", done.stdout)[1])


def urgency(client, page):
    found = re.search(r"<small><b>Độ khẩn (\d+)</b> ([^<]+)</small>", client.get(page).text)
    return found.groups() if found else None


def test_a_command_gives_urgency_and_reasons_to_who_was_given_before(given):
    app, officer = given
    station = signed_in(app, cast.COMMUNE)
    now = urgency(station, "/station/")
    assert now and "ho" in now[1]
    before = details(app)
    leave_out(app)
    assert urgency(station, "/station/") is None and urgency(officer, "/cases/F0-0001/contacts") is None
    assert complete(app) == 1
    assert details(app) == before
    assert complete(app) == 0
    assert urgency(station, "/station/") == now
    other = signed_in(app, COLLEAGUE)
    listed = other.get("/cases/F0-0001/contacts").text
    page = re.search(r"/cases/F0-0001/contacts/[0-9a-f-]{36}", listed)[0]
    assert urgency(other, "/cases/F0-0001/contacts") == urgency(other, page) == now
    # Nothing was done about them: whoever has the page open is not late.
    with inside(app):
        assert db.session.scalars(sa.select(Contact.version)).all() == [1]


def test_whom_an_f1_named_has_none(given):
    app, officer = given
    leave_out(app, near="Ng. V. A.")
    assert complete(app) == 0
    assert "why" not in details(app)


def test_what_cannot_be_opened_stops_nothing(given):
    app, officer = given
    with inside(app):
        db.session.execute(sa.update(Contact).values(details=b"x" * 80))
        db.session.commit()
    assert complete(app) == 0


def test_everybody_is_reached_block_by_block_and_on_record_before_their_names_are_opened(given, monkeypatch):
    app, officer = given
    with inside(app):
        session = db.session()
        (first,) = session.scalars(sa.select(Contact)).all()
        row = {column.name: getattr(first, column.name) for column in Contact.__table__.columns}
        told = vault_of(app).open(first.details)
        # Two whom an F1 named, who have none and never will, stand before the one who lacks them.
        for number in range(2):
            near = vault_of(app).seal(told | {"near": "Ng. V. A."})
            others = {"id": UUID(int=number + 1), "person_id": factories.new_id(NOW), "details": near}
            session.execute(sa.insert(Contact.__table__), row | others)
        session.commit()
        leave = session.get(Contact, first.id)
        leave.details = vault_of(app).seal({name: said for name, said in told.items() if name != "why"})
        session.commit()
    monkeypatch.setattr(earlier, "MOST", 1)
    assert complete(app) == 1
    with inside(app):
        read = db.session.scalars(
            sa.select(AuditEntry.rows).where(
                AuditEntry.action == "case.contacts", AuditEntry.actor == "flask cases reasons"
            )
        ).all()
    assert [count for count in read if count] == [1, 1, 1]
