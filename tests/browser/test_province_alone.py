"""An administrator alone: from a messy register to a label for every venue, over the staff tier in its own role.

`REGISTER_ROWS=60000 .venv/bin/python -m pytest -m long tests/browser/test_province_alone.py --timeout 3600` is a province.
"""

import io
import os
import random
import re
import zipfile
from collections import Counter

import pypdfium2
import pytest
import sqlalchemy as sa
import zxingcpp

from bench.register_file import write_csv
from checkin.db import db
from checkin.register.models import RegisterImport
from checkin.venues.codes import display
from checkin.venues.models import Code, Venue
from tests import cast
from tests.browser.test_chain import sign_in
from tests.worlds import inside

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

ROWS = int(os.environ.get("REGISTER_ROWS", "600"))
PATIENCE = 60_000 + ROWS * 50
SAMPLE = 30
SHOWN = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{3}\b")


@pytest.mark.wide
def test_every_accepted_row_has_one_code_on_one_label_and_nobody_else_was_needed(
    product, accounts, open_page, tmp_path
):
    path = tmp_path / "so.csv"
    write_csv(path, ROWS)
    page = open_page(width=1280)
    sign_in(page, product.staff, cast.ADMIN)
    page.goto(f"{product.staff}/register/")
    page.set_input_files("#file", path)
    page.click("main form button.btn.small")
    page.wait_for_selector("form[action$=load] button", timeout=PATIENCE)
    page.click("form[action$=load] button")
    page.wait_for_selector("[data-state=done-load]", timeout=PATIENCE)
    page.goto(f"{product.staff}/posters/")
    page.select_option("[name=form]", "sheet")
    page.click("main form button.btn")
    page.wait_for_selector("[data-state=done]", timeout=PATIENCE)
    link = page.get_attribute("a[href$='posters.zip']", "href")
    bundle = page.request.get(f"{product.staff}{link}", timeout=PATIENCE)

    with inside(product.world.app()):
        register = db.session.scalars(sa.select(RegisterImport)).one()
        outcomes = [register.created, register.updated, register.same, register.rejected, register.asked]
        codes = db.session.execute(sa.select(Venue.id, Code.code).join(Code, Code.venue_id == Venue.id)).all()
        venues = db.session.scalar(sa.select(sa.func.count()).select_from(Venue))
    assert register.total == ROWS == sum(outcomes) and register.created > ROWS * 0.8
    assert venues == register.created == len({venue for venue, _ in codes}) == len(codes)

    labels, pages = Counter(), []
    with zipfile.ZipFile(io.BytesIO(bundle.body())) as files:
        for name in files.namelist():
            document = pypdfium2.PdfDocument(files.read(name))
            for number, sheet in enumerate(document):
                found = SHOWN.findall(sheet.get_textpage().get_text_range())
                labels.update(found)
                pages.append((name, number, sorted(found)))
        assert labels == Counter(display(code) for _, code in codes)
        for name, number, found in random.Random(1).sample(pages, min(SAMPLE, len(pages))):  # noqa: S311 - which are looked at
            image = pypdfium2.PdfDocument(files.read(name))[number].render(scale=200 / 72).to_pil()
            read = [code.text.rsplit("/", 1)[1] for code in zxingcpp.read_barcodes(image)]
            assert sorted(display(code) for code in read) == found
