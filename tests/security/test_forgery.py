"""Forms of other sites: every POST of the product without a token, with another's, and from a foreign page."""

import pytest

from checkin.visits.tokens import submission_token
from tests.conftest import NOW
from tests.security import tenants
from tests.security.matrix import MATRIX, NOT_SIGNED_IN
from tests.security.tenants import A, knock
from tests.security.test_matrix import changed, form_for, outcome, targets
from tests.worlds import vault_of

POSTS = [name for name in MATRIX if name.startswith("POST")]
# Other programs send no form: a session of somebody opens nothing of theirs (tests/api).
BY_PROGRAMS = [name for name in POSTS if MATRIX[name].who == {"token"}]
WITH_TOKEN = [name for name in POSTS if not MATRIX[name].no_token and name not in BY_PROGRAMS]
# Written down a second time: what needs no token cannot be widened unseen.
WITHOUT = [
    "POST /declare/<any(ill, enter, leave, return):kind>",
    "POST /declare/<any(ill, enter, leave, return):kind>/card",
    "POST /v/<code>",
    "POST /v/<code>/card",
    "POST /v/<code>/later",
    "POST /v/<code>/leave",
    "POST /forget-me",
]
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8000"},
]


def test_only_what_is_written_down_needs_no_token():
    assert sorted(set(POSTS) - set(WITH_TOKEN)) == sorted([*WITHOUT, "POST /api/v1/cases"])


def somebody(row):
    """Who may send this form."""
    return next((role for role in ("owner", "cdc", "admin", "commune") if role in row.who - NOT_SIGNED_IN), "anonymous")


def refuse(town, name, form, **headers):
    """Send a form that must be refused, and change nothing."""
    row = MATRIX[name]
    before = tenants.rows(town)
    for role in {somebody(row), "anonymous"} if "anonymous" in row.who else {somebody(row)}:
        for _, _, path in list(targets(town, name, row))[:1]:
            full = {**form_for(town, row, A, path), **form}
            answer = knock(town.app, town.subjects[role], "POST", path, full, **headers)
            assert answer.status_code in {400, 403}, (name, role, answer.status_code)
            assert not tenants.seen(tenants.text_of(answer))
    assert not changed(before, tenants.rows(town)), name


@pytest.mark.parametrize("name", WITH_TOKEN)
def test_a_form_without_its_own_token_is_refused(town, name):
    foreign = town.foreigners["owner"].token
    for token in ("", "x", foreign, foreign[:-2], "0" * 40):
        refuse(town, name, {"csrf_token": token})


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("name", WITHOUT)
def test_a_form_without_token_is_refused_from_a_foreign_page(town, name, headers):
    refuse(town, name, {}, **headers)


@pytest.mark.parametrize("name", WITHOUT)
def test_the_same_form_from_the_own_page_is_taken(town, name):
    row = MATRIX[name]
    _, _, path = next(targets(town, name, row))
    for headers in (
        {},
        {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ):
        answer = knock(town.app, town.subjects["visitor"], "POST", path, form_for(town, row, A, path), **headers)
        assert outcome(answer) == row.own, headers
    tenants.restore(town)


def test_an_own_token_is_no_submission_and_a_submission_of_one_door_is_none_of_another(town):

    before = tenants.rows(town)
    here, there, _ = town.objects["code"]
    row = MATRIX["POST /v/<code>"]
    other = submission_token(vault_of(town.app).session_secret, there, NOW)
    for submission in ("", "x", other, town.subjects["visitor"].token):
        form = {**form_for(town, row, A, f"/v/{here}"), "submission": submission}
        answer = knock(town.app, town.subjects["visitor"], "POST", f"/v/{here}", form)
        assert answer.status_code == 422
    assert not changed(before, tenants.rows(town))
