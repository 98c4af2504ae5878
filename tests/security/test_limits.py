"""Limits by what makes sense at a place: people behind a shared address pass, floods do not, and tricks change nothing."""

import random
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from redis import Redis
from werkzeug.exceptions import TooManyRequests

from checkin import clock, create_app
from checkin.config import Config
from checkin.db import db
from checkin.reports import queries as reports
from checkin.venues import guesses, queries
from checkin.venues.codes import ALPHABET, CODE_LENGTH, diagnose, is_well_formed, new_code, normalise
from checkin.visits.arriving import BY_DEVICE, BY_NETWORK, BY_NETWORK_AND_VENUE, arrived
from checkin.visits.models import Visit
from checkin.web import limiter
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of


@pytest.fixture
def limits():
    limiter.reset()
    limiter.enabled = True
    yield limiter
    limiter.reset()
    limiter.enabled = False


def open_venue(world, name="Chợ Hạ Long 1", kind="market"):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        session = db.session()
        code = factories.code_of(session, factories.venue(session, vault_of(app), name, kind=kind))
        factories.commit()
        return code


@pytest.fixture
def door(sqlite, limits):
    code = open_venue(sqlite)
    with inside(sqlite.app()):
        return queries.door(db.session(), code)


def arrive(app, door, times, *, address="203.0.113.7", device=None):
    """What the last of so many forms brings: the counts, or the refusal."""
    cookies = {"Cookie": f"device={device}"} if device else {}
    found = None
    with (
        clock.fixed(NOW),
        app.test_request_context(f"/v/{door.code}", headers=cookies, environ_base={"REMOTE_ADDR": address}),
    ):
        for _ in range(times):
            try:
                found = arrived(door)
            except TooManyRequests as error:
                found = error
    return found


def test_500_people_behind_one_address_each_send_twice_and_pass(sqlite, door):
    found = arrive(sqlite.app(), door, 1000)
    assert (found.venue, found.network, found.device) == (1000, 1000, 0)
    assert int(BY_NETWORK.split()[0]) >= 1000


def test_one_network_at_one_venue_ends_at_its_limit_and_others_go_on(sqlite, door):
    app = sqlite.app()
    assert arrive(app, door, BY_NETWORK_AND_VENUE).network == BY_NETWORK_AND_VENUE
    refused = arrive(app, door, 1)
    assert isinstance(refused, TooManyRequests) and 0 < refused.retry_after <= 600
    # The venue's door stays open for everybody else, however many came.
    assert arrive(app, door, 1, address="203.0.113.8").venue == BY_NETWORK_AND_VENUE + 1


def test_one_phone_declares_for_a_bus_and_not_for_a_town(sqlite, door):
    app = sqlite.app()
    assert arrive(app, door, BY_DEVICE, device="a" * 64).device == BY_DEVICE
    assert isinstance(arrive(app, door, 1, device="a" * 64), TooManyRequests)
    assert arrive(app, door, 1, device="b" * 64).device == 1
    assert arrive(app, door, 1, device="rubbish").device == 0  # a cookie that is none counts as none


def keys():
    """The counters of a route that are in use now, without those of the venue."""
    return {key for key in limiter.storage.storage if "visits." in key}


TRICKS = [
    "/v/{code}",
    "/v/{lower}",
    "/v/{code}/",
    "/v/{dashed}",
    "/v%2f{code}",
    "/v/%{hex}{rest}",
    "/v/{code}?x=1",
    "/v/{code};x",
    "/v/{code}%00",
    "/v/{code}#x",
]


def written(trick, code):
    dashed = f"{code[:4]}-{code[4:]}"
    return trick.format(code=code, lower=code.lower(), dashed=dashed, hex=f"{ord(code[0]):02x}", rest=code[1:])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_spelling_of_an_address_is_another_counter(sqlite, door, method):
    client = sqlite.app().test_client()
    for number, trick in enumerate(TRICKS, start=1):
        answer = client.open(written(trick, door.code), method=method)
        assert answer.status_code in {200, 404, 422}
        assert len(keys()) == 1, trick
        assert limiter.storage.get(next(iter(keys()))) == number, trick
    if method == "GET":
        client.head(f"/v/{door.code}")
        assert limiter.storage.get(next(iter(keys()))) == len(TRICKS) + 1


@pytest.mark.parametrize(
    "path", ["/V/{code}", "//v/{code}", "/v//{code}", "/./v/{code}", "/v/../v/{code}", "/v/{code}/x"]
)
def test_another_path_is_no_page_and_no_redirect(sqlite, door, path):
    client = sqlite.app().test_client()
    for method in ("GET", "POST"):
        answer = client.open(path.format(code=door.code), method=method, headers={"Host": "evil.example"})
        assert answer.status_code in {404, 405}
        assert "Location" not in answer.headers


