"""What a counter makes of cards, slow and plain. Times are minutes."""

CAP = 12 * 60


class Cards:
    """Cards, their holders, and the visits of one venue, as lists."""

    def __init__(self, stay: int) -> None:
        self.stay = stay
        self.holders: list[str] = []
        self.revoked: dict[int, int] = {}
        self.visits: list[dict] = []
        self.sent: dict[int, int | None] = {}

    def issue(self, who: str) -> int:
        """The number of a new card."""
        self.holders.append(who)
        return len(self.holders) - 1

    def revoke(self, card: int, at: int = 0) -> bool:
        """Take a card out of use at a moment; True when it was in use."""
        fresh = card not in self.revoked
        self.revoked.setdefault(card, at)
        return fresh

    def restore(self, card: int) -> None:
        self.revoked.pop(card, None)

    def scan(self, card: int, at: int, record: int) -> int | None:
        """Take a scan; `record` is the device's own number for it. Which visit came of it, or None for a refusal."""
        if record in self.sent:
            return self.sent[record]
        if card in self.revoked and at >= self.revoked[card]:
            return None
        who = self.holders[card]
        still = [
            v for v in self.visits if v["who"] == who and at - 24 * 60 <= v["came"] <= at + 1 and v["likely"] >= at
        ]
        if still:
            visit = max(still, key=lambda one: one["came"])
            seen = max(at, visit["came"])
            visit["likely"] = max(visit["likely"], min(seen + self.stay, max(visit["came"] + CAP, seen)))
        else:
            visit = {"who": who, "came": at, "likely": at + min(self.stay, CAP)}
            self.visits.append(visit)
        self.sent[record] = self.visits.index(visit)
        return self.sent[record]
