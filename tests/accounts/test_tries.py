"""Failing tries are counted, and a stranger's failures never keep somebody out of the browser they use."""

import re
from types import SimpleNamespace

import pytest

from checkin.accounts import tries
from checkin.counters import SharedStorage
from checkin.web import limiter
from tests import cast
from tests.accounts.pages import CODES, actions, code, make, password_step, send

WRONG = "sai mật khẩu rồi"
PAUSED = "Sai nhiều lần quá"


pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def world(sqlite):
    """Counted in memory or in Redis, never in the database."""
    return sqlite


@pytest.fixture
def counting(world, monkeypatch):
    """Counters at nought."""
    world.app()  # whose storage it is
    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()
    yield
    limiter.reset()


def browser(world, address):
    """A browser behind this address."""
    made = world.app().test_client()
    made.environ_base["REMOTE_ADDR"] = address
    return made


def fail(client, login=cast.CDC[0], times=5):
    """Sign in with a wrong password; the last answer."""
    for _ in range(times):
        answer = send(client, "/sign-in", login=login, password=WRONG)
    return answer


@pytest.mark.usefixtures("counting")
def test_after_five_wrong_passwords_a_network_waits_and_other_networks_do_not(world):
    make(world, "cdc")
    here, there = browser(world, "192.0.2.1"), browser(world, "198.51.100.1")
    assert fail(here).status_code == 422
    refused = password_step(here)
    assert refused.status_code == 429 and PAUSED in refused.text
    assert password_step(browser(world, "192.0.2.1")).status_code == 429
    assert password_step(there).status_code == 302
    found = actions(world)
    # The first, the second and the fourth: who tries on and on does not fill the log.
    assert found.count("sign_in.refused") == 3 and found.count("sign_in.locked_out") == 1


@pytest.mark.usefixtures("counting")
def test_a_login_that_nobody_has_is_paused_the_same_way(world):
    make(world, "cdc")
    pages = []
    for login in (cast.CDC[0], "ai.do@cdc"):
        here = browser(world, "192.0.2.1")
        answers = [fail(here, login, 1) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [422] * 5 + [429]
        pages.append([re.sub(r'value="[^"]*"', "", answer.text) for answer in answers])
    assert pages[0] == pages[1]


@pytest.mark.usefixtures("counting")
def test_a_browser_that_signed_in_before_gets_its_try_whatever_strangers_do(world, monkeypatch):
    monkeypatch.setattr(tries, "BY_LOGIN", type(tries.BY_LOGIN)(10, tries.MINUTES))
    make(world, "cdc")
    own = browser(world, "192.0.2.1")
    assert password_step(own).status_code == 302
    send(own, "/lookup/", "/sign-out")
    for number in range(3):  # from the same network and from others
        fail(browser(world, f"192.0.2.{1 + number}"))
    stranger = browser(world, "203.0.113.9")
    assert password_step(stranger).status_code == 429  # too many for this login over all networks
    assert password_step(own).status_code == 302
    send(own, "/lookup/", "/sign-out")
    # The own browser has a count of its own: it is no way to guess for ever.
    assert fail(own, times=10).status_code == 422
    assert password_step(own).status_code == 429


@pytest.mark.usefixtures("counting")
def test_the_mark_of_a_known_browser_is_of_its_own_accounts_and_cannot_be_made_up(world):
    make(world, "cdc")
    make(world, "admin")
    own = browser(world, "192.0.2.1")
    password_step(own, "admin")
    send(own, "/accounts/", "/sign-out")
    fail(browser(world, "192.0.2.1"))
    assert password_step(own).status_code == 429  # known for the administrator, not for this login
    for made_up in ("", "x", "ế", "A" * 4000):
        forged = browser(world, "192.0.2.1")
        forged.set_cookie("known", made_up)
        assert password_step(forged).status_code == 429


@pytest.mark.usefixtures("counting")
def test_signing_in_forgets_the_own_failures(world):
    make(world, "cdc")
    own = browser(world, "192.0.2.1")
    for _ in range(2):
        fail(own, times=4)
        assert password_step(own).status_code == 302
        send(own, "/lookup/", "/sign-out")


@pytest.mark.usefixtures("counting")
def test_signing_in_does_not_forget_what_strangers_tried_over_all_networks(world, monkeypatch):
    monkeypatch.setattr(tries, "BY_LOGIN", type(tries.BY_LOGIN)(6, tries.MINUTES))
    make(world, "cdc")
    for number in range(5):
        fail(browser(world, f"192.0.2.{1 + number}"), times=1)
    # From a network that is new to the account, as an officer at home: right, and no reason to begin counting anew.
    assert password_step(browser(world, "198.51.100.1")).status_code == 302
    assert fail(browser(world, "192.0.2.77"), times=1).status_code == 422
    assert password_step(browser(world, "192.0.2.78")).status_code == 429


@pytest.mark.usefixtures("counting")
def test_wrong_codes_and_failing_unlocks_count_as_failing_sign_ins(world):
    make(world, "cdc", factor=True)
    own = browser(world, "192.0.2.1")
    password_step(own)
    for _ in range(5):
        assert send(own, "/sign-in/code", factor="000000").status_code == 422
    assert send(own, "/sign-in/code", factor=code()).status_code == 429
    assert password_step(browser(world, "192.0.2.1")).status_code == 429
    limiter.reset()
    assert send(own, "/sign-in/code", factor=CODES[0]).status_code == 302
    send(own, "/lookup/", "/lock")
    for _ in range(10):
        assert send(own, "/unlock", password=WRONG).status_code == 422
    assert send(own, "/unlock", password=cast.CDC[1]).status_code == 429


@pytest.mark.usefixtures("counting")
def test_where_the_counters_server_is_down_each_process_counts_for_itself(world, monkeypatch):
    # Nobody listens there.
    down = SharedStorage("shared+redis://127.0.0.1:1/0")
    monkeypatch.setattr(tries, "limiter", SimpleNamespace(enabled=True, storage=down))
    make(world, "cdc")
    here = browser(world, "192.0.2.1")
    assert fail(here).status_code == 422
    assert password_step(here).status_code == 429
