from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from checkin.audit import queries
from checkin.db import db

bp = Blueprint("audit", __name__, url_prefix="/audit")
PAGE = 100
# The log keeps words for machines; a newer action that is missing here is shown as it is.
ACTION_NAMES = {
    "sign_in": _l("Đăng nhập"),
    "sign_in.refused": _l("Đăng nhập bị từ chối"),
    "sign_out": _l("Đăng xuất"),
    "account.create.owner": _l("Chủ cơ sở đăng ký"),
    "account.create.commune": _l("Tạo tài khoản trạm y tế"),
    "account.create.cdc": _l("Tạo tài khoản CDC"),
    "account.create.command": _l("Tạo tài khoản ban chỉ đạo"),
    "account.create.admin": _l("Tạo tài khoản quản trị"),
    "account.block": _l("Khoá tài khoản"),
    "account.unblock": _l("Mở khoá tài khoản"),
    "venue.register": _l("Đăng ký địa điểm"),
    "venue.change": _l("Sửa địa điểm"),
    "zone.add": _l("Thêm khu vực"),
    "code.reissue": _l("Đổi mã"),
    "case.open": _l("Mở ca bệnh"),
    "case.state": _l("Đổi tình trạng ca bệnh"),
    "store.expire": _l("Xoá dữ liệu hết hạn"),
    "lookup.place": _l("Tra cứu theo địa điểm"),
    "lookup.person": _l("Tra cứu theo người"),
    "lookup.read": _l("Xem kết quả tra cứu"),
    "lookup.export.csv": _l("Xuất danh sách CSV"),
    "lookup.export.xlsx": _l("Xuất danh sách XLSX"),
}
ROLE_NAMES = {
    "owner": _l("chủ cơ sở"),
    "commune": _l("trạm y tế"),
    "cdc": _l("CDC"),
    "command": _l("ban chỉ đạo"),
    "admin": _l("quản trị"),
    "system": _l("dòng lệnh"),
    "none": _l("chưa rõ ai"),
}


@bp.get("/")
def index() -> ResponseReturnValue:
    before = request.args.get("before", type=int)
    entries = queries.newest(db.session(), before, PAGE)
    older = entries[-1].seq if len(entries) == PAGE and entries[-1].seq > 1 else None
    return render_template("audit/index.html", entries=entries, older=older, actions=ACTION_NAMES, roles=ROLE_NAMES)
