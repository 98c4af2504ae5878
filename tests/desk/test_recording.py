"""Who stands at the counter is recorded by a card or a typed form; of their day the counter is told one word."""

import re
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.ids import new_id
from checkin.venues.models import Venue
from tests import cast, factories
from tests.desk.conftest import word
from tests.worlds import inside, vault_of

HEX = "Nguyễn Thị Ánh Tuyết".encode().hex()
BHYT = f"GD4220123456789|{HEX}|02/09/1985|2|{'Hạ Long'.encode().hex()}|22001|01/01/2026|31/12/2026|01/01/2026"
MINUTE = timedelta(minutes=1)

both = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def world(request):
    """SQLite, where the database makes no difference; each in turn for what is marked with `both`."""
    return request.getfixturevalue(getattr(request, "param", "sqlite"))


def declarations(counter):
    with inside(counter.world.app()):
        return list(db.session.scalars(sa.select(Declaration).order_by(Declaration.made_at, Declaration.id)))


def details(counter):
    """What was sealed, opened with the staff's key."""
    with inside(counter.world.app()):
        vault = vault_of(counter.world.app())
        rows = db.session.scalars(sa.select(Declaration).order_by(Declaration.made_at, Declaration.id))
        return [vault.open(row.details) for row in rows]


def declare_by_phone(counter, told, at=None, *, here=False):
    """Somebody declares on their own phone, at another venue or at this one."""
    with inside(counter.world.app()):
        session, vault = db.session(), vault_of(counter.world.app())
        where = session.get_one(Venue, counter.venue_id) if here else factories.venue(session, vault, "Quán của Chi")
        factories.check_in(counter.world.app(), session, vault, where, told, at=at or clock.now())
        factories.commit()


@both
def test_a_card_alone_records_a_visit_and_says_that_nobody_asked(counter):
    answer = counter.scan(cast.CCCD)
    assert answer.status_code == 200 and word(answer) == "none"
    assert "ĐÃ GHI LƯỢT – CHƯA KHAI Y TẾ" in answer.text and "Nguyễn T. Á. T." in answer.text
    (visit,), (declaration,) = counter.visits(), declarations(counter)
    assert visit.channel == "card" and visit.device is None and visit.venue_id == counter.venue_id
    assert (declaration.triage, declaration.has_symptoms, declaration.contact_sick) == ("none", None, None)
    assert visit.declaration_id == declaration.id
    assert details(counter)[0]["full_name"] == "Nguyễn Thị Ánh Tuyết" and declaration.gender == "female"
    assert "Nguyễn T. Á. T." in counter.browser.get("/desk/").text


@both
@pytest.mark.parametrize(
    ("told", "here", "shown", "text"),
    [
        (cast.healthy(), False, "declared", "ĐÃ KHAI BÁO"),
        (cast.coughing(), False, "declared", "ĐÃ KHAI BÁO"),
        (cast.healthy(), True, "declared", "ĐÃ KHAI BÁO"),
        (cast.coughing(), True, "help", "MỜI SANG BÀN RIÊNG"),
    ],
)
def test_a_card_finds_that_its_holder_declared_today_and_a_yes_at_this_venue_alone(counter, told, here, shown, text):
    declare_by_phone(counter, told, at=clock.now() - MINUTE, here=here)
    answer = counter.scan(cast.CCCD)
    assert word(answer) == shown and text in answer.text
    for private in ("1985", "Tuyết", "022185001234", "Ho<", "cough", "Hồng Hải", "Đã hỏi"):
        assert private not in answer.text
    assert len(counter.visits()) == (1 if here else 2)


@both
def test_a_yes_from_elsewhere_is_not_learnt_by_asking_once_more_and_one_from_here_stays(counter):
    declare_by_phone(counter, cast.coughing(), at=clock.now() - MINUTE)
    assert word(counter.scan(cast.CCCD, asked="1")) == "declared"
    declare_by_phone(counter, cast.coughing(), at=clock.now() - MINUTE, here=True)
    assert word(counter.scan(cast.CCCD, asked="1")) == "help"


def test_a_health_facility_shows_the_way_of_screening(counter):
    declare_by_phone(counter, cast.coughing(), here=True)
    with inside(counter.world.app()):
        db.session.get_one(Venue, counter.venue_id).kind = "health"
        db.session.commit()
    assert "MỜI ĐI LỐI SÀNG LỌC" in counter.scan(cast.CCCD).text


