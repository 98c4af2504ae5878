"""Why a row was refused, what was left out of one, and why a file cannot be used, in words for whoever corrects it."""

from flask_babel import lazy_gettext as _l

WORDS = {
    "quotes": _l("dòng không đọc được: thừa hoặc thiếu dấu ngoặc kép, hoặc dòng quá dài"),
    "cells": _l("nhiều ô hơn dòng tiêu đề"),
    "long": _l("có ô dài quá 2.000 ký tự"),
    "name": _l("thiếu tên cơ sở"),
    "name_long": _l("tên dài quá 200 ký tự"),
    "address": _l("thiếu địa chỉ"),
    "address_long": _l("địa chỉ dài quá 200 ký tự"),
    "number_long": _l("mã số dài quá 40 ký tự"),
    "rounded": _l("mã số bị bảng tính làm tròn, như 8,49E+10: đổi cột sang dạng chữ rồi ghi lại"),
    "commune": _l("không tìm thấy xã, phường này trong tỉnh"),
    "commune_missing": _l("thiếu xã, phường"),
    "commune_several": _l("tên xã, phường có thể là nhiều nơi, chưa chọn: %(communes)s"),
    "commune_elsewhere": _l("thuộc xã, phường khác: trạm chỉ nhập cơ sở trong địa bàn của mình"),
    "commune_left_out": _l("bạn đã chọn bỏ qua các dòng có tên xã, phường này"),
    "several": _l("khớp với nhiều cơ sở đã có: ghi thêm mã số"),
    "number_elsewhere": _l("mã số này đã thuộc một cơ sở ở xã, phường khác"),
    "stopped": _l("chưa nhập: việc nhập đã dừng trước dòng này"),
    "twice": _l("cùng cơ sở với dòng %(line)s nhưng ghi khác: giữ một dòng"),
}
NOTES = {
    "kind_guessed": _l("loại đoán theo tên"),
    "kind_unknown": _l("không rõ loại, ghi là “Nơi khác”"),
    "phone": _l("bỏ qua số điện thoại chưa đúng"),
    "hours": _l("bỏ qua giờ mở cửa không đọc được"),
    "plate": _l("bỏ qua biển số không đọc được"),
    "plate_missing": _l("xe, tàu chưa ghi biển số: nhãn dán sẽ không có biển số"),
    "within_unknown": _l("bỏ qua “nằm trong”: không tìm thấy cơ sở đó"),
    "within_several": _l("bỏ qua “nằm trong”: có nhiều cơ sở tên đó"),
    "within_loop": _l("bỏ qua “nằm trong”: hai cơ sở nằm trong nhau"),
    "owned": _l("đã có chủ cơ sở quản lý, giữ thông tin của chủ"),
}
FIELDS = {
    "number": _l("mã số"),
    "name": _l("tên"),
    "kind": _l("loại"),
    "address": _l("địa chỉ"),
    "commune_id": _l("xã, phường"),
    "phone": _l("điện thoại"),
    "opens_at": _l("giờ mở cửa"),
    "closes_at": _l("giờ đóng cửa"),
    "plate": _l("biển số"),
    "parent_id": _l("nằm trong"),
}
FILES = {
    "empty": _l("Tệp trống: không có dòng nào."),
    "large": _l("Tệp lớn hơn 20 MB. Hãy chia theo xã, phường rồi nhập từng tệp."),
    "kind": _l(
        "Tệp này không phải CSV hay XLSX. Mở bằng bảng tính rồi lưu lại thành “Excel (.xlsx)” hoặc “CSV UTF-8”."
    ),
    "old_excel": _l("Tệp Excel kiểu cũ (.xls). Mở bằng bảng tính rồi lưu lại thành “Excel (.xlsx)”."),
    "protected": _l("Tệp có mật khẩu. Bỏ mật khẩu, lưu lại rồi chọn tệp đó."),
    "damaged": _l("Tệp XLSX bị hỏng hoặc không đầy đủ. Mở bằng bảng tính, lưu lại rồi thử lại."),
    "unpacked": _l(
        "Tệp nén quá chặt, khi mở ra lớn bất thường nên không được đọc. Mở bằng bảng tính, lưu lại rồi thử lại."
    ),
    "encoding": _l("Không đọc được chữ trong tệp. Lưu lại thành “CSV UTF-8” hoặc XLSX."),
    "header": _l(
        "Không tìm thấy dòng tiêu đề trong 20 dòng đầu. Cần ít nhất cột tên cơ sở và một cột khác, ví dụ: "
        "Tên cơ sở, Địa chỉ, Xã phường."
    ),
    "missing": _l("Thiếu cột địa chỉ trong dòng tiêu đề."),
    "twice": _l("Hai cột có cùng ý nghĩa: %(detail)s. Giữ lại một cột, hoặc đổi tên cột kia."),
    "no_rows": _l("Tệp chỉ có dòng tiêu đề, không có cơ sở nào."),
    "many": _l("Tệp có hơn 100.000 dòng. Hãy chia theo xã, phường rồi nhập từng tệp."),
    "memory": _l("Tệp cần quá nhiều bộ nhớ nên không được đọc. Hãy chia theo xã, phường rồi nhập từng tệp."),
    "died": _l("Việc xử lý đã dừng giữa chừng. Những cơ sở đã nhập vẫn còn; làm lại không tạo thêm cơ sở trùng."),
    "broken": _l("Có lỗi ở phía chúng tôi, lỗi đã được ghi lại. Làm lại không tạo thêm cơ sở trùng."),
}
