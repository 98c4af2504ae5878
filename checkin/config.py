"""Configuration: read once from the environment into a frozen dataclass.

An unknown CHECKIN_ name or a bad value stops the start and says which one it was, because a
misspelt setting that is silently ignored is found out on the worst day.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

Tier = Literal["public", "staff", "all"]

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


class ConfigError(Exception):
    """A setting is unknown or has a value that cannot be used; the text names it."""


@dataclass(frozen=True, kw_only=True)
class Config:
    database_url: str
    migrate_url: str
    replica_url: str
    replica_max_lag: int
    tier: Tier
    public_origin: str
    instance: Path
    keys: Path
    rules: Path
    province: str
    cdc_name: str
    hotline: str
    ratelimit_storage_uri: str
    proxies: int
    port: int
    demo: bool
    log_level: str

    @property
    def trial(self) -> bool:
        """True where the printed address works on this computer alone: posters then say so."""
        return (urlsplit(self.public_origin).hostname or "") in {"localhost", "127.0.0.1", "::1"}

    @property
    def secure(self) -> bool:
        """True under TLS: cookies are then marked Secure and HSTS is sent."""
        return self.public_origin.startswith("https://")

    def env(self) -> dict[str, str]:
        """What a process of this tier needs besides what is inherited, so that `from_env` gives it the same."""
        return {
            "DATABASE_URL": self.database_url,
            "CHECKIN_TIER": self.tier,
            "CHECKIN_INSTANCE": str(self.instance),
            "CHECKIN_KEYS": str(self.keys),
            "CHECKIN_RULES": str(self.rules),
            "CHECKIN_PROVINCE": self.province,
            "PUBLIC_ORIGIN": self.public_origin,
            "PORT": str(self.port),
            "LOG_LEVEL": self.log_level,
        }

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Config":
        """The configuration of an environment; raises ConfigError naming what is wrong."""
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
        return cls(
            database_url=database_url,
            migrate_url=_database(env, "MIGRATE_URL", database_url),
            replica_url=_replica(env, database_url),
            replica_max_lag=_number(env, "REPLICA_MAX_LAG", 30, 1, 3600),
            tier=_tier(env.get("CHECKIN_TIER") or "all"),
            public_origin=_origin(env.get("PUBLIC_ORIGIN") or f"http://localhost:{port}"),
            instance=instance,
            keys=Path(env.get("CHECKIN_KEYS") or instance / "keys").resolve(),
            rules=Path(env.get("CHECKIN_RULES") or ROOT / "checkin" / "rules" / "data").resolve(),
            province=province,
            cdc_name=env.get("CHECKIN_CDC_NAME") or "CDC Quảng Ninh",
            hotline=env.get("CHECKIN_HOTLINE") or "0203 3 656 263",
            ratelimit_storage_uri=_storage(env.get("RATELIMIT_STORAGE_URI") or "memory://"),
            proxies=_number(env, "CHECKIN_PROXIES", 0, 0, 5),
            port=port,
            demo=not _flag(env, "NO_DEMO"),
            log_level=_log_level(env.get("LOG_LEVEL") or "info"),
        )


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
    if uri.startswith("redis") and find_spec("redis") is None:
        raise ConfigError("RATELIMIT_STORAGE_URI: for Redis, install its client first: pip install redis")
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
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ConfigError(f"PUBLIC_ORIGIN={url!r}: https is needed, since declarations travel over it")
    return f"{parts.scheme}://{parts.netloc}"
