"""Configuration: read once from the environment into a frozen dataclass.

An unknown CHECKIN_ name or a bad value stops the start and says which one it was, because a
misspelt setting that is silently ignored is found out on the worst day.
"""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import unquote, urlsplit

Tier = Literal["public", "staff", "all"]

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
ROOT = Path(__file__).resolve().parent.parent
OWN_NAMES = {
    "CHECKIN_TIER",
    "CHECKIN_INSTANCE",
    "CHECKIN_KEYS",
    "CHECKIN_PROVINCE",
    "CHECKIN_CDC_NAME",
    "CHECKIN_HOTLINE",
    "CHECKIN_PROXIES",
    "CHECKIN_RULES",
}
# May hold a password: each also as NAME_FILE, the path of a file with the value, and never in a message or a repr.
SECRET_SETTINGS = (
    "DATABASE_URL",
    "MIGRATE_URL",
    "REPLICA_URL",
    "RATELIMIT_STORAGE_URI",
    "SMTP_URL",
    "SMS_GATEWAY_TOKEN",
)
LARGEST_SECRET = 4096


class ConfigError(Exception):
    """A setting is unknown or has a value that cannot be used; the text names it."""


@dataclass(frozen=True, kw_only=True)
class Config:
    database_url: str = field(repr=False)
    migrate_url: str = field(repr=False)
    replica_url: str = field(repr=False)
    replica_max_lag: int
    tier: Tier
    public_origin: str
    instance: Path
    keys: Path
    rules: Path
    audit_seals: Path
    province: str
    cdc_name: str
    hotline: str
    ratelimit_storage_uri: str = field(repr=False)
    proxies: int
    port: int
    host: str
    demo: bool
    require_second_factor: bool
    log_level: str
    # Where messages go out; empty: into files of the instance. Never in a repr: they hold passwords.
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""
    sms_gateway_url: str = field(default="", repr=False)
    sms_gateway_token: str = field(default="", repr=False)
    # Where the address of the database came from, if from a file.
    database_url_file: str = ""

    @property
    def trial(self) -> bool:
        """True where the printed address works on this computer alone: posters then say so."""
        return (urlsplit(self.public_origin).hostname or "") in LOOPBACK

    @property
    def own_computer(self) -> bool:
        """True where only this computer reaches the server: the demo is served nowhere else."""
        return self.trial and self.host in LOOPBACK

    @property
    def secure(self) -> bool:
        """True under TLS: cookies are then marked Secure and HSTS is sent."""
        return self.public_origin.startswith("https://")

    def env(self) -> dict[str, str]:
        """What a process of this tier needs besides what is inherited, so that `from_env` gives it the same."""
        return {
            # Every user of the machine may read a process's words, and some tools show its environment.
            "DATABASE_URL_FILE": self.database_url_file,
            "DATABASE_URL": "" if self.database_url_file else self.database_url,
            "CHECKIN_TIER": self.tier,
            "CHECKIN_INSTANCE": str(self.instance),
            "CHECKIN_KEYS": str(self.keys),
            "CHECKIN_RULES": str(self.rules),
            "CHECKIN_PROVINCE": self.province,
            "PUBLIC_ORIGIN": self.public_origin,
            "HOST": self.host,
            "PORT": str(self.port),
            "LOG_LEVEL": self.log_level,
        }

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Config":
        """The configuration of an environment; raises ConfigError naming what is wrong."""
        given, env = env, _with_files(env)
        _number(env, "WEB_CONCURRENCY", 2, 1, 64)
        for name in env:
            if name.startswith("CHECKIN_") and name not in OWN_NAMES:
                raise ConfigError(f"{name} is not a setting. Known: {', '.join(sorted(OWN_NAMES))}")
        instance = Path(env.get("CHECKIN_INSTANCE") or ROOT / "instance").resolve()
        port = _number(env, "PORT", 8000, 1, 65535)
        database_url = _database(env, "DATABASE_URL", f"sqlite:///{instance / 'checkin.db'}")
        province = env.get("CHECKIN_PROVINCE") or "22"
        if not re.fullmatch(r"[0-9]{2}", province):
            raise ConfigError(f"CHECKIN_PROVINCE={province!r}: two digits of the statistics office, such as 22")
        demo = not _flag(env, "NO_DEMO")
        public_origin, host = (
            _origin(env.get("PUBLIC_ORIGIN") or f"http://localhost:{port}"),
            env.get("HOST") or "127.0.0.1",
        )
        own_computer = (urlsplit(public_origin).hostname or "") in LOOPBACK and host in LOOPBACK
        return cls(
            database_url=database_url,
            migrate_url=_database(env, "MIGRATE_URL", database_url),
            replica_url=_replica(env, database_url),
            replica_max_lag=_number(env, "REPLICA_MAX_LAG", 30, 1, 3600),
            tier=_tier(env.get("CHECKIN_TIER") or "all"),
            public_origin=public_origin,
            instance=instance,
            keys=Path(env.get("CHECKIN_KEYS") or instance / "keys").resolve(),
            rules=Path(env.get("CHECKIN_RULES") or ROOT / "checkin" / "rules" / "data").resolve(),
            audit_seals=Path(env.get("AUDIT_SEALS") or instance / "audit-seals" / "seals.jsonl").resolve(),
            province=province,
            cdc_name=env.get("CHECKIN_CDC_NAME") or "CDC Quảng Ninh",
            hotline=env.get("CHECKIN_HOTLINE") or "0203 3 656 263",
            ratelimit_storage_uri=_storage(env.get("RATELIMIT_STORAGE_URI") or "memory://"),
            proxies=_number(env, "CHECKIN_PROXIES", 0, 0, 5),
            port=port,
            host=host,
            demo=demo,
            require_second_factor=_second_factor(env, demo and own_computer),
            log_level=_log_level(env.get("LOG_LEVEL") or "info"),
            smtp_url=_smtp(env.get("SMTP_URL") or ""),
            mail_from=_mail_from(env),
            sms_gateway_url=_gateway(env.get("SMS_GATEWAY_URL") or ""),
            sms_gateway_token=_header(env, "SMS_GATEWAY_TOKEN"),
            database_url_file=given.get("DATABASE_URL_FILE") or "",
        )


