"""What the flags of visits are called, and what each means."""

from flask_babel import lazy_gettext as _l

from checkin.visits.flags import BURST, CLOSED, DENIED, SHIFT, TOLD

NAMES = {
    SHIFT: _l("Ca làm"),
    DENIED: _l("Báo khác sau đó"),
    CLOSED: _l("Ngoài giờ"),
    BURST: _l("Dồn dập"),
    TOLD: _l("Giờ theo máy khách"),
}
MEANINGS = {
    SHIFT: _l("Người làm việc ở đây, theo danh sách và giờ ca mà chủ cơ sở ghi; không phải lượt quét mã."),
    CLOSED: _l("Quét mã lúc địa điểm đóng cửa, theo giờ mà chủ cơ sở ghi."),
    DENIED: _l("Ngày đã qua rồi chủ địa điểm mới báo nghỉ hoặc giờ khác. Lượt này giữ nguyên như đã ghi."),
    BURST: _l("Trong ít phút có nhiều lượt hơn nơi như vậy đón được, hoặc quá nhiều từ một máy hay một mạng."),
    TOLD: _l("Khai lúc mất mạng, gửi sau. Giờ vào là giờ mà máy của khách ghi, không phải giờ máy chủ nhận."),
}
