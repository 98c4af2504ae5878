"""Known holes in the pinned packages: `python -m tests.tools.advisories`. Asks the registry's advisory service.

A package that the scan left out has not passed: scanners say "no known vulnerabilities" also where they asked nobody.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LISTS = ("requirements.txt", "requirements-dev.txt", "tests/tools/requirements.txt")
COMMAND = [
    str(ROOT / ".venv-semgrep/bin/pip-audit"),
    "--no-deps",
    "--disable-pip",
    "--format",
    "json",
    "--timeout",
    "20",
]


def pinned(text: str) -> dict[str, str]:
    """Name and version of every package of a list."""
    found = (re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", line) for line in text.splitlines())
    return {re.sub(r"[-_.]+", "-", one[1]).lower(): one[2] for one in found if one}


def verdict(wanted: Mapping[str, str], report: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Holes, and packages that could not be checked, a line each; both empty where the scan has passed."""
    holes, unasked, asked = [], [], set()
    for package in report.get("dependencies", []):
        name = re.sub(r"[-_.]+", "-", package["name"]).lower()
        if "vulns" in package and package.get("version") == wanted.get(name):
            asked.add(name)
            holes += [f"{name} {package['version']}: {hole['id']}" for hole in package["vulns"]]
    unasked = [f"{name} {version}" for name, version in sorted(wanted.items()) if name not in asked]
    return holes, unasked


def main() -> int:
    """Scan every list; 0 where each package was asked about and none has a known hole."""
    wanted: dict[str, str] = {}
    failed = False
    for name in LISTS:
        wanted = pinned((ROOT / name).read_text(encoding="utf-8"))
        done = subprocess.run([*COMMAND, "-r", str(ROOT / name)], capture_output=True, text=True, cwd=ROOT)
        try:
            report = json.loads(done.stdout)
        except ValueError:
            report = {}
        holes, unasked = verdict(wanted, report)
        for hole in holes:
            print(f"{name}: KNOWN HOLE {hole}")
        if unasked:
            print(f"{name}: {len(unasked)} of {len(wanted)} packages could not be checked, {unasked[0]} among them")
        if not holes and not unasked:
            print(f"{name}: {len(wanted)} packages, no known hole")
        failed = failed or bool(holes or unasked)
    print("NOT PASSED" if failed else "passed")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
