"""Collects the texts of code and templates into the catalogues, and checks that none is missing.

`python -m checkin.i18n.catalogues` writes, with `--check` it only says what is wrong; a code, as in
`python -m checkin.i18n.catalogues zh`, begins a language that there is not yet. Vietnamese is the
language of the texts themselves, so its catalogue repeats them; every other language is translated by hand.
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from checkin.config import ROOT
from checkin.i18n import DEFAULT, FOLDER, LANGUAGES

METHODS = [("checkin/**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false"}}
KEYWORDS = {"_": None, "gettext": None, "_l": None, "lazy_gettext": None, "ngettext": (1, 2)}
HOLE = re.compile(r"%\(\w+\)[sd]|%%")


def collected() -> Catalog:
    """Every text of code and templates, without translations."""
    catalogue = Catalog(charset="utf-8")
    for folder in ("checkin", "templates"):
        methods = [(pattern.removeprefix(f"{folder}/"), how) for pattern, how in METHODS if pattern.startswith(folder)]
        options = {pattern.removeprefix(f"{folder}/"): chosen for pattern, chosen in OPTIONS.items()}
        for name, _line, text, comments, context in extract_from_dir(str(ROOT / folder), methods, options, KEYWORDS):
            catalogue.add(text, None, [(f"{folder}/{name}", 0)], auto_comments=comments, context=context)
    return catalogue


def path_of(language: str) -> Path:
    """The catalogue of a language."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def known(language: str) -> Catalog:
    """The catalogue of a language as it is; empty before the first time."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, texts: Catalog) -> bytes:
    """The catalogue of a language with today's texts and the translations that it has."""
    old, new = known(language), Catalog(**_header(language))
    for message in texts:
        if not message.id:
            continue
        had = old.get(message.id)
        string: Any = had.string if had is not None else ""
        if language == DEFAULT:
            string = message.id[0] if isinstance(message.id, tuple) else message.id
            string = (string,) if isinstance(message.id, tuple) else string
        new.add(message.id, string, sorted(set(message.locations)))
    out = BytesIO()
    write_po(out, new, sort_output=True, include_lineno=False, width=0)
    return out.getvalue()


def _header(language: str) -> dict[str, Any]:
    # A fixed date: a catalogue changes when a text does, not because it was written again.
    day = datetime(2026, 11, 22, tzinfo=UTC)
    return {
        "locale": language,
        "charset": "utf-8",
        "project": "checkin",
        "version": "0",
        "header_comment": f"# Texts of checkin, {Locale.parse(language).get_display_name(language)}.",
        "creation_date": day,
        "revision_date": day,
        "last_translator": "",
        "language_team": "",
        "fuzzy": False,
    }


def faults(language: str, texts: Catalog) -> Iterator[str]:
    """What is wrong with the catalogue of a language, in words."""
    have = known(language)
    for message in texts:
        if not message.id:
            continue
        found = have.get(message.id)
        if found is None:
            yield f"{language}: not in the catalogue: {message.id!r}"
        elif not _whole(found):
            yield f"{language}: not translated: {message.id!r}"
        elif "fuzzy" in found.flags:
            yield f"{language}: marked as uncertain: {message.id!r}"
        elif not _same_holes(found):
            yield f"{language}: other placeholders than the text: {message.id!r}"
    wanted = {message.id for message in texts}
    for message in have:
        if message.id and message.id not in wanted:
            yield f"{language}: no longer used: {message.id!r}"


def _whole(message: Message) -> bool:
    return all(_forms(message.string))


def _forms(text: Any) -> tuple[str, ...]:
    """Singular and plural, or the one text there is."""
    return tuple(text) if isinstance(text, (tuple, list)) else (text or "",)


def _same_holes(message: Message) -> bool:
    wanted = sorted(HOLE.findall(_forms(message.id)[-1]))
    return all(sorted(HOLE.findall(string)) == wanted for string in _forms(message.string))


def main(arguments: list[str]) -> int:
    """Write the catalogues, or with --check say what is wrong; the exit code."""
    texts = collected()
    if "--check" in arguments:
        wrong = [fault for language in LANGUAGES for fault in faults(language, texts)]
        for fault in wrong:
            print(fault)
        return 1 if wrong else 0
    for language in (*LANGUAGES, *arguments):
        path_of(language).parent.mkdir(parents=True, exist_ok=True)
        path_of(language).write_bytes(updated(language, texts))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
