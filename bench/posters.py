"""How long posters take: one, and a file of many, each with a code of its own. `python -m bench.posters --pages 500`"""

import argparse
import resource
import time
from datetime import UTC, datetime

from checkin.posters import symbols
from checkin.posters.layouts import LAYOUTS
from checkin.posters.pdf import poster_pdf
from checkin.posters.poster import Poster
from checkin.venues.codes import new_code

MADE_AT = datetime(2026, 11, 22, tzinfo=UTC)


def poster(number: int) -> Poster:
    """A poster of a code that nothing was remembered of."""
    code = new_code()
    return Poster(
        venue_name=f"Siêu thị Bạch Đằng số {number}", zone_name="Cửa chính", address=f"Số {number}, đường Trần Phú",
        commune="Phường Hồng Gai", code=code, url=f"https://khaibao.example.vn/v/{code}", issued_on="22/11/2026",
        cdc_name="CDC Quảng Ninh", hotline="0203 3 656 263", trial=False,
    )  # fmt: skip


def timed(count: int, form: str) -> tuple[float, float, int]:
    """Seconds by the clock, seconds of computing, and bytes of a file of so many."""
    symbols.symbol.cache_clear()
    posters = [poster(number) for number in range(count)]
    started, used = time.perf_counter(), time.process_time()
    size = len(poster_pdf(posters, form, made_at=MADE_AT))
    return time.perf_counter() - started, time.process_time() - used, size


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--pages", type=int, default=500)
    pages = asked.parse_args().pages
    timed(1, "a4")  # the fonts, which a server reads once
    for form in LAYOUTS:
        single = sorted(timed(1, form) for _ in range(9))[4]
        whole = timed(pages, form)
        print(
            f"{form:8} one {single[0] * 1000:5.0f} ms ({single[1] * 1000:.0f} ms of computing)   "
            f"{pages} posters {whole[0]:5.1f} s ({whole[1]:.1f} s of computing), {whole[2] / 1e6:.2f} MB"
        )
    print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