@both
def test_yesterdays_declaration_is_not_todays(counter):
    midnight = clock.day_bounds(clock.today())[0]
    declare_by_phone(counter, cast.coughing(), at=midnight - timedelta(microseconds=1))
    assert word(counter.scan(cast.CCCD)) == "none"


@both
def test_the_first_moment_of_the_day_is_today(counter):
    declare_by_phone(counter, cast.coughing(), at=clock.day_bounds(clock.today())[0], here=True)
    assert word(counter.scan(cast.CCCD)) == "help"


@both
def test_the_same_card_ten_times_in_a_minute_is_one_visit(counter):
    for _ in range(10):
        assert counter.scan(cast.CCCD).status_code == 200
    assert len(counter.visits()) == len(declarations(counter)) == 1


def test_two_people_are_two_visits(counter):
    counter.scan(cast.CCCD)
    counter.scan(cast.CCCD_MAN)
    assert len({visit.person_id for visit in counter.visits()}) == 2


def test_after_the_usual_stay_it_is_a_new_visit(counter):
    first = clock.now() - timedelta(hours=5)
    counter.scan(cast.CCCD, at=str(int(first.timestamp() * 1000)))
    counter.scan(cast.CCCD)
    assert len(counter.visits()) == 2


@both
def test_a_card_at_the_counter_goes_on_with_the_visit_of_the_own_phone(counter):
    with inside(counter.world.app()):
        session, vault = db.session(), vault_of(counter.world.app())
        here = session.get_one(Venue, counter.venue_id)
        factories.check_in(
            counter.world.app(), session, vault, here, cast.healthy(), at=clock.now() - MINUTE, device=b"d" * 16
        )
        factories.commit()
    answer = counter.scan(cast.CCCD)
    assert word(answer) == "declared" and "vẫn là một lượt" in answer.text
    (visit,) = counter.visits()
    assert visit.device == b"d" * 16 and visit.channel == "own_phone"


@both
def test_the_same_record_sent_again_gives_the_first_visit(counter):
    same = str(new_id(clock.now()))
    with clock.fixed(clock.now() - timedelta(hours=8)):
        first = counter.scan(cast.CCCD, submission=same)
    again = counter.scan(cast.CCCD, submission=same)
    assert first.status_code == again.status_code == 200
    assert len(counter.visits()) == len(declarations(counter)) == 1


