"""Other rules make other people of those whom a case met: a run that takes today's moves them in and out."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from checkin import beside, clock
from checkin.cases import service as cases
from checkin.cases.models import MET, OWN, Case
from checkin.cases.service import CaseFacts
from checkin.derivations.models import TODAY
from tests import factories
from tests.cases.kept import kept_ids
from tests.cases.test_keeping import INSIDE
from tests.conftest import NOW
from tests.derivations.runs import DAY, worked
from tests.exposure.stays import Row, at, person
from tests.exposure.town import build, store
from tests.oracles.keeping import Stay, belonging

# Who, where, and from when to when in minutes. Person 0 has COVID-19 and was in the shop, 1 measles and in the bar.
STAYS = [
    (0, "shop", 0, 60),
    (2, "shop", 30, 90),
    (3, "shop", 100, 160),
    (4, "shop", 1499, 1510),
    (5, "shop", 1501, 1510),
    (1, "bar", 0, 60),
    (6, "bar", 60, 70),
    (7, "bar", 61, 160),
    (3, "bar", 181, 190),
]
SICK = {"covid-19": 0, "measles": 1}
# How many minutes each stays in the air: by the rules the cases were opened with, and by those of the day after.
BEFORE, AFTER = {"covid-19": 0, "measles": 120}, {"covid-19": 1440, "measles": 0}


@pytest.fixture(autouse=True)
def _no_thread(monkeypatch):
    monkeypatch.setattr(beside.Progress, "__enter__", lambda self: self)
    monkeypatch.setattr(beside.Progress, "__exit__", lambda self, *_error: None)


@pytest.fixture
def outbreaks(session, vault):
    """A case of each disease, opened by the rules of before, and who else was there."""
    rows = [
        Row(UUID(int=number + 1), person(who), at(entered), at(latest), at(latest), at(latest))
        for number, (who, _, entered, latest) in enumerate(STAYS)
    ]
    store(session, build(session, vault), rows, [place for _, place, *_ in STAYS])
    for disease, who in SICK.items():
        facts = CaseFacts(title="Theo lời kể", disease=disease)
        cases.open_case(session, now=NOW, actor=factories.SYSTEM, facts=facts).person_id = person(who)
    session.commit()
    return session


def agrees(session, air):
    """What is kept of both cases is what the oracle says, where each disease stays in the air so long."""
    told = [Stay(UUID(int=n + 1), person(who), *where_and_when) for n, (who, *where_and_when) in enumerate(STAYS)]
    found = session.scalars(sa.select(Case).order_by(Case.seq)).all()
    assert [case.disease for case in found] == list(SICK)
    for case in found:
        oracle = belonging(told, case.person_id, INSIDE, air[case.disease])
        assert (kept_ids(session, case, OWN), kept_ids(session, case, MET)) == oracle, case.disease


def test_a_run_with_todays_rules_takes_in_and_lets_go_of_whom_they_say_and_one_that_keeps_them_nobody(
    outbreaks, new_rules
):
    late = NOW + DAY
    how = {"now": late, "rules_on": clock.to_local(late).date()}
    with clock.fixed(late):
        first = worked(outbreaks, **how)
        # One in the shop, two in the bar.
        assert (first.changed, first.restated, first.came, first.went) == (2, 0, 3, 0)
        agrees(outbreaks, BEFORE)
        same = worked(outbreaks, **how)
        assert (same.changed, same.restated, same.came, same.went) == (0, 0, 0, 0)
        agrees(outbreaks, BEFORE)
        run = worked(outbreaks, rules=TODAY, reason="Hướng dẫn mới của Bộ Y tế", **how)
        # Two who came to the shop within a day, and who came to the bar a minute after it was left.
        assert (run.changed, run.restated, run.came, run.went) == (2, 2, 2, 1)
        agrees(outbreaks, AFTER)
        # And what is derived afterwards, each case by itself too, goes by them.
        again = worked(outbreaks, **how)
        assert (again.changed, again.restated, again.came, again.went) == (0, 0, 0, 0)
        agrees(outbreaks, AFTER)
