"""The words on what is printed. The wall speaks to visitors: in the language the owner chose for it, whatever
language they read themselves, and with a line in the other one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Labels:
    """The words that all posters of a language share."""

    lang: str
    title: str
    second: str
    second_lang: str
    steps: tuple[str, ...]
    help: str
    warning: tuple[str, str]
    issued: str
    nameless: str
    trial: str
    trial_note: str
    fold: str
    glue: str


VIETNAMESE = Labels(
    lang="vi",
    title="QUÉT MÃ – KHAI BÁO Y TẾ",
    second="Scan to check in · no app needed",
    second_lang="en",
    steps=("Mở máy ảnh, quét mã", "Khai báo", "Cho nhân viên xem kết quả"),
    help="Không có điện thoại? Nhân viên sẽ khai giúp.",
    warning=(
        "Tên trên điện thoại phải là tên trên tờ này.",
        "Khác tên hoặc khác địa chỉ web: xin dừng lại và báo nhân viên.",
    ),
    issued="Cấp ngày",
    nameless="Địa điểm",
    trial="BẢN THỬ",
    trial_note="không dán ở nơi có khách",
    fold="Gấp theo đường đứt: phần này làm đáy",
    glue="Dán vào mặt dưới của đáy",
)
ENGLISH = Labels(
    lang="en",
    title="SCAN – HEALTH DECLARATION",
    second="Quét mã – khai báo y tế · không cần ứng dụng",
    second_lang="vi",
    steps=("Open the camera, scan", "Fill in the form", "Show staff the result"),
    help="No phone? Our staff will declare for you.",
    warning=(
        "The name on your phone must be the name on this sheet.",
        "Another name or web address: please stop and tell the staff.",
    ),
    issued="Issued",
    nameless="Venue",
    trial="TRIAL",
    trial_note="do not put up where visitors come",
    fold="Fold along the dashes: this part is the base",
    glue="Glue under the base",
)
LABELS = {"vi": VIETNAMESE, "en": ENGLISH}
