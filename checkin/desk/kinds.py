"""What sort of device it is, in the words of its box; no version and nothing else of what a browser says."""

# In this order: an Edge calls itself Chrome too, and a Chrome Safari.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("coc_coc", "Cốc Cốc"), ("Firefox", "Firefox"), ("CriOS", "Chrome"),
            ("FxiOS", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
           ("CrOS", "ChromeOS"), ("Macintosh", "Mac"), ("Linux", "Linux"))  # fmt: skip


def device_kind(user_agent: str) -> str:
    """Such as "Chrome, Android"; empty when neither is known."""
    return ", ".join(filter(None, (_first(BROWSERS, user_agent), _first(SYSTEMS, user_agent))))


def _first(known: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for sign, name in known if sign in text), "")
