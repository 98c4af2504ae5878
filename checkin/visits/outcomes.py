"""What comes of a form, and how its submission remembers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

# A declaration by its place in the store: id and moment.
Declared = tuple[UUID, datetime]


@dataclass(frozen=True)
class CheckIn:
    """What came of one person's declaration: the visit, and whether it was new, prolonged, corrected, or the same form
    again."""

    visit_id: UUID
    entered_at: datetime
    declared_at: datetime
    outcome: str  # new, extended, corrected, same
    declaration_id: UUID | None = None
    # Of a visit that was prolonged: the declaration that it went with until then.
    before: Declared | None = None


def as_kept(done: Sequence[CheckIn]) -> dict[str, Any]:
    """What a submission keeps of the people in it: which visit, which declaration and when; no answer and no name."""
    first, *others = (_as_kept(one) for one in done)
    return {**first, "others": others} if others else first


def _as_kept(one: CheckIn) -> dict[str, Any]:
    found: dict[str, Any] = {
        "visit": str(one.visit_id),
        "entered_at": one.entered_at.isoformat(),
        "declared_at": one.declared_at.isoformat(),
    }
    if one.declaration_id is not None:
        found["declaration"] = str(one.declaration_id)
    if one.before is not None:
        found["before"] = as_text(one.before)
    return found


def kept(result: dict[str, Any] | None) -> list[CheckIn]:
    """What came of a submission that was there before, in the order of the people in it."""
    if result is None:
        raise RuntimeError("a submission that was committed has a result")
    return [
        CheckIn(
            UUID(one["visit"]),
            datetime.fromisoformat(one["entered_at"]),
            datetime.fromisoformat(one["declared_at"]),
            "same",
            # A form of before corrections has none.
            UUID(one["declaration"]) if "declaration" in one else None,
            from_text(one.get("before")),
        )
        for one in (result, *result.get("others", ()))
    ]


def as_text(declared: Declared) -> list[str]:
    """A declaration's place as it is kept in JSON."""
    return [str(declared[0]), declared[1].isoformat()]


def from_text(text: Sequence[str] | None) -> Declared | None:
    """The place of `as_text`."""
    return (UUID(text[0]), datetime.fromisoformat(text[1])) if text else None
