"""What the columns of a register mean, by the words in their heading."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checkin.fold import fold

# In the order of the cells of a row.
FIELDS = (
    "number", "name", "kind", "address", "commune", "district", "phone", "opens", "closes", "hours", "plate", "within",
)  # fmt: skip
# What a file of refused rows has besides; when it comes back corrected, they are no news.
OWN = ("line", "reason")
LONGEST_NAME = 60


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


NAMES: dict[str, tuple[str, ...]] = {
    "number": _words(
        "ma so, ma co so, ma so co so, ma so doanh nghiep, ma doanh nghiep, ma so thue, mst, msdn, ma so ho "
        "kinh doanh, ma so hkd, ma so dang ky, so dang ky, ma dang ky, so dkkd, dkkd, so gcn, so giay phep, "
        "so giay phep kinh doanh, gpkd, so giay chung nhan, so giay chung nhan dang ky, so giay chung nhan "
        "dang ky kinh doanh, ma so dkkd, register number, registration number, business number, tax code, tax "
        "number, tax id, id, number"
    ),
    "name": _words(
        "ten co so, ten co so kinh doanh, ten dia diem, ten doanh nghiep, ten doanh nghiep co so, ten cua "
        "hang, ten ho kinh doanh, ten hkd, ten don vi, ten to chuc, ten cong ty, ten chi nhanh, ten bien "
        "hieu, bien hieu, ten co so san xuat kinh doanh, ten, co so, name, venue, venue name, business name, "
        "business, company, company name"
    ),
    "kind": _words(
        "loai, loai hinh, loai hinh kinh doanh, loai co so, loai dia diem, nganh nghe, nganh nghe kinh doanh, "
        "nganh, linh vuc, linh vuc hoat dong, linh vuc kinh doanh, nhom nganh, hinh thuc kinh doanh, mat hang "
        "kinh doanh, kind, type, category, business type, industry"
    ),
    "address": _words(
        "dia chi, dia chi co so, dia chi kinh doanh, dia chi tru so, dia chi tru so chinh, dia diem kinh "
        "doanh, so nha duong, so nha, noi kinh doanh, dia chi chi tiet, dia diem, address, street, street "
        "address, business address"
    ),
    "commune": _words(
        "xa, phuong, xa phuong, phuong xa, xa phuong thi tran, phuong xa thi tran, ten xa, ten xa phuong, ten "
        "phuong xa, ma xa, don vi hanh chinh, dia ban, xa phuong dac khu, phuong xa dac khu, thuoc xa phuong, "
        "commune, ward, commune ward"
    ),
    "district": _words(
        "huyen, quan huyen, huyen thi xa thanh pho, huyen tx tp, huyen thi thanh pho, tp tx huyen, thanh pho "
        "huyen, quan huyen thi xa, thanh pho thi xa huyen, huyen cu, district, city, town"
    ),
    "phone": _words(
        "dien thoai, so dien thoai, sdt, so dt, dt, dien thoai lien he, so dien thoai lien he, dtdd, hotline, "
        "di dong, phone, phone number, telephone, tel, mobile, contact phone"
    ),
    "opens": _words("mo cua, mo cua luc, gio mo cua, gio mo, bat dau, opens, opens at, opening time, open"),
    "closes": _words(
        "dong cua, dong cua luc, gio dong cua, gio dong, ket thuc, closes, closes at, closing time, close"
    ),
    "hours": _words(
        "gio hoat dong, thoi gian hoat dong, gio lam viec, thoi gian mo cua, gio mo dong cua, gio mo cua dong "
        "cua, opening hours, hours, business hours"
    ),
    "plate": _words(
        "bien so, bien so xe, bien kiem soat, bks, so xe, plate, licence plate, license plate, plate number"
    ),
    "within": _words(
        "trong, nam trong, ben trong, thuoc co so, thuoc cho, thuoc trung tam, thuoc toa nha, toa nha, trong "
        "cho, nam trong co so, within, inside, located in, part of, mall"
    ),
    "line": _words("dong, line"),
    "reason": _words("ly do, ly do tu choi, reason"),
}
_MEANING = {words: field for field, known in NAMES.items() for words in known}


@dataclass(frozen=True, slots=True)
class Header:
    """Where each field stands (None: nowhere), the headings that mean nothing here, and all headings as written."""

    places: tuple[int | None, ...]
    ignored: tuple[str, ...]
    headings: tuple[str, ...]
    own: frozenset[int]

    @property
    def kept(self) -> list[int]:
        """The columns that were in the file at first."""
        return [place for place in range(len(self.headings)) if place not in self.own]

    def has(self, field: str) -> bool:
        """True where the file has this column."""
        return self.places[FIELDS.index(field)] is not None


class Twice(ValueError):
    """Two headings mean the same; the text names both."""


def meaning(heading: str) -> str | None:
    """The field that a heading means: with or without accents, kinds of writing and what stands in brackets."""
    return _MEANING.get(plain(heading))


def plain(heading: str) -> str:
    """The words of a heading alone: folded, without signs and what stands in brackets."""
    return " ".join(re.findall(r"[a-z0-9]+", fold(re.sub(r"\([^()]*\)|\*", " ", heading[:200]))))


def how_like(cells: Sequence[str]) -> int:
    """How many of our fields a row of cells names: a heading has several, a row of data hardly one."""
    return len({found for cell in cells if (found := meaning(cell))} - set(OWN))


def header_of(cells: Sequence[str]) -> Header | None:
    """The columns of a heading row; None where it names no column of names or only that. Raises Twice."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        field = meaning(cell)
        if field is None:
            continue
        if field in found:
            raise Twice(f"“{cells[found[field]].strip()[:LONGEST_NAME]}”, “{cell.strip()[:LONGEST_NAME]}”")
        found[field] = place
    if "name" not in found or how_like(cells) < 2:
        return None
    cells = cells[: max(at for at, cell in enumerate(cells) if cell.strip()) + 1]
    known = set(found.values())
    return Header(
        places=tuple(found.get(field) for field in FIELDS),
        ignored=tuple(_ignored(cells, known)),
        headings=tuple(cell.strip() for cell in cells),
        own=frozenset(found[name] for name in OWN if name in found),
    )


def _ignored(cells: Sequence[str], known: set[int]) -> Iterator[str]:
    for place, cell in enumerate(cells):
        if place not in known and cell.strip():
            yield cell.strip()[:LONGEST_NAME]
