"""Whatever the public pages load is read by the browsers of early 2018: Chrome 64, Safari 11.1, Firefox 58.

Cheap phones get their last browser with their last update. What is newer than ECMAScript 2017 stops a whole script
there, and one unknown selector a whole rule. Whether somebody else's reader of codes, which is loaded when a camera is
opened, runs there is asked before it is used.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checkin.config import ROOT

TEMPLATES, SCRIPTS, SHEETS = ROOT / "templates", ROOT / "static" / "js", ROOT / "static" / "css"
# Selectors that make a browser of 2018 drop the rule, layout that it would lack, and syntax that it does not know.
NEWER_CSS = re.compile(
    r":(?:has|is|where|not\([^)]*,)\b|::(?:part|backdrop-)|[;{\s]inset(?:-\w+)*\s*:|aspect-ratio|@(?:container|layer|scope|property|starting-style)"
    r"|\b(?:clamp|min|max|color-mix|oklch|light-dark|round)\(|\b\d+[dsl]v[hwib]\b|&\s*[.:{>\[]|[;{\s](?:row-|column-)?subgrid\b|overscroll-behavior-inline"
)


def node():
    """The program that runs JavaScript outside a browser, on the path or beside Python's."""
    beside = Path(sys.executable).with_name("node")
    found = str(beside) if beside.exists() else shutil.which("node")
    assert found, "node is missing"
    return found


def extends(template):
    """The layouts of a template, from its own upwards; one that is chosen by a function ends it."""
    named = re.search(r'{%\s*extends\s+"([^"]+)"', (TEMPLATES / template).read_text(encoding="utf-8"))
    return [template, *(extends(named[1]) if named else [])]


def of_public_pages(folder, suffix):
    """The files of a folder but those that pages of staff alone load."""
    users = {path.name: set() for path in folder.glob(f"*{suffix}")}
    for path in TEMPLATES.rglob("*.html"):
        template = str(path.relative_to(TEMPLATES))
        for start in re.findall(rf"{folder.name}/([\w-]+)", path.read_text(encoding="utf-8")):
            for name in users:
                if name == f"{start}{suffix}" or (start.endswith("-") and name.startswith(start)):
                    users[name].add(template)
    alone = {name for name, used in users.items() if used and all("layouts/staff.html" in extends(one) for one in used)}
    return [folder / name for name in sorted(set(users) - alone)]


def lacking(*paths):
    """What these scripts use that a browser of 2018 lacks."""
    done = subprocess.run(
        [node(), "tests/tools/old_browsers.js", *map(str, paths)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [(Path(file).name, line, what) for file, line, what in json.loads(done.stdout)]


def test_the_scripts_of_public_pages_are_found():
    found = {path.name for path in of_public_pages(SCRIPTS, ".js")}
    assert {
        "public.js",
        "visitor.js",
        "visitor-worker.js",
        "kept-store.js",
        "account.js",
        "follow.js",
        "desk.js",
    } <= found
    assert not {"staff.js", "lock.js"} & found


@pytest.mark.long
def test_a_browser_of_2018_reads_and_runs_every_script_of_a_public_page(tmp_path):
    assert lacking(*of_public_pages(SCRIPTS, ".js")) == []
    bad = {
        "a?.b": "syntax", "a ?? b": "syntax", "({...a})": "syntax", "try { a() } catch { b() }": "syntax", "a ||= 1": "syntax",
        "class A { b = 1 }": "syntax", "list.at(-1)": ".at", "text.replaceAll('a', 'b')": ".replaceAll", "Object.fromEntries(a)": ".fromEntries",
        "structuredClone(a)": "structuredClone", "new AbortController()": "AbortController", "navigator.locks.request('a', b)": ".locks",
    }  # fmt: skip
    good = {
        "record.at": "",
        "navigator.locks ? navigator.locks.request('a', b) : b()": "",
        "async () => { await a(); }": "",
    }
    for number, source in enumerate({**bad, **good}):
        (tmp_path / f"{number}.js").write_text(source)
    found = {int(name.split(".")[0]) for name, _, what in lacking(*tmp_path.glob("*.js"))}
    assert found == set(range(len(bad)))


def test_a_browser_of_2018_reads_every_style_sheet_of_a_public_page():
    sheets = [path for path in of_public_pages(SHEETS, ".css") if path.name != "staff.css"]  # for charts of owners
    assert "base.css" in {path.name for path in sheets}
    for path in sheets:
        css = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert NEWER_CSS.findall(css) == [], path.name
        assert css.count("{") == css.count("}")
        # An unknown selector takes the others of its list along.
        for selectors in re.findall(r"([^{}]*:focus-visible[^{}]*)\{", css):
            assert "," not in selectors, (path.name, selectors)
    for newer in (
        "a{inset:0}",
        "b:has(c){}",
        "b:is(c, d){}",
        "a{height:100dvh}",
        "a{width:min(1px, 2px)}",
        "@layer a{}",
        "a{color:color-mix(in srgb, red, blue)}",
        "a{& .b{}}",
    ):
        assert NEWER_CSS.findall(newer), newer


def test_the_script_of_every_page_stays_small():
    assert all((SCRIPTS / name).stat().st_size <= 4096 for name in ("public.js", "follow.js"))
