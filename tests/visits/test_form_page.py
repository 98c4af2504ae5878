"""The visitor's page without JavaScript: what is shown, what is refused and kept, what is stored."""

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
from checkin.visits.models import Visit
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

DONE, HELP = "ĐÃ KHAI BÁO", "CẦN HỖ TRỢ"


@pytest.fixture
def code(world):
    """The code of a supermarket."""
    app = world.app()
    with clock.fixed(NOW), inside(app):
        made = factories.venue(db.session(), vault_of(app))
        code = factories.code_of(db.session(), made)
        factories.commit()
    return code


def post(client, code, follow=None, **changes):
    fields = cast.form(**changes)
    fields.setdefault("submission", factories.submission(client, code))
    return client.post(f"/v/{code}", data=fields)


def count(world, model=Visit):
    with inside(world.app()):
        return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def declared(world):
    """The opened details of the newest declaration, with its row."""
    app = world.app()
    with inside(app):
        row = db.session.scalars(
            sa.select(Declaration).order_by(Declaration.made_at.desc(), Declaration.id.desc())
        ).first()
        return vault_of(app).open(row.details), row


def value_of(html, name):
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', html) or re.search(
        rf'<input[^>]*value="([^"]*)"[^>]*name="{name}"', html
    )
    return unescape(found[1]) if found else None


def test_the_page_names_the_venue_and_commune_before_anything_else(client, code):
    html = client.get(f"/v/{code}").text
    assert re.search(r"<h1[^>]*>\s*Siêu thị Bạch Đằng", html)
    assert html.index("Siêu thị Bạch Đằng") < html.index("Phường Hồng Gai") < html.index("<form")


def test_no_answer_and_no_consent_is_preset(client, code):
    html = client.get(f"/v/{code}").text
    for name in ("symptoms", "contact_sick", "travel", "gender", "consent"):
        for tag in re.findall(rf'<input[^>]*name="{name}"[^>]*>', html):
            assert "checked" not in tag


@pytest.mark.parametrize("form", ["{}", "{lower}", "{dashed}", " {dashed} ", "{lower}-"])
def test_a_code_is_read_in_any_case_with_or_without_hyphens(client, code, form):
    written = form.format(code, lower=code.lower(), dashed=f"{code[:4]}-{code[4:8]}-{code[8:]}")
    assert client.get(f"/v/{written}").status_code == 200


def test_a_healthy_visitor_is_declared_and_the_visit_stored(client, code, world):
    answer = post(client, code)
    assert answer.status_code == 200
    assert DONE in answer.text and HELP not in answer.text
    assert "Nguyễn Thị Ánh Tuyết" in answer.text
    details, row = declared(world)
    assert details["phone"] == "+84912345678"
    assert (row.triage, row.commune_id, row.gender, row.age_band) == ("routine", "06652", "female", "18-49")
    assert count(world) == 1


def test_no_cookie_is_needed(world, code):
    with clock.fixed(NOW):
        client = world.app().test_client(use_cookies=False)
        assert DONE in post(client, code).text


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"symptoms": "yes", "symptom": ["cough"]}, "watch"),
        ({"symptoms": "yes"}, "watch"),
        ({"symptoms": "yes", "symptom": ["breathless"]}, "urgent"),
        ({"contact_sick": "yes"}, "watch"),
        ({"travel": "yes", "travel_where": "Bắc Giang"}, "watch"),
        ({"symptoms": "yes", "symptom": ["fever"], "contact_sick": "yes"}, "urgent"),
    ],
)
def test_an_honest_answer_is_thanked_and_never_shows_its_level_or_reasons(client, code, world, changes, level):
    answer = post(client, code, **changes)
    assert HELP in answer.text and DONE not in answer.text
    for word in ("watch", "urgent", "Khẩn", "Theo dõi"):
        assert word not in answer.text
    assert declared(world)[1].triage == level


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("full_name", "", "họ và tên"),
        ("full_name", "   ", "họ và tên"),
        ("full_name", "\x00\u200b", "họ và tên"),
        ("full_name", "12345", "bằng chữ"),
        ("full_name", "a" * 10_000, "Dài quá"),
        ("birth_year", "", "năm sinh"),
        ("birth_year", "2027", "tương lai"),
        ("birth_year", "1700", "chưa đúng"),
        ("birth_year", "85", "bốn chữ số"),
        ("birth_year", "1" * 10_000, "Dài quá"),
        ("phone", "", "số điện thoại"),
        ("phone", "abc", "chưa đúng"),
        ("phone", "0912", "thiếu chữ số"),
        ("phone", "9" * 10_000, "Dài quá"),
        ("gender", None, "giới tính"),
        ("commune", "", "xã, phường"),
        ("commune", "99999", "xã, phường"),
        ("id_number", "02218500123", "12 chữ số"),
        ("id_number", "x" * 10_000, "Dài quá"),
        ("address", "đ" * 10_000, "Dài quá"),
        ("symptoms", None, "Không hoặc Có"),
        ("contact_sick", "maybe", ""),
        ("consent", None, "Đánh dấu"),
        ("nationality", "ZZ", ""),
    ],
)  # fmt: skip
def test_bad_input_gets_a_message_beside_its_field_and_keeps_the_rest(client, code, world, name, value, says):
    answer = post(client, code, **{name: value})
    assert answer.status_code == 422
    assert says.lower() in answer.text.lower()
    assert f'id="{name}-error"' in answer.text
    for other, kept in (("full_name", "Nguyễn Thị Ánh Tuyết"), ("phone", "0912 345 678"), ("birth_year", "1985")):
        if other != name:
            assert value_of(answer.text, other) == kept
        elif value and says == "Dài quá":
            assert value_of(answer.text, other) == value
    assert count(world) == 0


