"""Until when somebody can have stayed where nobody recorded it, minute by minute, written apart from the product.

It imports nothing of the product. Moments are whole minutes since a midnight of the province.
"""

DAY = 24 * 60


def closing_minute(closes_at: str) -> int:
    """The minute of the day at which a venue closes; midnight, as 00:00 or 24:00, is minute 0."""
    hour, minute = closes_at.split(":")
    return (int(hour) * 60 + int(minute)) % DAY


def ends(entered: int, seen: int, usual: int, longest: int, closes_at: str | None) -> tuple[int, int]:
    """(likely, latest) end of a stay: walk on from when the person was last seen until something ends it."""
    latest = seen
    while True:
        # Nobody stays longer than the longest stay there is, counted from the door.
        if latest - entered >= longest:
            break
        # The venue closes: out they go. Who was seen at the very minute of closing stays until the next one.
        if closes_at is not None and latest > seen and latest % DAY == closing_minute(closes_at):
            break
        latest += 1
    # People usually leave after the usual stay, unless they have to leave before.
    likely = seen
    while likely < latest and likely - seen < usual:
        likely += 1
    return likely, latest
