"""Which kind of venue the words of a register mean. The first line that fits decides: the narrower ones stand first."""

import re
from functools import lru_cache

from checkin.fold import fold

_WORDS = (
    ("bar", "karaoke|quan bar|bar|pub|vu truong|night ?club"),
    (
        "health",
        "nha thuoc|quay thuoc|hieu thuoc|thuoc tay|duoc|benh vien|phong kham|y te|nha "
        "khoa|nha ho sinh|trung tam y te|xet nghiem|pharmacy|clinic|hospital",
    ),
    (
        "food",
        "nha hang|quan an|an uong|cafe|ca phe|coffee|tra sua|giai khat|quan nhau|bia "
        "hoi|lau nuong|quan com|com binh dan|pho bo|pho ga|quan pho|bun cha|banh mi|"
        "quan nuoc|do an|thuc an nhanh|restaurant|food",
    ),
    ("supermarket", "sieu thi|trung tam thuong mai|tttm|plaza|mall|supermarket|trung tam mua sam"),
    ("hotel", "khach san|nha nghi|homestay|luu tru|resort|motel|nha tro|hotel|khu nghi duong"),
    (
        "school",
        "^truong|truong hoc|mam non|mau giao|tieu hoc|thcs|thpt|dai hoc|cao dang|trung "
        "tam ngoai ngu|day hoc|giao duc|nhom tre|dao tao|school",
    ),
    ("bank", "ngan hang|buu dien|buu cuc|tin dung|quy tiet kiem|bank|post office"),
    ("station", "ben xe|ben tau|ben pha|^cang|san bay|nha ga|ben thuyen|station|airport"),
    ("motorbike", "xe om|xe may cong nghe|xe may cho khach|motorbike|motorcycle taxi"),
    (
        "boat",
        "tau du lich|tau khach|tau cao toc|tau tham quan|tau luu tru|tau thuy|du thuyen|"
        "^pha|do ngang|do doc|^thuyen|ca no|cano|ferry|boat|cruise",
    ),
    ("taxi", "taxi|tac xi|xe cong nghe|xe hop dong|xe dien du lich|xe dien cho khach"),
    (
        "bus",
        "xe khach|xe buyt|xe bus|o to khach|xe giuong nam|xe dua don|xe dua ruoc|limousine|^bus|coach",
    ),
    ("transport", "van tai|phuong tien khac|xe cho khach|transport"),
    ("religious", "^chua|^den|^dinh|^mieu|nha tho|giao xu|ton giao|tin nguong|thanh that|pagoda|church"),
    ("sport", "gym|the thao|san bong|be boi|yoga|bi ?a|bida|phong tap|fitness|the hinh|cau long|sport"),
    ("beauty", "cat toc|lam toc|salon|hot toc|goi dau|spa|massage|nail|tham my|lam dep|tham my vien|beauty"),
    (
        "culture",
        "bao tang|du lich|rap chieu|^rap|vui choi|giai tri|van hoa|thu vien|cong vien|"
        "internet|game|trien lam|culture|museum",
    ),
    ("market", "^cho|cho dan sinh|cho dau moi|market"),
    (
        "factory",
        "nha may|xi nghiep|xuong|cong truong|san xuat|mo than|mo da|khai thac|gia cong|"
        "che bien|co khi|xay dung|factory",
    ),
    (
        "shop",
        "cua hang|dai ly|tap hoa|ban le|ban buon|shop|cua hieu|kinh doanh|buon ban|sua "
        "chua|thuong mai|xang dau|kiot|ki ot|quay|store|retail",
    ),
    (
        "office",
        "co quan|van phong|ubnd|uy ban|hdnd|cong ty|chi nhanh|chi cuc|^so|tru so|hop "
        "tac xa|ban quan ly|office|trung tam|doanh nghiep|tnhh",
    ),
    ("other", "khac|noi khac|other"),
)
_RULES = tuple((kind, re.compile(rf"\b(?:{words})\b")) for kind, words in _WORDS)
CODES = frozenset(kind for kind, _ in _WORDS)


@lru_cache(maxsize=16_384)
def kind_of(text: str) -> str | None:
    """The kind of venue that the words mean, or that a name begins with; None where they mean none of ours."""
    plain = fold(text[:300])
    if plain in CODES:
        return plain
    return next((kind for kind, rule in _RULES if rule.search(plain)), None)
