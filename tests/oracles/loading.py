"""What comes of a file of visits, by the text of the rules alone: nothing of the product is imported.

A row is told as plain values, each good or with a fault that the caller names. The same row (code, name in any
case, birth year, id number, phone, moment) is one visit; who is the same person says `people.persons`.
"""

from tests.oracles.people import persons


def load(batches):
    """For files given one after the other, each a list of (key or None, times): a key is what makes a row the same.

    Returns (counts of each file, {key: (times, number of the person)}). None is a row with a fault.
    """
    stored, told, order, counts = {}, [], [], []
    for rows in batches:
        count = {"rows": len(rows), "created": 0, "same": 0, "rejected": 0}
        for key, times in rows:
            if key is None:
                count["rejected"] += 1
            elif key in stored:
                count["same"] += 1
            else:
                count["created"] += 1
                stored[key] = times
                order.append(key)
                code, name, year, id_number, phone, entered = key
                told.append(((plain(name), year), id_number, phone))
        counts.append(count)
    # Without a number nobody is anybody else.
    numbered = [(key, one) for key, one in zip(order, told, strict=True) if one[1] or one[2]]
    firsts = persons([one for _, one in numbered])
    who = {key: ("somebody", first) for (key, _), first in zip(numbered, firsts, strict=True)}
    return counts, {key: (stored[key], who.get(key, ("alone", key))) for key in order}


def plain(name):
    """A name as it is found again: without case and accents, of the few letters that the tests use."""
    table = str.maketrans("ưùếúạ", "uueua")
    return name.lower().translate(table)
