"""Lists of contacts in words: fields, and why a row or a file is not taken."""

from flask_babel import lazy_gettext as _l

from checkin.register.reasons import FILES as OF_FILES

FIELD_NAMES = {
    "full_name": _l("Họ tên"),
    "phone": _l("Điện thoại"),
    "birth_year": _l("Năm sinh"),
    "commune": _l("Xã, phường"),
    "district": _l("Quận, huyện cũ"),
    "address": _l("Nơi ở"),
    "met_on": _l("Ngày tiếp xúc"),
    "place": _l("Nơi tiếp xúc"),
}
FAULTS = {
    "quotes": _l("dòng không đọc được: thừa hoặc thiếu dấu ngoặc kép, hoặc dòng quá dài"),
    "cells": _l("nhiều ô hơn dòng tiêu đề"),
    "cell_long": _l("có ô dài quá 300 ký tự"),
    "name": _l("thiếu họ tên"),
    "name_long": _l("họ tên dài quá 100 ký tự"),
    "phone": _l("số điện thoại chưa đúng"),
    "phone_missing": _l("thiếu số điện thoại"),
    "met_on": _l("ngày tiếp xúc không đọc được: ghi ngày/tháng/năm"),
    "met_on_future": _l("ngày tiếp xúc còn chưa tới"),
    "met_on_old": _l("ngày tiếp xúc đã hơn 60 ngày"),
    "twice": _l("trùng với một dòng ở trên: cùng tên, cùng số điện thoại"),
}
NOTES = {
    "birth_year": _l("bỏ qua năm sinh không đọc được"),
    "met_on_missing": _l("không ghi ngày tiếp xúc: tính là hôm nay"),
    "commune": _l("không rõ xã, phường trong tỉnh: CDC gọi"),
    "commune_several": _l("tên xã, phường có thể là nhiều nơi: CDC gọi"),
}
FILES = {
    **OF_FILES,
    "large": _l("Tệp lớn hơn 5 MB. Hãy chia thành nhiều tệp."),
    "rows": _l("Tệp có hơn 20.000 dòng. Hãy chia thành nhiều tệp."),
    "header": _l("Không tìm thấy dòng tiêu đề. Cần ít nhất cột họ tên và cột điện thoại."),
    "no_rows": _l("Tệp chỉ có dòng tiêu đề, không có ai."),
    "memory": _l("Tệp cần quá nhiều bộ nhớ nên không được đọc. Hãy chia thành nhiều tệp."),
}
