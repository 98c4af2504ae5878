"""The people of the tests: citizen Ánh Tuyết, owner Bình, outsider owner Chi, desk Dũng, commune Giang, CDC Hạnh, admin Khoa."""

from checkin.declarations.told import Identity, Told
from checkin.declarations.triage import Answers

CITIZEN = Identity(
    full_name="Nguyễn Thị Ánh Tuyết",
    birth_year=1985,
    gender="female",
    phone="+84912345678",
    province_id="22",
    commune_id="06652",
    address="Số 12, đường Trần Phú",
    id_number="022185001234",
)
NEIGHBOUR = Identity(
    full_name="Trần Văn Hưng",
    birth_year=1971,
    gender="male",
    phone="+84904118226",
    province_id="22",
    commune_id="06652",
)
OWNER = ("0912000111", "bình có quán phở 22")
OUTSIDER = ("chi@example.vn", "quán của chi ở Cẩm Phả")
COMMUNE = ("giang@tram", "trạm y tế phường Hà Tu")
CDC = ("hanh@cdc", "mật khẩu dài của Hạnh")
COMMAND = ("lan@bcd", "ban chỉ đạo xem số liệu")
ADMIN = ("khoa@cdc", "người quản trị tên Khoa")

# Strings as readers give them, with the numbers of nobody.
CCCD = "022185001234|100123456|Nguyễn Thị Ánh Tuyết|02091985|Nữ|Tổ 5, Khu 2, Hồng Hải, Hạ Long, Quảng Ninh|10052021"
CCCD_MAN = "022071004321||Trần Văn Hưng|01011971|Nam|Thôn 3, Hạ Long, Vân Đồn, Quảng Ninh|01072022"


def healthy(who: Identity = CITIZEN) -> Told:
    """A declaration with every answer no."""
    return Told(who=who)


def coughing(who: Identity = CITIZEN) -> Told:
    """A declaration of somebody who coughs."""
    return Told(who=who, answers=Answers(symptoms=frozenset({"cough"})))


def form(**changes: str | list[str] | None) -> dict[str, str | list[str]]:
    """What the citizen's phone posts, every answer no; a field that is None is left out."""
    fields: dict[str, str | list[str] | None] = {
        "full_name": "Nguyễn Thị Ánh Tuyết",
        "birth_year": "1985",
        "gender": "female",
        "phone": "0912 345 678",
        "province": "22",
        "commune": "06652",
        "address": "",
        "id_number": "",
        "nationality": "VN",
        "symptoms": "no",
        "contact_sick": "no",
        "travel": "no",
        "consent": "y",
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}
