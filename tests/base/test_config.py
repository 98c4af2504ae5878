"""Settings: a bad one stops the start and is named; a secret one is never repeated."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.config import OWN_NAMES, Config, ConfigError


def refused(**env):
    with pytest.raises(ConfigError) as error:
        Config.from_env(env)
    return str(error.value)


def test_nothing_set_is_the_default_province_on_sqlite_for_trial():
    config = Config.from_env({})
    assert config.database_url == config.migrate_url == f"sqlite:///{config.instance / 'checkin.db'}"
    assert (config.tier, config.province, config.port, config.public_origin) == (
        "all",
        "22",
        8000,
        "http://localhost:8000",
    )
    assert config.keys == config.instance / "keys"
    assert config.trial and config.demo and not config.secure


def test_settings_cannot_be_changed_after_the_start():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config.from_env({}).tier = "public"


@pytest.mark.parametrize("name", ["CHECKIN_TEIR", "CHECKIN_", "CHECKIN_tier", "CHECKIN_DEMO"])
def test_it_rejects_a_name_that_is_no_setting_and_lists_those_that_are(name):
    message = refused(**{name: "1"})
    assert message.startswith(name)
    assert all(known in message for known in OWN_NAMES)


def test_other_programs_settings_are_none_of_ours():
    Config.from_env({"PATH": "/bin", "LANG": "vi_VN.UTF-8", "XCHECKIN_TEIR": "1"})


BAD = {
    "CHECKIN_TIER": ["Public", "both", " all", "staff\n"],
    "CHECKIN_PROVINCE": ["2", "222", "QN", "22 ", "٢٢", "²²"],
    "CHECKIN_PROXIES": ["-1", "6", "one", "1.0", " 1", "٣"],
    "PORT": ["0", "65536", "http", "99999999999999999999", "8000\n"],
    "NO_DEMO": ["yes", "true", "01", "2"],
    "REQUIRE_SECOND_FACTOR": ["yes", "off", "01", "2"],
    "LOG_LEVEL": ["verbose", "trace"],
    "DATABASE_URL": ["mysql://x/y", "sqlite://", "checkin.db", "POSTGRES://x", "postgresql:/x"],
    "MIGRATE_URL": ["oracle://x/y"],
    # DATABASE_URL is SQLite here, which has no replicas.
    "REPLICA_URL": ["mysql://x/y", "sqlite:///copy.db", "replica", "postgresql://app@replica/c"],
    "SMTP_URL": [
        "mail.example.vn",
        "http://mail.example.vn",
        "smtp://mail.example.vn:25",
        "smtp://",
        "smtps://m:port",
        "smtp://mail.example.vn?starttls=0",
        "smtps://mail.example.vn/path",
        "smtps://kh%E1%BA%A9u:x@m.vn",
    ],
    "MAIL_FROM": ["khaibao", "a@b\nBcc: c@d", "khai báo@cdc.vn", "@cdc.vn", "a b@cdc.vn"],
    "SMS_GATEWAY_URL": [
        "sms.example.vn",
        "http://sms.example.vn/send",
        "https://key@sms.example.vn/",
        "ftp://localhost/",
        "https://sms.example.vn/a b",
        "https://[::1/",
        "http://localhost.evil.vn/",
    ],
    "SMS_GATEWAY_TOKEN": ["a b", "a\r\nX: y", "khoá"],
    "REPLICA_MAX_LAG": ["0", "3601", "-1", "1.5", "30s"],
    "PUBLIC_ORIGIN": [
        "khaibao.example.vn",
        "ftp://khaibao.example.vn",
        "https://",
        "https:///v",
        "https://khaibao.example.vn/v",
        "https://khaibao.example.vn?x",
        "https://khaibao.example.vn/?x=1",
        "https://khaibao.example.vn#v",
        "https://khaibao.example.vn:port",
        "https://khaibao.example.vn:99999",
        "https://khaibao.example.vn:0",
        "https://[::1",
        "https://user@khaibao.example.vn",
        "javascript:alert(1)",
    ],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_it_rejects_a_value_that_cannot_be_used_and_names_the_setting(name, value):
    assert refused(**{name: value}).startswith(name)


@pytest.mark.parametrize(
    "origin", ["http://khaibao.example.vn", "http://10.0.0.1:8000", "http://localhost.example.vn", "http://0.0.0.0"]
)
def test_it_rejects_an_origin_without_tls_beyond_this_computer(origin):
    assert "https is needed" in refused(PUBLIC_ORIGIN=origin)


@pytest.mark.parametrize("origin", ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000"])
def test_an_origin_on_this_computer_is_a_trial(origin):
    config = Config.from_env({"PUBLIC_ORIGIN": origin})
    assert (config.public_origin, config.trial, config.secure) == (origin, True, False)


@pytest.mark.parametrize(
    ("origin", "kept"),
    [
        ("https://khaibao.example.vn", "https://khaibao.example.vn"),
        ("https://khaibao.example.vn/", "https://khaibao.example.vn"),
        ("HTTPS://khaibao.example.vn:8443", "https://khaibao.example.vn:8443"),
    ],
)
def test_an_origin_under_tls_is_kept_without_a_path(origin, kept):
    config = Config.from_env({"PUBLIC_ORIGIN": origin})
    assert (config.public_origin, config.trial, config.secure) == (kept, False, True)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_reached_by_the_driver_that_is_installed(scheme):
    config = Config.from_env({"DATABASE_URL": f"{scheme}://app:pass@db:5432/checkin?sslmode=require"})
    assert config.database_url == "postgresql+psycopg://app:pass@db:5432/checkin?sslmode=require"
    assert config.migrate_url == config.database_url


def test_the_owner_of_the_tables_may_be_another_role():
    config = Config.from_env({"DATABASE_URL": "postgres://app@db/c", "MIGRATE_URL": "postgres://owner@db/c"})
    assert (config.database_url, config.migrate_url) == (
        "postgresql+psycopg://app@db/c",
        "postgresql+psycopg://owner@db/c",
    )


def test_a_replica_goes_with_postgresql_and_may_be_half_a_minute_old():
    config = Config.from_env({"DATABASE_URL": "postgres://app@db/c", "REPLICA_URL": "postgres://app@replica/c"})
    assert (config.replica_url, config.replica_max_lag) == ("postgresql+psycopg://app@replica/c", 30)
    assert Config.from_env({}).replica_url == ""
    with pytest.raises(ConfigError, match="^REPLICA_URL"):
        Config.from_env({"DATABASE_URL": "postgres://app@db/c", "REPLICA_URL": "sqlite:///copy.db"})


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "MIGRATE_URL", "REPLICA_URL", "PUBLIC_ORIGIN", "SMTP_URL", "SMS_GATEWAY_URL"]
)
@pytest.mark.parametrize("scheme", ["mysql", "postgres:", "pg", "https"])
def test_a_password_is_never_in_the_message(name, scheme):
    if (name, scheme) == ("PUBLIC_ORIGIN", "postgres:"):
        scheme = "http"
    assert "bímật" not in refused(**{name: f"{scheme}://app:bímật@db/checkin"})


OUT = {
    "SMTP_URL": "smtp://khaibao:bimat@mail.example.vn:587?starttls=1",
    "MAIL_FROM": "khaibao@cdc.example.vn",
    "SMS_GATEWAY_URL": "https://sms.example.vn/send?from=cdc",
    "SMS_GATEWAY_TOKEN": "bimat-cua-cong",
}


def test_ways_out_for_messages_are_kept_and_their_secrets_stand_in_no_repr():
    config = Config.from_env(OUT)
    assert (config.smtp_url, config.mail_from) == (OUT["SMTP_URL"], OUT["MAIL_FROM"])
    assert (config.sms_gateway_url, config.sms_gateway_token) == (OUT["SMS_GATEWAY_URL"], OUT["SMS_GATEWAY_TOKEN"])
    assert "bimat" not in repr(config)


def test_a_mail_server_wants_a_sender():
    assert refused(SMTP_URL="smtps://mail.example.vn").startswith("MAIL_FROM")


@pytest.mark.parametrize(
    "url", ["smtp://localhost:2525", "smtp://127.0.0.1", "smtps://mail.example.vn", "smtps://[::1]"]
)
def test_a_mail_server_under_tls_or_on_this_computer_will_do(url):
    assert Config.from_env({"SMTP_URL": url, "MAIL_FROM": "a@b.vn"}).smtp_url == url


def test_empty_settings_are_the_defaults():
    assert Config.from_env(
        dict.fromkeys(
            [
                *OWN_NAMES,
                "PORT",
                "DATABASE_URL",
                "REPLICA_URL",
                "REPLICA_MAX_LAG",
                "NO_DEMO",
                "LOG_LEVEL",
                "REQUIRE_SECOND_FACTOR",
                *OUT,
            ],
            "",
        )
    ) == Config.from_env({})


@pytest.mark.parametrize(("text", "demo"), [("1", False), ("0", True), ("", True)])
def test_the_demo_can_be_left_out(text, demo):
    assert Config.from_env({"NO_DEMO": text}).demo is demo


ELSEWHERE = [{"HOST": "0.0.0.0"}, {"HOST": "::"}, {"NO_DEMO": "1"}, {"PUBLIC_ORIGIN": "https://khaibao.example.vn"}]


def test_the_demo_on_ones_own_computer_alone_goes_without_a_second_factor():
    assert not Config.from_env({}).require_second_factor
    assert Config.from_env({"REQUIRE_SECOND_FACTOR": "1"}).require_second_factor
    for env in ELSEWHERE:
        assert Config.from_env(env).require_second_factor
        assert Config.from_env({**env, "REQUIRE_SECOND_FACTOR": "1"}).require_second_factor


@pytest.mark.parametrize("env", ELSEWHERE)
def test_the_second_factor_cannot_be_switched_off_where_real_data_may_be(env):
    assert refused(**env, REQUIRE_SECOND_FACTOR="0").startswith("REQUIRE_SECOND_FACTOR")


@given(st.sampled_from(sorted(BAD)), st.text(max_size=30))
def test_any_text_is_taken_or_refused_by_name(name, text):
    try:
        Config.from_env({name: text})
    except ConfigError as error:
        assert str(error).startswith(name)  # noqa: PT017 - both ends are right
