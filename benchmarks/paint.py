"""How a page follows a stroke: the distances of its frames, and what an edit with its drawing takes of a processor.

    python benchmarks/paint.py [--rounds 5] [--slowed 1 4] [PAGE.html …]

Without PAGE it is the teaching page, written by this code; several pages take turns, so that they can be compared. It
needs Chromium and playwright (`pip install '.[test]'`). The pen moves every 8 ms along a 3, as a hand moves it, while
the browser makes its processor so many times slower (`--slowed`), and each frame notes when it began. The screen has 60
frames a second, so a distance is near a multiple of 16.7 ms. *work* is what the page's own thread takes of a processor
for one of them. An edit changes one pixel and waits until it is drawn, on the screen where one paints and on the whole
page: its time of a processor is that of all processes of the browser. What is slowed counts as slowed. By the clock the
best round counts, of a processor the median of all: other work on the machine, whose load stands in the first line,
lengthens the distances, and hardly the rest.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from playwright.async_api import CDPSession, Page, async_playwright

SIZE = {"width": 1366, "height": 768}
MOVES, EACH, EDITS = 240, 0.008, 40
# Frames in which the pen had not moved are left out: nothing is drawn there.
WATCH = """() => { let last = 0, isMoved = false; window.frames_ = []; window.watching = true;
  addEventListener("pointermove", () => { isMoved = true; }, true);
  const note = (now) => { if (last) frames_.push(now - last); last = isMoved ? now : 0; isMoved = false;
    if (watching) requestAnimationFrame(note); };
  requestAnimationFrame(note); }"""
# What is drawn is done when the frame after the next begins.
EDIT = """async (count) => { const { model, change } = explorer;
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
    return float(sum(each["cpuTime"] for each in found["processInfo"]))


async def tasks(session: CDPSession) -> float:
    """Seconds of a processor that the page's own thread has worked, slowed as it is."""
    found = await session.send("Performance.getMetrics")
    return float(next(each["value"] for each in found["metrics"] if each["name"] == "TaskDuration"))


async def paint(page: Page, session: CDPSession) -> tuple[list[float], float]:
    """Paint a digit; the distances of frames meanwhile, and the work for one, in ms."""
    box = await page.locator(".painted").bounding_box()
    assert box is not None

    def event(kind: str, share: float) -> Any:
        x, y = three(share)
        place = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        pen = {"button": "left", "buttons": 0 if kind == "mouseReleased" else 1, "clickCount": 1}
        return session.send("Input.dispatchMouseEvent", {"type": kind, **place, **pen})

    await event("mousePressed", 0)
    await page.evaluate(WATCH)
    before = await tasks(session)
    sent = []
    # Nobody waits for the page: a hand does not either.
    for k in range(MOVES):
        sent.append(asyncio.ensure_future(event("mouseMoved", k / MOVES)))
        await asyncio.sleep(EACH)
    times = await page.evaluate("(watching = false, frames_)")
    work = 1000 * (await tasks(session) - before) / len(times)
    await asyncio.gather(*sent)
    await event("mouseReleased", 1)
    return times, work


async def once(browser: Any, path: Path, slowed: float) -> list[float]:
    """One round on a fresh page, in ms: of frames median, 90 % and work; of an edit the processor, and by the clock."""
    page = await browser.new_page(viewport=SIZE)
    await page.goto(path.resolve().as_uri())
    await page.wait_for_selector("body[data-ready]")
    session = await page.context.new_cdp_session(page)
    everything = await browser.new_browser_cdp_session()
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    await session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    frames, work = await paint(page, session)
    await page.wait_for_timeout(300)
    edits = []
    for screen in ("paint", ""):
        await page.evaluate("(minute) => { explorer.state.minute = minute; explorer.render(); }", screen)
        before = await processor(everything)
        clock = await page.evaluate(EDIT, EDITS)
        edits += [1000 * (await processor(everything) - before) / EDITS, median(clock)]
    await page.close()
    return [median(frames), quantiles(frames, n=10)[-1], work, *edits]


async def measure(pages: list[Path], slowed: list[float], rounds: int) -> None:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        print(f"Chromium {browser.version}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; ms")
        print(f"{'page':28}{'slowed':>7}{'frame':>8}{'90 %':>7}{'work':>8}"
              f"{'an edit there':>15}{'clock':>8}{'on the whole page':>19}{'clock':>8}")  # fmt: skip
        for factor in slowed:
            found = [[await once(browser, path, factor) for path in pages] for _ in range(rounds)]
            for k, path in enumerate(pages):
                frame, most, work, there, soon, whole, late = zip(*(each[k] for each in found), strict=True)
                print(f"{path.name[-27:]:28}{factor:>7g}{min(frame):>8.1f}{min(most):>7.1f}{median(work):>8.1f}"
                      f"{median(there):>15.1f}{min(soon):>8.1f}{median(whole):>19.1f}{min(late):>8.1f}")  # fmt: skip
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
