"""Make the pictures of the README anew, from the emulator: ``python docs/pictures/make.py``.

The form is shown by Voila in a real browser, the plots are drawn by matplotlib. All numbers in them
are invented, and both say so. It takes half a minute, and needs the extra ``test`` and Chromium.
"""

# ruff: noqa: INP001, T201 -- a script, which says what it made
from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from PIL import Image

import engagement_kit as ek
from engagement_kit.tables.schema import INVENTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HERE: Final = Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1] / "tests" / "browser"))

from cells import write_notebook  # noqa: E402 -- the browser's tests know how to serve a page
from served import Voila, environment  # noqa: E402

NOW: Final = "2026-06-01T12:30Z"
FORM: Final = f"""
import engagement_kit as ek

client = ek.connect("emulator", clock="{NOW}", per_minute=30)
query = ek.Query(
    "historical",
    ek.sample_ids(client, 240),
    ["impressions", "engagements", "url_clicks"],
    by="day",
    period=ek.last(days=28),
)
ek.RequestForm(client, query, keep=None)
"""
PAGE: Final = {"width": 1060, "height": 900}
HIGH: Final = 582
"""So much of the form is shown, in pixels of the page: tweets, rows, metrics and the price."""
MARGIN: Final = 12
SHARP: Final = 2
"""Pixels of the picture for each pixel of the page, as many as on most screens of today."""
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
COLOURS: Final = 32
"""Enough for text and a few shades, and small."""
MOST_BYTES: Final = 100_000


def form() -> Image.Image:
    """Picture the request form, filled in, with its price."""
    from playwright.sync_api import sync_playwright

    chromium = next(found for found in map(shutil.which, BROWSERS) if found)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        root, home = Path(folder, "pages"), Path(folder, "home")
        home.mkdir()
        write_notebook([FORM], root / "form.ipynb")
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu"],
            env=environment(home),
        )
        page = browser.new_page(viewport=PAGE, device_scale_factor=SHARP)
        with Voila(root, home) as voila:
            page.goto(voila.address("form.ipynb", "light"))
            shown = page.locator(".ek-request-form")
            shown.get_by_text(INVENTED).first.wait_for(timeout=60_000)
            shown.get_by_text("requests").first.wait_for()
            page.evaluate("() => document.fonts.ready")
            box = shown.bounding_box()
            assert box is not None
            clip = {
                "x": max(box["x"] - MARGIN, 0),
                "y": max(box["y"] - MARGIN, 0),
                "width": box["width"] + 2 * MARGIN,
                "height": HIGH,
            }
            taken = page.screenshot(clip=clip, animations="disabled")
            voila.stop_kernels()
        browser.close()
    return Image.open(BytesIO(taken))


def plots() -> dict[str, Image.Image]:
    """Draw the plots of the pages, each as its code there draws it."""
    with ek.connect("emulator", clock=NOW) as client:
        recent = client.last_28_hours(ek.sample_ids(client, 25), ["impressions"])
        older = ek.sample_ids(client, 160)[80:]
        query = ek.Query("historical", older, ["impressions"], by="hour", period=ek.first(days=7))
        week = client.run(query, progress=False).to_pandas()
    return {
        "plot": _drawn(lambda ax: ek.plot.timeline(recent, "impressions", ax)),
        "lifecycle": _drawn(lambda ax: ek.plot.lifecycle(week, "impressions", ax)),
    }


def _drawn(draw: Callable[[Axes], object]) -> Image.Image:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    axes = figure.subplots()
    draw(axes)
    assert axes.get_title(loc="right") == INVENTED
    held = BytesIO()
    figure.savefig(held, dpi=160, format="png")
    return Image.open(held)


def keep(picture: Image.Image, path: Path) -> None:
    """Write a picture in few colours, without the moment at which it was made."""
    few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        msg = f"{path.name} takes {size:,} bytes; at most {MOST_BYTES:,} are to be kept"
        raise SystemExit(msg)
    print(f"{path.name}: {few.size[0]} x {few.size[1]}, {size:,} bytes")


if __name__ == "__main__":
    keep(form(), HERE / "form.png")
    for name, drawn in plots().items():
        keep(drawn, HERE / f"{name}.png")
