"""One request out of a seed: a right one, with some of it wrong."""

import random
import string
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.hostile import HOSTILE
from tests.security import fields
from tests.security.matrix import MATRIX, ROLES
from tests.security.tenants import A, B, Town
from tests.security.test_matrix import FIXED, form_for, rule_of

METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "x")
# Drawn seldom: what takes a hundred times as long as the others, and what only reads a file.
SLOW = ("poster", "qr.png", "/static/")
HEADERS = (
    ("Accept-Language", ("en", "vi", "x" * 500, "vi;q=2, en;q=-1", "*")),
    ("Origin", ("null", "http://[x", "https://evil.example", "http://localhost:8000")),
    ("Sec-Fetch-Site", ("cross-site", "same-origin", "none", "?")),
    ("Host", ("evil.example", "localhost:99999", "[::1", "a b", "x" * 300)),
    ("X-Forwarded-For", ("1.2.3.4", "x", "::1, ::2", ",,,")),
    ("X-Forwarded-Proto", ("https", "javascript")),
    ("Range", ("bytes=0-0", "bytes=9-1", "x")),
    ("If-None-Match", ('"x"', "*", "x" * 999)),
    ("If-Modified-Since", ("Fri, 20 Nov 2026 03:30:00 GMT", "x")),
    ("User-Agent", ("", "x" * 2000, "\u00e9")),
    ("Referer", ("https://evil.example/", "x")),
    ("Content-Type", ("application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-16", "x/y; charset=\u00e9")),
    ("Content-Length", ("0", "999999", "-1", "x")),
    ("X-HTTP-Method-Override", ("DELETE",)),
)  # fmt: skip


@dataclass
class Request:
    name: str
    role: str
    method: str
    path: str
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Maker:
    """Draws requests for a town; the same seed draws the same ones."""

    town: Town
    typed: dict[str, set[str]]
    rng: random.Random

    def __post_init__(self) -> None:
        self.asked = fields.asked_in_addresses(self.typed)
        self.names = [name for name in MATRIX for _ in range(1 if any(word in name for word in SLOW) else 12)]

    def text(self) -> str:
        """Something that somebody could type, or would not."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.5:
            return rng.choice(HOSTILE)
        if kind < 0.7:
            return "".join(
                chr(
                    rng.choice(
                        (
                            rng.randrange(0x20),
                            rng.randrange(0x250),
                            rng.randrange(0x1E00, 0x1F00),
                            rng.randrange(0xD7FF),
                            rng.randrange(0x1F300, 0x1FAFF),
                        )
                    )
                )
                for _ in range(rng.randrange(40))
            )
        if kind < 0.8:
            return str(rng.choice((0, -1, 1, 7, 2**31, 2**63, 10**30, 1e308, rng.randrange(10**12))))
        if kind < 0.9:
            return "".join(rng.choices(string.digits + "-/:T+. |", k=rng.randrange(24)))
        return rng.choice(HOSTILE) + rng.choice(HOSTILE)

    def draw(self) -> Request:
        """The next request."""
        rng, name = self.rng, self.rng.choice(self.names)
        row = MATRIX[name]
        method = name.split(" ")[0] if rng.random() < 0.93 else rng.choice(METHODS)
        role = fields.who_opens(name) if rng.random() < 0.75 else rng.choice(ROLES)
        tenant = A if rng.random() < 0.7 else B
        path = self._path(name)
        if rng.random() < 0.3:
            path += "?" + self._encoded(
                [(rng.choice([*self.asked, "x"]), self.text()) for _ in range(rng.randrange(4))]
            )
        if rng.random() < 0.03:
            path = rng.choice(
                (
                    path.upper(),
                    path + "/",
                    "/" + path,
                    path.replace("/", "//"),
                    path + "%00",
                    path + ";x",
                    path + "/../",
                    quote(path),
                )
            )
        request = Request(name, role, method, path)
        for header, values in HEADERS:
            if rng.random() < 0.02:
                request.headers[header] = rng.choice(values)
        if method not in {"GET", "HEAD"} or rng.random() < 0.02:
            request.data = self._body(name, row, tenant, path)
        return request

    def _path(self, name: str) -> str:
        values: dict[str, Any] = {}
        rule = rule_of(self.town.app, name)
        raw = rule.rule
        for argument, converter in rule._converters.items():
            known = self.town.objects.get(MATRIX[name].at.get(argument, argument))
            if hasattr(converter, "items"):
                value = self.rng.choice(sorted(converter.items))
            elif argument in FIXED:
                value = FIXED[argument]
            else:
                assert known is not None, argument
                others = [objects[0] for objects in self.town.objects.values()]
                value = self.rng.choice(known if self.rng.random() < 0.85 else [*others, *known])
            values[argument] = value
        if self.rng.random() < 0.9 or not values:
            try:
                return str(rule.build(values)[1])
            except Exception:  # an object of another kind: built by hand below
                pass
        # By hand, with what the converter would not let through.
        parts = [
            quote(self._sendable(self.text())[:300].encode(), safe="") if part.startswith("<") else part
            for part in raw.split("/")
        ]
        return "/".join(parts)

    def _body(self, name: str, row: Any, tenant: str, path: str) -> Any:
        rng = self.rng
        if rng.random() < 0.02:
            return rng.randbytes(rng.randrange(200))
        form = dict(form_for(self.town, row, tenant, path)) if name.startswith("POST") else {}
        pairs = [(key, value) for key, many in form.items() for value in (many if isinstance(many, list) else [many])]
        for key in rng.sample(
            sorted(self.typed.get(name, {"x"})) or ["x"],
            k=min(rng.choice((0, 1, 1, 1, 2, 5)), len(self.typed.get(name, {"x"})) or 1),
        ):
            pairs = [pair for pair in pairs if pair[0] != key or rng.random() < 0.1]
            if rng.random() < 0.9:
                pairs.append((key, self.text()))
        if rng.random() < 0.02:
            pairs += [(self.text()[:50], self.text()) for _ in range(rng.choice((1, 5, 600)))]
        return self._encoded(pairs)

    def _encoded(self, pairs: list[tuple[str, Any]]) -> str:
        def one(value: Any) -> str:
            plain = self._sendable(str(value))
            return quote(plain.encode("latin-1", "replace") if self.rng.random() < 0.02 else plain.encode(), safe="")

        return "&".join(f"{one(key)}={one(value)}" for key, value in pairs)

    @staticmethod
    def _sendable(text: str) -> str:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
