"""When somebody was given to be called and first reached stands with them, for pages that count a million."""

from datetime import timedelta

import sqlalchemy as sa

from checkin import clock
from checkin.contacts.models import ContactStep
from tests import cast
from tests.conftest import NOW
from tests.contacts.conftest import HERE

UNSURE = dict.fromkeys(("near", "closed", "mask", "long", "touch"), "unknown")


def test_a_contact_says_when_it_was_given_and_first_reached_as_its_steps_do(given_twice):
    given = given_twice
    assert given.one(HERE).reached_at is None
    calls = [{"result": "not_reached"}, {"result": "reached"} | UNSURE, {"result": "reached"} | UNSURE]
    for hours, said in enumerate(calls, 1):
        with clock.fixed(NOW + timedelta(hours=hours)):
            own = given.signed_in(cast.COMMUNE)
            done = given.act(own, f"{given.page(HERE, station=True)}/call", seen=given.one(HERE).version, **said)
            assert "Đã ghi cuộc gọi" in done.text
    found = given.one(HERE)
    with given.session() as session:
        steps = session.scalars(
            sa.select(ContactStep).where(ContactStep.contact_id == found.id).order_by(ContactStep.number)
        ).all()
    assert [step.result for step in steps] == [None, "not_reached", "reached", "reached"]
    assert found.given_at == steps[0].at == NOW
    assert found.reached_at == steps[2].at == NOW + timedelta(hours=2)
