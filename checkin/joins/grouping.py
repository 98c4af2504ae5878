"""Who belongs together when some are one: a pure rule."""

from collections.abc import Iterable
from uuid import UUID


def groups(pairs: Iterable[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """The main person of everybody who stands in a pair: of all who hang together, the one known longest (ids sort by
    time)."""
    main: dict[UUID, UUID] = {}

    def top(person: UUID) -> UUID:
        while main.setdefault(person, person) != person:
            main[person] = person = main[main[person]]
        return person

    for one, other in pairs:
        low, high = sorted((top(one), top(other)))
        main[high] = low
    return {person: top(person) for person in list(main)}