@pytest.fixture
def another_app(sqlite, limits, monkeypatch):
    """Makes an application with other settings, whose counters are those of all while the test lasts."""
    made = []

    def make(**settings):
        for name in ("_storage", "_limiter"):
            monkeypatch.setattr(limiter, name, getattr(limiter, name))
        made.append(create_app(Config.from_env({**sqlite.env(), **settings})))
        return made[-1]

    yield make
    for app in made:
        with inside(app):
            db.engine.dispose()


@pytest.mark.parametrize("proxies", ["0", "1"])
def test_a_forged_forwarded_address_is_the_same_network(another_app, proxies):
    client, seen = another_app(CHECKIN_PROXIES=proxies).test_client(), set()
    for number in range(5):
        # What a proxy of ours adds stands last; whatever the sender wrote before it counts for nothing.
        forged = f"198.51.100.{number}" + (", 203.0.113.9" if proxies == "1" else "")
        client.get("/v/XXXX", headers={"X-Forwarded-For": forged}, environ_base={"REMOTE_ADDR": "192.0.2.1"})
        seen |= keys()
    assert len(seen) == 1
    assert ("203.0.113.9" if proxies == "1" else "192.0.2.1") in seen.pop()


def refused_page(client, path, fields, monkeypatch):
    monkeypatch.setattr("checkin.visits.arriving.BY_NETWORK_AND_VENUE", 0)
    return client.post(path, data=fields)


def test_the_page_of_a_limit_says_when_to_come_back_and_keeps_what_was_typed(sqlite, door, monkeypatch):
    client = sqlite.app().test_client()
    with clock.fixed(NOW):
        fields = cast.form(submission=factories.submission(client, door.code), contact_sick="yes")
        with monkeypatch.context() as changed:
            answer = refused_page(client, f"/v/{door.code}", fields, changed)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 600
        assert re.search(r"Xin chờ (một|\d+) phút", answer.text)
        kept = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.text)
        assert ("full_name", cast.CITIZEN.full_name) in kept and ("contact_sick", "yes") in kept
        # Sent again from that page, it is the one visit that was meant.
        again = {}
        for name, value in kept:
            again.setdefault(name, []).append(value)
        assert client.post(f"/v/{door.code}", data=again).status_code == 200
    with inside(sqlite.app()):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 1


def test_a_password_is_not_kept_on_the_page_of_a_limit(sqlite, limits, monkeypatch):
    monkeypatch.setattr("checkin.accounts.views._try", lambda _form: None)
    client = sqlite.app().test_client()
    csrf = factories.token(client, "/sign-in")
    for _ in range(21):
        answer = client.post("/sign-in", data={"login": "ai đó", "password": "bí mật lắm", "csrf_token": csrf})
    assert answer.status_code == 429 and "ai đó" in answer.text and "bí mật" not in answer.text
    assert 0 < int(answer.headers["Retry-After"]) <= 61


def test_no_answer_tells_how_much_a_shared_address_has_left(sqlite, door):
    answer = sqlite.app().test_client().get(f"/v/{door.code}")
    assert not [name for name, _ in answer.headers if name.lower().startswith("x-ratelimit") or name == "Retry-After"]


def test_with_redis_configured_the_counters_are_there(sqlite, redis, another_app):
    app, code = another_app(RATELIMIT_STORAGE_URI=redis.url), open_venue(sqlite)
    client = app.test_client()
    with clock.fixed(NOW):
        fields = cast.form(submission=factories.submission(client, code))
        assert client.post(f"/v/{code}", data=fields).status_code == 200
        names = " ".join(key.decode() for key in Redis.from_url(redis.url).scan_iter())
        for what in ("visits.form", "visits.declare", "network/", "venue/"):
            assert what in names
        # Nothing of anybody but the network's own address.
        assert code not in names and "Tuy" not in names
        redis.stop()
        fields = cast.form(submission=factories.submission(client, code))
        assert client.post(f"/v/{code}", data=fields).status_code == 200


# Guesses at codes.


@pytest.fixture
def few(monkeypatch, limits):
    monkeypatch.setattr(guesses, "MOST_BY_NETWORK", 3)
    monkeypatch.setattr(guesses, "_waiting", guesses._Waiting())
    monkeypatch.setattr(guesses, "WRITE_SECONDS", 0.0)


def unknown():
    return new_code()


