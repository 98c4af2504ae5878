import os

from checkin import create_app
from checkin.config import ConfigError
from checkin.rules import RuleError
from checkin.vault import VaultError

# What is written here holds health data: the database, its log, posters. Nobody else on the machine reads it.
os.umask(0o077)

try:
    app = create_app()
except (ConfigError, RuleError, VaultError) as error:
    # One line that names what to change, instead of a traceback that hides it.
    raise SystemExit(f"checkin cannot start: {error}") from None
