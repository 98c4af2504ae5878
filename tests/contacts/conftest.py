"""A case with people of Hà Tu, of Hồng Gai and of Hà Nội who were given to be called; nobody has been called yet."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.contacts import service as contacts
from checkin.contacts.models import Contact
from checkin.contacts.words import details_of
from checkin.db import db
from checkin.ids import new_id
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

OTHER = ("hoa@tram", "trạm y tế phường Hồng Gai")
COLLEAGUE = ("minh@cdc", "đồng nghiệp ở CDC tỉnh")
HERE, THERE, AWAY = "Trần Văn Hưng", "Lê Thị Mai", "Phạm Văn Xa"


class Given:
    """The application and whoever signs in to it; `one` is the contact of that name."""

    def __init__(self, world, disease="covid-19"):
        self.world, self.app = world, world.app()
        with inside(self.app):
            session, vault = db.session(), vault_of(self.app)
            for role, who, commune in (
                ("commune", cast.COMMUNE, factories.HA_TU), ("commune", OTHER, factories.HONG_GAI),
                ("cdc", cast.CDC, None), ("cdc", COLLEAGUE, None), ("command", cast.COMMAND, None),
            ):  # fmt: skip
                factories.account(session, vault, role, who, commune)
            case = factories.case(session)
            case.disease = disease
            self.ids = {}
            people = []
            for name, commune, province in (
                (HERE, factories.HA_TU, "22"), (THERE, factories.HONG_GAI, "22"), (AWAY, None, "01"),
            ):  # fmt: skip
                person = self.ids[name] = new_id(NOW)
                details = details_of(name=name, phone="0904 118 226", birth_year=1971, home="Tổ 5", met=[])
                people.append(contacts.Given(person, commune, NOW.date(), details, province))
            officer = session.scalars(sa.select(Account).where(Account.role == "cdc")).first()
            how = {"now": NOW, "actor": officer.actor, "case": case, "rules": factories.rules(self.app)}
            contacts.assign(session, vault, people=people, **how)
            factories.commit()

    def signed_in(self, who):
        client = self.app.test_client()
        factories.sign_in(client, who)
        return client

    @contextmanager
    def session(self):
        with inside(self.app):
            yield db.session()

    def one(self, name):
        with self.session() as session:
            found = session.scalars(sa.select(Contact).where(Contact.person_id == self.ids[name])).one()
            columns = {column.name: getattr(found, column.name) for column in Contact.__table__.columns}
            return SimpleNamespace(**columns)

    def page(self, name, station=False):
        return f"/station/contacts/{self.one(name).id}" if station else f"/cases/F0-0001/contacts/{self.one(name).id}"

    def act(self, client, path, **said):
        """Post what stands on the form of a page, with the version that is shown there."""
        token = factories.token(client, "/account")
        return client.post(path, data={"csrf_token": token, **said}, follow_redirects=True)

    def make_f1(self, client, name):
        """An officer says that somebody is an F1."""
        page = self.page(name)
        seen = self.one(name).version
        return self.act(client, f"{page}/decide", seen=seen, stage="f1", reason="Người nhà")


@pytest.fixture
def given(sqlite):
    """On SQLite."""
    with clock.fixed(NOW):
        yield Given(sqlite)


@pytest.fixture
def given_twice(world):
    """On each database."""
    with clock.fixed(NOW):
        yield Given(world)


@pytest.fixture
def staff(monkeypatch):
    """Whoever signs in meets the staff tier, which on PostgreSQL asks as its own role."""

    def signed_in(given, who):
        client = given.world.app("staff").test_client()
        factories.sign_in(client, who)
        return client

    monkeypatch.setattr(Given, "signed_in", signed_in)
