"""Names of cookies: under TLS they are bound to this host alone, so that no other site of the domain can set them."""


def cookie_name(name: str, *, secure: bool) -> str:
    """The name under which a cookie is kept; with the prefix browsers take it only with Secure, and from this host."""
    return f"__Host-{name}" if secure else name
