"""Signed values: of this page, of today, made here, or nothing."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.ids import new_id
from checkin.visits.tokens import (
    AHEAD,
    MAX_AGE,
    StaleForm,
    VisitToken,
    device_secret,
    read_submission,
    read_visit,
    submission_token,
    visit_token,
)
from tests.conftest import NOW

SECRET, OTHER = b"s" * 32, b"t" * 32
CODE = "K7QF3M2P9XD"
MOMENT = timedelta(seconds=1)
VISIT = VisitToken(new_id(NOW), NOW)


def refused(token, *, secret=SECRET, code=CODE, now=NOW):
    with pytest.raises(StaleForm):
        read_submission(secret, token, code, now)


def test_a_form_gives_its_submission_back_the_same_each_time():
    token = submission_token(SECRET, CODE, NOW)
    assert read_submission(SECRET, token, CODE, NOW) == read_submission(SECRET, token, CODE, NOW + timedelta(hours=1))


def test_every_form_is_a_submission_of_its_own():
    tokens = [submission_token(SECRET, CODE, NOW) for _ in range(100)]
    assert len({read_submission(SECRET, token, CODE, NOW) for token in tokens}) == 100


@pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=14), MAX_AGE, -AHEAD])
def test_a_form_of_the_last_day_is_taken_also_after_midnight_and_with_a_clock_a_little_behind(age):
    assert read_submission(SECRET, submission_token(SECRET, CODE, NOW), CODE, NOW + age)


@pytest.mark.parametrize("age", [MAX_AGE + MOMENT, timedelta(days=30), -AHEAD - MOMENT, timedelta(days=-1)])
def test_it_rejects_a_form_that_is_too_old_or_of_the_future(age):
    refused(submission_token(SECRET, CODE, NOW), now=NOW + age)


@pytest.mark.parametrize("code", ["K7QF3M2P9XE", "k7qf3m2p9xd", "", CODE + "\x00"])
def test_it_rejects_a_form_of_another_page(code):
    refused(submission_token(SECRET, CODE, NOW), code=code)


def test_it_rejects_a_form_that_was_signed_elsewhere():
    refused(submission_token(OTHER, CODE, NOW))


@given(st.integers(0, 10_000), st.characters(min_codepoint=33, max_codepoint=126))
def test_it_rejects_a_form_with_any_character_changed(place, char):
    token = submission_token(SECRET, CODE, NOW)
    place %= len(token)
    changed = token[:place] + char + token[place + 1 :]
    if changed == token:
        return
    try:
        # The last character of a signature holds bits that say nothing: the same bytes, the same submission.
        assert read_submission(SECRET, changed, CODE, NOW) == read_submission(SECRET, token, CODE, NOW)
        assert place == len(token) - 1
    except StaleForm:
        pass


@pytest.mark.parametrize("token", ["", ".", "..", "x", "\x00", "ấ", "\u202e", "x" * 10_000, "." * 10_000, "\ud800"])
def test_it_rejects_what_is_no_token(token):
    refused(token)
    assert read_visit(SECRET, token) is None


def test_a_token_of_one_kind_is_none_of_the_other():
    refused(visit_token(SECRET, VISIT))
    assert read_visit(SECRET, submission_token(SECRET, CODE, NOW)) is None


def test_a_visit_is_read_back_to_the_microsecond_and_only_where_it_was_signed():
    exact = VisitToken(VISIT.visit_id, NOW.replace(microsecond=123_456))
    token = visit_token(SECRET, exact)
    assert read_visit(SECRET, token) == exact
    assert read_visit(OTHER, token) is None
    assert read_visit(SECRET, token[:-2]) is None
    assert read_visit(SECRET, "A" + token) is None


def test_a_token_names_nobody():
    token = visit_token(SECRET, VISIT)
    assert token.isascii() and len(token) < 200


def test_a_device_gets_the_same_secret_when_its_first_form_is_sent_twice_and_no_other_has_it():
    one, other = new_id(NOW), new_id(NOW)
    assert device_secret(SECRET, one) == device_secret(SECRET, one)
    assert len({device_secret(SECRET, one), device_secret(SECRET, other), device_secret(OTHER, one)}) == 3
    assert len(device_secret(SECRET, one)) == 64
