"""The street of the notices, whose people answer here."""

from tests.notices.conftest import one_street, street

__all__ = ["one_street", "street"]
