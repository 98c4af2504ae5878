"""The units of docs/deploy/systemd, read as systemd reads them, for a machine without it."""

import shlex
import shutil
from pathlib import Path

from tests.deployment.nginx import DEPLOY

UNITS = DEPLOY / "systemd"
MISSING = "systemd-analyze is missing: 'apt-get install systemd' (only this program is used; nothing is started)"


def program() -> str | None:
    """What reads units as systemd does."""
    return shutil.which("systemd-analyze")


def settings(name: str, section: str = "Service") -> list[tuple[str, str]]:
    """Name and value of every line of a section, in order; a name may come more than once."""
    out, here = [], ""
    for line in (UNITS / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            here = line.strip("[]")
        elif here == section and line and not line.startswith("#"):
            key, _, value = line.partition("=")
            out.append((key, value))
    return out


def values(name: str, key: str) -> list[str]:
    """Every value of a name."""
    return [value for found, value in settings(name) if found == key]


def environment(name: str, credentials: Path, swaps: dict[str, str]) -> dict[str, str]:
    """What the unit's processes get: the shared file, then its own lines, with other paths."""
    lines = [
        line
        for line in (DEPLOY / "settings.env").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    lines += [one for value in values(name, "Environment") for one in shlex.split(value)]
    env = dict(line.split("=", 1) for line in lines)
    for key, value in env.items():
        value = value.replace("%d", str(credentials))
        for old, new in swaps.items():
            value = value.replace(old, new)
        env[key] = value
    return env


def credentials(name: str) -> dict[str, str]:
    """The names of the secrets that systemd hands over, and the files that they come from."""
    return dict(value.split(":", 1) for value in values(name, "LoadCredential"))
