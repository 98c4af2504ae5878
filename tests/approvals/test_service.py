"""A second person: never one's own, one decides, the other sees it; what is done at once is due and never stopped."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from checkin.approvals import queries, service
from checkin.approvals.limits import EXPORT, READ, Limits
from checkin.approvals.models import Approval
from checkin.audit.entry import Actor
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.errors import AccessDenied, DomainError
from tests import factories
from tests.conftest import NOW
from tests.worlds import inside

LIMITS = Limits(export_rows=5000, area_hours=24, later_hours=12, holds_hours=24)
HANH, OTHER, THIRD = (Actor(UUID(int=n), name, "cdc") for n, name in enumerate(("hanh@cdc", "an@cdc", "vy@cdc"), 1))
LOOKUP = UUID(int=99)
HOUR = timedelta(hours=1)


def ask(session, what=READ, actor=HANH, at_once=False, now=NOW, reason="Chùm ca ở chợ đêm"):
    about = service.About(
        what=what, lookup_id=LOOKUP, lookup_number="TC-000007", title="Chợ, Phường Hồng Gai", start=NOW - 72 * HOUR,
        end=NOW, case_number="F0-0001", rows=6000 if what == EXPORT else None,
    )  # fmt: skip
    return service.ask(session, LIMITS, now=now, actor=actor, about=about, reason=reason, at_once=at_once)


def decide(session, approval, actor=OTHER, approve=True, note="", now=NOW):
    return service.decide(session, now=now, actor=actor, approval_id=approval.id, approve=approve, note=note)


def lets(session, what=READ, actor=HANH, now=NOW):
    return queries.lets(session, LIMITS, what=what, lookup_id=LOOKUP, actor_id=actor.id, now=now)


def log(session):
    rows = session.execute(sa.select(AuditEntry.action, AuditEntry.actor, AuditEntry.subject).order_by(AuditEntry.seq))
    return [tuple(row) for row in rows]


def test_what_is_asked_waits_until_another_one_approves(session):
    approval = ask(session)
    assert (approval.number, approval.state, approval.due_at) == ("PD-000001", "asked", None)
    assert not lets(session)
    assert queries.waiting(session, OTHER.id) == 1 and queries.waiting(session, HANH.id) == 0
    decide(session, approval)
    assert lets(session) and queries.waiting(session, OTHER.id) == 0
    assert log(session) == [
        ("approval.ask", "hanh@cdc", "PD-000001"),
        ("approval.approve", "an@cdc", "PD-000001"),
    ]


def test_what_is_done_at_once_goes_on_and_is_due_in_twelve_hours(session):
    approval = ask(session, at_once=True)
    assert lets(session) and approval.due_at == NOW + 12 * HOUR
    assert queries.overdue(session, NOW + 12 * HOUR) == 0
    assert queries.overdue(session, NOW + 12 * HOUR + timedelta(seconds=1)) == 1


def test_an_overdue_one_is_marked_once_stays_open_and_can_still_be_decided(session):
    approval = ask(session, at_once=True)
    late = NOW + 13 * HOUR
    assert [service.mark_overdue(session, now=now) for now in (NOW, late, late)] == [0, 1, 0]
    assert approval.state == "overdue" and lets(session, now=late)  # nobody at night is stopped
    decide(session, approval, now=late)
    assert approval.state == "approved"
    assert [action for action, *_ in log(session)] == ["approval.now", "approval.overdue", "approval.approve"]


def test_nobody_decides_on_their_own_also_not_behind_the_services_back(session):
    approval = ask(session, at_once=True)
    for approve in (True, False):
        with pytest.raises(DomainError, match="own"):
            decide(session, approval, actor=HANH, approve=approve, note="Tôi tự duyệt")
    session.commit()
    with pytest.raises(sa.exc.IntegrityError):
        session.execute(sa.update(Approval).values(decided_by=HANH.id, state="approved"))
    session.rollback()
    assert not lets(session, what=EXPORT)


def test_a_refusal_needs_a_reason_ends_the_permission_and_a_new_one_may_be_asked(session):
    approval = ask(session, at_once=True)
    for note in ("", "   "):
        with pytest.raises(DomainError, match="note"):
            decide(session, approval, approve=False, note=note)
    decide(session, approval, approve=False, note="Chỉ cần một chợ")
    assert not lets(session)
    again = ask(session, now=NOW + HOUR)
    assert again.number == "PD-000002" and again.state == "asked"


def test_a_reading_that_was_approved_is_everybodys_and_stays_an_export_is_ones_own_for_a_day(session):
    decide(session, ask(session))
    decide(session, ask(session, what=EXPORT))
    assert lets(session, actor=THIRD) and lets(session, now=NOW + 999 * HOUR)
    assert not lets(session, what=EXPORT, actor=THIRD)
    assert lets(session, what=EXPORT, now=NOW + 24 * HOUR - timedelta(seconds=1))
    assert not lets(session, what=EXPORT, now=NOW + 24 * HOUR)


def test_asking_twice_is_asking_once_and_who_cannot_wait_turns_it_into_at_once(session):
    first = ask(session)
    assert ask(session).id == first.id and len(log(session)) == 1
    assert ask(session, at_once=True, reason="Chủ tịch xã đang chờ").id == first.id
    assert (first.mode, first.reason) == ("after", "Chủ tịch xã đang chờ") and lets(session)
    assert ask(session, at_once=True).id == first.id and len(log(session)) == 2


def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told(world, session):
    approval_id = ask(session).id
    session.commit()

    def say(actor, approve):
        with inside(world.app()):
            try:
                service.decide(
                    db.session(), now=NOW, actor=actor, approval_id=approval_id, approve=approve, note="Thôi"
                )
                db.session.commit()
                return actor.name
            except DomainError as error:
                db.session.rollback()
                return error.reason

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(say, (OTHER, THIRD), (True, False)))
    session.expire_all()
    found = session.get(Approval, approval_id)
    assert sorted(said) == sorted([found.decided_by_name, "decided"])
    assert (found.state == "approved") == (found.decided_by_name == OTHER.name)
    assert len(log(session)) == 2


def test_what_is_not_there_and_commands_without_an_account_are_refused(session):
    with pytest.raises(DomainError, match="unknown"):
        service.decide(session, now=NOW, actor=OTHER, approval_id=UUID(int=5), approve=True)
    with pytest.raises(AccessDenied):
        ask(session, actor=factories.SYSTEM)


@pytest.mark.parametrize(
    ("one_venue", "hours", "wide"),
    [(False, 24, False), (False, 24.01, False), (False, 24.1, True), (True, 500, False), (False, 1, False)],
)
def test_a_whole_commune_or_kind_over_more_than_a_day_is_wide(one_venue, hours, wide):
    assert LIMITS.wide(one_venue=one_venue, start=NOW, end=NOW + timedelta(hours=hours)) is wide


def test_an_export_of_more_than_so_many_people_is_long():
    assert [LIMITS.long(rows) for rows in (0, 5000, 5001)] == [False, False, True]


def test_the_limits_are_whole_numbers_above_zero():
    for wrong in (0, -1, True, "5000", 1.5):
        with pytest.raises(ValueError):
            Limits.from_dict({**vars(LIMITS), "export_rows": wrong})


@pytest.mark.parametrize(("hours", "new"), [(23, False), (24, True), (25, True)])
@pytest.mark.parametrize("at_once", [False, True])
def test_asking_again_is_the_same_one_only_while_a_permission_would_hold(session, at_once, hours, new):
    first = ask(session, what=EXPORT, at_once=at_once)
    again = ask(session, what=EXPORT, at_once=at_once, now=NOW + hours * HOUR)
    assert (again.id != first.id) is new
    assert len(log(session)) == 1 + new
    # What is done at once anew holds from then on.
    assert lets(session, what=EXPORT, now=NOW + hours * HOUR) is at_once


def test_what_was_asked_and_nobody_decided_is_closed_and_what_was_done_at_once_is_not(session):
    waits, later = ask(session), ask(session, actor=OTHER, what=EXPORT, now=NOW + HOUR)
    done = ask(session, what=EXPORT, at_once=True)
    assert queries.undecided_count(session) == 3
    just_before = NOW + 24 * HOUR - timedelta(seconds=1)
    assert [service.let_lapse(session, LIMITS, now=now) for now in (NOW, just_before)] == [0, 0]
    assert [service.let_lapse(session, LIMITS, now=NOW + 24 * HOUR) for _ in range(2)] == [1, 0]
    assert (waits.lapsed, waits.open, waits.decided_by_name) == (True, False, None)
    assert later.open and done.open and not lets(session) and queries.undecided_count(session) == 2
    assert queries.waiting(session, THIRD.id) == 2 and waits in queries.decided(session)
    with pytest.raises(DomainError, match="decided"):
        decide(session, waits, now=NOW + 25 * HOUR)
    assert log(session)[-1] == ("approval.lapse", "approvals", waits.number)
    assert ask(session, now=NOW + 25 * HOUR).id != waits.id


def test_the_heading_counts_what_waits_and_not_the_list_that_is_shown(session, monkeypatch):
    monkeypatch.setattr(queries, "MOST", 2)
    for number, actor in enumerate((HANH, OTHER, THIRD)):
        ask(session, what=EXPORT, actor=actor, now=NOW + number * HOUR)
    assert (len(queries.undecided(session)), queries.undecided_count(session)) == (2, 3)
