"""Settings that hold a password, as files: read, refused in words, and never repeated."""

import os

import pytest

from checkin.config import SECRET_SETTINGS, Config, ConfigError

URL = "postgresql://checkin:bí-mật@127.0.0.1/checkin"


def refused(**env):
    with pytest.raises(ConfigError) as error:
        Config.from_env({name: str(value) for name, value in env.items()})
    assert "bí-mật" not in str(error.value)
    return str(error.value)


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "database_url"
    made.write_text(URL + "\n", encoding="utf-8")
    made.chmod(0o600)
    return made


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440, 0o640])
def test_a_secret_is_read_from_its_file(file, mode):
    file.chmod(mode)
    config = Config.from_env({"DATABASE_URL_FILE": str(file), "MIGRATE_URL_FILE": str(file)})
    assert config.database_url == config.migrate_url == URL.replace("://", "+psycopg://", 1)


@pytest.mark.parametrize("name", SECRET_SETTINGS)
def test_a_secret_that_is_given_twice_stops_the_start(file, name):
    assert refused(**{name: URL, f"{name}_FILE": file}).startswith(f"{name} and {name}_FILE are both set")


@pytest.mark.parametrize("name", SECRET_SETTINGS)
def test_every_secret_may_be_a_file(tmp_path, name):
    assert refused(**{f"{name}_FILE": tmp_path / "nothing"}).startswith(f"{name}_FILE={tmp_path}/nothing: cannot be")


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o606])
def test_a_secret_that_everybody_on_the_machine_can_read_stops_the_start(file, mode):
    file.chmod(mode)
    assert f"chmod o= {file}" in refused(DATABASE_URL_FILE=file)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"one\ntwo\n", b"a\0b", "\u202ebí-mật".encode(), b"x" * 5000, b"\xff\xfe"],
    ids=["empty", "blank", "two lines", "NUL", "direction", "long", "no text"],
)
def test_a_file_that_is_no_single_line_of_text_is_refused_by_name(file, content):
    file.write_bytes(content)
    assert refused(DATABASE_URL_FILE=file).startswith(f"DATABASE_URL_FILE={file}")


def test_a_folder_and_a_pipe_are_no_file_and_nobody_waits_for_them(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path, tmp_path / "pipe"):
        assert "this is no file" in refused(DATABASE_URL_FILE=path)


def test_a_value_from_a_file_is_checked_like_any_other(file):
    file.write_text("mysql://checkin:bí-mật@db/checkin", encoding="utf-8")
    assert refused(DATABASE_URL_FILE=file).startswith("DATABASE_URL:")


def test_a_process_that_is_started_beside_gets_the_secret_and_not_both(file):
    config = Config.from_env({"DATABASE_URL_FILE": str(file)})
    inherited = {"DATABASE_URL_FILE": str(file)}
    assert Config.from_env(inherited | config.env()).database_url == config.database_url
    # Handed on by its file, so that the password stands in nobody's environment.
    assert "bí-mật" not in str(config.env()) and config.database_url not in config.env().values()


def test_no_secret_is_in_what_an_error_shows_of_the_settings(file):
    names = ("DATABASE_URL", "MIGRATE_URL", "REPLICA_URL")
    config = Config.from_env(dict.fromkeys(names, URL))
    assert "bí-mật" not in repr(config) + str(config)
    # Every field that holds an address of a server is left out, also one that is added later.
    shown = repr(config)
    for name, value in vars(config).items():
        if isinstance(value, str) and "://" in value and name != "public_origin":
            assert value not in shown, name
