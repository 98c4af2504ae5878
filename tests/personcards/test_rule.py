"""Which scans make a visit, of whom: cards issued, scanned, taken out of use, sent again, against a plain oracle."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from checkin import clock
from checkin.accounts.service import NOBODY
from checkin.db import db, set_scope
from checkin.declarations.models import Declaration
from checkin.desk import service as desk
from checkin.desk.shown import ShownCard
from checkin.errors import DomainError
from checkin.ids import new_id
from checkin.personcards import service
from checkin.personcards.models import PersonCard, used_after
from checkin.personcards.service import Issuer
from checkin.venues.models import Venue
from checkin.visits.models import Submission, Visit
from checkin.visits.stays import default_stay
from tests import cast, factories
from tests.conftest import NOW
from tests.oracles import personcards as oracle
from tests.personcards.conftest import both
from tests.worlds import inside, vault_of

WHO = {"a": cast.CITIZEN, "b": cast.NEIGHBOUR}
MINUTE = timedelta(minutes=1)
DEVICE = b"d" * 16
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("issue"), st.sampled_from("ab")),
        st.tuples(st.just("scan"), st.integers(0, 3), st.integers(-300, 0)),
        st.tuples(st.just("again"), st.integers(0, 5)),
        st.tuples(st.just("revoke"), st.integers(0, 3)),
        st.tuples(st.just("lost"), st.integers(0, 3)),
    ),
    max_size=14,
)


@pytest.fixture
def here(world):
    """The application and a venue; what an example writes is taken back."""
    app = world.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        owner = factories.account(session, vault, "owner", cast.OWNER)
        venue = factories.venue(session, vault, owner=owner)
        _, code = desk.make(session, vault, now=NOW, actor=owner.actor, venue=venue, name="Bảo vệ")
        joined = desk.hash_of(vault, desk.join(session, vault, now=NOW, code=code, device_kind=""))
        venue_id = venue.id
        session.commit()
    return app, venue_id, joined


def forget(session) -> None:
    for table in (Visit, Declaration, Submission, PersonCard):
        session.execute(sa.delete(table))
    session.commit()


@given(STEPS)
@example([("issue", "a"), ("scan", 0, 0), ("revoke", 0), ("again", 0), ("scan", 0, 0)])
@example([("issue", "a"), ("issue", "a"), ("revoke", 0), ("scan", 0, 0), ("scan", 1, 0)])
@example([("issue", "a"), ("scan", 0, 0), ("scan", 0, 0)])
@settings(max_examples=12)
@both
def test_what_comes_of_cards_is_what_the_oracle_says(here, steps):
    app, venue_id, joined = here
    with clock.fixed(NOW), inside(app):
        session, vault, rules = db.session(), vault_of(app), factories.rules(app)
        # PostgreSQL tells what may still last to a joined device alone.
        set_scope(session, desk=joined)
        forget(session)
        venue = session.get_one(Venue, venue_id)
        expected = oracle.Cards(int(default_stay(rules, venue.kind, venue.default_minutes) / MINUTE))
        made, records, visits = [], [], []
        issuer = Issuer("citizen", NOBODY, device=DEVICE)

        def scan(card, at, record_id):
            found = service.at_counter(session, vault, made[card].code)
            try:
                done = desk.record(
                    session, vault, now=NOW, at=NOW + at * MINUTE, rules=rules, venue=venue, shown=ShownCard(found),
                    submission_id=record_id,
                )  # fmt: skip
            except DomainError as error:
                session.rollback()
                assert error.reason == "revoked"
                return None
            session.commit()
            return done.entered_at

        for step in steps:
            if step[0] == "issue":
                expected.issue(step[1])
                made += service.issue(session, vault, now=NOW, issuer=issuer, people=[WHO[step[1]]])
                session.commit()
            elif step[0] == "again" and step[1] < len(records):
                card, at, record_id = records[step[1]]
                visits.append((scan(card, at, record_id), expected.scan(card, at, step[1])))
            elif len(step) > 1 and isinstance(step[1], int) and step[1] < len(made):
                if step[0] == "scan":
                    records.append((step[1], step[2], new_id(NOW)))
                    visits.append((scan(*records[-1]), expected.scan(step[1], step[2], len(records) - 1)))
                elif step[0] == "revoke":
                    done = service.take_back(session, now=NOW, device=DEVICE, card_id=made[step[1]].card_id)
                    assert done == expected.revoke(step[1])
                    session.commit()
                elif step[0] == "lost":
                    assert service.report_lost(session, vault, now=NOW, lost_code=made[step[1]].lost_code)
                    expected.revoke(step[1])
                    session.commit()
        for entered_at, number in visits:
            assert (entered_at is None) == (number is None)
            assert entered_at is None or entered_at == NOW + expected.visits[number]["came"] * MINUTE
        stored = sorted((v.entered_at, v.masked_name) for v in factories.all_visits(session))
        names = {"a": "Nguyễn T. Á. T.", "b": "Trần V. H."}
        assert stored == sorted((NOW + v["came"] * MINUTE, names[v["who"]]) for v in expected.visits)


@both
def test_two_scans_of_one_card_at_once_are_one_visit_and_two_who_cancel_it_cancel_it_once(world, here):
    app, venue_id, _ = here
    with clock.fixed(NOW), inside(app):
        issuer = Issuer("citizen", NOBODY, device=DEVICE)
        (made,) = service.issue(db.session(), vault_of(app), now=NOW, issuer=issuer, people=[cast.CITIZEN])
        factories.commit()
    together = Barrier(4)

    def scan(_number: int) -> str:
        with clock.fixed(NOW), inside(app):
            session, vault = db.session(), vault_of(app)
            together.wait(10)
            shown = ShownCard(service.at_counter(session, vault, made.code))
            venue = session.get_one(Venue, venue_id)
            done = desk.record(
                session, vault, now=NOW, at=NOW, rules=factories.rules(app), venue=venue, shown=shown,
                submission_id=new_id(NOW),
            )  # fmt: skip
            session.commit()
            return done.outcome

    def cancel(_number: int) -> bool:
        with clock.fixed(NOW), inside(app):
            together.wait(10)
            done = service.take_back(db.session(), now=NOW, device=DEVICE, card_id=made.card_id)
            factories.commit()
            return done

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(scan, range(4)))
        cancelled = list(pool.map(cancel, range(4)))
    if (
        world.kind == "sqlite"
    ):  # who is joined at PostgreSQL's counter waits there for the first; here one writes at a time
        assert sorted(outcomes) == ["extended"] * 3 + ["new"]
    assert sorted(cancelled) == [False] * 3 + [True]


def test_a_card_that_nobody_used_since_the_day_it_was_made_has_no_day_of_use():
    late = datetime(2026, 11, 3, 17, 30, tzinfo=UTC)  # the fourth, in the province
    assert used_after(late, date(2026, 11, 4)) is None
    assert used_after(late, date(2026, 11, 5)) == date(2026, 11, 5)
    assert used_after(late - timedelta(hours=1), date(2026, 11, 4)) == date(2026, 11, 4)
