"""Two officers of the CDC, each signed in on a device of their own: what one does is read on the pages of the other."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from checkin import clock
from checkin.db import db
from tests import cast, factories
from tests.conftest import NOW
from tests.contacts.conftest import COLLEAGUE
from tests.fuzz import cheap
from tests.worlds import World, inside, vault_of


@contextmanager
def two_officers(world: World, fill: Callable[..., None]) -> Iterator[tuple[Flask, FlaskClient, FlaskClient]]:
    """The application and both officers, after `fill(app, session, vault)` has made what they find there."""
    app = world.app()
    with clock.fixed(NOW), cheap.passwords():
        with inside(app):
            session, vault = db.session(), vault_of(app)
            for who in (cast.CDC, COLLEAGUE):
                factories.account(session, vault, "cdc", who)
            fill(app, session, vault)
            factories.commit()
        yield app, signed_in(world, cast.CDC), signed_in(world, COLLEAGUE)


def signed_in(world: World, who: tuple[str, str]) -> FlaskClient:
    """Somebody of the staff tier, which on PostgreSQL asks as its own role."""
    client = world.app("staff").test_client()
    factories.sign_in(client, who)
    return client


def rows(app: Flask, query: Any) -> list[Any]:
    """What stands in the database."""
    with inside(app):
        return list(db.session.execute(query).all())


def words(html: str) -> str:
    """What somebody reads on a page, with single spaces."""
    return " ".join(re.sub("<[^>]+>", " ", html).split())
