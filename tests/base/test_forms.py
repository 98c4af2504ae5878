"""Fields that every form shares."""

import unicodedata

import pytest
from flask import Flask
from flask_babel import Babel
from flask_wtf import FlaskForm
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from wtforms.validators import ValidationError

from checkin.forms import IfFilled, Needed, Text


def _only_digits(_form, field):
    if not field.data.isdigit():
        raise ValidationError("Chỉ ghi chữ số.")


class Sample(FlaskForm):
    name = Text("Tên", [Needed("Ghi tên.")], limit=10)
    note = Text("Ghi chú", limit=10)
    number = Text("Số", [IfFilled(), _only_digits], limit=10)


@pytest.fixture(scope="module")
def application():
    made = Flask("sample")
    made.config.update(SECRET_KEY="test", WTF_CSRF_ENABLED=False, BABEL_DEFAULT_LOCALE="vi")
    Babel(made)
    return made


def sent(application, **fields):
    with application.test_request_context():
        form = Sample(MultiDict({"name": "Hạnh", **fields}))
        form.validate()
        return form


def test_text_is_kept_composed_trimmed_and_without_invisible_characters(application):
    form = sent(application, name=f"  {unicodedata.normalize('NFD', 'Hạnh')}\u202e \x00\u200b  A\t")
    assert (form.name.data, form.errors) == ("Hạnh A", {})


@pytest.mark.parametrize("text", ["x" * 11, "ấ" * 10_000])
def test_text_that_is_too_long_is_an_error_and_stays_as_typed(application, text):
    form = sent(application, note=text)
    assert form.note.data == text
    assert form.note.errors == ["Dài quá: nhiều nhất 10 ký tự."]


def test_the_limit_itself_is_not_too_long_however_it_was_composed(application):
    assert not sent(application, note=unicodedata.normalize("NFD", "ấ" * 10)).errors


@pytest.mark.parametrize("text", ["", " ", "\x00", "\u200b\u200f", "\u3164"])
def test_a_needed_field_with_nothing_to_see_is_empty(application, text):
    assert sent(application, name=text).errors == {"name": ["Ghi tên."]}


@pytest.mark.parametrize(("text", "errors"), [("", []), ("  ", []), ("12", []), ("1a", ["Chỉ ghi chữ số."])])
def test_a_field_that_may_be_empty_is_checked_when_it_is_filled(application, text, errors):
    assert list(sent(application, number=text).number.errors) == errors


def test_a_field_that_was_not_sent_is_none(application):
    form = sent(application)
    assert (form.note.data, form.errors) == (None, {})


@given(st.text(max_size=30))
def test_any_text_is_kept_or_refused_and_never_cut(application, text):
    form = sent(application, note=text)
    assert bool(form.note.errors) == (len(form.note.data) > 10)
    assert "\x00" not in form.note.data


def test_a_needed_field_says_so_to_the_browser():
    assert Needed.field_flags == {"required": True}
