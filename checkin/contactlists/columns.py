"""What the columns of a list mean, by the words in their heading, in Vietnamese or English."""

from collections.abc import Sequence

from checkin.register.columns import plain

# In the order of the page's choices.
FIELDS = ("full_name", "phone", "birth_year", "commune", "district", "address", "met_on", "place")
NEEDED = ("full_name", "phone")
_WORDS = {
    "full_name": "ho ten, ho va ten, ten, ho ten nguoi tiep xuc, ho va ten nguoi tiep xuc, nguoi tiep xuc, name, "
    "full name, contact, contact name",
    "phone": "dien thoai, so dien thoai, sdt, so dt, dt, dien thoai lien he, so dien thoai lien he, di dong, phone, "
    "phone number, mobile, telephone, tel",
    "birth_year": "nam sinh, sinh nam, ngay sinh, ngay thang nam sinh, year of birth, birth year, date of birth, born, "
    "dob",
    "commune": "xa, phuong, xa phuong, phuong xa, xa phuong thi tran, phuong xa thi tran, xa phuong dac khu, phuong xa "
    "dac khu, commune, ward",
    "district": "huyen, quan huyen, huyen thi xa thanh pho, tp tx huyen, district, city",
    "address": "dia chi, noi o, noi o hien nay, cho o, cho o hien nay, dia chi noi o, dia chi hien nay, noi cu tru, "
    "address, home address, home, residence",
    "met_on": "ngay tiep xuc, ngay tiep xuc cuoi, ngay tiep xuc cuoi cung, ngay tiep xuc gan nhat, tiep xuc lan cuoi, "
    "thoi gian tiep xuc, date of contact, contact date, last contact, date of last contact, exposure date",
    "place": "noi tiep xuc, dia diem tiep xuc, dia diem, hoan canh tiep xuc, place, place of contact, venue, location, "
    "setting",
}
_MEANING = {word: field for field, listed in _WORDS.items() for word in listed.split(", ")}
# Nobody misses the numbers of the lines, nor what a file of errors has of its own.
PASSED_OVER = frozenset({"stt", "tt", "so tt", "so thu tu", "no", "dong", "line", "ly do", "reason"})


def guessed(heading: Sequence[str]) -> list[str]:
    """The field of each column, "" where its words say none; of two that say the same the first one."""
    found: list[str] = []
    for cell in heading:
        field = _MEANING.get(plain(cell), "")
        found.append("" if field in found else field)
    return found


def unclear(heading: Sequence[str], fields: Sequence[str]) -> list[int]:
    """The columns somebody should be asked about: those with a name that says nothing here."""
    return [
        place
        for place, (cell, field) in enumerate(zip(heading, fields, strict=True))
        if not field and plain(cell) and plain(cell) not in PASSED_OVER
    ]


def fits(fields: Sequence[str], width: int) -> bool:
    """True for a meaning of so many columns: known words, none twice."""
    said = [field for field in fields if field]
    return len(fields) == width and set(said) <= set(FIELDS) and len(said) == len(set(said))


def how_like(cells: Sequence[str]) -> int:
    """How many of our fields a row of cells names."""
    return len({field for field in guessed(cells) if field})
