"""People recorded twice, read off the rules once more: nothing of the product is imported, and all is tried with all."""

from itertools import combinations


def groups(edges, people):
    """Each person's group as a frozenset, by painting everybody who can be reached."""
    found = {}
    for start in people:
        reached, grows = {start}, True
        while grows:
            grows = False
            for one, other in edges:
                if (one in reached) != (other in reached):
                    reached |= {one, other}
                    grows = True
        found[start] = frozenset(reached)
    return found


def candidates(people, most, years=2):
    """{(one, other): what makes them worth comparing, 1 the strongest} of everybody with everybody.

    A person is a list of tellings (folded name, year, id number or "", phone or "", commune or None). `most` bounds how
    many may share an id number, a phone, a name with its year in one commune.
    """

    def values(person, what):
        return {
            "id": {row[2] for row in person if row[2]},
            "phone": {row[3] for row in person if row[3]},
            "full": {(row[0], row[1]) for row in person},
            "commune": {row[4] for row in person if row[4]},
            "home": {(row[0], row[1], row[4]) for row in person if row[4]},
        }[what]

    def shared(one, other, what, bound):
        """What both have, and how many have it with them: too many say nothing."""
        return {
            value
            for value in values(one, what) & values(other, what)
            if sum(value in values(person, what) for person in people.values()) <= bound
        }

    found = {}
    for (a, one), (b, other) in combinations(sorted(people.items()), 2):
        by_id = shared(one, other, "id", most["id"])
        by_phone = shared(one, other, "phone", most["phone"])
        by_home = shared(one, other, "home", most["home"])
        if not (by_id or by_phone or by_home):
            continue
        # Once they are compared everything counts that they have in common.
        id_number = values(one, "id") & values(other, "id")
        phone, name = values(one, "phone") & values(other, "phone"), values(one, "full") & values(other, "full")
        two_ids = values(one, "id") and values(other, "id")
        close = abs(one[-1][1] - other[-1][1]) <= years
        if id_number:
            found[a, b] = 1
        elif phone and name:
            found[a, b] = 2
        elif phone and close and not two_ids:
            found[a, b] = 3
        elif name and values(one, "commune") & values(other, "commune") and not two_ids:
            found[a, b] = 4
        elif phone:
            found[a, b] = 5
    return found


def beside(stays, own, air):
    """{group: (certain minutes, possible minutes)} of who can have met the case, minute by minute.

    A stay is (group, venue, entered, left or None, latest end) in whole minutes; `own` is the group of the case.
    """
    found = {}
    for group, venue, entered, left, latest in stays:
        if group == own:
            continue
        for who, where, came, went, last in stays:
            if who != own or where != venue:
                continue
            low, high = max(entered, came), min(latest, last + air)
            if low > high:
                continue
            certain, possible = found.setdefault(group, (set(), set()))
            possible.update(range(low, high))
            if left is not None and went is not None:
                certain.update(range(low, high))
    return {group: (len(certain), len(possible)) for group, (certain, possible) in found.items()}
