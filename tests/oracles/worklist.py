"""Whom a station has to call, slow and plain: entries are (kind, level, state, made, day), numbers for times."""

WEIGHT = {"urgent": 0, "watch": 1, "routine": 2, "none": 3}
ARRIVE = ("enter", "return")


def wanted(entry, show, only, kind):
    """True where the filter's words want this entry."""
    of, level, state, _made, _day = entry
    if show == "" and state == "done" or show != "" and state != show:
        return False
    if only and level != only:
        return False
    if kind == "arrive":
        return of in ARRIVE
    return kind in ("", of)


def before(one, other, kind):
    """True where `one` stands strictly above `other`."""
    if WEIGHT[one[1]] != WEIGHT[other[1]]:
        return WEIGHT[one[1]] < WEIGHT[other[1]]
    if kind == "arrive" and one[4] != other[4]:
        return one[4] < other[4]
    return one[3] > other[3]