def _with_files(env: Mapping[str, str]) -> Mapping[str, str]:
    """The environment with the secrets that it names files for."""
    found = dict(env)
    for name in SECRET_SETTINGS:
        if path := env.get(f"{name}_FILE"):
            if env.get(name):
                raise ConfigError(f"{name} and {name}_FILE are both set: take one away")
            found[name] = _secret(f"{name}_FILE", Path(path))
    return found


def _secret(setting: str, path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # a pipe would wait for ever
            raise ConfigError(f"{setting}={path}: this is no file")
        with path.open(encoding="utf-8") as file:
            text = file.read(LARGEST_SECRET + 1).strip()
    except OSError as error:
        raise ConfigError(f"{setting}={path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{setting}={path}: is no text") from None
    # The group may read: files that systemd hands to a service look like that, by the mask of their list of rights.
    if mode & stat.S_IRWXO:
        raise ConfigError(f"{setting}={path}: everybody on this machine can read it: chmod o= {path}")
    if not text or len(text) > LARGEST_SECRET or not text.isprintable():
        raise ConfigError(f"{setting}={path}: one line is needed, and nothing else")
    return text


def _tier(value: str) -> Tier:
    for tier in get_args(Tier):
        if value == tier:
            return tier  # type: ignore[no-any-return]
    raise ConfigError(f"CHECKIN_TIER={value!r}: one of {', '.join(get_args(Tier))}")


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,6}", text) or not low <= int(text) <= high:
        raise ConfigError(f"{name}={text!r}: a whole number from {low} to {high}")
    return int(text)


def _flag(env: Mapping[str, str], name: str) -> bool:
    text = env.get(name, "")
    if text in {"", "0"}:
        return False
    if text == "1":
        return True
    raise ConfigError(f"{name}={text!r}: 1 or 0")


