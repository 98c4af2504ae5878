"""A coarse name for a browser, by which people recognise their own sessions: 'Chrome · Windows'."""

import re

LONGEST = 60
# The first that fits: most browsers also carry the names of those they descend from.
BROWSERS = (
    (r"Edg(e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"coc_coc_browser", "Cốc Cốc"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Zalo", "Zalo"),
    (r"FBAN|FBAV", "Facebook"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|CriOS/|Chromium/", "Chrome"),
    (r"Safari/", "Safari"),
)
SYSTEMS = (
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"CrOS", "ChromeOS"),
    (r"Mac OS X|Macintosh", "macOS"),
    (r"Linux|X11", "Linux"),
)


def label(user_agent: str) -> str:
    """Browser and system, at most 60 characters of our own words; '' where neither is known."""
    known = user_agent[:500]
    parts = [next((name for pattern, name in names if re.search(pattern, known)), "") for names in (BROWSERS, SYSTEMS)]
    return " · ".join(part for part in parts if part)[:LONGEST]
