"""The text that owners sign: dated rule data, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LANGUAGES = ("vi", "en")


@dataclass(frozen=True)
class Text:
    """One version of the text in one language."""

    version: str
    title: str
    towards: str
    items: tuple[str, ...]


def check(data: Mapping[str, Any]) -> None:
    """Raises ValueError or KeyError where a version cannot be used: a language missing, or unlike the other one."""
    texts = [read(data, language) for language in LANGUAGES]
    if len({len(text.items) for text in texts}) != 1 or not texts[0].items:
        raise ValueError("both languages need the same items, and one at least")
    if not all(isinstance(part, str) and part for text in texts for part in (text.title, text.towards, *text.items)):
        raise ValueError("a text is empty")
    if len(str(data["version"])) > 10:
        raise ValueError("version: a day, as in 2026-01-01")


def read(data: Mapping[str, Any], language: str) -> Text:
    """The text of a section of the rules in a language. Raises KeyError where it is not there."""
    part = data[language]
    return Text(str(data["version"]), part["title"], part["towards"], tuple(part["items"]))