@pytest.mark.parametrize(
    "phone",
    [
        "+84912345678",
        "84912345678",
        "0084912345678",
        "0912.345.678",
        "0912 345 678",
        "(0912) 345-678",
        "０９１２３４５６７８",
    ],
)
def test_every_way_of_writing_a_phone_number_is_the_same_number(client, code, world, phone):
    assert post(client, code, phone=phone).status_code == 200
    assert declared(world)[0]["phone"] == "+84912345678"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (normalize("NFD", "Nguyễn Thị Ánh Tuyết"), "Nguyễn Thị Ánh Tuyết"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ('=HYPERLINK("http://x","y")', '=HYPERLINK("http://x","y")'),
        ("Anh\u202eteyuT", "AnhteyuT"),
        ("Mai 😷 Hoa", "Mai 😷 Hoa"),
        ("Ma\u200bi\x00 Hoa", "Mai Hoa"),
        ("O'Neill-Nguyễn", "O'Neill-Nguyễn"),
        ("NGUYỄN VĂN A", "NGUYỄN VĂN A"),
        ("Lý", "Lý"),
    ],
)
def test_a_name_is_kept_as_meant_and_shown_harmless(client, code, world, typed, kept):
    answer = post(client, code, full_name=typed)
    assert answer.status_code == 200
    assert declared(world)[0]["full_name"] == kept
    assert "<script>alert" not in answer.text
    assert kept in unescape(answer.text)


def test_an_id_number_that_contradicts_is_a_warning_and_no_refusal(client, code, world):
    answer = post(client, code, id_number="022085001234", birth_year="1986")
    assert answer.status_code == 200 and DONE in answer.text
    assert "không khớp" in answer.text
    assert declared(world)[1].flags == ["id_birth_year", "id_gender"]


def test_a_card_string_in_one_field_fills_the_rest(client, code, world):
    fields = {
        "card": cast.CCCD,
        "fill": "card",
        "phone": "0912345678",
        "submission": factories.submission(client, code),
    }
    html = client.post(f"/v/{code}", data=fields).text
    assert value_of(html, "full_name") == "Nguyễn Thị Ánh Tuyết"
    assert value_of(html, "birth_year") == "1985"
    assert value_of(html, "id_number") == "022185001234"
    assert value_of(html, "phone") == "0912345678"
    assert re.search(r'name="gender"[^>]*value="female"[^>]*checked', html)
    assert count(world) == 0


def test_a_card_string_sent_with_the_answers_alone_is_enough(client, code, world):
    answer = post(
        client, code, card=cast.CCCD, full_name="", birth_year="", gender=None, id_number="", commune="", address=""
    )
    if answer.status_code == 422:  # its old ward was divided: the person chooses
        assert 'id="full_name-error"' not in answer.text
        answer = post(client, code, card=cast.CCCD, full_name="", birth_year="", gender=None, id_number="")
    assert answer.status_code == 200
    assert declared(world)[0]["id_number"] == "022185001234"


