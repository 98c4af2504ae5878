import pytest

from checkin import clock
from checkin.db import db
from checkin.posters import jobs
from tests.conftest import NOW
from tests.worlds import inside


class Beside:
    """The process beside the web process, which runs when the test says so."""

    def __init__(self, world):
        self.world, self.started = world, []

    def start(self, config):
        self.started.append(config)

    def work(self, tier="all"):
        with clock.fixed(NOW), inside(self.world.app(tier)):
            try:
                return jobs.work()
            finally:
                db.session().info.pop("scope", None)


@pytest.fixture
def beside(world, monkeypatch):
    """Posters are made when the test says so, in this process."""
    made = Beside(world)
    monkeypatch.setattr(jobs, "start", made.start)
    return made
