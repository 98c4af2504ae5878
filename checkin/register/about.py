"""What is known of a file that was sent, besides its rows."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class About:
    """What is known of a file and shown beside it; locked like the file, since its name may be somebody's."""

    name: str = ""
    detail: str = ""
    ignored: list[str] = field(default_factory=list)
    noted: int = 0
    # Rows that an import did not come to, since it was stopped.
    stopped: int = 0
    # Doubtful names of communes: question, words as written, how many rows, ids of what can be meant.
    questions: list[dict[str, Any]] = field(default_factory=list)
    choices: dict[str, str] = field(default_factory=dict)

    def packed(self) -> bytes:
        """As bytes, for `unpacked`."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, body: bytes | None) -> "About":
        """What `packed` gave; nothing for None."""
        return cls(**json.loads(body)) if body else cls()