def test_an_unreadable_card_says_so_and_keeps_what_was_typed(client, code):
    answer = client.post(
        f"/v/{code}", data={"card": "rác|không|đọc", "fill": "card", "full_name": "Lý", "submission": "x"}
    )
    assert answer.status_code == 422
    assert 'id="card-error"' in answer.text
    assert value_of(answer.text, "card") == "rác|không|đọc"
    assert value_of(answer.text, "full_name") == "Lý"


def test_a_visitor_from_another_province_types_the_commune_without_accents(client, code, world):
    answer = post(client, code, province="01", commune="", commune_other="hoan kiem")
    assert answer.status_code == 200, re.findall(r'class="error"[^>]*>([^<]*)', answer.text)
    assert declared(world)[1].province_id == "01"


def test_an_unknown_code_a_mistyped_one_and_a_revoked_one_say_which(client, code, world):
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    answer = client.get(f"/v/{wrong}")
    assert answer.status_code == 404 and "kiểm tra lại mã" in answer.text.lower()
    from checkin.venues.codes import new_code

    assert client.get(f"/v/{new_code()}").status_code == 404
    assert client.get("/v/xin-chào").status_code == 404
    with inside(world.app()):
        db.session.execute(sa.text("UPDATE code SET revoked_at = :now"), {"now": NOW.replace(tzinfo=None)})
        factories.commit()
    answer = client.get(f"/v/{code}")
    assert answer.status_code == 410 and "Siêu thị Bạch Đằng" in answer.text
    assert client.post(f"/v/{code}", data=cast.form()).status_code == 410
    assert count(world) == 0


def test_a_form_sent_twice_makes_one_visit_and_the_same_answer(client, code, world):
    fields = cast.form(submission=factories.submission(client, code))
    first, second = client.post(f"/v/{code}", data=fields), client.post(f"/v/{code}", data=fields)
    assert (first.status_code, second.status_code) == (200, 200)
    assert count(world) == count(world, Declaration) == 1


def test_a_form_changed_after_back_and_five_minutes_is_a_new_flagged_declaration(client, code, world):
    submission = factories.submission(client, code)
    client.post(f"/v/{code}", data=cast.form(submission=submission, symptoms="yes", symptom="cough"))
    with clock.fixed(NOW + timedelta(minutes=6)):
        answer = client.post(f"/v/{code}", data=cast.form(submission=submission))
    assert DONE in answer.text
    assert count(world) == count(world, Declaration) == 2
    assert declared(world)[1].flags == ["resent"]


def test_fifty_forms_at_once_make_one_visit(world, code):
    with clock.fixed(NOW):
        fields = cast.form(submission=factories.submission(world.app().test_client(), code))

    def send(_number):
        with clock.fixed(NOW):
            return world.app().test_client().post(f"/v/{code}", data=fields).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(50))) == {200}
    assert count(world) == count(world, Declaration) == 1


def test_a_form_older_than_a_day_is_shown_again_with_everything_in_it(client, code, world):
    fields = cast.form(submission=factories.submission(client, code), symptoms="yes", symptom="cough")
    with clock.fixed(NOW + timedelta(hours=25)):
        answer = client.post(f"/v/{code}", data=fields)
        assert answer.status_code == 422
        assert value_of(answer.text, "full_name") == "Nguyễn Thị Ánh Tuyết"
        assert re.search(r'name="symptom"[^>]*value="cough"[^>]*checked', answer.text)
        assert count(world) == 0
        fresh = factories.hidden(answer.text, "submission")
        assert HELP in client.post(f"/v/{code}", data={**fields, "submission": fresh}).text
    assert count(world) == 1


@pytest.mark.parametrize("submission", ["", "x", "🙂", "a" * 5000])
def test_a_missing_or_false_submission_loses_nothing(client, code, world, submission):
    answer = client.post(f"/v/{code}", data=cast.form(submission=submission))
    assert answer.status_code == 422
    assert value_of(answer.text, "full_name") == "Nguyễn Thị Ánh Tuyết"
    assert count(world) == 0


def test_a_submission_of_another_page_is_not_taken(client, code, world):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        other = factories.code_of(db.session(), factories.venue(db.session(), vault_of(app), "Chợ"))
        factories.commit()
    answer = client.post(f"/v/{code}", data=cast.form(submission=factories.submission(client, other)))
    assert answer.status_code == 422


def test_another_sites_form_is_refused(client, code, world):
    fields = cast.form(submission=factories.submission(client, code))
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(f"/v/{code}", data=fields, headers=headers).status_code == 403
    assert count(world) == 0
    assert (
        client.post(
            f"/v/{code}", data=fields, headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
        ).status_code
        == 200
    )