@both
@pytest.mark.parametrize("same_id", [True, False])
def test_one_card_sent_many_times_at_once_is_one_visit(counter, same_id):
    counter.csrf = factories.token(counter.browser, "/desk/")
    ids, ready, statuses = [str(new_id(clock.now())) for _ in range(6)], threading.Barrier(6), []
    cookies = {name: counter.browser.get_cookie(name).value for name in ("desk", "session")}

    def send(number):
        browser = counter.world.app("public").test_client()
        for name, value in cookies.items():
            browser.set_cookie(name, value)
        fields = {
            "submission": ids[0 if same_id else number],
            "part": "1",
            "card": cast.CCCD,
            "csrf_token": counter.csrf,
        }
        ready.wait()
        statuses.append(browser.post("/desk/record", data=fields).status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 6
    assert len(counter.visits()) == 1


@both
def test_the_answer_to_three_questions_makes_a_declaration_by_staff(counter):
    page = counter.scan(cast.CCCD).text
    kept = factories.hidden(page, "kept")
    assert "022185001234" not in page and "1985" not in page
    answer = counter.send("/desk/record", kept=kept, asked="1")
    assert word(answer) == "declared"
    (visit,), rows = counter.visits(), declarations(counter)
    assert [row.triage for row in rows] == ["none", "routine"]
    assert "asked_at_counter" in rows[1].flags and rows[1].has_symptoms is False
    assert visit.declaration_id == rows[1].id


def test_who_has_something_to_declare_gets_the_form_filled_in_from_the_card(counter):
    kept = factories.hidden(counter.scan(cast.CCCD).text, "kept")
    page = counter.send("/desk/person", kept=kept, fill="1", part="").text
    assert factories.hidden(page, "full_name") == "Nguyễn Thị Ánh Tuyết"
    assert factories.hidden(page, "id_number") == "022185001234" and len(counter.visits()) == 1
    sent = counter.send(
        "/desk/person", **cast.form(id_number="022185001234", phone="", symptoms="yes"), symptom="fever"
    )
    assert word(sent) == "help"
    (visit,) = counter.visits()
    assert [row.triage for row in declarations(counter)][0] == "none" and visit.declaration_id == declarations(counter)[
        1
    ].id
    for broken in ("", "AAAA", "é", "A" * 50_000):
        assert counter.send("/desk/person", kept=broken, fill="1").status_code == 200


def test_a_wrong_press_is_taken_back_at_once_and_after_another_scan(counter):
    kept = factories.hidden(counter.scan(cast.CCCD).text, "kept")
    pressed = counter.send("/desk/record", kept=kept, asked="1")
    for answer in (pressed, counter.scan(cast.CCCD)):
        assert word(answer) == "declared" and "Có điều cần khai: mở tờ khai" in answer.text
        assert "Đã hỏi" not in answer.text and "022185001234" not in answer.text
        page = counter.send("/desk/person", kept=factories.hidden(answer.text, "kept"), fill="1").text
        assert factories.hidden(page, "full_name") == "Nguyễn Thị Ánh Tuyết"
    sick = cast.form(id_number="022185001234", phone="", symptoms="yes")
    assert word(counter.send("/desk/person", **sick, symptom="fever")) == "help"
    # Asked aside from now on; nothing at the counter says why, and no key leads back.
    again = counter.scan(cast.CCCD)
    assert word(again) == "help" and "Có điều cần khai" not in again.text and len(counter.visits()) == 1


def test_who_declared_at_home_has_the_same_keys_as_who_was_asked_here(counter):
    declare_by_phone(counter, cast.healthy())
    asked = counter.send("/desk/record", kept=factories.hidden(counter.scan(cast.CCCD_MAN).text, "kept"), asked="1")
    keys = [re.findall("<button[^>]*>([^<]*)", answer.text) for answer in (counter.scan(cast.CCCD), asked)]
    assert keys[0] == keys[1]


@pytest.mark.parametrize("field", ["full_name", "birth_year", "phone", "id_number", "address", "card"])
def test_a_card_scanned_into_the_form_fills_it_in_and_records_nobody(counter, field):
    answers = {"symptoms": "no", "contact_sick": "no", "travel": "no"}
    page = counter.send("/desk/person", **{"full_name": "", "birth_year": "", field: cast.CCCD}, **answers)
    assert page.status_code == 200 and counter.visits() == []
    assert factories.hidden(page.text, "full_name") == "Nguyễn Thị Ánh Tuyết"
    assert factories.hidden(page.text, "birth_year") == "1985" and factories.hidden(page.text, "phone") == ""
    assert factories.hidden(page.text, "id_number") == "022185001234"
    assert page.text.count(" checked") == 4  # the sex, and what was answered already


def test_a_card_scanned_over_somebody_elses_form_takes_nothing_of_theirs(counter):
    fields = {
        **cast.form(full_name="Đỗ Thị Bé", birth_year="1938", phone="0912345678", symptoms="yes"),
        "symptom": ["cough"],
    }
    page = counter.send("/desk/person", **{**fields, "card": cast.CCCD_MAN}, fill="1").text
    assert factories.hidden(page, "full_name") == "Trần Văn Hưng" and factories.hidden(page, "phone") == ""
    assert page.count(" checked") == 1 and counter.visits() == []


def test_what_is_no_card_fills_nothing_in(counter):
    answer = counter.send("/desk/person", card="022185001234|a", fill="1")
    assert answer.status_code == 422 and "Không đọc được thẻ" in answer.text


def test_asking_once_more_makes_nobody_well(counter):
    declare_by_phone(counter, cast.coughing(), here=True)
    assert word(counter.scan(cast.CCCD, asked="1")) == "help"


def test_a_typed_form_declares_for_somebody_without_card_and_phone(counter):
    fields = {**cast.form(full_name="Đỗ Thị Bé", birth_year="1938", phone="", symptoms="yes"), "symptom": ["cough"]}
    answer = counter.send("/desk/person", **fields)
    assert word(answer) == "help" and "Đỗ T. B." in answer.text
    (visit,), (declaration,) = counter.visits(), declarations(counter)
    assert visit.channel == "counter" and declaration.symptoms == ["cough"] and declaration.triage != "routine"
    assert details(counter)[0]["phone"] == ""


def test_a_form_with_mistakes_comes_back_with_what_was_typed(counter):
    answer = counter.send("/desk/person", **cast.form(full_name="Đỗ Thị Bé", birth_year="38", symptoms=None))
    assert answer.status_code == 422 and "Năm sinh gồm bốn chữ số" in answer.text and "Đỗ Thị Bé" in answer.text
    assert counter.visits() == []
    whole = counter.send("/desk/person", **cast.form(birth_year="38"), part="")
    assert whole.status_code == 422 and "<html" in whole.text


def test_the_page_works_without_a_script(counter):
    page = counter.browser.get("/desk/").text
    fields = {name: factories.hidden(page, name) for name in ("submission", "csrf_token")}
    answer = counter.browser.post("/desk/record", data={**fields, "card": cast.CCCD})
    assert answer.status_code == 200 and "<html" in answer.text and "CHƯA KHAI Y TẾ" in answer.text
    assert counter.browser.post("/desk/record", data={**fields, "card": cast.CCCD}).status_code == 200  # Reload
    assert len(counter.visits()) == 1
    empty = counter.browser.post("/desk/record", data={**fields, "card": ""})
    assert empty.status_code == 422 and "Không đọc được thẻ" in empty.text


def test_back_and_another_card_under_the_same_id_is_another_visit(counter):
    same = str(new_id(clock.now()))
    counter.scan(cast.CCCD, submission=same)
    assert "Trần V. H." in counter.scan(cast.CCCD_MAN, submission=same).text
    assert len(counter.visits()) == 2


@pytest.mark.parametrize(
    "card",
    ["", "hello", "|||", "x" * 3000, "022185001234", "022185001234||||||", "\u0000|\u202e|", f"{cast.CCCD}\n{cast.CCCD_MAN}",
     "022185001234||Nguyễn|99999999|Nữ||", "9" * 12 + "||" + "9" * 40 + "|01012000|Nam|x|"],
)  # fmt: skip
def test_what_is_no_card_is_refused_in_words_or_taken_and_never_an_error(counter, card):
    answer = counter.scan(card)
    assert answer.status_code in {200, 422}
    assert (answer.status_code == 422) == (word(answer) == "refused")


@pytest.mark.parametrize(
    "fields",
    [{"submission": "x"}, {"submission": ""}, {"submission": "0" * 8 + "-0000-4000-8000-" + "0" * 12}, {"venue": "x"},
     {"at": "-1"}, {"at": "x"}, {"at": "9" * 16}, {"part": "11"}, {"kept": "AAAA", "card": ""}, {"kept": "é", "card": ""}],
)  # fmt: skip
def test_odd_fields_are_refused(counter, fields):
    assert counter.scan(**{"card": cast.CCCD, **fields}).status_code == 422
    assert counter.visits() == []


def test_a_record_of_another_venue_is_not_taken(counter):
    answer = counter.scan(cast.CCCD, venue=str(new_id(clock.now())))
    assert answer.status_code == 422 and "địa điểm khác" in answer.text and counter.visits() == []


@both
def test_the_time_of_the_scan_is_kept_and_bounded(counter):
    now = clock.now()

    def at(moment):
        return str(int(moment.timestamp() * 1000))

    assert counter.scan(cast.CCCD, at=at(now - timedelta(hours=47))).status_code == 200
    late = counter.scan(cast.CCCD_MAN, at=at(now - timedelta(hours=48, minutes=1)))
    assert late.status_code == 422 and "48 giờ" in late.text
    counter.scan(cast.CCCD_MAN, at=at(now + timedelta(hours=2)))
    first, second = counter.visits()
    assert abs(first.entered_at - (now - timedelta(hours=47))) < timedelta(milliseconds=2)
    assert abs(second.entered_at - now) < timedelta(seconds=20)
    assert {row.made_at for row in declarations(counter)} == {first.entered_at, second.entered_at}


def test_a_closed_venue_takes_nobody(counter):
    with inside(counter.world.app()):
        db.session.get_one(Venue, counter.venue_id).state = "suspended"
        db.session.commit()
    assert counter.scan(cast.CCCD).status_code == 422 and counter.visits() == []


@both
@pytest.mark.parametrize(
    "card",
    [
        cast.CCCD.upper(),
        cast.CCCD.replace("Nguyễn Thị Ánh Tuyết", "NGUYEN THI ANH TUYET"),
        cast.CCCD.replace("Nguyễn Thị Ánh Tuyết", "Nguyeenx Thij Anhs Tuyeets"),
        cast.CCCD.replace("Nguyễn Thị Ánh Tuyết", "Nguye64n Thi5 A1nh Tuye61t"),
        cast.CCCD.replace("Nguyễn Thị Ánh Tuyết", "Ngu?n Th? ?nh Tuy?t"),
        cast.CCCD.replace("Nguyễn Thị Ánh Tuyết", "Nguyn Th nh Tuyt"),
        cast.CCCD.replace("Nguyễn Thị Ánh Tuyết", "Nguyèn Thì Anh Tuyẹt"),
        cast.CCCD.replace("|", "\\"),
    ],
    ids=["upper", "no accents", "telex", "vni", "question marks", "letters lost", "other accents", "other layout"],
)
def test_a_card_that_an_input_method_mangled_is_still_the_same_person(counter, card):
    declare_by_phone(counter, cast.healthy())
    assert word(counter.scan(card)) == "declared"
    assert len({visit.person_id for visit in counter.visits()}) == 1


def test_another_name_under_the_same_number_is_somebody_else(counter):
    declare_by_phone(counter, cast.coughing())
    assert word(counter.scan(cast.CCCD.replace("Nguyễn Thị Ánh Tuyết", "Lê Thị Hoa"))) == "none"
    assert len({visit.person_id for visit in counter.visits()}) == 2


def test_an_insurance_card_ten_times_is_one_visit_too(counter):
    for _ in range(10):
        answer = counter.scan(BHYT)
        assert answer.status_code == 200 and "Nguyễn T. Á. T." in answer.text
    assert len(counter.visits()) == 1


def test_a_device_that_was_ended_records_nothing(counter):
    counter.scan(cast.CCCD)
    with inside(counter.world.app()):
        from checkin.desk.models import DeskLink

        db.session.scalars(sa.select(DeskLink)).one().revoked_at = clock.now()
        db.session.commit()
    answer = counter.scan(cast.CCCD_MAN)
    assert answer.status_code == 403 and len(counter.visits()) == 1


def test_nothing_of_a_card_is_logged(counter, capsys):
    counter.scan(cast.CCCD)
    counter.scan("022185001234|Nguyễn Thị Ánh Tuyết")
    out = capsys.readouterr().out
    assert '"route": "/desk/record"' in out
    for private in ("Tuy", "022185001234", "1985", "Hồng Hải"):
        assert private not in out


def test_the_page_lets_itself_scan_and_no_other_page_may(counter):
    headers = counter.browser.get("/desk/").headers
    assert (
        "'wasm-unsafe-eval'" in headers["Content-Security-Policy"] and "camera=(self)" in headers["Permissions-Policy"]
    )
    for path in ("/", "/desk/link/", "/sign-in"):
        headers = counter.browser.get(path).headers
        assert "wasm" not in headers["Content-Security-Policy"] and "camera=()" in headers["Permissions-Policy"]


def test_what_is_kept_for_the_time_without_network_names_nobody(counter):
    counter.scan(cast.CCCD)
    for path in ("/desk/offline", "/desk/person"):
        page = counter.browser.get(path)
        assert page.status_code == 200 and "Nguyễn T." not in page.text


def test_who_is_on_the_list_stands_there_without_result_and_reason(counter):
    declare_by_phone(counter, cast.coughing())
    counter.scan(cast.CCCD)
    counter.scan(cast.CCCD_MAN)
    page = counter.browser.get("/desk/").text
    listed = page[page.index("data-live") :]
    assert listed.count('class="who"') == 2
    for shown in ("KHAI", "BÀN RIÊNG", "help", "none", "declared"):
        assert shown not in listed.replace('class="none"', "")


def test_signing_out_as_an_owner_leaves_what_the_counter_has_not_sent(counter):
    factories.sign_in(counter.browser, cast.OWNER)
    answer = counter.browser.post("/sign-out", data={"csrf_token": factories.token(counter.browser, "/venues/")})
    assert answer.headers["Clear-Site-Data"] == '"cache"'