def test_a_network_that_guesses_is_slowed_and_those_with_a_real_code_pass(client, world, few):
    code = open_venue(world)
    with clock.fixed(NOW):
        answers = [client.get(f"/v/{unknown()}") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [404, 404, 404, 429, 429]
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 600
        assert client.post(f"/v/{unknown()}/leave").status_code == 429
        fields = cast.form(submission=factories.submission(client, code))
        assert client.post(f"/v/{code}", data=fields).status_code == 200
        elsewhere = client.get(f"/v/{unknown()}", environ_base={"REMOTE_ADDR": "203.0.113.50"})
        assert elsewhere.status_code == 404


def test_guesses_are_counted_by_day_and_shown_to_those_who_look_after_the_system(client, world, few):
    app = world.app()
    for path in ("/v/AAAA", "/v/22222222223", f"/v/{unknown()}"):
        assert client.get(path).status_code == 404
    with clock.fixed(NOW - timedelta(days=2)):
        client.get(f"/v/{unknown()}")
    with inside(app):
        found = reports.guesses(db.session(), clock.today() - timedelta(days=14))
        assert sorted(found.values()) == [1, 3]
        for role, who in (("admin", cast.ADMIN), ("cdc", cast.CDC), ("command", cast.COMMAND)):
            factories.account(db.session(), vault_of(app), role, who)
        factories.commit()
    for who, sees in ((cast.ADMIN, True), (cast.CDC, True), (cast.COMMAND, False)):
        staff = app.test_client()
        factories.sign_in(staff, who)
        assert ("hôm nay 3, 14 ngày qua 4" in staff.get("/overview/").text) is sees
    assert 'checkin_code_guesses_total{kind="unknown"}' in client.get("/metrics").text


def test_a_million_guesses_are_no_million_writes(sqlite, monkeypatch):
    waiting = guesses._Waiting()
    monkeypatch.setattr(guesses, "_waiting", waiting)
    calls = []
    monkeypatch.setattr(guesses.service, "add_guesses", lambda _session, **what: calls.append(what["number"]))
    app = sqlite.app()
    with clock.fixed(NOW), app.test_request_context("/v/x"), inside(app):
        for _ in range(1000):
            guesses.tried(db.session(), "unknown")
        guesses.write_round(db.session())
    assert calls == [1, 999]


def test_a_count_that_cannot_be_written_waits_and_stops_nobody(sqlite, monkeypatch, few):
    def fail(_session, **_what):
        raise sa.exc.OperationalError("INSERT", {}, Exception("gone"))

    client = sqlite.app().test_client()
    with monkeypatch.context() as broken, clock.fixed(NOW):
        broken.setattr(guesses.service, "add_guesses", fail)
        assert client.get(f"/v/{unknown()}").status_code == 404
    with clock.fixed(NOW), inside(sqlite.app()):
        guesses.write_round(db.session())
        assert sum(reports.guesses(db.session(), clock.today()).values()) == 1


def test_the_codes_are_too_many_to_be_guessed():
    """50 bits: with 100,000 codes in force, at the limit of one network for a year, less than one hit in 10,000."""
    space, in_force = len(ALPHABET) ** (CODE_LENGTH - 1), 100_000
    assert space == 2**50
    a_year = 6000 * 6 * 24 * 365  # of the page of a code, by one network
    assert a_year * in_force / space < 0.03
    assert 1_000_000 * in_force / space < 1e-4


def test_random_codes_hit_nothing_and_one_in_32_has_the_right_check_character():
    rng = random.Random(20261120)
    issued = {new_code() for _ in range(20_000)}
    tried = ["".join(rng.choices(ALPHABET, k=CODE_LENGTH)) for _ in range(100_000)]
    passed = [code for code in tried if is_well_formed(code)]
    assert not issued.intersection(passed)
    assert 2800 < len(passed) < 3450
    assert all(diagnose(code) == "ok" and normalise(code) == code for code in passed[:500])


@pytest.mark.long
def test_one_network_that_sends_10_000_forms_in_ten_minutes_is_limited_and_500_people_are_not(sqlite, door):
    """Over HTTP, from a code that was just taken down, which costs nothing but the counting."""
    app = sqlite.app()
    client = app.test_client()
    with inside(app):
        db.session.execute(sa.text("UPDATE code SET revoked_at = :now"), {"now": "2026-11-19 00:00:00.000000"})
        factories.commit()
        queries.known_door.forget()
    seen = [client.post(f"/v/{door.code}").status_code for _ in range(10_000)]
    limit = int(BY_NETWORK.split()[0])
    assert seen[:limit] == [410] * limit
    assert seen[limit:] == [429] * (10_000 - limit)
    assert client.post(f"/v/{door.code}", environ_base={"REMOTE_ADDR": "203.0.113.8"}).status_code == 410
