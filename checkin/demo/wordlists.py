"""Word lists written as one text, so that they stay readable."""


def words(text: str) -> list[str]:
    """The words of a text: parted by "|" where there is one, by spaces otherwise."""
    return text.split("|") if "|" in text else text.split()
