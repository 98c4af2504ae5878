"""Signals in words."""

from datetime import timedelta

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from checkin.clusters.models import CLUSTER, NEW, NOTHING, SEEN, WORKING, Signal

STATE_NAMES = {NEW: _l("Chưa xem"), SEEN: _l("Đã xem"), WORKING: _l("Đang điều tra"), NOTHING: _l("Không phải")}


def what(signal: Signal, disease: str) -> str:
    """What a signal is: so many cases of a disease, or people with symptoms, never who."""
    if signal.kind == CLUSTER:
        return str(gettext("%(count)s ca %(disease)s cùng địa điểm", count=signal.count, disease=disease))
    return str(
        gettext("%(count)s người khai có triệu chứng trong %(days)s ngày", count=signal.count, days=days(signal))
    )


def days(signal: Signal) -> int:
    """How many days a pile covers, the last one as far as it has come."""
    return max(1, round((signal.end - signal.start) / timedelta(days=1)))
