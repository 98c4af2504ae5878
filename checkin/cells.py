"""Cells of tables that spreadsheets open: text that none of them takes for a formula, and the way back."""

import re
from unicodedata import category

Cell = str | int | None

# What spreadsheets read as the beginning of a formula, the full-width forms among them.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutral(value: Cell) -> Cell:
    """Text that a spreadsheet shows as it is: an apostrophe before what would begin a formula."""
    if isinstance(value, str):
        value = value.replace("\x00", "")
        if next((char for char in value if _seen(char)), "") in FORMULA_STARTS:
            return f"'{value}"
    return value


def _seen(char: str) -> bool:
    # Some programs pass over spaces and invisible marks before they look for a formula.
    return char in FORMULA_STARTS or not (char.isspace() or category(char) in {"Cf", "Cc"})


# Spreadsheets of a country with decimal commas split at semicolons, whatever stands in quotes for us.
_FORMULA = r"(?=[^\w;,|\t]*[=+\-@＝＋－＠])"
_SPLIT = re.compile(r"([;,|\t])" + _FORMULA)
_MARKED = re.compile(r"([;,|\t])'" + _FORMULA)


def safe(value: Cell) -> Cell:
    """`neutral`, also where a program splits the cell at another separator."""
    value = neutral(value)
    return _SPLIT.sub(r"\1'", value) if isinstance(value, str) else value


def restored(text: str) -> str:
    """What a cell held before `safe`, whose marks are taken out again; any other text as it is."""
    if "'" not in text:
        return text
    text = _MARKED.sub(r"\1", text)
    return text[1:] if text[0] == "'" and neutral(text[1:]) == text else text
