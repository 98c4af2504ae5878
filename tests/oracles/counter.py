"""What a counter makes of scans, slow and plain. Times are minutes; midnight of today is 0, now is `now`."""

CAP = 12 * 60


class Counter:
    """Visits and declarations of one venue, as lists."""

    def __init__(self, now: int, stay: int) -> None:
        self.now, self.stay = now, stay
        self.visits: list[dict] = []
        self.declared: list[tuple[str, int, str]] = []

    def scan(self, who: str, at: int, kind: str, door: str | None = None) -> str:
        """Take a scan made at a minute, at a door or for the whole venue; the word for today."""
        if kind != "card":
            self.declared.append((who, at, kind))
        still = [
            visit
            for visit in self.visits
            if visit["who"] == who and at - 24 * 60 <= visit["came"] <= at + 1 and visit["likely"] >= at
        ]
        if at == self.now:
            # Who is here now has left the other doors, and never the building around this one.
            for visit in still:
                if visit["door"] not in (None, door) and visit["came"] <= at:
                    visit["likely"] = at
        here = [visit for visit in still if visit["door"] == door]
        if here:
            visit = max(here, key=lambda one: one["came"])
            seen = max(at, visit["came"])
            visit["likely"] = max(visit["likely"], min(seen + self.stay, max(visit["came"] + CAP, seen)))
        else:
            self.visits.append({"who": who, "door": door, "came": at, "likely": at + min(self.stay, CAP)})
        today = {kind for other, made, kind in self.declared if other == who and 0 <= made < 24 * 60}
        return "help" if "sick" in today else "declared" if "asked" in today else "none"
