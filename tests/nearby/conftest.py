from tests.contacts.conftest import given, given_twice

__all__ = ["given", "given_twice"]
