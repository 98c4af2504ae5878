"""Names of people as they are common in the north-east of Vietnam, and of guests from elsewhere."""

import random
from itertools import accumulate

from checkin.demo.wordlists import words

FAMILY = {
    "Nguyễn": 314, "Trần": 105, "Phạm": 86, "Vũ": 70, "Lê": 66, "Hoàng": 52, "Bùi": 42, "Đỗ": 36, "Đặng": 28,
    "Ngô": 24, "Đinh": 20, "Đoàn": 18, "Dương": 17, "Lương": 15, "Phan": 14, "Tô": 12, "Đào": 11, "Mai": 10,
    "Cao": 9, "Hà": 9, "Trịnh": 8, "Lưu": 8, "Tạ": 7, "Chu": 7, "Lý": 7, "Trương": 7, "Vương": 5, "La": 4,
    "Phùng": 4, "Ninh": 4, "Khổng": 2, "Quách": 2, "Âu": 1, "Bế": 1,
}  # fmt: skip
# Dao, Tày, San Chay and Hoa families of the upland communes.
FAMILY_UPLAND = {
    "Hoàng": 26, "Trần": 18, "Lý": 16, "Chíu": 16, "Tằng": 14, "Lô": 10, "La": 10, "Triệu": 10, "Bàn": 9,
    "Đặng": 9, "Dường": 8, "Phùn": 7, "Nông": 7, "Vi": 7, "Voòng": 5, "Ngô": 5, "Nình": 5, "Trạc": 3, "Sằn": 3,
}  # fmt: skip
MIDDLE_MALE_OLD = {"Văn": 55, "Đức": 9, "Xuân": 8, "Hữu": 7, "Quang": 6, "Đình": 6, "Ngọc": 4, "Bá": 3, "": 2}
MIDDLE_MALE_NEW = {
    "Văn": 18, "Minh": 14, "Đức": 13, "Quang": 9, "Tuấn": 8, "Gia": 7, "Hoàng": 7, "Anh": 6, "Duy": 6,
    "Hải": 4, "Thành": 4, "Việt": 4,
}  # fmt: skip
MIDDLE_FEMALE_OLD = {"Thị": 84, "Ngọc": 5, "Kim": 4, "Thanh": 4, "Thuý": 3}
MIDDLE_FEMALE_NEW = {
    "Thị": 34, "Ngọc": 10, "Thu": 8, "Phương": 8, "Thị Thu": 7, "Thanh": 6, "Khánh": 6, "Bảo": 5, "Minh": 5,
    "Thuỳ": 4, "Thị Hồng": 4, "Hà": 3,
}  # fmt: skip
GIVEN_MALE_OLD = words(
    "Hùng Dũng Hải Sơn Thắng Cường Tuấn Bình Thành Hưng Minh Long Quang Hoà Toàn Chiến Quyết Tiến Nam Tùng Khánh "
    "Mạnh Vinh Thịnh Đông Lâm Phúc Lợi Thuỷ Định Hiển Bằng Trường Kiên Cảnh Tịnh Khoa Luân"
)
GIVEN_MALE_NEW = words(
    "Huy Khang Bảo Minh Phúc Khôi Đạt Nam Anh Hiếu Long Quân Dũng Hoàng Kiên Đức Duy Trung Việt Sơn Phong Khánh "
    "Nhật Thành Bách Vinh Lâm Hưng Tùng Thiện Hải Tú"
)
GIVEN_FEMALE_OLD = words(
    "Hương Lan Hoa Hằng Thuỷ Nga Hồng Mai Liên Hạnh Dung Yến Thanh Loan Phượng Nhung Oanh Tuyết Bình Hiền Huệ Vân "
    "Thơm Mận Chiên Sen Nhài Thoa Xuân Tâm Mùi Tươi Lý Bưởi Gái"
)
GIVEN_FEMALE_NEW = words(
    "Linh Anh Trang Ngọc Chi Hà Thảo Nhi Vy My Phương Mai Hương Huyền Quỳnh Trâm Ngân Châu Diệp Uyên Giang Nhung "
    "Ly Thuý Hân Dương Yến Thư An Vân"
)

