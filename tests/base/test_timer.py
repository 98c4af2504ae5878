"""The hourly round inside the server."""

from datetime import timedelta

import sqlalchemy as sa

from checkin import clock, timer
from checkin.db import db
from checkin.store import upkeep
from checkin.visits import service as visits
from checkin.visits.models import Visit
from tests import factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of


def filled(world):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        shop = factories.venue(db.session(), vault_of(app))
        for at in (NOW - timedelta(days=30), NOW):
            visits.open_day(db.session(), clock.to_local(at).date())
            factories.check_in(app, db.session(), vault_of(app), shop, at=at)
        factories.commit()
    return app


def visits_left(app):
    with inside(app):
        return db.session.scalar(sa.select(sa.func.count()).select_from(Visit))


def test_a_machine_with_nothing_else_set_up_keeps_the_promise_to_delete(world):
    app = filled(world)
    with clock.fixed(NOW):
        timer.go_round(app)
    assert visits_left(app) == 1


def test_a_round_with_a_wrong_clock_deletes_nothing_and_goes_on(world):
    app = filled(world)
    with clock.fixed(NOW + timedelta(days=300)):
        timer.go_round(app)
    assert visits_left(app) == 2


def test_one_task_that_fails_stops_no_other(world, monkeypatch):
    app = filled(world)

    def fail(_session):
        raise RuntimeError("of any kind")

    monkeypatch.setattr(upkeep, "make_days", fail)
    with clock.fixed(NOW):
        timer.go_round(app)
    assert visits_left(app) == 1