def test_the_second_visit_is_one_confirmation_with_a_masked_name(client, code, world):
    post(client, code)
    html = client.get(f"/v/{code}").text
    assert "N. T. Ánh Tuyết" in html
    assert "Nguyễn" not in html and "912" not in html
    answer = client.post(f"/v/{code}", data={"confirm": "yes", "submission": factories.hidden(html, "submission")})
    assert DONE in answer.text
    assert count(world, Declaration) == 2
    assert count(world) == 1  # within the usual stay: prolonged


def test_after_an_answer_of_yes_the_whole_form_comes_again(client, code):
    post(client, code, symptoms="yes", symptom="cough")
    html = client.get(f"/v/{code}").text
    assert 'name="confirm"' not in html
    assert value_of(html, "full_name") == "Nguyễn Thị Ánh Tuyết"


def test_a_confirmation_without_its_cookie_gets_the_whole_form(client, code, world):
    submission = factories.submission(client, code)
    answer = client.post(f"/v/{code}", data={"confirm": "yes", "submission": submission})
    assert answer.status_code == 422
    assert 'name="full_name"' in answer.text
    assert count(world) == 0


def test_forgetting_takes_everything_off_the_device(client, code):
    post(client, code)
    assert client.get_cookie("me") and client.get_cookie("device")
    assert client.post("/forget-me").status_code == 200
    assert client.get_cookie("me") is None and client.get_cookie("device") is None
    assert 'name="confirm"' not in client.get(f"/v/{code}").text


def test_the_cookie_shows_nothing_of_the_person(client, code):
    post(client, code)
    value = client.get_cookie("me").value
    for plain in ("Tuy", "912345678", "1985"):
        assert plain not in value


def test_leaving_records_the_end_with_the_token_alone(client, code, world):
    html = post(client, code).text
    token = factories.hidden(html, "token")
    with clock.fixed(NOW + timedelta(minutes=20)):
        answer = world.app().test_client(use_cookies=False).post(f"/v/{code}/leave", data={"token": token})
    assert answer.status_code == 200
    with inside(world.app()):
        (visit,) = factories.all_visits(db.session())
        assert visit.left_at == NOW + timedelta(minutes=20)


@pytest.mark.parametrize("token", ["", "x", "🙂"])
def test_leaving_without_a_true_token_changes_nothing(client, code, world, token):
    post(client, code)
    assert client.post(f"/v/{code}/leave", data={"token": token}).status_code == 400
    with inside(world.app()):
        assert factories.all_visits(db.session())[0].left_at is None


def test_nothing_personal_stands_in_an_address_or_is_cached(client, code):
    answer = post(client, code)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Location" not in answer.headers


HOSTILE = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        ["\x00", "\u202e", "=1+1", "'; DROP TABLE visit;--", "{{7*7}}", "%(x)s", "\ud800", "A" * 10_000, "🙂" * 500]
    ),
)


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(
            [*cast.form(), "card", "travel_where", "commune_other", "submission", "fill", "confirm", "symptom"]
            + ["change", "correct", "who"]
        ),
        HOSTILE,
    )
)
def test_no_input_is_an_error_of_ours(sqlite, changes):
    app = sqlite.app()
    client = app.test_client()
    with clock.fixed(NOW):
        with inside(app):
            code = db.session.scalar(sa.text("SELECT code FROM code LIMIT 1"))
            if code is None:
                code = factories.code_of(db.session(), factories.venue(db.session(), vault_of(app)))
                factories.commit()
        fields = {**cast.form(submission=factories.submission(client, code)), **changes}
        fields = {k: v.encode("utf-8", "surrogatepass") if isinstance(v, str) else v for k, v in fields.items()}
        assert client.post(f"/v/{code}", data=fields).status_code in {200, 422}


def test_leaving_works_where_the_code_was_replaced_meanwhile(client, code, world):
    token = factories.hidden(post(client, code).text, "token")
    with inside(world.app()):
        db.session.execute(sa.text("UPDATE code SET revoked_at = :now"), {"now": NOW.replace(tzinfo=None)})
        factories.commit()
    with clock.fixed(NOW + timedelta(minutes=3)):
        assert client.post(f"/v/{code}/leave", data={"token": token}).status_code == 200
    with inside(world.app()):
        assert factories.all_visits(db.session())[0].left_at == NOW + timedelta(minutes=3)