# Country: (family names, male, female given names, whether the family's comes first).
ABROAD: dict[str, tuple[list[str], list[str], list[str], bool]] = {
    "CN": (words("Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou"), words("Wei Jun Qiang Lei Jianguo Haoran"),
           words("Fang Na Xiuying Min Jing Yuxin"), True),
    "KR": (words("Kim Lee Park Choi Jung Kang"), words("Min-jun Seo-jun Ji-hoon Dong-hyun"),
           words("Seo-yeon Ji-woo Hye-jin Eun-ji"), True),
    "JP": (words("Sato Suzuki Takahashi Tanaka Watanabe Ito"), words("Hiroshi Takashi Kenji Daiki"),
           words("Yuko Sakura Haruka Emi"), True),
    "TW": (words("Chen Lin Huang Chang Lee Tsai"), words("Chia-hao Chih-ming Kuan-yu"),
           words("Shu-fen Mei-ling Yi-chun"), True),
    "US": (words("Smith Johnson Nguyen Garcia Miller Davis"), words("James Robert Michael David"),
           words("Mary Jennifer Linda Susan"), False),
    "FR": (words("Martin Bernard Dubois Lefèvre Moreau Garnier"), words("Jean-Luc Pierre Étienne Mathieu"),
           words("Hélène Chloé Marie-Claire Aurélie"), False),
    "DE": (words("Müller Schmidt Schneider Weiß Krüger Vogel"), words("Jürgen Lukas Stefan Tobias"),
           words("Anke Katrin Sabine Lena"), False),
    "GB": (words("Taylor Evans Wright O'Neill Hughes Clarke"), words("Oliver George Harry Callum"),
           words("Emily Sophie Charlotte Siân"), False),
    "AU": (words("Wilson Brown Kelly Ryan Walker"), words("Jack Liam Noah Cooper"),
           words("Chloe Ruby Olivia Isla"), False),
}  # fmt: skip

_Weighted = tuple[list[str], list[int]]


def _table(weights: dict[str, int]) -> _Weighted:
    return list(weights), list(accumulate(weights.values()))


_FAMILY, _FAMILY_UPLAND = _table(FAMILY), _table(FAMILY_UPLAND)
_MIDDLE = {
    ("male", False): _table(MIDDLE_MALE_OLD),
    ("male", True): _table(MIDDLE_MALE_NEW),
    ("female", False): _table(MIDDLE_FEMALE_OLD),
    ("female", True): _table(MIDDLE_FEMALE_NEW),
}
_GIVEN = {
    ("male", False): GIVEN_MALE_OLD,
    ("male", True): GIVEN_MALE_NEW,
    ("female", False): GIVEN_FEMALE_OLD,
    ("female", True): GIVEN_FEMALE_NEW,
}
NEW_FASHION = 1988
"""Parents gave other names from about this year on."""


def family_name(rng: random.Random, upland: bool = False) -> str:
    """A family name by its share; of the upland peoples for an upland commune."""
    return _draw(rng, _FAMILY_UPLAND if upland and rng.random() < 0.8 else _FAMILY)


def personal_name(rng: random.Random, gender: str, birth_year: int) -> str:
    """Middle and given name for a sex ("male", "female") and year of birth."""
    new = birth_year >= NEW_FASHION if rng.random() < 0.85 else birth_year < NEW_FASHION
    pool = _GIVEN[gender, new]
    # The head of each list is the most common: the product of two draws leans towards it.
    given = pool[int(rng.random() * rng.random() * len(pool))]
    middle = _draw(rng, _MIDDLE[gender, new])
    return f"{middle} {given}" if middle and middle != given else given


def foreign_name(rng: random.Random, nationality: str, gender: str, family: str) -> str:
    """A whole name as a passport of the country writes it."""
    _, male, female, first = ABROAD[nationality]
    given = rng.choice(male if gender == "male" else female)
    return f"{family} {given}" if first else f"{given} {family}"


def _draw(rng: random.Random, table: _Weighted) -> str:
    names, cumulative = table
    return rng.choices(names, cum_weights=cumulative)[0]
