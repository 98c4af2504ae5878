"""How long a card is kept, and that a request to delete takes it along."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.db import db
from checkin.people.models import Person
from checkin.personcards import service
from checkin.personcards.models import PersonCard
from checkin.rights.service import _delete
from checkin.store import service as store
from tests import cast, factories
from tests.conftest import NOW
from tests.personcards.conftest import both_in_time, issue
from tests.worlds import inside

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "stays"),
    [
        ({"used_on": (NOW - 365 * DAY).date()}, True),
        ({"used_on": (NOW - 366 * DAY).date()}, False),
        ({"revoked_at": NOW - 30 * DAY, "revoked_how": "lost"}, True),
        ({"revoked_at": NOW - 30 * DAY - timedelta(seconds=1), "revoked_how": "lost"}, False),
    ],
)
def test_a_card_goes_when_nobody_used_it_or_it_was_cancelled_long_ago(world, changes, stays):
    with clock.fixed(NOW):
        issue(world)
        with inside(world.app()):
            db.session.execute(sa.update(PersonCard).values(**changes))
            gone = service.forget(db.session(), now=NOW, rules=factories.rules(world.app()))
            assert gone == (0 if stays else 1)
            factories.commit()


@both_in_time
def test_somebody_is_known_as_long_as_their_card(world):
    with clock.fixed(NOW):
        issue(world)
        with inside(world.app()):
            session = db.session()
            assert store.forget_people(session, made_before=NOW + DAY)[0] == 0
            session.execute(sa.delete(PersonCard))
            assert store.forget_people(session, made_before=NOW + DAY)[0] == 1
            session.commit()


def test_a_deletion_takes_the_cards_along_and_nobody_elses(sqlite):
    issue(sqlite)
    issue(sqlite, **cast.NEIGHBOUR.as_dict())
    with inside(sqlite.app()):
        session = db.session()
        subject = session.scalars(sa.select(PersonCard.person_id).order_by(PersonCard.id)).first()
        _delete(session, subject, subject)
        left = session.scalars(sa.select(PersonCard.person_id)).all()
        assert len(left) == 1 and subject not in left
        assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 2
