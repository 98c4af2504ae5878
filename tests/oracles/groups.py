"""Which rows a sequence of forms must leave, written apart from the product: one device, one shop without hours.

It imports nothing of the product. Moments are whole minutes.
"""

from dataclasses import dataclass, field


@dataclass
class Declared:
    """What a form said of somebody: when, whether it said yes, whether it is flagged as sent again, what it corrects."""

    made: int
    yes: bool
    flagged: bool = False
    corrects: "Declared | None" = None


@dataclass
class Stay:
    """A visit, until when it likely lasts, and the declaration that it goes with."""

    name: str
    entered: int
    until: int
    goes_with: Declared


@dataclass
class Word:
    """What one page has said of one person: the first time, the last, on which visit, and what that went with before."""

    stay: Stay
    first: Declared
    last: Declared
    before: "Declared | None"


@dataclass
class Page:
    """A page that was opened, and all that was sent from it."""

    sent: int
    people: tuple
    words: dict = field(default_factory=dict)
    late: list = field(default_factory=list)


class World:
    """Visits and declarations after some forms."""

    def __init__(self, usual, correctable):
        self.usual, self.correctable = usual, correctable
        self.visits, self.declarations, self.pages = [], [], {}

    def send(self, name, people, minute):
        """A form is sent from the page of this name, about ((somebody, says yes), ...)."""
        page = self.pages.get(name)
        if page is None:
            self.pages[name] = page = Page(minute, people)
            for one in people:
                self._declare(one, minute, page)
        elif people == page.people:
            return  # the same once more: the first result again
        elif minute - page.sent <= self.correctable:
            page.people = people
            for one in people:
                if one[0] in page.words:
                    self._correct(one, minute, page.words[one[0]])
                else:
                    self._declare(one, minute, page)
        elif people not in page.late:
            page.late.append(people)
            for one in people:
                self._declare(one, minute, None)

    def _made(self, declared):
        self.declarations.append(declared)
        return declared

    def _declare(self, one, minute, page):
        """Something new is told: on the visit that still lasts, or on a new one; `page` None: too late to correct."""
        (who, yes), before = one, None
        told = self._made(Declared(minute, yes, flagged=page is None))
        lasting = [stay for stay in self.visits if stay.name == who and stay.until >= minute]
        if lasting and page is not None:
            stay = max(lasting, key=lambda stay: stay.entered)
            before = stay.goes_with
            stay.until = max(stay.until, minute + self.usual)
            if yes:
                stay.goes_with = told
        else:
            stay = Stay(who, minute, minute + self.usual, told)
            self.visits.append(stay)
        if page is not None:
            page.words[who] = Word(stay, told, told, before)

    def _correct(self, one, minute, word):
        """What was told is told otherwise. A yes of another page is never talked away by this one's no."""
        told = self._made(Declared(minute, one[1], corrects=word.first))
        speaks = word.stay.goes_with is word.last
        if one[1]:
            if not speaks:
                word.before = word.stay.goes_with
            word.stay.goes_with = told
        elif speaks:
            word.stay.goes_with = word.before or told
        word.last = told


def rows(forms, usual, correctable):
    """The world after these forms: (page it was sent from, ((name, says yes), ...), minute), in their order."""
    world = World(usual, correctable)
    for form in forms:
        world.send(*form)
    return world
