"""The page of a lookup by place: which part of the list is asked for, and all that stands on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkin import clock, pagekeys
from checkin.charts import NARROW, bars, grid
from checkin.declarations.forms import NATIONALITIES
from checkin.exposure import attendance, listing, meaning, queries, showing
from checkin.exposure.asking import Asked
from checkin.exposure.attendance import CERTAIN, GROUPS, NEW
from checkin.exposure.forms import PlaceForm
from checkin.exposure.models import Lookup
from checkin.exposure.question import MINUTES, SHAPES, SORTS, Page
from checkin.exposure.terms import PlaceAsked, Spot
from checkin.ids import is_id
from checkin.vault import Vault

PAGE = showing.PAGE


@dataclass(frozen=True)
class View:
    """Which part of a list: a group of it, those of one form, in which order, and behind or before whom."""

    only: str = ""
    together: UUID | None = None
    sort: str = MINUTES
    after: str = ""
    before: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "View | None":
        """What an address asks for; None for what no list has."""
        only, form, sort = asked.get("only", ""), asked.get("together", ""), asked.get("sort", MINUTES)
        after, before = asked.get("after", ""), asked.get("before", "")
        if only not in ("", CERTAIN, NEW, *GROUPS) or sort not in SORTS or after and before or "page" in asked:
            return None
        if form and (not is_id(form) or only):
            return None
        return cls(only, UUID(form) if form else None, sort, after, before)

    @property
    def address(self) -> dict[str, Any]:
        """What the addresses of its other pages say too."""
        sort = self.sort if self.sort != MINUTES else None
        return {"only": self.only or None, "together": self.together, "sort": sort}


def earlier(session: Session, lookup: Lookup) -> Lookup | None:
    """The lookup that this one asks once more."""
    row = queries.lookup(session, lookup.repeats) if lookup.repeats else None
    return row[0] if row else None


def place_page(
    session: Session, vault: Vault, lookup: Lookup, view: View, repeated: Lookup | None
) -> dict[str, Any] | None:
    """The list of a place, or the part of it that `view` asks for; None where there is none such."""
    asked = Asked.of(session, lookup, repeated.made_at if repeated else None)
    listed = _page(session, vault, asked, lookup, view)
    if listed is None or view.only == NEW and repeated is None:
        return None
    whole = listed if not (view.only or view.together or view.after or view.before) else asked.page(session, 1)
    counts = {"people": whole.total, CERTAIN: whole.certain} | asked.groups(session)
    if repeated is not None:
        counts[NEW] = asked.page(session, 1, NEW).total
    people = [one.person_id for one in listed.people]
    window, scale = asked.window, listing.scale_around(asked.window)
    last = listed.first + len(people)

    def word(number: int) -> str:
        return pagekeys.sealed(vault, f"{lookup.id} {view.sort}", listed.people[number].key(view.sort))

    return {
        "title": showing.titles(session, [lookup])[lookup.id],
        "names": _names(session, lookup),
        "window": window,
        "times": asked.times if asked.windows else (),
        "other": asked.other.windows[0] if asked.other else None,
        "window_x": scale.x(window.start),
        "window_width": max(round(scale.x(window.end) - scale.x(window.start), 1), 1.5),
        "counts": counts,
        "only": view.only,
        "together": view.together,
        "view": view,
        "flagged": showing.flagged(counts),
        "shown": listed.total,
        **_charts(session, asked),
        **_share(lookup, asked, whole.total),
        "rows": listing.rows(session, vault, asked.some(session, people), window),
        "fresh": set(people) - attendance.known_before(session, asked.question, people) if repeated else set(),
        "repeated": repeated,
        "first": listed.first,
        "previous": word(0) if listed.first else "",
        "following": word(-1) if last < listed.total else "",
        "page": listed.first // PAGE + 1,
        "pages": max(1, -(-listed.total // PAGE)),
        "note_names": showing.NOTE_NAMES,
        "own_province": showing.own_province(session),
        "nationalities": NATIONALITIES,
        "local": showing.local,
        **showing.FLAG_WORDS,
    }


def _page(session: Session, vault: Vault, asked: Asked, lookup: Lookup, view: View) -> Page | None:
    keys = {}
    for name in ("after", "before"):
        text = getattr(view, name)
        keys[name] = pagekeys.opened(vault, f"{lookup.id} {view.sort}", SHAPES[view.sort], text) if text else None
        if text and keys[name] is None:
            return None
    found = asked.page(session, PAGE, view.only, together=view.together, sort=view.sort, **keys)
    if not found.people and (view.after or view.before or view.together):
        return None
    return found


def _names(session: Session, lookup: Lookup) -> list[str]:
    """All places, where there are several."""
    spots = showing.spots_of(lookup, other=False)
    names = showing.Names(session, spots)
    return [names.of(spot) for spot in spots] if len(spots) > 1 else []


def _charts(session: Session, asked: Asked) -> dict[str, Any]:
    """People by the hour; of several days a row each."""
    window = asked.window
    if window.end - window.start <= listing.HOURLY and not asked.windows:
        present = asked.chart(session)
        return {"chart": bars(present), "narrow": bars(present, NARROW), "heat": None}
    days = asked.hourly(session)
    hours = [f"{hour}h" for hour in range(24)]
    rows = [(f"{clock.to_local(start):%d/%m}", False, people) for start, people, _ in days]
    return {
        "chart": None,
        "heat": grid(rows, hours) if any(people for _, _, people in days) else None,
        "heat_narrow": grid(rows, hours, NARROW),
        "hours": hours,
        "in_days": [people for _, _, people in days],
    }


def _share(lookup: Lookup, asked: Asked, people: int) -> dict[str, Any]:
    """How much of those who were there the list has, in percent, by what whoever asked knew; None: nobody knows.

    Only a number that was typed for this very question says it: what a venue holds at most, or how many a counter let
    in, says nothing of how many were there in these hours. A number below that of the list is none.
    """
    known = lookup.headcount if asked.other is None else None
    return {
        "headcount": known,
        "share": round(100 * people / known) if known and known >= people else None,
        "may_know": asked.other is None,
    }


def asked_by(form: PlaceForm, spots: tuple[Spot, ...], other: Spot | None) -> PlaceAsked:
    """What a valid form asks."""
    first = spots[0] if spots else (None, None)
    return PlaceAsked(
        start=form.window[0],
        end=form.window[1],
        venue_id=first[0],
        zone_id=first[1],
        commune_id=form.commune.data or None if not spots else None,
        kind=form.kind.data or None if not spots else None,
        more=spots[1:],
        daily=bool(form.daily.data),
        others=(other,) if other is not None else (),
        other_start=form.other_window[0] if form.other_window else None,
        other_end=form.other_window[1] if form.other_window else None,
        headcount=int(form.headcount.data) if form.headcount.data else None,
    )


def asked_again(lookup: Lookup) -> PlaceAsked:
    """The same question once more."""
    return PlaceAsked(
        start=lookup.start,
        end=lookup.end,
        venue_id=lookup.venue_id,
        zone_id=lookup.zone_id,
        commune_id=lookup.commune_id,
        kind=lookup.venue_kind,
        more=tuple(showing.spots_of(lookup, other=False)[1:]) if lookup.venue_id else (),
        daily=lookup.daily,
        others=tuple(showing.spots_of(lookup, other=True)),
        other_start=lookup.other_start,
        other_end=lookup.other_end,
        headcount=lookup.headcount,
        repeats=lookup.id,
    )


def fill(session: Session, form: PlaceForm, lookup: Lookup) -> None:
    """Put the question of a lookup into the form."""
    here, there = showing.spots_of(lookup, other=False), showing.spots_of(lookup, other=True)
    codes = [code for spot in here if (code := meaning.code_of(session, spot))]
    form.venue.data, form.more.data = next(iter(codes), ""), codes[1:]
    form.commune.data, form.kind.data = lookup.commune_id or "", lookup.venue_kind or ""
    form.start.data, form.end.data = showing.local(lookup.start), showing.local(lookup.end)
    form.daily.data = lookup.daily
    form.headcount.data = str(lookup.headcount or "")
    form.reason.data = lookup.reason
    form.signal.data = lookup.signal or ""
    if there and lookup.other_start and lookup.other_end:
        form.other.data = meaning.code_of(session, there[0]) or ""
        form.other_start.data = showing.local(lookup.other_start)
        form.other_end.data = showing.local(lookup.other_end)
