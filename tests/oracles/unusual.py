"""What stands out in a log, a second time: slow and plain, from the words of the manual alone.

A use is (seq, minutes, account, action, subject, case, rows, times, due in minutes or None), minutes since a midnight of
the province, and of a request the subject is the lookup that was made for it; an asking is (number, minutes, account, set of people). Findings are (kind, account or None, minutes of the
hour, day or first lookup, count).
"""

HOUR, DAY = 60, 24 * 60


def find(uses, asked, b, now):
    out = set()
    accounts = {use[2] for use in uses}
    for who in accounts:
        own = [use for use in uses if use[2] == who]
        for name, size, fixed in (("rows.hour", HOUR, b["hour_rows"]), ("rows.day", DAY, b["day_rows"])):
            for start in {use[1] // size * size for use in own}:
                rows = read_in(own, start, size)
                if not rows:
                    continue
                past = sorted(
                    sum_
                    for other in {use[1] // size * size for use in own}
                    if start - b["days_compared"] * DAY <= other < start and (sum_ := read_in(own, other, size))
                )
                often = len(past) >= b["active_least"]
                far = often and rows >= b["rows_least"] and rows > b["times_usual"] * past[(len(past) - 1) // 2]
                if rows > fixed or far:
                    out.add((name, who, start, rows))
        looked = [use for use in own if first_word(use) == "lookup"]
        for day in {use[1] // DAY for use in looked}:
            before = {use[1] // DAY for use in looked if day - b["days_compared"] <= use[1] // DAY < day}
            if len(before) < b["days_known"]:
                continue
            known = {use[1] // HOUR % 24 for use in looked if use[1] // DAY in before}
            near = {(hour + step) % 24 for hour in known for step in (23, 0, 1)}
            odd = [use for use in looked if use[1] // DAY == day and use[1] // HOUR % 24 not in near]
            if odd:
                out.add(("odd_hour", who, day * DAY, len(odd)))
        for day in {use[1] // DAY for use in own}:
            idle = [use for use in own if use[1] // DAY == day and is_idle(use, uses, b, now)]
            if len(idle) >= b["idle_least"]:
                out.add(("idle", who, day * DAY, len(idle)))
            exports = [use for use in own if use[1] // DAY == day and use[3].startswith("lookup.export.")]
            if len(exports) >= b["exports_day"]:
                out.add(("exports", who, day * DAY, len(exports)))
        for hour in {use[1] // HOUR for use in own}:
            tries = sum(use[7] for use in own if use[1] // HOUR == hour and use[3] == "refused")
            if tries >= b["refused_hour"]:
                out.add(("refused", who, hour * HOUR, tries))
        for use in own:
            if use[3] == "approval.now":
                said = [u for u in uses if u[4] == use[4] and u[3] in ("approval.approve", "approval.refuse")]
                if (not said and now > use[8]) or (said and said[-1][1] > use[8]):
                    out.add(("overdue", who, use[1], 1))
                if said and said[-1][3] == "approval.refuse":
                    out.add(("refused_after", who, use[1], 1))
    return out | many(asked, b)


def many(asked, b):
    out = set()
    for person in {person for one in asked for person in one[3]}:
        theirs = sorted((one[1], one[0], one[2]) for one in asked if person in one[3])
        while theirs:
            near = [one for one in theirs if one[0] - theirs[0][0] <= b["person_days"] * DAY]
            if len({one[2] for one in near}) >= b["person_accounts"]:
                out.add(("many", None, theirs[0][0], len({one[2] for one in near})))
                theirs = theirs[len(near) :]
            else:
                theirs = theirs[1:]
    return out


def first_word(use):
    return use[3].split(".")[0]


def read_in(own, start, size):
    counted = (
        "lookup.shown",
        "lookup.sent.csv",
        "lookup.download.xlsx",
        "station.read",
        "case.contacts",
        "case.answers",
    )
    return sum(use[6] or 0 for use in own if start <= use[1] < start + size and use[3] in counted)


def is_idle(use, uses, b, now):
    wait = b["idle_days"] * DAY
    if use[3] not in ("lookup.place", "lookup.person", "lookup.case") or use[1] > now - wait:
        return False
    for other in uses:
        if use[1] <= other[1] <= use[1] + wait:
            if other[4] == use[4] and other[3].startswith(("lookup.export.", "lookup.download.", "request.lookup")):
                return False
            only_read = other[3] in (
                "case.contacts",
                "case.places",
                "case.answers",
                "case.movements",
                "case.sought",
                "case.freeze",
            )
            if use[5] and other[5] == use[5] and first_word(other) in ("case", "notice") and not only_read:
                return False
    return True
