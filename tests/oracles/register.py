"""What becomes of the rows of a register, a second time: slow and plain, importing nothing of the product.

Rows and venues are dicts with `number`, `name`, `commune`, `address`, `phone`. Two texts are alike when they have the
same letters and digits without accents, the house said or not.
"""

import unicodedata

HOUSE = {"so", "nha", "duong", "pho", "d", "sn", "dc"}


def plain(text):
    text = unicodedata.normalize("NFD", text.lower().replace("đ", "d").replace("Đ", "d"))
    return " ".join("".join(c for c in text if not unicodedata.combining(c)).split())


def words(address):
    cleaned = "".join(c if c.isalnum() else " " for c in plain(address))
    return [word for word in cleaned.split() if word not in HOUSE]


def accents(text):
    return sum(ord(c) > 127 for c in text)


def same(row, venues):
    """The venues that a row can mean."""
    if row["number"]:
        found = [venue for venue in venues if venue["number"] == row["number"]]
        if found:
            return found
    return [
        venue for venue in venues
        if plain(venue["name"]) == plain(row["name"]) and venue["commune"] == row["commune"]
        and words(venue["address"]) == words(row["address"])
        and not (row["number"] and venue["number"] and row["number"] != venue["number"])
    ]  # fmt: skip


def richer(new, old, alike):
    if not alike:
        return new
    return new if accents(new) > accents(old) else old


def outcomes(rows, venues):
    """What becomes of each row, and all venues afterwards; a venue is spoken of by one row alone."""
    venues, said = [dict(venue) for venue in venues], []
    order = [row for row in rows if row["number"]] + [row for row in rows if not row["number"]]
    found = _outcomes(order, venues, said)
    places = [at for at, row in enumerate(rows) if row["number"]] + [
        at for at, row in enumerate(rows) if not row["number"]
    ]
    return [outcome for _, outcome in sorted(zip(places, found, strict=True))], venues


def _outcomes(rows, venues, said):
    found, refused = [], set()
    for row in rows:
        # A number stands for one venue, also where its row was refused.
        refused |= {one["number"] for one, outcome in zip(rows, found, strict=False) if outcome == "rejected"} - {""}
        if row["number"] in refused and not any(venue["number"] == row["number"] for venue in venues):
            found.append("rejected")
            continue
        meant = same(row, venues)
        if len(meant) > 1:
            found.append("rejected")
            continue
        if not meant:
            venues.append(dict(row))
            said.append(venues[-1])
            found.append("created")
            continue
        venue = meant[0]
        alike = {
            "name": plain(row["name"]) == plain(venue["name"]),
            "address": words(row["address"]) == words(venue["address"]),
        }
        after = {
            "number": venue["number"] or row["number"],
            "name": richer(row["name"], venue["name"], alike["name"]),
            "address": richer(row["address"], venue["address"], alike["address"]),
            "commune": row["commune"],
            "phone": row["phone"] or venue["phone"],
        }
        differ = [key for key in after if after[key] != venue[key]]
        if any(venue is one for one in said):
            found.append("rejected" if any(not alike.get(key) for key in differ) else "same")
            continue
        said.append(venue)
        found.append("updated" if differ else "same")
        venue.update(after)
    return found