def _second_factor(env: Mapping[str, str], trying_out: bool) -> bool:
    if not env.get("REQUIRE_SECOND_FACTOR"):
        return not trying_out
    required = _flag(env, "REQUIRE_SECOND_FACTOR")
    if not required and not trying_out:
        raise ConfigError(
            "REQUIRE_SECOND_FACTOR='0': only the demo on one's own computer goes without, so with NO_DEMO=1 or "
            "another PUBLIC_ORIGIN or HOST than localhost leave it out"
        )
    return required


def _log_level(text: str) -> str:
    if text.lower() not in {"debug", "info", "warning", "error"}:
        raise ConfigError(f"LOG_LEVEL={text!r}: debug, info, warning or error")
    return text.lower()


def _database(env: Mapping[str, str], name: str, default: str) -> str:
    url = env.get(name) or default
    if url.startswith(("postgresql://", "postgres://")):
        # psycopg 3 is the driver that is installed; the plain form is what people paste.
        return "postgresql+psycopg://" + url.split("://", 1)[1]
    if url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return url
    # The value is not repeated: it may hold a password.
    raise ConfigError(f"{name}: an address that begins with postgresql:// or sqlite:/// is needed")


def _replica(env: Mapping[str, str], database_url: str) -> str:
    url = _database(env, "REPLICA_URL", "") if env.get("REPLICA_URL") else ""
    if url and (url.startswith("sqlite") or database_url.startswith("sqlite")):
        raise ConfigError("REPLICA_URL: only PostgreSQL has replicas, so DATABASE_URL and it begin with postgresql://")
    return url


def _storage(uri: str) -> str:
    # The value is not repeated: it may hold a password.
    if not re.match(r"(memory|rediss?|redis\+unix)://", uri):
        raise ConfigError("RATELIMIT_STORAGE_URI: memory:// or an address that begins with redis:// is needed")
    return uri


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not close
        parts, usable = urlsplit(""), False
    # Printed on every poster, hence nothing of a login, path or question in it.
    if not usable or "@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment:
        shown = "" if "@" in url else f"={url!r}"
        raise ConfigError(f"PUBLIC_ORIGIN{shown}: scheme and host alone, such as https://khaibao.example.vn")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ConfigError(f"PUBLIC_ORIGIN={url!r}: https is needed, since declarations travel over it")
    return f"{parts.scheme}://{parts.netloc}"


def _smtp(url: str) -> str:
    # The value is not repeated: it holds a password.
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, usable = urlsplit(""), False
    if not usable or parts.path.strip("/") or parts.query not in {"", "starttls=1"} or parts.fragment:
        raise ConfigError("SMTP_URL: smtp://user:password@host:587?starttls=1 or smtps://user:password@host:465")
    if not (unquote(parts.username or "") + unquote(parts.password or "")).isascii():
        raise ConfigError(
            "SMTP_URL: user and password can have letters of ASCII alone, since mail servers take no others"
        )
    if parts.scheme == "smtp" and not parts.query and parts.hostname not in LOOPBACK:
        raise ConfigError("SMTP_URL: smtps:// or ?starttls=1 is needed, since codes and links travel over it")
    return url


def _mail_from(env: Mapping[str, str]) -> str:
    sender = env.get("MAIL_FROM") or ""
    if sender and not re.fullmatch(r"[!-~]{1,64}@[A-Za-z0-9.-]{1,190}", sender):
        raise ConfigError(f"MAIL_FROM={sender!r}: an address such as khaibao@cdc.example.vn")
    if env.get("SMTP_URL") and not sender:
        raise ConfigError("MAIL_FROM: the sender's address is needed where SMTP_URL is set")
    return sender


def _gateway(url: str) -> str:
    # The value is not repeated: some gateways want a key in it.
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, usable = urlsplit(""), False
    if not usable or "@" in parts.netloc or parts.fragment or not re.fullmatch("[!-~]+", url):
        raise ConfigError("SMS_GATEWAY_URL: an address such as https://sms.example.vn/send")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ConfigError("SMS_GATEWAY_URL: https is needed, since codes travel over it")
    return url


def _header(env: Mapping[str, str], name: str) -> str:
    value = env.get(name) or ""
    if not re.fullmatch("[!-~]*", value):
        raise ConfigError(f"{name}: letters, digits and signs of ASCII without spaces")
    return value
