"""The figures of docs/visitor.md: bytes, requests, keys, taps and seconds of a first and a second visit. Each test prints
its own, also where it passes."""

import http.client
import json
import os
import re
import sys
import time
from urllib.parse import urlencode, urlsplit

import pytest

from checkin.config import ROOT
from tests import cast, factories
from tests.browser.test_public_pages import SEND, make_door
from tests.oracles.typing import keys
from tests.servers import gunicorn
from tests.slowline import slow_line
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

# 36 words of five letters a minute, on average: Palin and others, How do people type on mobile devices?
# Observations from a study with 37,000 volunteers, MobileHCI 2019.
SECONDS_A_KEY = 60 / (36 * 5)
# To read the question, find the place and touch it.
SECONDS_A_TAP = 2.0
ROUNDS = 40


@pytest.fixture
def tell(capsys):
    """Prints figures as one line of JSON, with the load of the machine."""

    def say(**figures):
        with capsys.disabled():
            sys.stdout.write("\n" + json.dumps({**figures, "load": round(os.getloadavg()[0], 1)}) + "\n")

    return say


class Hand:
    """Somebody at a phone: what they touch and type, and how long that takes them."""

    def __init__(self, page):
        self.page, self.taps, self.typed = page, 0, 0

    def tap(self, selector):
        self.page.locator(selector).first.tap()
        self.taps += 1

    def type(self, selector, text):
        self.tap(selector)
        self.page.keyboard.insert_text(text)
        self.typed += sum(len(keys(word, "telex", True)) for word in text.split(" ")) + text.count(" ")

    @property
    def seconds(self):
        return self.taps * SECONDS_A_TAP + self.typed * SECONDS_A_KEY


def test_bytes_requests_keys_and_taps_of_a_first_and_a_second_visit(product, open_page, tell):
    door = make_door(product)
    with slow_line(urlsplit(door).port, bits_a_second=100_000_000, round_trip=0) as line:
        first, second = visits(open_page, line, line.address + urlsplit(door).path)
    tell(first=first, second=second)
    assert first["requests"] <= 6 and first["bytes"] <= 50_000
    # What the machine takes is told beside it: it is busy with other things at times.
    assert first["hand seconds"] < 60
    assert second["requests"] <= 2 and second["bytes"] <= 10_000
    assert (second["keys"], second["taps"]) == (0, 1)


def visits(open_page, line, door):
    """What a first and a second visit take, counted on the line itself. The worker that keeps the form for the time
    without network comes after the result; test_poor_network.py counts it."""
    page = open_page(has_touch=True, service_workers="block")
    hand, before = Hand(page), line.since()
    began = time.monotonic()
    page.goto(door, wait_until="networkidle")
    hand.type("[name=full_name]", "Nguyễn Thị Ánh Tuyết")
    hand.type("[name=birth_year]", "1985")
    hand.type("[name=phone]", "0912345678")
    hand.tap("[name=gender][value=female] + label")
    hand.type("#commune-search", "ha long")
    hand.tap("#commune-list [data-value]:has-text('Phường Hạ Long')")
    for question in ("symptoms", "contact_sick", "travel"):
        hand.tap(f"[name={question}][value=no] + label")
    hand.tap("label:has([name=consent])")
    hand.tap(SEND)
    page.wait_for_selector(".result")
    assert "ĐÃ KHAI BÁO" in page.inner_text("h1")
    page.wait_for_load_state("networkidle")
    machine = time.monotonic() - began
    requests, size = line.since(before)
    first = {"requests": requests, "bytes": size, "keys": hand.typed, "taps": hand.taps}
    first |= {"hand seconds": round(hand.seconds, 1), "machine seconds": round(machine, 1)}
    hand, before = Hand(page), line.since()
    page.goto(door, wait_until="networkidle")
    hand.tap("[name=confirm]")
    page.wait_for_selector(".result")
    page.wait_for_load_state("networkidle")
    requests, size = line.since(before)
    return first, {"requests": requests, "bytes": size, "keys": hand.typed, "taps": hand.taps}


def ask(connection, method, path, fields=None, cookies=""):
    """An answer over the loopback, and the milliseconds it took."""
    headers = {"Cookie": cookies, "Accept-Encoding": "gzip"}
    if fields is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    body = urlencode(fields, doseq=True) if fields is not None else None
    began = time.perf_counter()
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    return answer, text, (time.perf_counter() - began) * 1000


def middle_and_late(times):
    """The median and the 95th of a hundred, in milliseconds."""
    ordered = sorted(times)
    return {"p50": round(ordered[len(ordered) // 2], 1), "p95": round(ordered[int(len(ordered) * 0.95)], 1)}


def measured(address, path):
    """Times of the form's page, of a first declaration and of one confirmation, one after the other."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
    times = {"form": [], "first": [], "second": []}
    for number in range(ROUNDS):
        _, page, took = ask(connection, "GET", path)
        times["form"].append(took)
        who = {
            "full_name": f"Trần Văn {'ABCDEFGHIK'[number % 10]}{'nmthcp'[number % 6]}",
            "phone": f"09123456{number:02}",
        }
        answer, text, took = ask(connection, "POST", path, cast.form(**who, submission=token(page)))
        assert answer.status == 200 and "ĐÃ KHAI BÁO" in text
        times["first"].append(took)
        cookies = "; ".join(line.split(";")[0] for line in answer.headers.get_all("Set-Cookie") or [])
        _, page, _ = ask(connection, "GET", path, cookies=cookies)
        answer, text, took = ask(connection, "POST", path, {"confirm": "yes", "submission": token(page)}, cookies)
        assert answer.status == 200 and "ĐÃ KHAI BÁO" in text
        times["second"].append(took)
    connection.close()
    return {what: middle_and_late(of) for what, of in times.items()}


def token(page):
    return re.search(r'name="submission" value="([^"]*)"', page)[1]


@pytest.mark.wide
def test_how_long_the_server_takes_for_a_visitor_on_postgresql(product, tell):
    door = make_door(product)
    took = measured(product.public, urlsplit(door).path)
    tell(database="postgresql", milliseconds=took)
    # A machine that is busy with other things is let pass; what takes seconds is not.
    assert all(of["p50"] < 1000 for of in took.values())


@pytest.mark.wide
def test_how_long_the_server_takes_for_a_visitor_on_sqlite(sqlite, tell, tmp_path):
    app = sqlite.app()
    with inside(app):
        session = factories.db.session()
        code = factories.code_of(session, factories.venue(session, vault_of(app)))
        factories.commit()
    with gunicorn(sqlite.env("all"), tmp_path / "log") as address:
        took = measured(address, f"/v/{code}")
    tell(database="sqlite", milliseconds=took)
    assert all(of["p50"] < 1000 for of in took.values())


def test_the_page_of_the_figures_says_what_holds_and_how_to_measure_again():
    text = (ROOT / "docs" / "visitor.md").read_text(encoding="utf-8")
    for words in ("test_visitor_figures.py", "test_poor_network.py", "50 KB", "10 KB", "MobileHCI 2019", "Lighthouse"):
        assert words in text, words
