"""Registers as tests write them."""

import io
import re

import openpyxl
import sqlalchemy as sa

from checkin.db import db
from checkin.venues.models import Venue
from tests.worlds import inside

HEAD = "Mã số;Tên cơ sở;Loại;Địa chỉ;Xã phường;Điện thoại;Nằm trong"
FIELDS = ("number", "name", "kind", "address", "commune", "phone", "within")


def row(**cells):
    """A line of a register of HEAD; a good one where nothing is said."""
    told = {
        "name": "Quán phở Bình",
        "kind": "Ăn uống",
        "address": "Số 5, phố Kim Hoàn",
        "commune": "Phường Hồng Gai",
        **cells,
    }
    return ";".join(told.get(field, "") for field in FIELDS)


def register(*rows, head=HEAD):
    """The bytes of a CSV file."""
    return "\n".join([head, *rows, ""]).encode()


def workbook(*rows, change=None):
    """The bytes of an XLSX file of these rows; `change` is given the sheet."""
    book = openpyxl.Workbook()
    for cells in rows:
        book.active.append(cells)
    if change:
        change(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


FILE_OF_FIVE = register(
    row(number="57", phone="0912345678"),
    row(name="Chợ", commune="Hạ Long"),
    row(name="Kiot", commune="Hạ Long"),
    row(name=""),
    row(name="Quán Hà Tu", commune="Hà Tu"),
)


def figures(text):
    """The counts on the page, by their word."""
    found = re.findall(r"<b>([\d.]+)</b><span>([^<]+)</span>", text)
    return {word: int(count.replace(".", "")) for count, word in found}


def venues(office):
    with inside(office.world.app()):
        return {venue.name: venue.commune_id for venue in db.session.scalars(sa.select(Venue))}
