"""When somebody was given to be called and first reached stands with them, for pages that count a million."""

import html
import re
from datetime import timedelta

import sqlalchemy as sa

from checkin import clock
from checkin.contacts.models import ContactStep
from tests import cast
from tests.conftest import NOW
from tests.contacts.conftest import AWAY, HERE, THERE

UNSURE = dict.fromkeys(("near", "closed", "mask", "long", "touch"), "unknown")


def test_a_contact_says_when_it_was_given_and_first_reached_as_its_steps_do(given_twice):
    given = given_twice
    assert given.one(HERE).reached_at is None
    calls = [{"result": "not_reached"}, {"result": "reached"} | UNSURE, {"result": "reached"} | UNSURE]
    for hours, said in enumerate(calls, 1):
        with clock.fixed(NOW + timedelta(hours=hours)):
            own = given.signed_in(cast.COMMUNE)
            done = given.act(own, f"{given.page(HERE, station=True)}/call", seen=given.one(HERE).version, **said)
            assert "Đã ghi cuộc gọi" in done.text
    found = given.one(HERE)
    with given.session() as session:
        steps = session.scalars(
            sa.select(ContactStep).where(ContactStep.contact_id == found.id).order_by(ContactStep.number)
        ).all()
    assert [step.result for step in steps] == [None, "not_reached", "reached", "reached"]
    assert found.given_at == steps[0].at == NOW
    assert found.reached_at == steps[2].at == NOW + timedelta(hours=2)


def test_contacts_of_a_case_are_leafed_through_and_a_key_fits_no_other_list(given_twice, monkeypatch):
    given = given_twice
    monkeypatch.setattr("checkin.exposure.followup.PAGE", 1)
    officer, path = given.signed_in(cast.CDC), "/cases/F0-0001/contacts"

    def shown(page):
        (name,) = [one for one in (HERE, THERE, AWAY) if one in html.unescape(page)]
        return name

    def beside(way, page):
        return html.unescape(re.search(f'href="([^"]*)" rel="{way}"', page)[1])

    pages = [officer.get(path).text]
    for _ in range(2):
        pages.append(officer.get(beside("next", pages[-1])).text)
    names = [shown(page) for page in pages]
    assert sorted(names) == sorted([HERE, THERE, AWAY])
    assert 'rel="next"' not in pages[2] and 'rel="prev"' not in pages[0] and 'rel="prev"' in pages[1]
    assert shown(officer.get(beside("prev", pages[2])).text) == names[1]
    # The row of the key is gone, and it still says where to go on.
    second = beside("next", pages[0])
    given.make_f1(officer, names[0])
    assert shown(officer.get(second).text) == names[1]
    assert shown(officer.get(beside("prev", pages[1])).text) == names[1]
    # Of another list, or none at all: the first page.
    word = re.search(r"after=([\w-]+)", second)[1]
    for bad in (f"after={word[:-3]}", "after=x", "before=%00", f"after={'A' * 999}", "after=", "page=2"):
        answer = officer.get(f"{path}?{bad}")
        assert answer.status_code == 200 and shown(answer.text) == names[1], bad
    assert shown(officer.get(f"{path}?stage=f1&after={word}").text) == names[0]
