"""A venue with a joined device at its counter."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from checkin import clock
from checkin.db import db
from checkin.desk import service
from checkin.ids import new_id
from checkin.venues.models import Venue
from tests import cast, factories
from tests.worlds import World, inside, vault_of

SHOP = "Siêu thị Bạch Đằng"


@dataclass
class Counter:
    """A device at the counter of a venue, at the public tier."""

    world: World
    venue_id: UUID
    browser: FlaskClient
    csrf: str = ""

    def scan(self, card: str, **fields: str):
        """Scan a card as the page's script sends it; what is given replaces what it would say."""
        return self.send("/desk/record", card=card, **fields)

    def send(self, path: str, **fields):
        """Post a form of the device with a fresh id."""
        if not self.csrf:
            self.csrf = factories.token(self.browser, "/desk/")
        values = {"submission": str(new_id(clock.now())), "part": "1", "csrf_token": self.csrf}
        if "at" in fields or "door" in fields:
            # What was kept says where it was made.
            values["venue"] = str(self.venue_id)
        return self.browser.post(path, data={**values, **fields})

    def visits(self):
        """Every visit there is, by entry."""
        with inside(self.world.app()):
            return factories.all_visits(db.session())


def word(answer) -> str:
    """The word that an answer of the counter shows."""
    return re.search(r'data-result="(\w+)"', answer.text)[1]


def counter_of(world: World, venue: Venue, at: datetime) -> Counter:
    """Join a device to a venue, within the context of the application of all tiers."""
    from checkin.accounts.models import Account

    session, vault = db.session(), vault_of(world.app())
    owner = session.get_one(Account, venue.owner_id)
    _, code = service.make(session, vault, now=at, actor=owner.actor, venue=venue, name="Bảo vệ cổng 1")
    secret = service.join(session, vault, now=at, code=code, device_kind="Chrome")
    session.commit()
    browser = world.app("public").test_client()
    browser.set_cookie("desk", secret)
    return Counter(world, venue.id, browser)


@pytest.fixture
def counter(world: World) -> Counter:
    """Bình's supermarket with a device; the clock runs, since the database asks its own."""
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        binh = factories.account(session, vault, "owner", cast.OWNER)
        shop = factories.venue(session, vault, SHOP, owner=binh)
        return counter_of(world, shop, clock.now())
