"""What the store still holds after a night, by the promise on the form, written apart from the product.

It imports nothing of the product. "Lượt vào tự xoá sau N ngày": whole days of the province go, each as soon
as its very last moment is N days ago.
"""

from datetime import datetime, timedelta

PROVINCE = timedelta(hours=7)
DAY = timedelta(days=1)


def stays(told_at: datetime, now: datetime, keep_days: int) -> bool:
    """True when what was told at a moment (UTC) is still kept at another (UTC)."""
    end_of_its_day = (told_at + PROVINCE).replace(hour=0, minute=0, second=0, microsecond=0) + DAY - PROVINCE
    return now < end_of_its_day + keep_days * DAY
