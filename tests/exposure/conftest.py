"""What the tests of the lookup's files share."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from checkin.exposure import jobs
from tests.worlds import World, inside


@dataclass
class Beside:
    """In place of the process that makes files: how often it was asked for, and its work done here."""

    world: World
    started: list[Any] = field(default_factory=list)

    def work(self) -> int:
        """What the process does; returns how many files were made."""
        with inside(self.world.app()):
            return jobs.work()


@pytest.fixture
def beside(world, monkeypatch):
    """No process is started; the test says when the work is done."""
    made = Beside(world)
    monkeypatch.setattr(jobs, "start", made.started.append)
    return made
