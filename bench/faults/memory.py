"""What the client was told, on disk before it does the next thing, so that it survives the client too."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

# A visit as a page names it: its id and when it began.
Visit = tuple[UUID, datetime]


@dataclass
class Memory:
    """Submissions that were sent, and every visit that was acknowledged for each."""

    sent: set[UUID] = field(default_factory=set)
    acknowledged: dict[UUID, set[Visit]] = field(default_factory=dict)

    @classmethod
    def read(cls, *paths: Path) -> "Memory":
        """The memory of one or more runs."""
        found = cls()
        for path in paths:
            for line in path.read_text(encoding="ascii").splitlines():
                word, submission, *visit = line.split("\t")
                if word == "sent":
                    found.sent.add(UUID(submission))
                else:
                    entry = UUID(visit[0]), datetime.fromisoformat(visit[1])
                    found.acknowledged.setdefault(UUID(submission), set()).add(entry)
        return found


class Diary:
    """Writes a memory down, each line at once."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="ascii", buffering=1)

    def sending(self, submission: UUID) -> None:
        """A submission is about to be sent, whole or in part."""
        self._file.write(f"sent\t{submission}\n")

    def acknowledged(self, submission: UUID, visit: Visit) -> None:
        """A page came back that names the visit."""
        self._file.write(f"ack\t{submission}\t{visit[0]}\t{visit[1].isoformat()}\n")

    def close(self) -> None:
        self._file.close()
