"""Starting with something wrong: one line that says what, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT


def start(tmp_path, *command, **changes):
    env = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "MIGRATE_URL"}}
    env |= {"CHECKIN_INSTANCE": str(tmp_path), "NO_DEMO": "1", **changes}
    subprocess.run(
        [sys.executable, "-m", "checkin.keys", str(tmp_path / "keys")], cwd=ROOT, check=True, capture_output=True
    )
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *command], cwd=ROOT, env=env, capture_output=True, text=True
    )


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHECKIN_TIERS", "all"),
        ("DATABASE_URL", "mysql://a:secret@b/c"),
        # A process each: the values themselves are tried in test_config.py.
        pytest.param("CHECKIN_TIER", "foo", marks=pytest.mark.wide),
        pytest.param("PORT", "abc", marks=pytest.mark.wide),
        pytest.param("NO_DEMO", "maybe", marks=pytest.mark.wide),
        pytest.param("PUBLIC_ORIGIN", "http://example.com", marks=pytest.mark.wide),
        pytest.param("WEB_CONCURRENCY", "zero", marks=pytest.mark.wide),
        pytest.param("RATELIMIT_STORAGE_URI", "mailto:x", marks=pytest.mark.wide),
        pytest.param("CHECKIN_RULES", "/nothing/here", marks=pytest.mark.wide),
    ],
)
def test_a_bad_setting_is_said_in_one_line(tmp_path, name, value):
    done = start(tmp_path, "routes", **{name: value})
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert name in done.stderr or value in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.wide
@pytest.mark.long
def test_an_unknown_province_and_an_unknown_commune_are_named(tmp_path):
    done = start(tmp_path, "setup", CHECKIN_PROVINCE="99")
    assert done.returncode != 0 and "CHECKIN_PROVINCE=99" in done.stderr
    account = (
        "accounts",
        "create",
        "--role",
        "commune",
        "--login",
        "tram@x",
        "--commune",
        "99999",
        "--password",
        "một mật khẩu đủ dài",
    )
    done = start(tmp_path, *account)
    assert done.returncode != 0 and "no such commune: 99999" in done.stderr
    assert "argon2" not in done.stderr and "Traceback" not in done.stderr


@pytest.mark.wide
@pytest.mark.long
def test_a_short_password_is_refused_in_words(tmp_path):
    assert start(tmp_path, "setup").returncode == 0
    done = start(tmp_path, "accounts", "create", "--role", "admin", "--login", "khoa@x", "--password", "ngắn")
    assert "15 characters or more" in done.stderr


def test_every_file_that_the_readme_points_to_is_there():
    import re

    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / Path(target)).exists(), f"{page.name}: {target}"
