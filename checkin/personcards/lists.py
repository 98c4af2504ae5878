"""A pasted list of people for whom cards are made: a line each, as it comes out of a spreadsheet or was typed.

A line holds a name and a year of birth, and may hold a phone or paper number, and "Nam" or "Nữ"; columns are parted by
tabs, semicolons, commas or bars, or by nothing but the change from letters to digits.
"""

import re
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from checkin.fold import ascii_digits, fold
from checkin.names import clean_name, without_ordinal
from checkin.people.idnumbers import parse_id_number
from checkin.phones import normalise_phone

MOST_LINES = 200
# Of a whole list, and of a line; whoever pastes a book is told so.
MOST_TYPED, LONGEST_LINE, LONGEST_NAME = 40_000, 400, 100

_COLUMNS = re.compile(r"[\t;|,]+")
# A spreadsheet takes the zero off a phone; no old paper number of nine digits begins so.
_NO_ZERO = re.compile(r"[5789]\d{8}")
# The country stands apart from the rest, as in +84 912345678.
_COUNTRY = re.compile(r"(\+\d{1,3}) (?=\d)")
_ORDINAL = re.compile(r"^\d{1,4}[.)]?$")
_DATE = re.compile(r"^(?:\d{1,2}[/.\-]\d{1,2}[/.\-])?(\d{4})$")
_GENDERS = {"nam": "male", "nu": "female"}
_HEADINGS = ("ho va ten", "ho ten", "nam sinh", "full name")


@dataclass(frozen=True)
class Entry:
    """A line that was read: who it says, and what is wrong with it, empty where a card can be made.

    `problem` is one of "long", "name", "year", "number", "double".
    """

    number: int
    text: str
    full_name: str = ""
    birth_year: int = 0
    gender: str = ""
    phone: str = ""
    id_number: str = ""
    problem: str = ""


def entries(text: str, year: int) -> list[Entry]:
    """What each line says, in order, at most MOST_LINES and one more; `year` is this one.

    Empty lines and a line of headings are no entries. The same person a second time is a "double".
    """
    found: list[Entry] = []
    seen: set[tuple[str, int, str, str]] = set()
    for line in text[:MOST_TYPED].splitlines():
        cleaned = " ".join(part for part in (clean_name(part) for part in _COLUMNS.split(line)) if part)
        if not cleaned or (not found and any(fold(cleaned).find(word) >= 0 for word in _HEADINGS)):
            continue
        entry = _entry(len(found) + 1, line, year)
        who = (fold(entry.full_name), entry.birth_year, entry.phone, entry.id_number)
        if not entry.problem and who in seen:
            entry = Entry(entry.number, entry.text, *who_of(entry), problem="double")
        seen.add(who)
        found.append(entry)
        if len(found) > MOST_LINES:
            break
    return found


def who_of(entry: Entry) -> tuple[str, int, str, str, str]:
    """Name, year of birth, gender, phone and paper number of a line."""
    return entry.full_name, entry.birth_year, entry.gender, entry.phone, entry.id_number


def _entry(number: int, line: str, year: int) -> Entry:
    shown = clean_name(line[:LONGEST_LINE])
    if len(line) > LONGEST_LINE:
        return Entry(number, shown, problem="long")
    names, born, digits, gender = _parts(line, year)
    name = " ".join(names)
    if not any(char.isalpha() for char in name) or len(name) > LONGEST_NAME:
        return Entry(number, shown, name[:LONGEST_NAME], problem="name")
    if born is None:
        return Entry(number, shown, name, gender=gender, problem="year")
    try:
        phone, id_number = _numbers(digits)
    except ValueError:
        return Entry(number, shown, name, born, gender, problem="number")
    return Entry(number, shown, name, born, gender, phone, id_number)


def _parts(line: str, year: int) -> tuple[list[str], int | None, list[str], str]:
    """The words of the name, the year of birth, what else has digits, and the gender."""
    columns = [column for column in map(clean_name, _COLUMNS.split(line)) if column]
    if len(columns) > 1 and _ORDINAL.match(ascii_digits(columns[0])):
        columns = columns[1:]
    columns[:1] = [without_ordinal(column) for column in columns[:1]]
    names: list[str] = []
    digits: list[str] = []
    gender, born, behind = "", None, False
    for column in columns:
        kinds: list[tuple[str, str]] = []
        for word in column.split():
            plain = ascii_digits(word)
            if any(char.isdigit() for char in plain):
                found = _born(plain, year) if born is None else None
                kinds.append(("number" if found is None else "born", plain))
                born, behind = born or found, True
            elif behind and fold(word) in _GENDERS:
                gender = _GENDERS[fold(word)]
                kinds.append(("gender", word))
            elif word.strip("-–"):
                # An address or remark behind the numbers is nobody's name.
                kinds.append(("remark" if behind else "name", word))
        names += [word for kind, word in kinds if kind == "name"]
        digits += _own_numbers(kinds)
    # A column of its own before the year; "Nam" is a name too, and then not the last word of several columns.
    own = next((fold(column) for column in columns[1:] if fold(column) in _GENDERS), "")
    if own and names and fold(names[-1]) == own and not gender:
        gender, names = _GENDERS[own], names[:-1]
    return names, born, digits, gender


def _own_numbers(column: list[tuple[str, str]]) -> list[str]:
    """What is a number of somebody in a column: not that of a house or a hamlet, which is short and stands beside a
    word."""
    runs = [(kind, [word for _, word in group]) for kind, group in groupby(column, key=itemgetter(0))]
    found: list[str] = []
    for place, (kind, words) in enumerate(runs):
        beside = {kind for kind, _ in (*runs[max(place - 1, 0) : place], *runs[place + 1 : place + 2])}
        if kind == "number" and not ("remark" in beside and _short(words)):
            found += words
    return found


def _short(words: list[str]) -> bool:
    # A passport has letters and six digits or more; a phone that lacks a digit is still to be said wrong.
    most = 4 if any(char.isalpha() for word in words for char in word) else 6
    return sum(char.isdigit() for word in words for char in word) <= most


def _born(word: str, year: int) -> int | None:
    match = _DATE.match(word)
    return int(match[1]) if match and year - 125 <= int(match[1]) <= year else None


def _numbers(words: list[str]) -> tuple[str, str]:
    """(phone, paper number) of what is left. Raises ValueError for what is neither, or for two of one kind."""
    words = _COUNTRY.sub(r"\1", " ".join(words)).split()
    if not words:
        return "", ""
    whole = [word for word in words if len(re.sub(r"\D", "", word)) >= 8 or any(char.isalpha() for char in word)]
    # A number in groups, such as 0912 345 678, comes apart and is put together again.
    pieces = "".join(word for word in words if word not in whole)
    phone = id_number = ""
    for text in [*whole, *([pieces] if pieces else [])]:
        plain = re.sub(r"[.\-() ]", "", text)
        usual = len(plain) in (10, 11) and plain.isdigit()
        is_phone = plain.startswith("+") or usual or _NO_ZERO.fullmatch(plain) is not None
        if is_phone and not phone:
            phone = normalise_phone(plain)
        elif not is_phone and not id_number:
            id_number = parse_id_number(plain).value
        else:
            raise ValueError("two numbers of one kind")
    return phone, id_number
