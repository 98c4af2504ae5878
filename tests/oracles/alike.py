"""The rules of likely doubles, of venues inside one another and of silence, written a second time, slow and plain.

Imports nothing of the product.
"""

import re
import unicodedata
from datetime import timedelta

KINDS = [
    "cong ty trach nhiem huu han", "cong ty tnhh", "cong ty co phan", "trung tam thuong mai", "cua hang", "nha hang",
    "khach san", "nha nghi", "quan an", "nha thuoc", "sieu thi", "cong ty", "tap hoa", "quan", "tiem", "shop",
]  # fmt: skip
STREET_WORDS = ["so nha", "so", "duong", "pho", "ngo", "ngach", "to", "khu", "thon", "phuong", "xa"]


def plain(text):
    """For Vietnamese letters, digits and spaces."""
    letters = [c for c in unicodedata.normalize("NFD", text.lower().replace("đ", "d")) if not unicodedata.combining(c)]
    return " ".join("".join(letters).split())


def numbers(text):
    found, run = [], ""
    for char in text + " ":
        if char in "0123456789":
            run += char
        elif run:
            found.append(run.lstrip("0"))
            run = ""
    return found


def share(one, other):
    """Pairs of neighbours that can be crossed out on both sides, doubled, of all pairs."""
    first, second = ("".join(c for c in text if c.isalnum()) for text in (one, other))
    pairs = [[f"^{text}$"[i : i + 2] for i in range(len(text) + 1)] if text else [] for text in (first, second)]
    left, crossed = list(pairs[1]), 0
    for pair in pairs[0]:
        if pair in left:
            left.remove(pair)
            crossed += 1
    total = len(pairs[0]) + len(pairs[1])
    return 2 * crossed / total if total else 0


def without_kind(name):
    for kind in sorted(KINDS, key=len, reverse=True):
        if name.startswith(kind + " ") and len(name) > len(kind) + 1:
            return name[len(kind) + 1 :]
    return name


def name(one, other):
    one, other = without_kind(plain(one)), without_kind(plain(other))
    if numbers(one) != numbers(other):
        return 0
    found = share(one, other)
    return found if found >= 0.8 else 0


def address(one, other):
    one, other = plain(one), plain(other)
    if numbers(one) != numbers(other):
        return 0
    least = 0.7 if numbers(one) else 0.9
    for word in STREET_WORDS:
        one, other = (re.sub(rf"\b{word}\b", " ", text) for text in (one, other))
    if least == 0.9 and min(len(re.sub(r"\W", "", text)) for text in (one, other)) < 6:
        return 0
    found = share(one, other)
    return found if found >= least else 0


def levels(inner, outer, parents, deepest):
    """What stands against putting `inner` inside `outer`, by doing it in a copy and looking at every venue."""
    if inner == outer:
        return "self"
    done = {**parents, inner: outer}
    steps = []
    for start in done:
        seen, at = [start], done.get(start)
        while at is not None:
            if at in seen:
                return "cycle"
            seen.append(at)
            at = done.get(at)
        if inner in seen and outer in seen:
            steps.append(len(seen) - 1)
    return "deep" if max(steps) > deepest else None


def quiet(since, visits, today, kept):
    """(kind, recent, expected) of one venue, or None."""
    if sum(visits.values()) == 0:
        return ("never", 0, 0) if (today - since).days >= 3 else None
    recent = expected = 0
    for ago in (1, 2, 3):
        weeks = [ago + 7, ago + 14, ago + 21]
        counts = sorted(
            visits.get(today - timedelta(days=n), 0) for n in weeks if n <= kept and (today - since).days > n
        )
        if len(counts) < 2:
            continue
        middle = len(counts) // 2
        expected += counts[middle] if len(counts) % 2 else (counts[middle - 1] + counts[middle]) / 2
        recent += visits.get(today - timedelta(days=ago), 0)
    if not recent and expected >= 5:
        return "stopped", recent, expected
    if expected >= 12 and recent * 4 <= expected:
        return "fell", recent, expected
    return None
