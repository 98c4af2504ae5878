"""Cells of tables that spreadsheets open: text that none of them takes for a formula, and the way back."""

import re
from datetime import datetime
from unicodedata import category

Cell = str | int | datetime | None

# What spreadsheets read as the beginning of a formula, the full-width forms among them.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutral(value: Cell) -> Cell:
    """Text that a spreadsheet shows as it is: an apostrophe before what would begin a formula."""
    if isinstance(value, str):
        value = value.replace("\x00", "").encode("utf-8", "replace").decode()  # half a pair stops no file
        if next((char for char in value if _seen(char)), "") in FORMULA_STARTS:
            return f"'{value}"
    return value


def _seen(char: str) -> bool:
    # Some programs pass over spaces and invisible marks before they look for a formula.
    return char in FORMULA_STARTS or not (char.isspace() or category(char) in {"Cf", "Cc"})


# Spreadsheets of a country with decimal commas split at semicolons, whatever stands in quotes for us: to them a line
# that ends inside our quotes is the end of the row.
_FORMULA = r"(?=[^\w;,|\t\r\n]*[=+\-@＝＋－＠])"
_SPLIT = re.compile(r"([;,|\t\r\n])" + _FORMULA)
_MARKED = re.compile(r"([;,|\t\r\n])'" + _FORMULA)


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
