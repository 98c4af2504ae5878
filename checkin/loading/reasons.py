"""Why a row was refused, in words for whoever corrects it."""

from flask_babel import lazy_gettext as _l

WORDS = {
    "quotes": _l("dòng không đọc được: thừa hoặc thiếu dấu ngoặc kép, hoặc dòng quá dài"),
    "cells": _l("số ô khác với dòng tiêu đề"),
    "nul": _l("có ký tự NUL"),
    "long": _l("có ô dài quá 1.000 ký tự"),
    "code_missing": _l("thiếu mã địa điểm"),
    "code_mistyped": _l("mã địa điểm gõ sai"),
    "code_unknown": _l("không có mã địa điểm này"),
    "code_later": _l("mã địa điểm được cấp sau giờ vào"),
    "code_revoked": _l("mã địa điểm đã thu hồi trước giờ vào"),
    "name": _l("họ và tên không có chữ"),
    "name_long": _l("họ và tên dài quá 100 ký tự"),
    "id_number": _l("số giấy tờ chưa đúng"),
    "phone": _l("số điện thoại chưa đúng"),
    "rounded": _l("số bị bảng tính làm tròn, như 8,49E+10: đổi cột sang dạng chữ rồi ghi lại"),
    "birth_year": _l("năm sinh chưa đúng: bốn chữ số, không ở tương lai"),
    "commune": _l("không tìm thấy xã, phường này"),
    "commune_several": _l("tên xã, phường có thể là nhiều nơi: ghi mã xã"),
    "entered_unreadable": _l("giờ vào chưa đúng dạng ISO 8601, ví dụ 2026-11-20T08:30:00+07:00"),
    "entered_zone": _l("giờ vào thiếu múi giờ, ví dụ +07:00"),
    "entered_future": _l("giờ vào ở tương lai"),
    "entered_old": _l("giờ vào đã quá số ngày lưu"),
    "left_unreadable": _l("giờ ra chưa đúng dạng ISO 8601, ví dụ 2026-11-20T09:15:00+07:00"),
    "left_zone": _l("giờ ra thiếu múi giờ, ví dụ +07:00"),
    "left_before": _l("giờ ra trước giờ vào"),
    "left_long": _l("ở lại lâu hơn thời gian dài nhất một lượt có thể kéo dài"),
    "left_future": _l("giờ ra ở tương lai"),
}
