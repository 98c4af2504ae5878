"""Whom the page of an F1 offers, told by going through everybody; nothing of the product is imported.

Hours are whole numbers, `day_of` says on which day of the province one lies. A shift is (person, venue, zone, parts,
taken_back), its parts (start, end); a form is (hour, people). People are numbers: the lower one was known first.
"""


def offered(*, people, phones, joined, forms, shifts, f1, case, near, since, until, most_phone, day_of):
    """([(person, [(why, times, last day, venue)])] in the order of the page, whether a phone was left out)."""
    same = {one: {one} for one in people}
    for one, other in joined:
        both = same[one] | same[other]
        for member in both:
            same[member] = both
    main = {one: min(same[one]) for one in people}
    own = same[f1]

    def sharing(phone):
        return {main[one] for one in people if phone in phones[one]}

    told = {phone for one in own for phone in phones[one]}
    wide = any(len(sharing(phone)) > most_phone for phone in told)
    aside = {main[one] for one in (f1, case, *near)}
    found = []
    for person in sorted(set(main.values()) - aside):
        theirs, shared = same[person], []
        if any(person in sharing(phone) and len(sharing(phone)) <= most_phone for phone in told):
            shared.append(("phone", 0, None, None))
        together = [hour for hour, on in forms if on & own and on & theirs]
        if together:
            shared.append(("form", len(together), max(map(day_of, together)), None))
        shared += _colleague(own, theirs, shifts, since, until, day_of)
        if shared:
            shared.sort(key=lambda one: (_rank(one), -one[1], _back(one), one[3] or 0))
            found.append((person, shared))
    found.sort(
        key=lambda one: (
            _rank(one[1][0]), -sum(share[1] for share in one[1]), min(map(_back, one[1])), one[0],
        )
    )  # fmt: skip
    return found, wide


def _colleague(own, theirs, shifts, since, until, day_of):
    """Hour by hour, at each venue."""
    for venue in sorted({shift[1] for shift in shifts}):
        met, begun = 0, []
        for person, at, zone, parts, taken_back in shifts:
            if person not in theirs or at != venue or taken_back:
                continue
            hit = [
                start
                for start, end in parts
                if any(
                    set(range(start, end)) & set(range(low, high)) & set(range(since, until))
                    for mine, place, corner, pieces, back in shifts
                    if mine in own and place == venue and not back and (None in (zone, corner) or zone == corner)
                    for low, high in pieces
                )
            ]
            met += bool(hit)
            begun += hit
        if met:
            yield "shift", met, max(map(day_of, begun)), venue


def _rank(shared):
    return ("phone", "form", "shift").index(shared[0])


def _back(shared):
    return -shared[2].toordinal() if shared[2] else 0
