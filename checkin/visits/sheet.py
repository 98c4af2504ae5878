"""Everybody on one form: who fills it in, and those who came along. Between the page and its forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from checkin import clock, context
from checkin.db import db
from checkin.declarations import homes
from checkin.declarations.forms import DeclarationForm
from checkin.declarations.service import person_indexes
from checkin.declarations.told import Identity, Told
from checkin.people.identity import Indexes, same_person
from checkin.people.queries import Row
from checkin.places import queries as places
from checkin.vault import Vault
from checkin.visits.forms import CompanionForm

# The fields of each begin with a number of theirs. With who fills it in they are ten.
NUMBERS = tuple(str(number) for number in range(2, 11))
MOST = 1 + len(NUMBERS)

F = TypeVar("F", bound=DeclarationForm)


@dataclass
class Sheet:
    """The forms of one page, in the order in which they stand there."""

    first: DeclarationForm
    others: list[CompanionForm]

    @property
    def free(self) -> str | None:
        """The number of the next who may be added; None where the sheet is full."""
        used = {form.key for form in self.others}
        return next((number for number in NUMBERS if number not in used), None)

    def told(self) -> list[Told]:
        """What a sheet that is valid says, of each."""
        return [form.told() for form in self._everybody()]

    def resolve(self) -> None:
        """Find out where everybody lives."""
        for form in self._everybody():
            homes.resolve(db.session(), form, context.config().province)

    def validate(self, vault: Vault) -> bool:
        """True when all is well; else each form has its errors. Nobody may stand on it twice."""
        # Each of them, also after one that is wrong: nobody shall send the form once for each mistake.
        valid = [form.validate() for form in self._everybody()]
        if not all(valid):
            return False
        known = [person_indexes(vault, self.first.who())]
        for form in self.others:
            own = person_indexes(vault, form.who())
            if any(_same(own, one) for one in known):
                form.full_name.errors = [
                    gettext(
                        "Người này đã có ở trên: cùng tên, năm sinh và số điện thoại hoặc số giấy tờ. "
                        "Hãy bỏ bớt; nếu là hai người, ghi số định danh của từng người."
                    )
                ]
            known.append(own)
        return not any(form.errors for form in self.others)

    def add(self) -> None:
        """One person more, nothing preset, unless the sheet is full."""
        if (key := self.free) is not None:
            added = _make(CompanionForm, None, f"p{key}-")
            added.key = key
            self._take([*self.others, added])

    def drop(self, key: str) -> None:
        """Take somebody off who came along."""
        self._take([form for form in self.others if form.key != key])

    def _everybody(self) -> list[DeclarationForm]:
        return [self.first, *self.others]

    def _take(self, others: list[CompanionForm]) -> None:
        self.others = others
        for number, form in enumerate(others, 1):
            form.number, form.first = number, self.first


def blank(known: Sequence[Identity] = ()) -> Sheet:
    """An empty sheet, or one with the details of people known; no answer is preset."""
    sheet = Sheet(_make(DeclarationForm, None), [])
    if known:
        _fill(sheet.first, known[0])
    for who in known[1:MOST]:
        sheet.add()
        sheet.others[-1].fill_beside(who, known[0])
    return sheet


def _fill(form: DeclarationForm, who: Identity) -> None:
    form.fill_from(who)
    if who.province_id != form.home and (unit := places.commune(db.session(), who.commune_id)) is not None:
        # Of another province the name is typed, not chosen.
        form.commune.data, form.commune_other.data = "", unit.name


def read(values: MultiDict[str, str], first: DeclarationForm | None = None) -> Sheet:
    """The sheet that was sent; `first` is the form of who fills it in, where that is another than at a door."""
    sheet = Sheet(first or _make(DeclarationForm, values), [])
    others = []
    for key in dict.fromkeys(key for key in values.getlist("also") if key in NUMBERS):
        form = _make(CompanionForm, values, f"p{key}-")
        form.key = key
        others.append(form)
    sheet._take(others)
    return sheet


def _make(kind: type[F], values: MultiDict[str, str] | None, prefix: str = "") -> F:
    form = kind(values, prefix=prefix)
    form.today, form.home = clock.today(), context.config().province
    form.province.choices = [(place.id, place.name) for place in places.provinces(db.session()) or ()]
    if not form.province.data:
        form.province.data = form.home
    return form


def _same(one: Indexes, other: Indexes) -> bool:
    return one.name == other.name and same_person(one, [Row(UUID(int=0), other.id, other.phone)]) is not None
