"""Who is the same person: the rule against its oracle, in the store of both databases."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from checkin import clock
from checkin.db import db
from checkin.ids import new_id
from checkin.people import queries, service
from checkin.people.identity import indexes
from tests.conftest import NOW
from tests.oracles.people import persons
from tests.worlds import inside, vault_of

A, B = "022071000001", "022071000002"
X, Y = "+84904118226", "+84904118999"
TOLD = st.lists(
    st.tuples(
        st.sampled_from(["Trần Văn Hưng", "Tran Van Hung", "Lê Lý"]),
        st.sampled_from(["", A, B]),
        st.sampled_from([X, Y]),
    ),
    min_size=1,
    max_size=8,
)


def of(vault, name, id_number, phone):
    return indexes(vault, full_name=name, birth_year=1971, id_number=id_number, phone=phone)


def store(vault, told):
    """The number of the first telling of each telling's person, as the store sees it."""
    first = {}
    out = []
    for number, one in enumerate(told):
        found = service.identify(
            db.session(), now=NOW + timedelta(seconds=number), told=of(vault, *one), commune_id=None
        )
        out.append(first.setdefault(found, number))
    return out


@pytest.mark.parametrize("name", ["_sqlite", pytest.param("_postgresql", marks=pytest.mark.postgresql)])
@settings(max_examples=40)
@given(told=TOLD)
def test_the_store_tells_people_apart_as_the_oracle_does(request, name, told):
    app = request.getfixturevalue(name).app()
    with clock.fixed(NOW), inside(app):
        folded = [(who.replace("Trần Văn Hưng", "Tran Van Hung"), id_number, phone) for who, id_number, phone in told]
        assert store(vault_of(app), told) == persons(folded)
        db.session.rollback()


@pytest.mark.parametrize("name", ["_sqlite", pytest.param("_postgresql", marks=pytest.mark.postgresql)])
@settings(max_examples=40)
@given(told=TOLD, split=st.integers(0, 8))
def test_many_at_once_are_told_apart_as_one_after_the_other(request, name, told, split):
    app = request.getfixturevalue(name).app()
    with clock.fixed(NOW), inside(app):
        vault = vault_of(app)
        found = []
        for turn, part in enumerate((told[:split], told[split:])):
            tellers = [service.Teller(of(vault, *one), None, new_id(NOW)) for one in part]
            found += service.identify_all(db.session(), now=NOW + timedelta(seconds=turn), tellers=tellers)
        folded = [(who.replace("Trần Văn Hưng", "Tran Van Hung"), id_number, phone) for who, id_number, phone in told]
        assert [found.index(person) for person in found] == persons(folded)
        db.session.rollback()


def test_only_those_of_the_name_are_known_by_it(app, session, vault):
    for one in (("Lê Lý", A, X), ("Trần Hưng", B, Y)):
        service.identify(session, now=NOW, told=of(vault, *one), commune_id=None)
    lan = of(vault, "Lan", A, X)
    assert queries.with_name(session, lan.name) == []
    assert queries.with_names(session, [lan.name]) == {lan.name: []}


def test_who_tells_neither_number_is_somebody_each_time(session, vault):
    nobody = of(vault, "Lý", "", "")
    ids = [new_id(NOW) for _ in range(2)]
    tellers = [service.Teller(nobody, None, own) for own in ids]
    assert service.identify_all(session, now=NOW, tellers=tellers) == ids
    assert service.identify_all(session, now=NOW, tellers=tellers) == ids


@pytest.mark.postgresql
def test_a_check_in_that_makes_the_person_first_wins(postgresql, monkeypatch):
    with clock.fixed(NOW), inside(postgresql.app()):
        session, vault = db.session(), vault_of(postgresql.app())
        told = of(vault, "Lý", A, X)
        real, first = queries.with_names, []

        def someone_was_quicker(*args):
            seen = real(*args)
            if not first:
                with Session(db.engine) as other:
                    first.append(service.identify(other, now=NOW, told=told, commune_id=None))
                    other.commit()
            return seen

        monkeypatch.setattr(queries, "with_names", someone_was_quicker)
        tellers = [service.Teller(one, None, new_id(NOW)) for one in (told, of(vault, "Lý", "", X))]
        found = service.identify_all(session, now=NOW, tellers=tellers)
        session.commit()
        assert found == first * 2
        assert {row.root for row in real(session, [told.name])[told.name]} == set(first)
        session.rollback()
        db.engine.dispose()


@pytest.mark.parametrize(
    ("told", "people"),
    [
        ([("Lý", "", X), ("Lý", A, X), ("Lý", A, Y), ("Lý", "", Y)], 1),  # phone, then id, then another phone
        ([("Lý", "", X), ("Lý", A, X), ("Lý", B, X)], 2),  # a second id number is somebody else
        ([("Lý", A, X), ("Lý", B, X)], 2),
        ([("Hùng", "", X), ("Hưng", "", Y)], 2),  # a name alone is nobody
        ([("Hùng", "", X), ("Hưng", "", X)], 1),  # the same phone and folded name: kept apart by accents only on the page
    ],
)  # fmt: skip
def test_examples_of_the_rule(app, session, vault, told, people):
    assert len(set(store(vault, told))) == people


def test_whatever_was_told_last_finds_the_person(app, session, vault):
    store(vault, [("Lý", "", X), ("Lý", A, X), ("Lý", A, Y)])
    (by_id,) = queries.matching(session, id_index=vault.index("id", A), phone_index=None, name_index=None)
    (by_phone,) = queries.matching(session, id_index=None, phone_index=vault.index("phone", Y), name_index=None)
    assert by_id.person_id == by_phone.person_id


def test_a_common_name_does_not_push_the_right_number_off_the_list(app, session, vault):
    for number in range(260):
        service.identify(
            session,
            now=NOW,
            told=of(vault, "Nguyễn Văn A", f"02207100{number:04d}", f"+8491234{number:04d}"),
            commune_id=None,
        )
    wanted = of(vault, "Nguyễn Văn A", "022071000259", "+84912340001")
    found = queries.matching(session, id_index=wanted.id, phone_index=wanted.phone, name_index=wanted.name)
    assert [match.by for match in found[:2]] == [("id_number", "name"), ("phone", "name")]
    assert len(found) == 50
