"""Who is an F2 after a history, told from the beginning each time; nothing of the product is imported."""


def f2s(history):
    """The people who are F2 after a history of ("names", f1, person), ("f1", one), ("not", one), ("call", one) and
    ("officer", person): an officer says of an F2 that they are none. Whoever was named is an F2 unless an officer said
    otherwise since they were named last, or all who named them are found to be none."""
    named, none, ruled_out = {}, set(), set()
    for what, one, *other in history:
        if what == "names":
            named.setdefault(other[0], set()).add(one)
            ruled_out.discard(other[0])
        elif what == "officer":
            ruled_out.add(one)
        elif what == "not":
            none.add(one)
        else:
            none.discard(one)
    return {person for person, by in named.items() if person not in ruled_out and by - none}
