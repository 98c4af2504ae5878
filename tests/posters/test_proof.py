"""Each form as the camera of a phone sees it: shrunk, tilted, out of focus, noisy, and read by two readers."""

from dataclasses import replace

import pytest

from tests.posters.phone import PHOTO, PREVIEW, opencv, seen, zxing
from tests.posters.sheets import LONG_NAME, SHOP, URL, pdf_of

READERS = [pytest.param(zxing, id="zxing-cpp"), pytest.param(opencv, id="OpenCV")]
LOOKS = [(25, 7), (0, 0), (25, -15)]
# Form, metres, and whether the preview of a scanner is enough there or a photo is needed: what docs/posters.md says.
DISTANCES = [
    ("a4", 1.5, PREVIEW),
    ("a4", 2.5, PREVIEW),
    ("a5", 1.5, PREVIEW),
    ("tent", 1.25, PREVIEW),
    ("tent", 1.5, PHOTO),
    ("sticker", 0.6, PREVIEW),
    ("sticker", 1.5, PHOTO),
    ("sheet", 0.6, PREVIEW),
    ("sheet", 1.5, PHOTO),
]


@pytest.mark.wide
@pytest.mark.long
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(("form", "metres", "across"), DISTANCES)
def test_a_phone_reads_each_form_from_the_distance_that_is_promised(form, metres, across, reader):
    pdf = pdf_of(replace(SHOP, venue_name=LONG_NAME), form)
    for seed, (tilt, turn) in enumerate(LOOKS):
        assert reader(seen(pdf, metres, across=across, tilt=tilt, turn=turn, seed=seed)) == {URL}, (tilt, turn)


@pytest.mark.parametrize("reader", READERS)
def test_the_poster_for_the_door_is_read_from_a_metre_and_a_half(reader):
    assert reader(seen(pdf_of(SHOP), 1.5)) == {URL}


@pytest.mark.parametrize("reader", READERS)
def test_what_is_too_far_away_is_not_read(reader):
    # Else the picture would not be that of a phone.
    assert reader(seen(pdf_of(SHOP, "sticker"), 1.5)) == set()
    assert reader(seen(pdf_of(SHOP, "a5"), 4)) == set()
