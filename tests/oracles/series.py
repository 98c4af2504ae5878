"""What a list of names stands for, made the other way round: from what is meant, the text that people write for it."""

from itertools import count


def counted(first: str, last: str) -> list[str]:
    """Every step from one number or letter to another, by counting as on paper."""
    if len(first) == 1 and first.isalpha():
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        alphabet = alphabet if first in alphabet else alphabet.lower()
        return list(alphabet[alphabet.index(first) : alphabet.index(last) + 1])
    found = []
    for number in count(int(first)):
        text = str(number)
        while len(text) < len(first):
            text = "0" + text
        found.append(text)
        if number == int(last):
            return found
    return found


def line(prefix: str, runs: list[tuple[str, str, str]], dash: str, repeat: bool) -> tuple[str, list[str]]:
    """(a line as it is typed, the names that are meant) of runs (stem, first, last) that share the words before."""
    typed, meant = [], []
    for stem, first, last in runs:
        typed.append(f"{stem}{first}{dash}{stem if repeat else ''}{last}" if first != last else f"{stem}{first}")
        meant += [f"{prefix}{stem}{step}" for step in (counted(first, last) if first != last else [first])]
    return prefix + ", ".join(typed), meant
