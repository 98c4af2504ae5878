"""A form that is sent once more with something changed: within five minutes a correction, later a declaration anew."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.config import ROOT
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.ids import new_id
from checkin.people.models import Person
from checkin.rules import RuleBook
from checkin.visits import service, tokens
from checkin.visits.corrections import CORRECTABLE, MOST, Entry, Standing, matched, point
from checkin.visits.filing import chain_of
from checkin.visits.models import Submission, Visit
from checkin.visits.outcomes import CheckIn, as_kept, kept
from tests import cast, factories
from tests.conftest import NOW
from tests.visits.test_group import CHILD, COUGHS, SISTER, post, stored, words
from tests.visits.test_group import code as code  # the fixture
from tests.worlds import inside, vault_of

MINUTE = timedelta(minutes=1)
DONE, HELP = "ĐÃ KHAI BÁO", "CẦN HỖ TRỢ"
PHONE = {"phone": "0904 118 226"}


@pytest.fixture
def submission(client, code):
    return factories.submission(client, code)


def send(client, code, submission, *others, after=0, **more):
    """The same page sent once more, so many minutes after."""
    with clock.fixed(NOW + after * MINUTE):
        return post(client, code, *others, submission=submission, **more)


def visits(world):
    """Each visit as (minutes after the first, name at the counter, minute and level of what it goes with)."""
    with inside(world.app()):
        told = {one.id: one for one in db.session.scalars(sa.select(Declaration))}
        found = [
            (
                (one.entered_at - NOW) // MINUTE,
                one.masked_name,
                (one.declared_at - NOW) // MINUTE,
                told[one.declaration_id].triage,
                told[one.declaration_id].person_id == one.person_id,
            )
            for one in db.session.scalars(sa.select(Visit))
        ]
    return sorted(found)


def told(world):
    """Each declaration as (minute, level, flags, minute of what it corrects)."""
    with inside(world.app()):
        rows = db.session.scalars(sa.select(Declaration).order_by(Declaration.made_at)).all()
        made = {one.id: (one.made_at - NOW) // MINUTE for one in rows}
        return [(made[one.id], one.triage, list(one.flags), made.get(one.corrects)) for one in rows]


ME = "Nguyễn T. Á. T."


def test_a_yes_that_is_taken_back_at_once_leaves_one_visit_both_declarations_and_no_flag(
    client, code, world, submission
):
    assert HELP in send(client, code, submission, **COUGHS).text
    assert DONE in send(client, code, submission, after=2).text
    assert visits(world) == [(0, ME, 2, "routine", True)]
    assert told(world) == [(0, "watch", [], None), (2, "routine", [], 0)]


@pytest.mark.long
def test_a_no_that_becomes_a_yes_is_shown_and_stored_as_one(client, code, world, submission):
    send(client, code, submission)
    assert HELP in send(client, code, submission, after=1, **COUGHS).text
    assert visits(world) == [(0, ME, 1, "watch", True)]


@pytest.mark.parametrize(("seconds", "open_still"), [(300, True), (301, False)])
def test_five_minutes_are_five_minutes(client, code, world, submission, seconds, open_still):
    send(client, code, submission, **COUGHS)
    with clock.fixed(NOW + timedelta(seconds=seconds)):
        post(client, code, submission=submission)
    assert [flags for *_, flags, _ in told(world)] == [[], [] if open_still else ["resent"]]
    assert len(visits(world)) == (1 if open_still else 2)


def test_the_button_on_the_result_opens_the_form_with_the_details_and_no_answer(client, code, world, submission):
    html = send(client, code, submission, {**CHILD, **COUGHS}).text
    button = re.search(r"<form[^>]*>(?:(?!</form>).)*name=\"correct\".*?</form>", html, re.DOTALL)[0]
    with clock.fixed(NOW + MINUTE):
        form = client.post(
            f"/v/{code}", data={"submission": factories.hidden(button, "submission"), "correct": "yes"}
        ).text
    assert factories.hidden(form, "full_name") == "Nguyễn Thị Ánh Tuyết"
    assert factories.hidden(form, "p2-full_name") == "Trần Minh An"
    assert "Sửa tờ khai vừa gửi" in form
    for name in ("symptoms", "p2-symptoms", "consent"):
        assert "checked" not in "".join(re.findall(rf'<input[^>]*name="{name}"[^>]*>', form))
    changed = send(client, code, factories.hidden(form, "submission"), CHILD, after=2).text
    assert set(words(changed).values()) == {DONE}
    assert [one[2:] for one in visits(world)] == [(2, "routine", True)] * 2
    assert [one[3] for one in told(world)] == [None, None, 0, 0]


@pytest.mark.long
def test_after_five_minutes_the_button_says_that_what_comes_is_a_new_declaration(client, code, world, submission):
    send(client, code, submission)
    with clock.fixed(NOW + 6 * MINUTE):
        form = client.post(f"/v/{code}", data={"submission": submission, "correct": "yes"}).text
    assert "Đã quá 5 phút" in form
    send(client, code, factories.hidden(form, "submission"), after=7, **COUGHS)
    assert told(world)[1] == (7, "watch", ["resent"], None)


@pytest.mark.long
@pytest.mark.parametrize("change", ["", "?change=1"])
def test_whoever_scans_again_right_after_a_yes_gets_the_same_form_once_more(client, code, world, submission, change):
    """As Back does in browsers that keep no page: they ask for it anew."""
    send(client, code, submission, **COUGHS)
    with clock.fixed(NOW + 4 * MINUTE):
        form = client.get(f"/v/{code}{change}").text
    assert "Sửa tờ khai vừa gửi" in form
    send(client, code, factories.hidden(form, "submission"), after=5)
    assert visits(world) == [(0, ME, 5, "routine", True)] and [flags for *_, flags, _ in told(world)] == [[], []]


@pytest.mark.long
def test_later_at_another_door_or_for_somebody_else_the_form_is_a_new_one(client, code, world, submission):
    send(client, code, submission, **COUGHS)
    with clock.fixed(NOW), inside(world.app()):
        other = factories.code_of(db.session(), factories.venue(db.session(), vault_of(world.app()), "Chợ Hạ Long 1"))
        factories.commit()
    for minutes, address in ((6, code), (1, other), (1, f"{code}?new=1")):
        with clock.fixed(NOW + minutes * MINUTE):
            form = client.get(f"/v/{address}").text
        assert "Sửa tờ khai vừa gửi" not in form
        fresh = tokens.read_submission(
            vault_of(world.app()).session_ring,
            factories.hidden(form, "submission"),
            address[:11],
            NOW + minutes * MINUTE,
        )
        assert (fresh,) not in stored(world, Submission.id)


@pytest.mark.long
@pytest.mark.parametrize("token", ["", "x", "🙂", "a" * 5000])
def test_a_false_token_gives_an_empty_form(client, code, world, token):
    post(client, code)
    answer = client.post(f"/v/{code}", data={"submission": token, "correct": "yes"})
    assert answer.status_code == 200 and not factories.hidden(answer.text, "full_name")


@pytest.mark.long
def test_the_button_of_somebody_elses_form_shows_nobody(client, code, world):
    theirs = factories.submission(world.app().test_client(), code)
    send(world.app().test_client(), code, theirs, **PHONE)
    post(client, code)
    answer = client.post(f"/v/{code}", data={"submission": theirs, "correct": "yes"})
    assert not factories.hidden(answer.text, "full_name") and "Máy này không giữ" in answer.text


@pytest.mark.long
def test_without_cookies_the_form_asks_anew_and_still_corrects_the_same_visit(world, code):
    client = world.app().test_client(use_cookies=False)
    with clock.fixed(NOW):
        submission = factories.submission(client, code)
        send(client, code, submission, **COUGHS)
        form = client.post(f"/v/{code}", data={"submission": submission, "correct": "yes"}).text
    assert not factories.hidden(form, "full_name")
    send(client, code, factories.hidden(form, "submission"), after=1)
    assert visits(world) == [(0, ME, 1, "routine", True)]


def test_a_mind_changed_twice_ends_with_the_last_word_and_keeps_all_three(client, code, world, submission):
    for minute, answers in enumerate([COUGHS, {}, COUGHS]):
        page = send(client, code, submission, after=minute, **answers).text
    assert HELP in page
    assert visits(world) == [(0, ME, 2, "watch", True)]
    assert [one[3] for one in told(world)] == [None, 0, 0]


@pytest.mark.long
def test_the_last_word_sent_again_is_the_same_result_hours_later(client, code, world, submission):
    send(client, code, submission, **COUGHS)
    first = send(client, code, submission, after=1).text
    again = send(client, code, submission, after=300).text
    assert re.findall(r'name="token" value="([^"]*)"', again) == re.findall(r'name="token" value="([^"]*)"', first)
    assert len(told(world)) == 2


@pytest.mark.long
def test_the_first_word_sent_again_hours_later_is_a_declaration_of_its_own(client, code, world, submission):
    send(client, code, submission, **COUGHS)
    send(client, code, submission, after=1)
    assert HELP in send(client, code, submission, after=300, **COUGHS).text
    assert told(world)[2] == (300, "watch", ["resent"], None)


@pytest.mark.long
@pytest.mark.parametrize(
    "changed",
    [PHONE, {"full_name": "NGUYEN THI ANH TUYET"}, {"id_number": "022185001234"}, {"address": "Số 12"}],
    ids=["phone", "accents", "id number", "address"],
)
def test_a_slip_in_the_details_is_set_right_in_the_one_visit(client, code, world, submission, changed):
    send(client, code, submission)
    send(client, code, submission, after=1, **changed)
    ((entered, _name, declared, _level, whose),) = visits(world)
    assert (entered, declared, whose) == (0, 1, True)


def test_whoever_goes_back_to_declare_somebody_else_means_two(client, code, world, submission):
    send(client, code, submission)
    send(client, code, submission, after=1, full_name="Trần Minh An", birth_year="2017")
    assert visits(world) == [(0, ME, 0, "routine", True), (1, "Trần M. A.", 1, "routine", True)]
    groups = {group for (group,) in stored(world, Visit.group_id)}
    assert len(groups) == 1


@pytest.mark.long
def test_who_is_taken_off_stays_recorded_and_who_is_added_comes_to_the_same_group(client, code, world, submission):
    send(client, code, submission, CHILD)
    send(client, code, submission, SISTER, after=1)
    assert sorted((one[0], one[2]) for one in visits(world)) == [(0, 0), (0, 1), (1, 1)]
    # And who was taken off by mistake is not written down twice.
    send(client, code, submission, CHILD, SISTER, after=2)
    assert sorted((one[0], one[2]) for one in visits(world)) == [(0, 2), (0, 2), (1, 2)]
    assert len({group for (group,) in stored(world, Visit.group_id)}) == 1


@pytest.mark.long
def test_a_yes_of_another_form_is_not_talked_away(client, code, world, submission):
    send(client, code, submission)
    send(client, code, factories.submission(client, code), after=1, **COUGHS)
    # The first page once more, with another phone and every answer no.
    send(client, code, submission, after=2, address="Số 12")
    assert visits(world) == [(0, ME, 1, "watch", True)]


def test_a_yes_of_an_earlier_scan_comes_back_where_a_later_yes_is_taken_back(client, code, world, submission):
    send(client, code, factories.submission(client, code), **COUGHS)
    send(client, code, submission, after=20, **COUGHS)
    assert [one[2] for one in visits(world)] == [20]
    send(client, code, submission, after=21)
    assert visits(world) == [(0, ME, 0, "watch", True)]


def test_a_number_set_right_takes_no_earlier_visit_from_whoever_made_it(client, code, world):
    send(client, code, factories.submission(client, code), id_number="022185001234")
    with clock.fixed(NOW + 20 * MINUTE):
        submission = factories.hidden(client.get(f"/v/{code}").text, "submission")
        client.post(f"/v/{code}", data={"submission": submission, "confirm": "yes"})
    (before,) = stored(world, Visit.person_id)
    send(client, code, submission, after=22, id_number="022185009999")
    made = sorted(stored(world, Visit.entered_at, Visit.person_id))
    assert [(at - NOW) // MINUTE for at, _ in made] == [0, 22]
    assert made[0][1] == before[0] != made[1][1]
    # And the form's own visit goes with whatever number it says last.
    send(client, code, submission, after=23, id_number="022185008888")
    assert [one[0] for one in visits(world)] == [0, 22] and visits(world)[1][2:] == (23, "routine", True)


def test_a_visit_of_another_form_keeps_the_name_that_it_was_made_with(client, code, world, submission):
    send(client, code, factories.submission(client, code))
    send(client, code, submission, after=20)
    send(client, code, submission, after=21, full_name="NGUYEN THI ANH TUYET")
    assert [one[:2] for one in visits(world)] == [(0, ME)]


def test_one_form_is_corrected_to_name_twenty_people_and_no_more(client, code, world, submission):
    with clock.fixed(NOW):
        for number in range(MOST + 1):
            changed = {"full_name": f"Trần Minh {chr(65 + number)}an", "phone": f"09041182{number:02}"}
            assert post(client, code, submission=submission, **changed).status_code == 200
            assert post(client, code, submission=submission, **changed).status_code == 200
    assert sorted(map(list, (flags for *_, flags, _ in told(world)))) == [[]] * MOST + [["resent"]]
    assert [len(stored(world, table.id)) for table in (Submission, Visit)] == [2, MOST + 1]


@pytest.mark.long
def test_who_has_left_meanwhile_has_left(client, code, world, submission):
    token = factories.hidden(send(client, code, submission, **COUGHS).text, "token")
    with clock.fixed(NOW + MINUTE):
        client.post(f"/v/{code}/leave", data={"token": token})
    send(client, code, submission, after=2)
    ((left, declared),) = stored(world, Visit.left_at, Visit.declared_at)
    assert (left, declared) == (NOW + MINUTE, NOW + 2 * MINUTE)


@pytest.mark.long
def test_a_device_forgotten_meanwhile_corrects_its_visit_all_the_same(client, code, world, submission):
    post(client, code)  # so that its secret is not that of the form
    send(client, code, submission, full_name="Trần Minh An", birth_year="2017", **COUGHS)
    client.post("/forget-me")
    send(client, code, submission, after=1, full_name="Trần Minh An", birth_year="2017")
    assert len(visits(world)) == 2 and [one[3] for one in visits(world)] == ["routine", "routine"]


@pytest.mark.long
def test_a_correction_over_midnight_is_of_the_day_of_the_first_word(client, code, world):
    midnight = clock.day_bounds(clock.to_local(NOW).date())[1]
    with clock.fixed(midnight - MINUTE):
        submission = factories.submission(client, code)
        post(client, code, submission=submission, **COUGHS)
    with clock.fixed(midnight + MINUTE):
        post(client, code, submission=submission)
        post(client, code, submission=submission)  # and that one twice
    assert stored(world, Visit.entered_at, Visit.declared_at) == [(midnight - MINUTE, midnight + MINUTE)]


@pytest.mark.long
def test_a_correction_over_a_change_of_the_rules_is_judged_by_those_of_its_day(world, code, tmp_path):
    """From midnight on a cough alone is urgent."""
    app, midnight = world.app(), clock.day_bounds(clock.to_local(NOW).date())[1]
    for file in (ROOT / "checkin" / "rules" / "data").glob("*.toml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    before = next(tmp_path.glob("triage-*.toml")).read_text(encoding="utf-8")
    changed = re.sub(r'cough = "\w+"', 'cough = "urgent"', before)
    (tmp_path / f"triage-{clock.to_local(midnight).date()}.toml").write_text(changed, encoding="utf-8")
    app.extensions["checkin_rules"] = RuleBook.load(tmp_path)
    client = app.test_client()
    with clock.fixed(midnight - MINUTE):
        submission = factories.submission(client, code)
        post(client, code, submission=submission, **COUGHS)
    with clock.fixed(midnight + MINUTE):
        assert HELP in post(client, code, submission=submission, address="Số 12", **COUGHS).text
    assert [level for _, level, *_ in told(world)] == ["watch", "urgent"]
    assert len(visits(world)) == 1


def at_once(world, code, *forms):
    """Send forms from browsers of their own at the same time."""

    def one(fields):
        with clock.fixed(NOW + MINUTE):
            return world.app().test_client().post(f"/v/{code}", data=fields).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(one, forms)) == {200}


@pytest.fixture
def slowly(monkeypatch):
    """Between looking at the form and writing the correction there is time for others."""

    def later(*given):
        time.sleep(0.1)
        return chain_of(*given)

    monkeypatch.setattr(service, "chain_of", later)


@pytest.mark.long
def test_corrections_that_overlap_wait_for_each_other(world, client, code, submission, slowly):
    send(client, code, submission, **COUGHS)
    at_once(world, code, *[cast.form(submission=submission)] * 4)
    assert len(told(world)) == 2
    child = {"also": "2", **{f"p2-{name}": value for name, value in CHILD.items()}}
    forms = [{**cast.form(submission=submission), **child, "address": str(number)} for number in range(4)]
    at_once(world, code, *forms)
    assert len(visits(world)) == 2 and len(told(world)) == 2 + 2 * 4


@pytest.mark.long
def test_fifty_corrections_at_once_are_one(world, client, code, submission):
    send(client, code, submission, CHILD, **COUGHS)
    at_once(world, code, *[cast.form(submission=submission)] * 50)
    assert len(told(world)) == 3 and sorted(one[2] for one in visits(world)) == [0, 1]
    assert [len(stored(world, model.id)) for model in (Submission, Person)] == [1, 2]


@pytest.mark.long
def test_a_correction_and_what_it_corrects_at_once_leave_one_visit_two_declarations_and_no_flag(
    world, code, submission
):
    coughs, well = cast.form(submission=submission, **COUGHS), cast.form(submission=submission)
    at_once(world, code, coughs, well)
    assert len(visits(world)) == len(stored(world, Submission.id)) == 1
    assert sorted((level, flags) for _, level, flags, _ in told(world)) == [("routine", []), ("watch", [])]
    assert [one[3] is None for one in told(world)].count(True) == 1


@pytest.mark.long
def test_a_new_person_in_two_corrections_at_once_has_one_visit(world, client, code, submission):
    send(client, code, submission)
    child = {"also": "2", **{f"p2-{name}": value for name, value in CHILD.items()}}
    at_once(
        world,
        code,
        *[{**cast.form(submission=submission), **child, "p2-symptoms": answer} for answer in ("no", "yes")] * 4,
    )
    assert len(visits(world)) == 2 and len(stored(world, Person.id)) == 2


def test_the_public_role_corrects_and_touches_nothing_else(postgresql, code_on_postgresql):
    app, code = postgresql.app("public"), code_on_postgresql
    with clock.fixed(NOW):
        client = app.test_client()
        post(client, code, full_name="Trần Văn Hưng", birth_year="1971")  # gives the device its secret
        submission = factories.submission(client, code)
        send(client, code, submission, CHILD, **COUGHS)
        client.post("/forget-me")
        # By the form alone: row-level security shows this browser none of these visits any more.
        send(client, code, submission, CHILD, after=1, **PHONE)
    assert sorted(one[2:] for one in visits(postgresql)) == [(0, "routine", True), *[(1, "routine", True)] * 2]
    assert [flags for *_, flags, _ in told(postgresql)] == [[]] * 5


@pytest.fixture
def code_on_postgresql(postgresql):
    with clock.fixed(NOW), inside(postgresql.app()):
        code = factories.code_of(db.session(), factories.venue(db.session(), vault_of(postgresql.app())))
        factories.commit()
    return code


@pytest.mark.long
def test_a_form_of_before_there_were_corrections_is_corrected_by_a_visit_more(app, session, vault):
    """Its submission does not say which declaration it made."""
    shop = factories.venue(session, vault, "Cửa hàng Bình", kind="shop")
    submission, more = new_id(NOW), {"door": factories.door(session, shop), "device": b"d" * 16}
    first = service.check_in(
        session, vault, now=NOW, rules=factories.rules(app), told=cast.coughing(), submission_id=submission, **more
    )
    old = as_kept([CheckIn(first.visit_id, NOW, NOW, "new")])
    session.execute(sa.update(Submission).values(result=old))
    done = service.check_in(
        session, vault, now=NOW + MINUTE, rules=factories.rules(app), told=cast.healthy(), submission_id=submission, **more
    )  # fmt: skip
    assert done.outcome == "extended"
    assert kept(old)[0].declaration_id is None


# The rules alone.

A, B, C, OTHER = ((new_id(NOW), NOW + minute * MINUTE) for minute in range(4))


@pytest.mark.parametrize(
    ("pointed", "before", "all_no", "goes_with"),
    [
        (A, None, True, B),
        (A, None, False, B),
        (OTHER, None, True, OTHER),
        (OTHER, None, False, B),
        (A, OTHER, True, OTHER),
        (A, OTHER, False, B),
        (None, None, True, None),
        (None, None, False, B),
    ],
)
def test_a_visit_goes_with_the_last_word_unless_another_form_said_yes(pointed, before, all_no, goes_with):
    entry = Entry(new_id(NOW), NOW, A[0], A, before)
    now, declared = point(entry, pointed, B, all_no=all_no)
    assert declared == goes_with and now.own == B and now.first == A[0]
    # Whatever was said with yes is taken back to what was before it.
    if not all_no:
        assert point(now, declared, C, all_no=True)[1] == ((before if pointed == A else pointed) or C)


def test_people_keep_their_visits_by_who_they_are_then_by_name_and_year():
    one, two, three = new_id(NOW), new_id(NOW), new_id(NOW)
    standing = [Standing(one, b"an", None), Standing(two, b"binh", None), None]
    assert matched([(two, b"binh"), (three, b"an")], standing) == {0: 1, 1: 0}
    assert matched([(three, b"chi")], standing) == {}
    # What another form made stays with whom it names.
    others = [Standing(one, b"an", None, own=False)]
    assert matched([(three, b"an")], others) == {} and matched([(one, b"an")], others) == {0: 0}
    # Of two with one name each has their own.
    twins = [Standing(one, b"an", None), Standing(two, b"an", None)]
    assert matched([(two, b"an"), (three, b"an")], twins) == {0: 1, 1: 0}
    assert timedelta(minutes=5) == CORRECTABLE
