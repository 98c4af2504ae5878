"""Ten thousand cases open at once: whatever lists or counts them says the right number."""

import re
import time
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.cases.models import OWN, Case, case_visit, kept_visit
from checkin.clusters import looking
from checkin.contacts.models import Contact
from checkin.db import db
from checkin.visits import service as visits
from checkin.visits.stays import Guess
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.long, pytest.mark.postgresql, pytest.mark.timeout(300)]

CASES, EACH, GROUPS, OF_GROUP, LATEST = 10_000, 2, 40, 5, 90
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COMMUNES = (factories.HA_TU, factories.HONG_GAI)


def case_row(n):
    opened = NOW - HOUR - n % 40 * DAY
    return {
        "id": UUID(int=n), "seq": n, "title": f"Ca {n}", "opened_at": opened, "version": 1, "rules_on": NOW.date(),
        "disease": "measles" if n % 10 == 0 else "covid-19", "state": "suspected" if n % 4 == 0 else "confirmed",
        "commune_id": COMMUNES[n % 2], "person_id": UUID(int=2**64 + n), "onset_on": None, "sample_on": None,
        "interviewed_at": opened + (5 if n % 3 else 50) * HOUR if n % 5 else None,
        "interviewed_by_name": "x" if n % 5 else None,
    }  # fmt: skip


def contact_row(n, nth):
    number = n * EACH + nth
    given, refused = NOW - (number % 60) * HOUR, number % 9 == 0
    return {
        "id": UUID(int=2**65 + number), "case_id": UUID(int=n), "person_id": UUID(int=2**66 + number),
        "disease": "covid-19", "stage": "not" if number % 5 == 0 else "call", "stage_at": given, "stage_by_name": "x",
        "given_at": given, "commune_id": COMMUNES[number % 2], "due_at": given + 24 * HOUR, "met_on": given.date(),
        "details": b"x", "version": 1, "result": "refused" if refused else None,
    }  # fmt: skip


def stay_rows(n):
    """The case's own stay, kept: those of a group in one hour at one place, everybody else somewhere alone."""
    group = (n - 1) // OF_GROUP
    place = group if group < GROUPS else GROUPS + n
    entered = NOW - 2 * DAY + n % OF_GROUP * timedelta(minutes=5)
    row = visits.row(
        visit_id=UUID(int=2**67 + n), entered_at=entered, venue_id=UUID(int=2**68 + place), zone_id=None,
        person_id=UUID(int=2**64 + n), declaration=None, guess=Guess(entered + HOUR, entered + 2 * HOUR),
        channel="own_phone", device=None, group_id=None, full_name="Nguyễn Văn An",
    )  # fmt: skip
    claim = {"case_id": UUID(int=n), "entered_at": entered, "visit_id": row["id"], "part": OWN}
    return {name: value for name, value in row.items() if name in kept_visit.c}, claim


@pytest.fixture
def province(postgresql):
    """So many open cases, of each two who were given to be called, and the own stay of each."""
    app = postgresql.app()
    # Of a group all are of one disease.
    cases = [case_row(n) | ({"disease": "covid-19"} if n <= GROUPS * OF_GROUP else {}) for n in range(1, CASES + 1)]
    contacts = [contact_row(n, nth) for n in range(1, CASES + 1) for nth in range(EACH)]
    stays = [stay_rows(n) for n in range(1, CASES + 1)]
    with inside(app):
        session = db.session()
        factories.account(session, vault_of(app), "cdc", cast.CDC)
        session.execute(sa.insert(Case), cases)
        session.execute(sa.insert(Contact), contacts)
        session.execute(sa.insert(kept_visit), [row for row, _ in stays])
        session.execute(sa.insert(case_visit), [claim for _, claim in stays])
        session.commit()
        session.execute(sa.text("ANALYZE"))
        session.commit()
    with clock.fixed(NOW):
        client = app.test_client()
        factories.sign_in(client, cast.CDC)
        yield app, client, cases, contacts


def shown(client, path):
    """The page, and that it does not take minutes; how long it takes alone on a machine is for the bench to say."""
    begun = time.perf_counter()
    page = client.get(path)
    assert page.status_code == 200, path
    assert time.perf_counter() - begun < LATEST, path
    return page.text


def dotted(number):
    return f"{number:,}".replace(",", ".")


def tile(html, name):
    """The number above these words."""
    return re.search(rf"<b>([^<]*)</b><span>{re.escape(name)}</span>", html)[1]


def test_the_list_of_cases_says_how_many_there_are_and_shows_each_once(province):
    _, client, cases, _ = province
    assert f"100 trong {dotted(CASES)} ca" in shown(client, "/cases/")
    for name, column in (("state", "state"), ("disease", "disease"), ("commune", "commune_id")):
        for word, many in Counter(one[column] for one in cases).items():
            assert f"100 trong {dotted(many)} ca" in shown(client, f"/cases/?{name}={word}"), word
    html, found = client.get("/cases/?state=suspected").text, []
    while True:
        found += [int(one) for one in re.findall(r'lead nw"><a href="/cases/F0-(\d+)"', html)]
        following = re.search('href="([^"]*)" rel="next"', html)
        if not following:
            break
        html = client.get(following[1].replace("&amp;", "&")).text
    assert found == [one["seq"] for one in reversed(cases) if one["state"] == "suspected"]


def test_any_of_them_is_found_by_its_number_and_offered_to_a_lookup(province):
    _, client, cases, _ = province
    html = shown(client, "/lookup/")
    offered = re.findall(r'<option value="(F0-\d+)"', html)
    assert list(dict.fromkeys(offered))[:2] == ["F0-10000", "F0-9999"]
    for number in (1, 4321, CASES):
        name = f"F0-{number:04d}"
        (chosen,) = set(
            re.findall(r'<option(?=[^>]* selected)[^>]* value="(F0-\d+)"', shown(client, f"/lookup/?case={name}"))
        )
        assert chosen == name
        assert f"Ca {number}" in shown(client, f"/cases/{name}")
    assert client.get("/cases/F0-10001").status_code == 404 and cases


def test_the_hand_over_and_the_aims_count_all_of_them(province):
    _, client, cases, contacts = province
    html = shown(client, "/duty/")
    calls = [one for one in contacts if one["stage"] == "call"]
    right = {
        "ca đang mở": len(cases),
        "người cần gọi": len(calls),
        "quá hạn gọi": sum(one["due_at"] < NOW for one in calls),
        "từ chối": sum(one["result"] == "refused" for one in calls),
        "F1 đang cách ly": 0,
    }
    assert {name: tile(html, name) for name in right} == {name: dotted(many) for name, many in right.items()}
    html = shown(client, "/speed/")
    # The window of the rules: 28 days, today with them.
    window = [one for one in cases if one["opened_at"] > NOW - 27 * DAY - 10 * HOUR - HOUR]
    assert tile(html, "ca mở, không kể ca loại trừ") == dotted(len(window))
    over = [one for one in window if one["opened_at"] + DAY <= NOW]
    asked = sum(bool(one["interviewed_at"]) and one["interviewed_at"] <= one["opened_at"] + DAY for one in over)
    assert tile(html, "ca được hỏi trong 24 giờ từ khi mở") == f"{round(100 * asked / len(over))} %"


def test_signals_find_who_was_at_one_place_among_all_of_them(province):
    app, client, _, _ = province
    with inside(app):
        session = db.session()
        begun = time.perf_counter()
        assert looking.look(session, now=NOW, symptoms=False) == (GROUPS, 0)
        assert time.perf_counter() - begun < LATEST
        session.commit()
    assert f"Chưa xem: {GROUPS}" in shown(client, "/signals/")
