"""Every field in which somebody can type, found in the pages themselves, the forms' classes and the code."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from selectolax.lexbor import LexborHTMLParser
from werkzeug.exceptions import HTTPException
from wtforms import SelectField, StringField

from checkin.forms import Form
from tests.security import tenants
from tests.security.matrix import MATRIX
from tests.security.tenants import A, Town, knock
from tests.security.test_matrix import form_for, targets

ROOT = Path(__file__).resolve().parents[2]
# Not typed by anybody; what a wrong one does is proven in test_forgery.py.
NOT_TYPED = {"csrf_token"}
# Elements that pages of ours never hold, whatever stands in a template.
FORBIDDEN = {"iframe", "object", "embed", "base", "style", "animate", "set", "math", "marquee", "frame", "applet", "foreignobject"}  # fmt: skip
HARMLESS = {
    "download", "list", "inputmode", "max", "min", "autocomplete", "autocapitalize", "spellcheck", "maxlength", "formnovalidate", "autofocus", "checked", "defer", "disabled", "hidden", "multiple", "novalidate", "open", "readonly", "required", "selected"}  # fmt: skip
ADDRESSES = {"href", "src", "action", "formaction", "poster", "xlink:href", "srcset", "data"}
SAFE_ADDRESS = re.compile(
    r"^(/(?!/)|#|\?|$|tel:[+0-9]|mailto:|data:image/(png|svg\+xml)[;,]|http://localhost(:\d+)?/|https://[a-z.]+\.gov\.vn)"
)


def pages(town: Town) -> Iterator[tuple[str, str, str]]:
    """(row, role, address) of every page that somebody may open, with every object of tenant A in it."""
    for name, row in MATRIX.items():
        if name.startswith("GET") and not name.startswith("GET /static/"):
            role = who_opens(name)
            for whose, _, path in targets(town, name, row):
                if whose == "own":
                    yield name, role, path


def who_opens(name: str) -> str:
    """Somebody who may open this page or send this form."""
    who = MATRIX[name].who - {role for role in MATRIX[name].but if " " not in role}
    return next(
        role for role in ("cdc", "owner", "admin", "commune", "visitor", "anonymous", *sorted(who)) if role in who
    )


def typed_fields(town: Town) -> dict[str, set[str]]:
    """Row of the matrix: names of the fields of its form, as pages show them and as the matrix fills them."""
    if not town.typed:
        town.typed = _typed_fields(town)
    return town.typed


def _typed_fields(town: Town) -> dict[str, set[str]]:
    adapter = town.app.url_map.bind("localhost")
    found: dict[str, set[str]] = {name: set() for name in MATRIX if name.startswith("POST")}
    for name in found:
        _, _, path = next(targets(town, name, MATRIX[name]))
        found[name] |= set(form_for(town, MATRIX[name], A, path))
    for _, role, path in pages(town):
        answer = knock(town.app, town.subjects[role], "GET", path)
        if answer.mimetype != "text/html":
            continue
        for form in LexborHTMLParser(answer.text).css("form"):
            method = (form.attributes.get("method") or "get").upper()
            action = (form.attributes.get("action") or path).split("?")[0]
            try:
                rule, _ = adapter.match(action, method=method, return_rule=True)
            except HTTPException as error:  # pragma: no cover - a form that leads nowhere
                raise AssertionError(f"{path}: a form leads to {action}") from error
            names = {control.attributes.get("name") for control in form.css("input,textarea,select,button")}
            # Forms that ask in the address are rows of GET.
            found.setdefault(f"{method} {rule.rule}", set()).update(name for name in names if name)
    return {name: fields - NOT_TYPED for name, fields in found.items()}


def fields_of_classes() -> set[str]:
    """Names of all text and choice fields of the product's forms, as they stand in its modules.

    The questions of a call stand in classes made when a disease's are first asked for (`call_form`): which of them
    there are hangs on what ran before. They are all one kind of choice, and the pages show those of COVID-19.
    """
    found, waiting = set(), [Form]
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        if getattr(sys.modules[cls.__module__], cls.__name__, cls) is not cls:
            continue
        for name in dir(cls):
            kind = getattr(getattr(cls, name, None), "field_class", None)
            if isinstance(kind, type) and issubclass(kind, (StringField, SelectField)):
                found.add(name)
    return found


def asked_in_addresses(typed: dict[str, set[str]]) -> list[str]:
    """Names that any page reads from the question part of its address: as the code and the forms say."""
    of_forms = {field for name, found in typed.items() if name.startswith("GET") for field in found}
    return sorted(_asked_in_code() | of_forms)


@cache
def _asked_in_code() -> frozenset[str]:
    found = {"lang", "next"}
    for path in (ROOT / "checkin").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) == "request.args.get"
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(node.args[0].value)
            if (
                isinstance(node, ast.Subscript)
                and ast.unparse(node.value) == "request.args"
                and isinstance(node.slice, ast.Constant)
            ):
                found.add(node.slice.value)
    return frozenset(found)


@cache
def vocabulary() -> tuple[frozenset[str], frozenset[str]]:
    """Names of elements and attributes that our templates and drawings write."""
    elements, attributes = {"html", "head", "body", "tbody"}, {"xmlns", *HARMLESS}
    sources = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "checkin").rglob("*.py")]
    for path in sources:
        text = path.read_text(encoding="utf-8")
        elements |= {name.lower() for name in re.findall(r"<([a-zA-Z][a-zA-Z0-9]*)", text)}
        if path.suffix == ".html":
            attributes |= {
                name.lower() for name in re.findall(r"(?<=[\s\"'}])([a-zA-Z][a-zA-Z0-9:-]*)(?==[\"'{])", text)
            }
    return frozenset(elements - FORBIDDEN - {"zq"}), frozenset(attributes - {"zq", "style", "srcdoc"})


# A page that asks again by itself, under its own address or another one of ours.
OWN_REFRESH = re.compile(r"[0-9]+(; url=/(?!/)[\w./?=&-]*)?", re.A)


def intruders(html: str) -> list[str]:
    """What stands in a page and is none of ours: elements, handlers, addresses; found by a browser's own parser rules."""
    elements, attributes = vocabulary()
    wrong = []
    for node in LexborHTMLParser(html).css("*"):
        tag, has = node.tag, node.attributes
        if tag.startswith("-"):  # text and comments
            continue
        if tag not in elements:
            wrong.append(f"<{tag}>")
        src = has.get("src") or ""
        if tag == "script" and not (src.startswith("/static/") or src == "/visitor.js"):
            wrong.append("a script of its own")
        if tag == "meta" and "http-equiv" in has and not OWN_REFRESH.fullmatch(has.get("content") or ""):
            wrong.append("http-equiv")
        for name, value in has.items():
            name = name.lower()
            if name.startswith("on") or name not in attributes and not name.startswith(("data-", "aria-")):
                wrong.append(f"<{tag} {name}>")
            if name in ADDRESSES and not SAFE_ADDRESS.match((value or "").strip()):
                wrong.append(f"{tag} {name}={value!r}"[:120])
    return wrong


def check(answer: Any, what: object) -> None:
    """No answer of ours is an error of ours, and no page holds what somebody typed as anything but text."""
    assert answer.status_code < 500, (what, answer.status_code)
    if answer.mimetype == "text/html":
        wrong = intruders(answer.get_data(as_text=True))
        assert not wrong, (what, wrong[:5])
    else:
        assert answer.headers.get("X-Content-Type-Options") == "nosniff", what
    for name, value in answer.headers.items():
        assert "\n" not in value and name != "Zq", what
    assert all(not cookie.startswith("zq") for cookie in answer.headers.getlist("Set-Cookie")), what


def everywhere(town: Town, what: object) -> None:
    """Open every page as whoever may, with what is stored now."""
    for _, role, path in pages(town):
        check(knock(town.app, town.subjects[role], "GET", path), (what, path))


__all__ = [
    "asked_in_addresses", "check", "everywhere", "fields_of_classes", "intruders", "pages", "tenants", "typed_fields", "vocabulary",
]  # fmt: skip
