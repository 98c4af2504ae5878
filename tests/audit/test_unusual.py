"""What stands out: the rules against an oracle written a second time, each bound from both sides, and what is kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.audit import queries, service, unusual, watching
from checkin.audit.models import Finding
from checkin.audit.unusual import Asked, Bounds, Use
from checkin.errors import DomainError
from checkin.exposure.service import Bound, PersonAsked, ask_person
from tests import factories
from tests.audit.conftest import HANH, put
from tests.conftest import NOW
from tests.oracles import unusual as oracle

# A midnight of the province.
MIDNIGHT = datetime(2026, 10, 31, 17, tzinfo=UTC)
SMALL = Bounds(
    days_compared=3, active_least=2, hour_rows=40, day_rows=60, times_usual=2, rows_least=8, days_known=2, idle_days=1,
    idle_least=2, person_accounts=2, person_days=2, refused_hour=4, exports_day=2,
)  # fmt: skip
ACTIONS = [
    "lookup.place", "lookup.person", "lookup.case", "lookup.read", "lookup.shown", "lookup.sent.csv",
    "lookup.download.xlsx", "lookup.export.csv", "station.read", "request.lookup", "case.state", "case.freeze",
    "case.contacts", "notice.publish", "refused", "approval.now", "approval.approve", "approval.refuse",
]  # fmt: skip
DAYS = 6


def at(minutes):
    return MIDNIGHT + timedelta(minutes=minutes)


def use(seq, minutes, who, action, subject="", case=None, rows=None, times=1, due=None):
    due_at = None if due is None else at(due)
    of = subject if action == "request.lookup" else ""
    return Use(seq, at(minutes), who, who.upper(), action, subject, case, rows, times, due_at, of)


@st.composite
def logs(draw):
    # Hours drawn from few, so that they repeat; minutes at the edges of hours too.
    moments = st.builds(
        lambda day, hour, minute: (day * 24 + hour) * 60 + minute,
        st.integers(0, DAYS - 1), st.sampled_from([0, 1, 2, 8, 9, 23]), st.sampled_from([0, 1, 59]),
    )  # fmt: skip
    lines = draw(
        st.lists(
            st.tuples(
                moments, st.sampled_from("ab"), st.sampled_from(ACTIONS), st.sampled_from(["X1", "X2", "X3"]),
                st.sampled_from([None, "F1"]), st.sampled_from([1, 4, 9, 25]), st.sampled_from([1, 2]),
                st.integers(0, 600),
            ),
            max_size=40,
        )
    )  # fmt: skip
    # A decision is made once, and of what was done at once.
    seen, kept = set(), []
    for line in sorted(lines, key=lambda line: line[0]):
        word = "now" if line[2] == "approval.now" else "said" if line[2].startswith("approval.") else None
        if word and ((word, line[3]) in seen or word == "said" and ("now", line[3]) not in seen):
            continue
        seen.add((word, line[3]))
        kept.append(line)
    return [
        (seq, minutes, who, action, subject, case, None if action == "refused" else rows,
            times if action == "refused" else 1,
         minutes + due if action == "approval.now" else None)
        for seq, (minutes, who, action, subject, case, rows, times, due) in enumerate(kept, start=1)
    ]  # fmt: skip


@st.composite
def askings(draw):
    minutes = st.integers(0, DAYS * 24).map(lambda hours: hours * 60)
    people = st.sets(st.sampled_from([("id", b"1"), ("phone", b"2"), ("name", b"3")]), max_size=2)
    drawn = draw(st.lists(st.tuples(minutes, st.sampled_from("abc"), people), max_size=12))
    return [(f"TC-{number:03d}", *one) for number, one in enumerate(drawn)]


@given(logs(), askings(), st.integers(0, 9 * 24 * 60))
def test_what_is_found_is_what_the_oracle_finds(lines, asked, now):
    uses = [use(*line) for line in lines]
    people = [Asked(number, at(minutes), who, who, frozenset(of)) for number, minutes, who, of in asked]
    found = unusual.find(uses, people, SMALL, now=at(now), since=at(-999_999))
    # By two of the numbers of one person the same lookups are found: the oracle counts them by person.
    ours = {(one.kind, one.account, (one.at - MIDNIGHT) // timedelta(minutes=1), one.count) for one in found}
    theirs = oracle.find(lines, asked, vars(SMALL), now)
    plain = {one for one in theirs if one[0] != "many"}
    assert {one for one in ours if one[0] != "many"} == plain
    assert {one for one in ours if one[0] == "many"} <= {one for one in theirs if one[0] == "many"}
    assert {one[2] for one in ours if one[0] == "many"} == {one[2] for one in theirs if one[0] == "many"}
    keys = [one.key for one in found]
    assert len(keys) == len(set(keys)) and all(len(key) <= 120 for key in keys)


@given(logs(), st.randoms())
@settings(max_examples=25)
def test_the_order_in_which_accounts_appear_changes_nothing(lines, chance):
    uses = [use(*line) for line in lines]
    mixed = sorted(uses, key=lambda one: (one.at, chance.random()))
    how = {"now": at(9000), "since": at(-9000)}
    assert {replace(f, entries=tuple(sorted(f.entries))) for f in unusual.find(mixed, [], SMALL, **how)} == {
        replace(f, entries=tuple(sorted(f.entries))) for f in unusual.find(uses, [], SMALL, **how)
    }


@pytest.mark.parametrize(("after", "idle"), [("case.freeze", 2), ("case.contacts", 2), ("case.assign", 0)])
def test_what_a_lookup_does_by_itself_and_mere_reading_are_no_work_on_the_case(after, idle):
    lines = [
        (1, 0, "a", "lookup.case", "X1", "F1", None, 1, None),
        (2, 0, "a", "lookup.case", "X2", "F1", None, 1, None),
    ]
    uses = [use(*line) for line in [*lines, (3, 1, "a", after, "F1", "F1", None, 1, None)]]
    found = unusual.find(uses, [], SMALL, now=at(9 * 24 * 60), since=at(0))
    assert sum(one.count for one in found if one.kind == "idle") == idle


BROKEN = {
    "a day's rows one more": {"day_rows": 61},
    "an hour's rows one more": {"hour_rows": 41},
    "one refusal more": {"refused_hour": 5},
    "one export more": {"exports_day": 3},
    "one idle lookup more": {"idle_least": 3},
    "one account more": {"person_accounts": 3},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_each_bound_is_met_from_the_one_side_and_not_from_the_other(change):
    """Just at the bound something is found; with the bound one higher it is not."""
    lines = [use(n, 8 * 60 + n, "a", "refused", times=1) for n in range(4)]
    lines += [use(10 + n, n * 60, "b", "lookup.export.csv", "X1") for n in range(2)]
    lines += [use(20 + n, 2000 + n, "c", "lookup.place", f"T{n}") for n in range(2)]
    lines += [use(30, 100, "d", "lookup.shown", rows=41), use(31, 300, "e", "lookup.shown", rows=31)]
    lines += [use(32, 400, "e", "lookup.shown", rows=30)]
    asked = [
        Asked("T1", at(0), "a", "a", frozenset({("id", b"1")})),
        Asked("T2", at(9), "b", "b", frozenset({("id", b"1")})),
    ]
    (name,) = change
    kind = {"day_rows": "rows.day", "hour_rows": "rows.hour", "refused_hour": "refused", "exports_day": "exports",
            "idle_least": "idle", "person_accounts": "many"}[name]  # fmt: skip
    how = {"now": at(9000), "since": at(-9000)}
    assert [one.kind for one in unusual.find(lines, asked, SMALL, **how)].count(kind) == 1
    assert [one.kind for one in unusual.find(lines, asked, replace(SMALL, **change), **how)].count(kind) == 0


@pytest.mark.parametrize("tries", [1, 2, 5, 37, 1000])
def test_the_entries_of_repeated_attempts_add_up_to_as_many_as_the_last_one_says(tries):
    due = [n for n in range(1, tries + 1) if n & (n - 1) == 0]
    assert sum(unusual.new_times(n) for n in due) == due[-1]


def test_the_bounds_of_the_rules_are_whole_numbers_above_zero():
    values = vars(SMALL)
    assert Bounds.from_dict(values) == SMALL
    for wrong in ({**values, "hour_rows": 0}, {**values, "hour_rows": True}, {**values, "idle_days": "3"}):
        with pytest.raises(ValueError):
            Bounds.from_dict(wrong)
    with pytest.raises(KeyError):
        Bounds.from_dict({})


@pytest.fixture
def read_much(session):
    """One account that read 2,500 rows within an hour."""
    for number in range(5):
        service.record(
            session, now=NOW - timedelta(hours=2, minutes=number), actor=HANH, action="lookup.shown",
            subject="TC-000001", rows=500,
        )  # fmt: skip
    session.commit()
    return session


def kept(session):
    session.expire_all()
    return list(session.scalars(sa.select(Finding).order_by(Finding.key)))


def test_a_round_keeps_what_it_finds_once_and_brings_it_up_to_date(read_much):
    session = read_much
    for _ in range(2):
        watching.look(session, now=NOW)
        session.commit()
    (finding,) = kept(session)
    assert (finding.kind, finding.who, finding.count, finding.bound, finding.entries) == (
        "rows.hour", "hanh@cdc", 2500, 2000, 5,
    )  # fmt: skip
    service.record(session, now=NOW - timedelta(hours=2, minutes=9), actor=HANH, action="lookup.sent.csv", rows=100)
    watching.look(session, now=NOW)
    session.commit()
    (finding,) = kept(session)
    assert (finding.count, finding.entries, len(queries.evidence(session, [finding.id])[finding.id])) == (2600, 6, 6)


def test_what_somebody_has_seen_stays_as_it_was_and_is_seen_once(read_much):
    session = read_much
    watching.look(session, now=NOW)
    (finding,) = kept(session)
    service.see_finding(session, now=NOW, actor=factories.SYSTEM, finding_id=finding.id, note="Chùm ca ở chợ đêm")
    session.commit()
    service.record(session, now=NOW - timedelta(hours=2), actor=HANH, action="lookup.shown", rows=9)
    watching.look(session, now=NOW)
    session.commit()
    (finding,) = kept(session)
    assert (finding.count, finding.seen_by_name, finding.note) == (2500, "test", "Chùm ca ở chợ đêm")
    assert queries.unseen(session) == 0
    with pytest.raises(DomainError, match="seen"):
        service.see_finding(session, now=NOW, actor=factories.SYSTEM, finding_id=finding.id, note="")
    assert [e.action for e in queries.newest(session, None, 9)].count("audit.seen") == 1


def test_one_person_looked_up_by_three_accounts_stands_out_by_number_phone_or_name(app, session, vault):
    for number, asked in enumerate(
        ({"phone": "+84912345678"}, {"phone": "+84912345678", "id_number": "022185001234"}, {"phone": "+84912345678"})
    ):
        actor = factories.account(
            session, vault, "cdc", (f"can{number}@cdc", f"mật khẩu dài của cán bộ {number}")
        ).actor
        ask_person(
            session, vault, now=NOW - timedelta(days=number), actor=actor,
            bound=Bound(case=None, signal="Tin báo", reason="Hỏi lại"),
            asked=PersonAsked(start=NOW - timedelta(days=9), end=NOW, **asked),
        )  # fmt: skip
        watching.look(session, now=NOW)
        assert [one.kind for one in kept(session)] == (["many"] if number == 2 else [])
    (finding,) = kept(session)
    assert finding.count == 3 and finding.entries == 3 and finding.who == "can0@cdc, can1@cdc, can2@cdc"
    assert "0912" not in finding.key and "84912" not in finding.key


def test_the_log_of_a_month_is_looked_through_without_finding_the_ordinary(app, session):
    put(session, 50)
    assert watching.look(session, now=NOW + timedelta(hours=1)) == 0
