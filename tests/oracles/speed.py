"""How fast the work was, counted one by one: imports nothing of the product.

A case is opened, interviewed, onset, sample, looked, state and people; of these each has given, reached, commune, stage,
result, raised, due, staged, until, health and tests (day: what was said, in order).
"""

from datetime import timedelta, timezone
from statistics import median

HERE = timezone(timedelta(hours=7))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def local(moment):
    return moment.astimezone(HERE).date()


def cases(every, since, now):
    shares = {name: [0, 0] for name in ("interview", "detect", "notify", "respond")}
    opened, hours = 0, []
    for case in every:
        if case["opened"] < since or case["state"] == "discarded":
            continue
        opened += 1

        def count(name, over, within):
            shares[name][0] += over
            shares[name][1] += over and within

        asked = case["interviewed"]
        count("interview", now - case["opened"] >= 24 * HOUR, asked is not None and asked - case["opened"] <= 24 * HOUR)
        detected = case["sample"] or local(case["opened"])
        if case["onset"]:
            count("detect", True, (detected - case["onset"]).days <= 7)
        if case["sample"]:
            count("notify", True, (local(case["opened"]) - case["sample"]).days <= 1)
        if case["people"]:
            soon = [one for one in case["people"] if one["given"] - case["opened"] <= 7 * DAY]
            count("respond", now - case["opened"] >= 7 * DAY, len(soon) / len(case["people"]) >= 0.8)
        if case["sample"] and case["looked"]:
            midnight = case["opened"].astimezone(HERE).replace(hour=0, minute=0, second=0, microsecond=0)
            midnight -= (local(case["opened"]) - case["sample"]).days * DAY
            hours.append(max((case["looked"] - midnight) / HOUR, 0))
    return {
        "opened": opened,
        "shares": {name: tuple(map(int, pair)) for name, pair in shares.items()},
        "median": median(hours) if hours else None,
    }


def days(every, since, now):
    found = {}
    for case in every:
        for one in case["people"]:
            if not since <= one["given"] <= now:
                continue
            sums = found.setdefault(local(one["given"]), [0] * 5)
            sums[0] += 1
            for at, hours in ((1, 24), (3, 48)):
                if now - one["given"] >= hours * HOUR:
                    sums[at] += 1
                    sums[at + 1] += any(reached - one["given"] <= hours * HOUR for reached in one["reached"])
    return {day: tuple(sums) for day, sums in found.items()}


NAMES = ("to_call", "late", "refused", "watched", "unseen", "ill", "positive")


def contacts(every, now, today, by):
    """What is open, by "commune" (None: the CDC's) or "case"; nothing of those without anything open."""
    found = {}
    for one in (one for case in every for one in case["people"]):
        cdcs = one["result"] == "moved" or one["raised"] == "to_cdc"
        sums = found.setdefault(
            one["case"] if by == "case" else None if cdcs else one["commune"], dict.fromkeys(NAMES, 0)
        )
        f1 = one["stage"] == "f1"
        recent = [day for day in (today, today - DAY) if day in one["health"]]
        # An F2 who was reached was told what to do.
        to_call = one["stage"] == "call" or one["stage"] == "f2" and one["result"] != "reached"
        sums["to_call"] += to_call
        sums["late"] += to_call and one["due"] < now
        sums["refused"] += to_call and one["result"] == "refused"
        watched = f1 and one["until"] >= today
        sums["watched"] += watched
        sums["unseen"] += watched and today not in one["health"]
        sums["ill"] += f1 and bool(recent) and one["health"][recent[0]][-1] == "ill"
        sums["positive"] += any(said[-1] == "positive" for said in one["tests"].values())
    return {which: sums for which, sums in found.items() if any(sums.values())}


def done(every, since):
    people = [one for case in every for one in case["people"]]
    return {
        "new_f1": sum(one["stage"] == "f1" and one["staged"] > since for one in people),
        "calls": sum(at > since for one in people for at in one["reached"]),
    }
