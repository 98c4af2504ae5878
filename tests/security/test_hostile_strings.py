"""Texts that break badly written programs, in every field of every form and every address: text they stay."""

import os
from itertools import count
from urllib.parse import quote

import pytest

from tests.hostile import HOSTILE, POLYGLOT, SAMPLE
from tests.security import fields, tenants
from tests.security.matrix import MATRIX
from tests.security.tenants import A, knock
from tests.security.test_matrix import form_for, targets

POSTS = [name for name in MATRIX if name.startswith("POST")]
# How many each field gets: others in each form, so that between them the forms get all that there are many times.
# `make test-wide` sends 500; at every run each form and address gets a sample.
EACH = int(os.environ.get("HOSTILE_EACH", "10"))
# How many are stored before they are looked at.
BATCH = min(EACH, 100)
# Below that all pages are opened after each third form alone; what the others store, the sample stores and opens too.
# Each page is asked with one in so many; between them the pages are asked with all of them.
STEP = 6 if EACH >= 100 else 72


@pytest.fixture(scope="module")
def typed(town):
    return fields.typed_fields(town)


def send(town, name, wrong):
    """One form that is right but for some fields, then the page that it leads to; True where the form was taken."""
    row, who = MATRIX[name], fields.who_opens(name)
    _, _, path = next(targets(town, name, row))
    form = {**form_for(town, row, A, path), **wrong}
    answer = knock(town.app, town.subjects[who], "POST", path, {key: _sendable(value) for key, value in form.items()})
    what = (name, {field: text[:200] for field, text in wrong.items()})
    fields.check(answer, what)
    if answer.status_code in {302, 303}:
        assert answer.location.startswith("/") and not answer.location.startswith("//"), what
        fields.check(knock(town.app, town.subjects[who], "GET", answer.location), what)
    return answer.status_code < 400


def _sendable(value):
    # Half a pair cannot be sent as UTF-8; a browser sends the sign for what cannot be read.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value


def test_every_field_of_every_form_is_found(town, typed):
    everywhere = {field for found in typed.values() for field in found}
    missing = fields.fields_of_classes() - everywhere
    assert not missing, f"on no page of tests/security/matrix.py: {missing}"
    assert {"full_name", "address", "card", "travel_where"} <= typed["POST /v/<code>"]


def test_an_intruder_is_found():
    clean = '<!DOCTYPE html><html lang="vi"><head><title>x</title></head><body><p>&lt;script&gt;</p></body></html>'
    assert fields.intruders(clean) == []
    for bad in ("<script>zq()</script>", "<p onclick=zq()>", "<p zq>", "<iframe>", "<a href=javascript:zq()>", "<a href='//evil.example'>", "<p style=x>", "<svg><animate>", "<meta http-equiv=refresh>", "<meta http-equiv=refresh content='0; url=//evil.example'>"):  # fmt: skip
        assert fields.intruders(clean.replace("<p>", f"<p>{bad}")), bad


def test_a_sample_of_hostile_texts_stays_text_in_every_form(town, typed):
    texts = (SAMPLE[number % len(SAMPLE)] for number in count())
    for name in POSTS:
        found = sorted(typed[name])
        for field in found:
            send(town, name, {field: POLYGLOT})
        if found:
            send(town, name, {field: next(texts) for field in found})
    fields.everywhere(town, "afterwards")
    tenants.restore(town)


def test_a_sample_of_hostile_texts_stays_text_in_every_address(town, typed):
    texts = (SAMPLE[number % len(SAMPLE)] for number in count())
    for name, role, path in fields.pages(town):
        ask_with(town, typed, name, role, path, next(texts))
    tenants.restore(town)


def ask_with(town, typed, name, role, path, text):
    """Open a page with a text in everything that any page asks for in its address."""
    question = {field: _sendable(text)[:2000] for field in fields.asked_in_addresses(typed)}
    answer = town.app.test_client(use_cookies=False).get(
        path, query_string=question, headers={"Cookie": town.subjects[role].cookies}, buffered=True
    )
    fields.check(answer, (name, text[:200]))
    if answer.status_code in {301, 302, 303}:
        assert answer.location.startswith("/") and not answer.location.startswith(("//", "/\\")), (name, text[:200])


@pytest.mark.long
@pytest.mark.wide
@pytest.mark.parametrize("name", POSTS)
def test_every_hostile_text_stays_text_in_every_field(town, typed, name):
    """Some in every field that takes any text, another one in each at a time; of a sample as many where only some words
    fit; and the same in all fields at once."""
    before, found = tenants.rows(town), sorted(typed[name])
    free = [field for field in found if send(town, name, {field: POLYGLOT})]
    begin = POSTS.index(name) * EACH % len(HOSTILE)
    texts = (HOSTILE + HOSTILE)[begin : begin + EACH]
    for start in range(0, EACH if free else 0, BATCH):
        for number in range(start, start + BATCH):
            send(town, name, {field: texts[(number + 37 * at) % EACH] for at, field in enumerate(free)})
        after = tenants.rows(town)
        if any(after[table] != before[table] for table in before if table != "audit"):
            if EACH >= 100 or POSTS.index(name) % 3 == 0:
                fields.everywhere(town, (name, free))
            # Else lists grow, and the run with them.
            tenants.restore(town)
    turn = count(POSTS.index(name))
    for field in found:
        for text in some(next(turn)) if field not in free else ():
            send(town, name, {field: text})
    for text in some(next(turn)) if found else ():
        send(town, name, dict.fromkeys(found, text))
    tenants.restore(town)


def some(turn):
    """As many of the sample as each field gets, other ones at each turn."""
    begin = turn * EACH % len(SAMPLE)
    return (SAMPLE + SAMPLE)[begin : begin + min(EACH, len(SAMPLE))]


@pytest.mark.wide
@pytest.mark.long
def test_every_hostile_text_stays_text_in_every_address(town, typed):
    for number, (name, role, path) in enumerate(fields.pages(town)):
        for text in HOSTILE[number % STEP :: STEP]:
            ask_with(town, typed, name, role, path, text)
        tenants.restore(town)
    for text in HOSTILE:
        for before in ("/v/", "/cases/", "/lookup/", "/venues/", "/venues/codes/", "/"):
            path = before + quote(_sendable(text)[:1000].encode(), safe="")
            fields.check(knock(town.app, town.subjects["cdc"], "GET", path), path)
