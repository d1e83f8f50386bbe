"""How a page follows a stroke: the distances of its frames, and what an edit with its drawing takes of a processor.

    python benchmarks/paint.py [--rounds 5] [--slowed 1 4] [PAGE.html …]

Without PAGE it is the teaching page, written by this code; several pages take turns, so that they can be compared. It
needs Chromium and playwright (`pip install '.[test]'`). The pen moves every 8 ms along a 3, as a hand moves it, while
the browser makes its processor so many times slower (`--slowed`), and each frame notes when it began. The screen has 60
frames a second, so a distance is near a multiple of 16.7 ms. An edit changes one pixel and waits until it is drawn: its
time of a processor is that of all processes of the browser, and does not count the slowing. The best round counts: on a
busy machine others are the machine's. The load stands in the first line.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession, Page, async_playwright

SIZE = {"width": 1366, "height": 768}
MOVES, EACH, EDITS = 240, 0.008, 40
WATCH = """() => { window.frames_ = []; window.watching = true;
  const note = (now) => { frames_.push(now); if (watching) requestAnimationFrame(note); };
  requestAnimationFrame(note); }"""
# What is drawn is done when the frame after the next begins.
EDIT = """async (count) => { const { model, change, ARRAYS } = explorer; const begun = performance.now();
  const { array } = model.inputs.find(({ kind }) => kind === "picture");
  const frame = () => new Promise(requestAnimationFrame);
  const times = [];
  for (let k = 0; k < count; k++) { const begun = performance.now(); change(array, 400 + k, k % 2 ? 0.4 : 0.8);
    await frame(); await frame(); times.push(performance.now() - begun); }
  return times; }"""


def three(share: float) -> tuple[float, float]:
    """Where the pen is after a share of its way along a 3: in a square of side 1."""
    turn = 2 * math.pi * share * 1.3
    middle = 0.33 if share < 0.5 else 0.67
    along = (share % 0.5) * 2
    return 0.45 + 0.2 * math.sin(math.pi * along) + 0.02 * math.sin(turn), middle - 0.17 * math.cos(math.pi * along)


async def processor(browser: CDPSession) -> float:
    """Seconds that all processes of a browser have computed."""
    found = await browser.send("SystemInfo.getProcessInfo")
    return sum(each["cpuTime"] for each in found["processInfo"])


async def tasks(session: CDPSession) -> float:
    """Seconds that the page's own thread has worked, slowed as it is."""
    found = await session.send("Performance.getMetrics")
    return next(each["value"] for each in found["metrics"] if each["name"] == "TaskDuration")


async def paint(page: Page, session: CDPSession) -> list[float]:
    """Paint a digit; the distances of frames meanwhile, in ms."""
    box = await page.locator(".painted").bounding_box()
    assert box is not None

    def event(kind: str, share: float) -> Any:
        x, y = three(share)
        place = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        pen = {"button": "left", "buttons": 0 if kind == "mouseReleased" else 1, "clickCount": 1}
        return session.send("Input.dispatchMouseEvent", {"type": kind, **place, **pen})

    await event("mousePressed", 0)
    await page.evaluate(WATCH)
    sent = []
    # Nobody waits for the page: a hand does not either.
    for k in range(MOVES):
        sent.append(asyncio.ensure_future(event("mouseMoved", k / MOVES)))
        await asyncio.sleep(EACH)
    times = await page.evaluate("(watching = false, frames_)")
    await asyncio.gather(*sent)
    await event("mouseReleased", 1)
    return [after - before for before, after in zip(times, times[1:], strict=False)]


async def once(browser: Any, path: Path, slowed: float) -> list[float]:
    """One round on a fresh page: median and 90 % of the frames; of an edit, all processes, its thread, and by the clock; ms."""
    page = await browser.new_page(viewport=SIZE)
    await page.goto(path.resolve().as_uri())
    await page.wait_for_selector("body[data-ready]")
    session = await page.context.new_cdp_session(page)
    everything = await browser.new_browser_cdp_session()
    await session.send("Performance.enable")
    await session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    frames = await paint(page, session)
    await page.wait_for_timeout(300)
    before = await processor(everything), await tasks(session)
    clock = await page.evaluate(EDIT, EDITS)
    after = await processor(everything), await tasks(session)
    await page.close()
    edit = [1000 * (late - early) / EDITS for early, late in zip(before, after, strict=True)]
    return [statistics.median(frames), statistics.quantiles(frames, n=10)[-1], *edit, statistics.median(clock)]


async def measure(pages: list[Path], slowed: list[float], rounds: int) -> None:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        print(f"Chromium {browser.version}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; ms")
        print(f"{'page':28}{'slowed':>7}{'frame':>8}{'90 %':>7}{'edit, processor':>17}{'its thread':>12}{'by the clock':>14}")
        for factor in slowed:
            found = [[await once(browser, path, factor) for path in pages] for _ in range(rounds)]
            for k, path in enumerate(pages):
                frame, most, edit, thread, clock = (min(each) for each in zip(*(each[k] for each in found), strict=True))
                name = path.name[-27:]
                print(f"{name:28}{factor:>7g}{frame:>8.1f}{most:>7.1f}{edit:>17.1f}{thread:>12.1f}{clock:>14.1f}")
        await browser.close()


def written(folder: Path) -> Path:
    """The teaching page, by this code."""
    from mnist_adder.data.bundled import bundled_digits
    from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint
    from mnist_adder.workbook.teaching_page import write_page

    network, _ = load_checkpoint(find_checkpoint("slice-regression"))
    path = folder / "this code.html"
    write_page(network, bundled_digits()[3], 5, path)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", type=Path, help="pages; without, the teaching page by this code")
    parser.add_argument("--rounds", type=int, default=5, help="of which the best counts")
    parser.add_argument("--slowed", type=float, nargs="+", default=[1, 4], help="how many times slower a processor is")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pages = given.pages or [written(Path(folder))]
        asyncio.run(measure(pages, given.slowed, given.rounds))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
