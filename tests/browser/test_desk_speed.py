"""How long a guard waits: from the scanner's Enter to the word on the screen, in Chromium on PostgreSQL."""

import statistics
import sys

import pytest

from tests.browser.desks import join, open_shop, visits
from tests.browser.test_desk import open_desk

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]
PEOPLE, ONE_SCAN_EVERY = 100, 3000
# Everything happens in the page itself: a clock outside of the browser would count the way to it, too.
SCAN = """card => new Promise(done => {
  const said = document.querySelector('[data-say]'), input = document.getElementById('card');
  said.textContent = '';
  input.value = card;
  let begun;
  const watch = new MutationObserver(() => {
    const word = said.querySelector('.answer .word');
    if (!word) return;
    watch.disconnect();
    // The next frame is the one in which the word can be read.
    requestAnimationFrame(() => requestAnimationFrame(() => done([performance.now() - begun, word.textContent])));
  });
  watch.observe(said, {childList: true, subtree: true});
  begun = performance.now();
  input.form.requestSubmit();
})"""


@pytest.mark.wide
def test_the_word_is_there_long_before_the_next_in_the_queue(product, open_page):
    page = open_desk(product, open_page(width=1280), join(product, open_shop(product)))
    page.wait_for_selector("html[data-kept]", state="attached")
    took = []
    for number in range(PEOPLE):
        card = f"022085{number:06d}||Nguyễn Văn An|0101{1950 + number % 50}|Nam|Hà Tu, Hạ Long, Quảng Ninh|01072022"
        milliseconds, word = page.evaluate(SCAN, card)
        assert word == "ĐÃ GHI LƯỢT – CHƯA KHAI Y TẾ"
        took.append(milliseconds)
    assert len(visits(product)) == PEOPLE
    took.sort()
    median, late = statistics.median(took), took[int(0.95 * PEOPLE)]
    told = f"{PEOPLE} cards: median {median:.0f} ms, 95 of 100 within {late:.0f} ms, slowest {took[-1]:.0f} ms"
    sys.stdout.write(f"\n{told}\n")
    # Leaves a guard two thirds of the three seconds that one scan may take, on a machine that does other things too.
    assert late < ONE_SCAN_EVERY / 3
