"""What a page says to its reader: its words, without the names and the choices of places in it."""

import re
from html.parser import HTMLParser
from unicodedata import normalize

# Letters that Vietnamese has and English has not.
VIETNAMESE = re.compile("[À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ\u0300-\u0303\u0306\u0309\u031b\u0323]")
SPOKEN = ("aria-label", "alt", "placeholder", "title")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SILENT = {"script", "style", "option"}


class _Words(HTMLParser):
    def __init__(self, language: str) -> None:
        super().__init__(convert_charrefs=True)
        self.language = language
        self.open: list[tuple[str, bool]] = []
        self.words: list[str] = []

    @property
    def _skipped(self) -> bool:
        return bool(self.open) and self.open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        skipped = self._skipped or tag in SILENT or given.get("translate") == "no"
        skipped = skipped or (tag != "html" and given.get("lang", self.language) != self.language)
        if not skipped:
            self.words += [given[name] or "" for name in SPOKEN if name in given]
        if tag not in VOID:
            self.open.append((tag, skipped))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.words.append(data)


def words(html: str, language: str = "en") -> str:
    """Text and spoken attributes of a page in NFC, a line each, but for what is marked as a name or as of
    another language, and for options."""
    parser = _Words(language)
    parser.feed(html)
    return normalize("NFC", "\n".join(word.strip() for word in parser.words if word.strip()))


def vietnamese_lines(html: str, names: set[str]) -> list[str]:
    """The lines of a page with a Vietnamese letter outside these names."""
    lines = words(html).splitlines()
    if names:
        either = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))
        lines = [either.sub("", line) for line in lines]
    return [line for line in lines if VIETNAMESE.search(line)]
