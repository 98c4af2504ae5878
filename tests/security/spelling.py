"""Every way in which something secret could be written down, and a search for all of them in any bytes."""

import base64
import json
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus


def spellings(secret: str) -> set[bytes]:
    """The secret in each composition, case, encoding and wrapping that a program could leave behind."""
    plain = unicodedata.normalize("NFD", secret).replace("đ", "d").replace("Đ", "D")
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    forms = {secret, plain} | {unicodedata.normalize(form, secret) for form in ("NFC", "NFD", "NFKD")}
    if secret.isdigit() and len(secret) == 9:  # a phone number without its first digit, in groups as people read it
        forms |= {gap.join((secret[:3], secret[3:6], secret[6:])) for gap in " .-\u00a0"}
    forms |= {case(text) for text in forms for case in (str.lower, str.upper)}
    out: set[bytes] = set()
    for text in forms:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-7"):
            raw = text.encode(encoding)
            out |= {raw, raw.hex().encode(), raw.hex().upper().encode(), *_base64(raw)}
        out |= {quote(text).encode(), quote_plus(text).encode(), quote(text).lower().encode()}
        out |= {json.dumps(text)[1:-1].encode(), text.encode("unicode_escape"), repr(text.encode())[2:-1].encode()}
        out.add("".join(f"&#{ord(char)};" for char in text).encode())
        out.add(text.encode("utf-8")[::-1])
    return {form for form in out if len(form) >= 5}


def _base64(raw: bytes) -> Iterator[bytes]:
    # Where the secret begins within a longer text decides between three spellings; the edges belong to others.
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(b"\0" * shift + raw)
            core = whole[-(-8 * shift // 6) : 8 * (shift + len(raw)) // 6]
            if len(core) >= 10:
                yield core


class Search:
    """Finds any spelling of any secret."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.forms = {form: secret for secret in secrets for form in spellings(secret)}

    def found(self, body: bytes) -> set[str]:
        """The secrets that stand in these bytes."""
        return {secret for form, secret in self.forms.items() if form in body}

    def under(self, folder: Path) -> dict[str, set[str]]:
        """File: secrets that stand in it or in its name, of all files below a folder."""
        out = {}
        for path in sorted(folder.rglob("*")):
            found = self.found(str(path.relative_to(folder)).encode())
            if path.is_file():
                found |= self.found(path.read_bytes())
            if found:
                out[str(path.relative_to(folder))] = found
        return out
