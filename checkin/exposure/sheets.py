"""A lookup's list as a file holds it, whatever it lists: how many lines, in which order, and under which heads."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from flask_babel import force_locale, gettext
from sqlalchemy.orm import Session

from checkin.cases.models import Case
from checkin.cells import Cell
from checkin.exposure import exporting, reasons
from checkin.exposure.contacting import Contacting
from checkin.exposure.contactlines import ContactSheet
from checkin.exposure.exporting import About, WholeList
from checkin.exposure.exports import Text, text_of, to_xlsx
from checkin.exposure.models import CONTACTS, Lookup
from checkin.exposure.scored import Cut
from checkin.i18n import DEFAULT
from checkin.vault import Vault


class Sheet(Protocol):
    """What a file of a list is made of."""

    @property
    def bare(self) -> bool:
        """True where nothing may stand in the file but heads and lines."""

    @property
    def title(self) -> str: ...
    def count(self, session: Session) -> int: ...
    def ranked(self, session: Session) -> list[UUID]: ...
    def heads(self) -> list[str]: ...
    def blocks(self, session: Session, vault: Vault, ids: Sequence[UUID]) -> Iterator[list[list[Cell]]]: ...
    def about(self, *, by: str, at: datetime) -> About: ...


@dataclass(frozen=True)
class PeopleSheet:
    """The people of a lookup by place or by case, or of a part of it."""

    lookup: Lookup
    case: Case | None
    asked: WholeList
    bare = False

    @property
    def title(self) -> str:
        """What its sheet is called."""
        return self.lookup.number

    def count(self, session: Session) -> int:
        """How many people there are."""
        return self.asked.count(session)

    def ranked(self, session: Session) -> list[UUID]:
        """Their ids in the order of the list."""
        return self.asked.ranked(session)

    def heads(self) -> list[str]:
        """What stands over the columns."""
        two_places = getattr(self.asked, "other", None) is not None
        return exporting.place_heads(two_places=two_places, scores=exporting.has_scores(self.asked))

    def blocks(self, session: Session, vault: Vault, ids: Sequence[UUID]) -> Iterator[list[list[Cell]]]:
        """A line each, read and opened block by block. Raises MissingPeople."""
        return exporting.place_blocks(session, vault, self.asked, ids)

    def about(self, *, by: str, at: datetime) -> About:
        """What stands in the file: what was asked and why, and who made it."""
        told = exporting.source(self.lookup, self.case, by=by, at=at)
        if isinstance(self.asked, Contacting) and not self.asked.cut.whole:
            told.append((gettext("Phần của danh sách"), reasons.part_name(self.asked)))
        return told


def speaking(sheet: Sheet) -> AbstractContextManager[None]:
    """The language of the file: of contacts the one that was chosen with the columns, else its reader's."""
    return force_locale(DEFAULT) if isinstance(sheet, ContactSheet) else nullcontext()


def whole(session: Session, lookup: Lookup, case: Case | None) -> Sheet:
    """The whole list of a lookup by place or by case, or of contacts."""
    if lookup.kind == CONTACTS:
        return ContactSheet(lookup, case)
    return PeopleSheet(lookup, case, exporting.whole_list(session, lookup, case))


def part(session: Session, lookup: Lookup, case: Case | None, cut: Cut) -> PeopleSheet | None:
    """The part of a case's list; None where no list has it."""
    found = exporting.part_of(session, lookup, case, cut)
    return PeopleSheet(lookup, case, found) if found is not None else None


def weighed(session: Session, sheet: Sheet, lines: int) -> int:
    """As how many a file of so many lines counts where a second person is wanted for long ones: who takes one list of
    contacts after the other takes all of them."""
    return sheet.everybody(session) if isinstance(sheet, ContactSheet) else lines


def text(sheet: Sheet, form: str) -> Text:
    """The writer of the list as CSV or JSON."""
    return text_of(form, sheet.heads(), bare=sheet.bare)


def workbook(sheet: Sheet, lines: Iterable[Sequence[Cell]], about: About) -> bytes:
    """The list as a workbook. Raises TooManyRows."""
    told = () if sheet.bare else about
    return to_xlsx(sheet.title, sheet.heads(), lines, told, about_title=gettext("Nguồn"))
