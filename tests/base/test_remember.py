"""Answers that are kept for a bounded time, and forgotten where they were changed."""

from checkin import remember
from checkin.remember import Remembered


class Source:
    """What is asked, and how often."""

    def __init__(self):
        self.answer, self.asked = "first", 0

    def __call__(self, _session, _of="a"):
        self.asked += 1
        return self.answer

    def get_bind(self):
        return "engine"


def test_an_answer_is_asked_for_once_until_it_is_forgotten():
    source = Source()
    kept = Remembered(source, 60, 10)
    assert [kept(source, "a"), kept(source, "a")] == ["first", "first"]
    source.answer = "second"
    assert (kept(source, "a"), source.asked) == ("first", 1)
    kept.forget()
    assert (kept(source, "a"), source.asked) == ("second", 2)


def test_no_answer_is_asked_for_again():
    source = Source()
    source.answer = None
    kept = Remembered(source, 60, 10)
    assert [kept(source, "a"), kept(source, "a")] == [None, None]
    assert source.asked == 2


def test_what_was_read_before_somebody_forgot_is_not_kept():
    source = Source()
    kept = Remembered(source, 60, 10)

    def slowly(session, of="a"):
        found = source(session, of)
        kept.forget()  # while the answer is on its way, the owner changes it
        source.answer = "second"
        return found

    kept._query = slowly
    assert kept(source, "a") == "first"
    kept._query = source
    assert kept(source, "a") == "second"


def test_a_bound_on_time_holds(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(remember, "TTLCache", lambda most, seconds: _cache(most, seconds, now))
    source = Source()
    kept = Remembered(source, 30, 10)
    kept(source, "a")
    source.answer, now[0] = "second", 29.9
    assert kept(source, "a") == "first"
    now[0] = 30.1
    assert kept(source, "a") == "second"


def _cache(most, seconds, now):
    from cachetools import TTLCache

    return TTLCache(most, seconds, timer=lambda: now[0])
