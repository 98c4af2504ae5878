"""What the roles are called on every page."""

from flask_babel import lazy_gettext as _l

ROLE_NAMES = {
    "owner": _l("Chủ cơ sở"),
    "commune": _l("Trạm y tế xã, phường"),
    "cdc": _l("Cán bộ CDC"),
    "command": _l("Ban chỉ đạo"),
    "admin": _l("Quản trị"),
}
