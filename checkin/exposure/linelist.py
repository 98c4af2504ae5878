"""The people of a case for another program: plain values, each with the times together."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from checkin import clock
from checkin.cases.models import Case
from checkin.exposure import listing, reasons
from checkin.exposure.contacting import BLOCK, Contacting, together
from checkin.exposure.models import Lookup
from checkin.vault import Vault
from checkin.venues import queries as venues


def lines(
    session: Session, vault: Vault, lookup: Lookup, case: Case, *, limit: int | None, first: int = 0
) -> Iterator[dict[str, Any]]:
    """Everybody whom the case can have met, ranked: `rank`, `name`, `phone`, minutes, and their `encounters`.

    An encounter is one stay of the person beside one of the case: `venue_code` (null where it has none in force),
    `zone` or null, `from` and `to` in the province's time, and whether `to` is `recorded` or the latest there can be.
    With a limit those from `first` (0) on. Names are opened block by block; who cannot be read has empty texts.
    `exposure` and `urgency` are the scores with their reasons (`reasons.Why`), where the disease goes from person to
    person.
    """
    found = Contacting(session, lookup, case)
    people = found.people(session, first, limit).people if limit else found.everybody(session)
    for start in range(0, len(people), BLOCK):
        presences = found.presences(session, people[start : start + BLOCK])
        rows = listing.rows(session, vault, presences, found.window, found.told)
        why = {} if found.from_places else reasons.of(session, found, rows)
        venue_ids = {stay.venue_id for one in presences for stay in one.stays}
        codes, zones = venues.own_codes(session, venue_ids), venues.zone_names(session, list(venue_ids))
        for rank, row in enumerate(rows, first + start + 1):
            yield {
                "rank": rank,
                "name": row.person.full_name,
                "phone": "".join(row.person.phone.split()),
                "certain_minutes": row.presence.certain_minutes,
                "possible_minutes": row.presence.possible_minutes,
                "encounters": [
                    {
                        "venue_code": codes.get(stay.venue_id),
                        "zone": zones.get(stay.zone_id) if stay.zone_id else None,
                        "from": clock.local_text(low),
                        "to": clock.local_text(high),
                        "recorded": recorded,
                    }
                    for stay in row.presence.stays
                    for _, low, high, recorded in together(found, stay)
                ],
                **_scores(why.get(row.presence.person_id)),
            }


def _scores(why: reasons.Why | None) -> dict[str, Any]:
    if why is None:
        return {}
    return {
        "exposure": {"score": why.exposure, "band": why.band, "reasons": list(why.reasons)},
        "urgency": {"score": why.urgency, "reasons": list(why.signs), "may_be_source": why.source},
    }
