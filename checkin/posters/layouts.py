"""The forms of a poster by name, and the pages that posters make in each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from checkin.posters import portrait, sticker, tent
from checkin.posters.paper import Face
from checkin.posters.poster import Poster


@dataclass(frozen=True)
class Layout:
    """A form: its page in mm, how many posters a page takes, and how it is drawn."""

    width: float
    height: float
    draw: Callable[[Sequence[Poster]], Face]
    per_page: int = 1


def _alone(draw: Callable[[Poster], Face]) -> Callable[[Sequence[Poster]], Face]:
    return lambda posters: draw(posters[0])


LAYOUTS = {
    "a4": Layout(210, 297, _alone(portrait.a4)),
    "a5": Layout(148, 210, _alone(portrait.a5)),
    "tent": Layout(210, 297, _alone(tent.tent)),
    "sticker": Layout(80, 80, _alone(sticker.sticker)),
    "sheet": Layout(210, 297, sticker.sheet, per_page=sticker.PER_SHEET),
}


def layout(form: str) -> Layout:
    """The form of this name. Raises ValueError for an unknown one."""
    if form not in LAYOUTS:
        raise ValueError(f"no such form of a poster: {form}")
    return LAYOUTS[form]


def pages(posters: Iterable[Poster], form: str) -> Iterator[Face]:
    """The pages of posters in a form, drawn one at a time."""
    chosen, waiting = layout(form), iter(posters)
    while page := list(islice(waiting, chosen.per_page)):
        yield chosen.draw(page)


def alone(poster: Poster, form: str) -> list[Poster]:
    """What a page of one poster holds: on a sheet of many the same one on each place."""
    return [poster] * layout(form).per_page
