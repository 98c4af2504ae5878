"""People who come together: one form, one submission, each with own answers, an own visit and an own result."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from unicodedata import normalize

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin import clock
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.declarations.told import Told
from checkin.declarations.triage import Answers
from checkin.ids import new_id
from checkin.people.models import Person
from checkin.venues.models import Venue
from checkin.venues.queries import known_door
from checkin.visits import service
from checkin.visits.models import Submission, Visit
from checkin.visits.sheet import MOST
from tests import cast, factories
from tests.conftest import NOW
from tests.oracles import groups
from tests.worlds import inside, vault_of

DONE, HELP = "ĐÃ KHAI BÁO", "CẦN HỖ TRỢ"
ALL_NO = {"symptoms": "no", "contact_sick": "no", "travel": "no"}
CHILD = {"full_name": "Trần Minh An", "birth_year": "2017", "gender": "male", **ALL_NO}
SISTER = {"full_name": "Trần Bảo Ngọc", "birth_year": "2019", "gender": "female", **ALL_NO}
GRANDMOTHER = {"full_name": "Phạm Thị Lành", "birth_year": "1949", "gender": "female", **ALL_NO}
COUGHS = {"symptoms": "yes", "symptom": ["cough"]}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def code(world):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        code = factories.code_of(db.session(), factories.venue(db.session(), vault_of(app)))
        factories.commit()
    return code


def together(*others, **more):
    """What the page sends of the citizen and these, who came along."""
    fields = {**cast.form(), "also": [str(number) for number in range(2, 2 + len(others))], **more}
    for number, other in enumerate(others, 2):
        fields |= {f"p{number}-{name}": value for name, value in other.items()}
    return fields


def post(client, code, *others, **more):
    fields = together(*others, **more)
    if "submission" not in fields:
        fields["submission"] = factories.submission(client, code)
    return client.post(f"/v/{code}", data=fields)


def words(html):
    """The word of each person on a result, by name."""
    found = re.findall(r"<li[^>]*><svg.*?</svg><span><b>(.*?)</b> <span[^>]*>(.*?)</span>", html, re.DOTALL)
    return {unescape(name): word for word, name in found}


def stored(world, *columns):
    with inside(world.app()):
        return db.session.execute(sa.select(*columns)).all()


def details(world):
    """Opened details by name, with the row."""
    app = world.app()
    with inside(app):
        rows = db.session.scalars(sa.select(Declaration)).all()
        opened = [(vault_of(app).open(row.details), row) for row in rows]
        return {found["full_name"]: (found, row) for found, row in opened}


def value(html, name):
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', html)
    found = re.search(r'value="([^"]*)"', tag[0]) if tag else None
    return unescape(found[1]) if found else None


def test_a_family_of_four_gets_four_results_visits_and_declarations_of_one_submission(client, code, world):
    answer = post(client, code, {**CHILD, **COUGHS}, SISTER, GRANDMOTHER)
    assert answer.status_code == 200
    assert words(answer.text) == {
        "Nguyễn Thị Ánh Tuyết": DONE,
        "Trần Minh An": HELP,
        "Trần Bảo Ngọc": DONE,
        "Phạm Thị Lành": DONE,
    }
    assert answer.text.count("Cảm ơn bạn đã khai thật") == 1
    # No name stands there with its markup.
    assert "&lt;" not in answer.text
    ((submission,),) = stored(world, Submission.id)
    visits = stored(world, Visit.id, Visit.group_id, Visit.person_id, Visit.declaration_id)
    assert [len({visit[place] for visit in visits}) for place in (0, 2, 3)] == [4, 4, 4]
    assert {visit.group_id for visit in visits} == {submission}
    assert {name: row.triage for name, (_, row) in details(world).items()} == {
        "Nguyễn Thị Ánh Tuyết": "routine",
        "Trần Minh An": "watch",
        "Trần Bảo Ngọc": "routine",
        "Phạm Thị Lành": "routine",
    }


def test_whoever_tells_no_phone_and_no_home_has_those_of_the_first(client, code, world):
    far = {
        **GRANDMOTHER,
        "phone": "0904 118 226",
        "province": "24",
        "commune_other": "viet yen",
        "id_number": "B1234567",
    }
    assert post(client, code, CHILD, far, address="Số 12").status_code == 200
    found = details(world)
    child, row = found["Trần Minh An"]
    assert (child["phone"], child["address"], row.commune_id) == ("+84912345678", "Số 12", "06652")
    other, row = found["Phạm Thị Lành"]
    assert (other["phone"], other["address"], other["id_number"], row.province_id) == (
        "+84904118226",
        "",
        "B1234567",
        "24",
    )


def test_the_page_takes_one_person_more_presets_nothing_and_keeps_what_was_typed(client, code, world):
    submission = factories.submission(client, code)
    one = client.post(
        f"/v/{code}", data={**cast.form(full_name="Đỗ Thị Bình"), "submission": submission, "more": "1"}
    ).text
    assert value(one, "full_name") == "Đỗ Thị Bình" and value(one, "submission") == submission
    assert value(one, "also") == "2" and 'id="p2"' in one and 'id="p3"' not in one
    for name in ("gender", "symptoms", "contact_sick", "travel"):
        assert "checked" not in "".join(re.findall(rf'<input[^>]*name="p2-{name}"[^>]*>', one))
    fields = {**together(CHILD), "submission": submission, "more": "1"}
    two = client.post(f"/v/{code}", data=fields).text
    assert value(two, "p2-full_name") == "Trần Minh An" and 'id="p3"' in two
    assert re.search(r'<input[^>]*name="p2-symptoms"[^>]*value="no"[^>]*checked', two)
    assert stored(world, Visit.id) == []


def test_somebody_taken_off_again_is_neither_shown_nor_stored(client, code, world):
    submission = factories.submission(client, code)
    html = client.post(f"/v/{code}", data={**together(CHILD, SISTER), "submission": submission, "drop": "2"}).text
    assert value(html, "p3-full_name") == "Trần Bảo Ngọc" and "Trần Minh An" not in html
    assert re.findall(r'name="also" value="(\d+)"', html) == ["3"]
    answer = client.post(f"/v/{code}", data={**together(CHILD, SISTER), "also": "3", "submission": submission})
    assert set(words(answer.text)) == {"Nguyễn Thị Ánh Tuyết", "Trần Bảo Ngọc"}
    assert len(stored(world, Visit.id)) == 2


def test_a_full_sheet_says_so_and_offers_no_more(client, code):
    fields = together(*[{**CHILD, "full_name": f"Trần An {'abcdefghi'[n]}"} for n in range(MOST - 1)], more="1")
    fields["submission"] = factories.submission(client, code)
    html = client.post(f"/v/{code}", data=fields).text
    assert 'name="more"' not in html and f"nhiều nhất {MOST} người" in html
    del fields["more"]
    assert len(words(client.post(f"/v/{code}", data=fields).text)) == MOST


@pytest.mark.parametrize(
    ("name", "wrong", "says"),
    [
        ("full_name", "", "họ và tên"),
        ("full_name", "x" * 10_000, "Dài quá"),
        ("birth_year", "2027", "tương lai"),
        ("gender", "", "giới tính"),
        ("phone", "0912", "thiếu chữ số"),
        ("id_number", "02218500123", "12 chữ số"),
        ("symptoms", "", "Chọn Không hoặc Có"),
        ("contact_sick", "maybe", "Chọn Không hoặc Có"),
        ("travel", "", "Chọn Không hoặc Có"),
        ("commune", "99999", "xã, phường"),
        ("province", "24", "xã, phường"),
    ],
)
def test_what_is_wrong_of_one_is_said_beside_the_field_and_nothing_is_lost_or_stored(
    client, code, world, name, wrong, says
):
    answer = post(client, code, SISTER, {**CHILD, name: wrong})
    assert answer.status_code == 422
    listed = re.search(r'id="errors".*?</ul>', answer.text, re.DOTALL)[0]
    at = "commune_other" if name == "province" else name
    assert listed.count("<li>") == 1 and f'href="#p3-{at}"' in listed and says in listed
    assert ("Người đi cùng 2" if name == "full_name" else "Trần Minh An") in listed
    assert f'id="p3-{at}-error"' in answer.text
    assert (
        value(answer.text, "p2-full_name") == "Trần Bảo Ngọc"
        and value(answer.text, "full_name") == "Nguyễn Thị Ánh Tuyết"
    )
    assert stored(world, Visit.id) == []


def test_mistakes_of_several_people_are_all_said_at_once(client, code):
    html = post(client, code, {**CHILD, "birth_year": ""}, {**SISTER, "travel": ""}, phone="").text
    listed = re.search(r'id="errors".*?</ul>', html, re.DOTALL)[0]
    assert re.findall(r'href="#([^"]*)"', listed) == ["phone", "p2-birth_year", "p3-travel"]


@pytest.mark.parametrize(
    "again",
    [
        {**CHILD},
        {**CHILD, "full_name": normalize("NFD", "TRẦN  MINH AN")},
        {**CHILD, "id_number": "022217001234"},
        {**CHILD, "full_name": "Nguyễn Thị Ánh Tuyết", "birth_year": "1985"},
    ],
    ids=["the same", "capitals and NFD", "with a number the other has not", "the one who fills it in"],
)
def test_it_rejects_one_person_twice_and_says_what_two_people_would_do(client, code, world, again):
    answer = post(client, code, CHILD, again)
    assert answer.status_code == 422
    assert "đã có ở trên" in answer.text and 'href="#p3-full_name"' in answer.text
    assert stored(world, Visit.id) == []


def test_twins_of_one_name_are_two_people_by_their_numbers(client, code, world):
    twin = {**CHILD, "full_name": "Trần Minh Ân", "id_number": "022217001235"}
    assert len(words(post(client, code, {**CHILD, "id_number": "022217001234"}, twin).text)) == 2 + 1
    assert len({person for (person,) in stored(world, Visit.person_id)}) == 3


def test_the_same_form_again_gives_the_same_results_and_another_is_new_and_flagged(client, code, world):
    submission = factories.submission(client, code)
    first = post(client, code, {**CHILD, **COUGHS}, submission=submission).text
    again = post(client, code, {**CHILD, **COUGHS}, submission=submission).text
    assert re.findall(r'name="token" value="[^"]*"', again) == re.findall(r'name="token" value="[^"]*"', first)
    assert len(stored(world, Visit.id)) == 2
    # Later than a slip of the finger the honest cougher tries again without: both are kept, the door sees nothing of it.
    with clock.fixed(NOW + 6 * MINUTE):
        changed = post(client, code, CHILD, submission=submission).text
    assert set(words(changed).values()) == {DONE}
    flags = stored(world, Declaration.made_at, Declaration.flags, Declaration.triage)
    assert sorted((at - NOW, *more) for at, *more in flags) == [
        (timedelta(0), [], "routine"),
        (timedelta(0), [], "watch"),
        (6 * MINUTE, ["resent"], "routine"),
        (6 * MINUTE, ["resent"], "routine"),
    ]


def test_fifty_groups_in_parallel_are_stored_once(world, code):
    with clock.fixed(NOW):
        client = world.app().test_client()
        fields = together(CHILD, {**SISTER, **COUGHS}, submission=factories.submission(client, code))

        def send(_number):
            with clock.fixed(NOW):
                return words(world.app().test_client().post(f"/v/{code}", data=fields).text)

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(send, range(50)))
    assert all(answer == answers[0] for answer in answers) and len(answers[0]) == 3
    assert [len(stored(world, model.id)) for model in (Submission, Visit, Declaration, Person)] == [1, 3, 3, 3]


def test_both_parents_declare_the_family_at_once_in_another_order(world, code):
    father = {"full_name": "Trần Văn Hưng", "birth_year": "1971", "gender": "male"}
    family = [CHILD, SISTER, GRANDMOTHER]

    def send(number):
        with clock.fixed(NOW):
            client = world.app().test_client()
            others = family[::-1] if number % 2 else family
            own = father if number % 2 else {}
            return post(client, code, *others, **own).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(16))) == {200}
    assert len(stored(world, Person.id)) == 5
    assert len(stored(world, Visit.id)) == 64


def test_all_leave_at_once_or_one_alone(client, code, world):
    html = post(client, code, CHILD, SISTER).text
    tokens = re.findall(r'name="token" value="([^"]*)"', html)
    only = dict(zip(("mother", "child", "sister"), re.findall(r'name="only" value="([^"]*)"', html), strict=True))
    assert list(only.values()) == tokens
    with clock.fixed(NOW + 5 * MINUTE):
        assert client.post(f"/v/{code}/leave", data={"token": tokens, "only": only["child"]}).status_code == 200
    assert sorted(str(left) for (left,) in stored(world, Visit.left_at)) == [str(NOW + 5 * MINUTE), "None", "None"]
    with clock.fixed(NOW + 9 * MINUTE):
        assert "Đã ghi giờ ra: 10:39" in client.post(f"/v/{code}/leave", data={"token": tokens}).text
    ends = sorted((left - NOW) // MINUTE for (left,) in stored(world, Visit.left_at))
    assert ends == [5, 9, 9]


def test_leaving_with_one_false_token_among_true_ones_changes_nothing(client, code, world):
    tokens = re.findall(r'name="token" value="([^"]*)"', post(client, code, CHILD).text)
    assert client.post(f"/v/{code}/leave", data={"token": [*tokens, "x"]}).status_code == 400
    assert {left for (left,) in stored(world, Visit.left_at)} == {None}


def test_a_group_that_scans_again_within_the_usual_stay_prolongs_each_visit(client, code, world):
    post(client, code, CHILD)
    with clock.fixed(NOW + 10 * MINUTE):
        post(client, code, CHILD, SISTER)
    visits = stored(world, Visit.entered_at)
    assert sorted((at - NOW) // MINUTE for (at,) in visits) == [0, 0, 10]


def test_a_page_left_open_for_more_than_a_day_keeps_everybody(client, code, world):
    submission = factories.submission(client, code)
    with clock.fixed(NOW + timedelta(hours=25)):
        answer = post(client, code, CHILD, {**SISTER, **COUGHS}, submission=submission)
        assert answer.status_code == 422
        assert value(answer.text, "p2-full_name") == "Trần Minh An"
        assert re.search(r'<input[^>]*name="p3-symptoms"[^>]*value="yes"[^>]*checked', answer.text)
        assert len(words(post(client, code, CHILD, SISTER, submission=value(answer.text, "submission")).text)) == 3


def test_a_group_over_midnight_is_of_the_day_on_which_it_is_sent(client, code, world):
    before = clock.day_bounds(clock.to_local(NOW).date())[1] - MINUTE
    with clock.fixed(before):
        submission = factories.submission(client, code)
    with clock.fixed(before + 2 * MINUTE):
        assert len(words(post(client, code, CHILD, submission=submission).text)) == 2
    assert {at for (at,) in stored(world, Visit.entered_at)} == {before + 2 * MINUTE}


def test_a_place_suspended_meanwhile_takes_nobody(client, code, world):
    submission = factories.submission(client, code)
    with inside(world.app()):
        venue = db.session.scalars(sa.select(Venue)).one()
        venue.state, venue.suspended_at = "suspended", NOW
        factories.commit()
        known_door.forget()
    assert post(client, code, CHILD, submission=submission).status_code == 410
    assert stored(world, Visit.id) == []


def test_the_own_card_fills_in_the_first_and_keeps_the_others(client, code):
    fields = together(CHILD, full_name="", birth_year="", card=cast.CCCD, fill="card")
    html = client.post(f"/v/{code}", data={**fields, "submission": factories.submission(client, code)}).text
    assert value(html, "full_name") == "Nguyễn Thị Ánh Tuyết" and value(html, "p2-full_name") == "Trần Minh An"


def test_the_longest_names_stand_whole_on_the_result(client, code):
    name = ("Nguyễn Phước " * 8)[:100].strip()
    answer = post(client, code, *[{**CHILD, "full_name": f"{name[:-1]}{'abcdefghi'[n]}"} for n in range(9)])
    assert {len(shown) for shown in words(answer.text)} >= {len(name)}


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.sampled_from(
            [*[f"p2-{name}" for name in (*CHILD, "symptom", "commune", "province", "commune_other", "phone", "id_number")],
             "also", "more", "drop", "p2-", "p11-full_name"]
        ),
        st.one_of(st.text(max_size=200), st.sampled_from(["\x00", "2", "10", "11", "-1", "=1+1", "{{7*7}}", "A" * 10_000])),
    )
)  # fmt: skip
def test_no_input_about_others_is_an_error_of_ours(sqlite, changes):
    app = sqlite.app()
    client = app.test_client()
    with clock.fixed(NOW):
        with inside(app):
            code = db.session.scalar(sa.text("SELECT code FROM code LIMIT 1"))
            if code is None:
                code = factories.code_of(db.session(), factories.venue(db.session(), vault_of(app)))
                factories.commit()
        fields = {**together(CHILD, submission=factories.submission(client, code)), **changes}
        fields = {k: v.encode("utf-8", "surrogatepass") if isinstance(v, str) else v for k, v in fields.items()}
        assert client.post(f"/v/{code}", data=fields).status_code in {200, 422}


# Sequences of forms, against rows counted one by one.

PEOPLE = ["An", "Bình", "Chi", "Dũng"]
STEP = st.tuples(
    st.integers(0, 2),  # which form was opened
    st.lists(st.tuples(st.sampled_from(PEOPLE), st.booleans()), min_size=1, max_size=4, unique_by=lambda one: one[0]),
    st.sampled_from([1, 2, 3, 5, 6, 20, 31]),  # minutes since the step before
)


def told_of(name, coughs):
    who = cast.CITIZEN.__class__(**{**cast.CITIZEN.as_dict(), "full_name": f"Trần {name}", "id_number": ""})
    return Told(who=who, answers=Answers(symptoms=frozenset({"cough"})) if coughs else Answers())


@settings(max_examples=12)
@given(st.lists(STEP, min_size=1, max_size=7))
def test_any_sequence_of_groups_makes_the_rows_that_must_be_there(world, steps):
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        shop = factories.venue(session, vault, "Cửa hàng Bình", kind="shop")
        door, minute, facts = factories.door(session, shop), 0, []
        forms = [new_id(NOW) for _ in range(3)]
        for form, people, later in steps:
            minute += later
            at = NOW + minute * MINUTE
            done = service.check_in_together(
                session, vault, now=at, rules=factories.rules(app, at), door=door,
                told=[told_of(*one) for one in people], submission_id=forms[form], device=b"d" * 16,
            )  # fmt: skip
            facts.append((form, tuple(people), minute))
            assert len(done) == len(people)
        session.flush()
        made = session.scalars(sa.select(Declaration)).all()
        by_id = {one.id: one for one in made}
        visits = session.scalars(sa.select(Visit).where(Visit.venue_id == shop.id)).all()
        wanted = groups.rows(facts, usual=30, correctable=5)
        minutes = lambda moment: (moment - NOW) // MINUTE  # noqa: E731
        assert sorted(
            (v.masked_name, *map(minutes, (v.entered_at, v.declared_at, v.until_likely)), says_yes(by_id[v.declaration_id]))
            for v in visits
        ) == sorted(
            (vault_name(v.name), v.entered, v.goes_with.made, v.until, v.goes_with.yes) for v in wanted.visits
        )  # fmt: skip
        assert sorted(
            (minutes(d.made_at), says_yes(d), "resent" in d.flags, minutes(by_id[d.corrects].made_at) if d.corrects else -1)
            for d in made
        ) == sorted(
            (d.made, d.yes, d.flagged, d.corrects.made if d.corrects else -1) for d in wanted.declarations
        )  # fmt: skip
        session.rollback()


def says_yes(declaration):
    return declaration.triage == "watch"


def vault_name(name):
    return service.mask_for_desk(f"Trần {name}")
