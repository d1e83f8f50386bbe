"""A workbook in a LibreOffice window as a person sees it: set cells, click, and look at the pixels.

A window on a display that nobody sees, in LibreOffice's own look. What was only seen as a page was not seen: a page
has no frozen rows, no zoom and no end of the screen.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import cache, reduce
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageGrab

from tests.support.libreoffice import end, environment, settings, soffice

SYSTEM_PYTHON = "/usr/bin/python3"
_DRIVER = Path(__file__).with_name("drive_libreoffice.py")
SETTLED, PATIENCE = 0.15, 600
"""How long the screen must stay as it is, and after how long one gives up, in seconds: the machine may be busy."""
FEWEST_COLOURS = 20
"""The colours of a window that shows a sheet, in a small picture of it."""
# No tip of the day, and no bars above the sheet.
_BARS = "/org.openoffice.Office.UI.Infobar/Enabled"
_QUIET = [("/org.openoffice.Office.Common/Misc", "ShowTipOfTheDay", "false"),
          *((_BARS, bar, "false") for bar in ("Donate", "GetInvolved", "WhatsNew", "WarnGenericVCL"))]  # fmt: skip

Rectangle = tuple[int, int, int, int]
"""The left, the top, the width and the height, in pixels of the screen."""


IN_A_WINDOW = [pytest.mark.slow, pytest.mark.usefixtures("display")]
"""The marks of a test that opens a window: it takes long, and is skipped where a window lacks something."""


def in_a_window(test: Callable[..., None]) -> Callable[..., None]:
    """Give a test these marks, as a decorator."""
    return reduce(lambda marked, mark: mark(marked), IN_A_WINDOW, test)


@cache
def missing() -> str:
    """Say what a window needs and this machine lacks; '' where nothing is missing."""
    lacking = [program for program in ("Xvfb", "xdotool") if not shutil.which(program)]
    if not soffice():
        lacking.append("soffice")
    if subprocess.run([SYSTEM_PYTHON, "-c", "import uno"], capture_output=True).returncode:
        lacking.append("python3-uno")
    return ", ".join(lacking)


def _between(colours: list[Any], first: int, last: int) -> tuple[int, int]:
    """Return where the first of some columns begins, and how wide they are in view, by the pixels of their header."""
    light = [*map(sum, colours)]
    triples = zip(light, light[1:], light[2:], strict=False)
    # Where columns are hidden, the line is two pixels wide.
    ends = [at for at, (one, line, other) in enumerate(triples, start=1) if line < one and line <= other]
    begin = ends[first - 1] + 1 if first else 0
    return begin, [*ends, len(colours)][min(last, len(ends))] - begin


class Window:
    """A workbook in a window that fills a screen; the file stays as it is.

    `with Window(path, (1366, 768)) as window:` opens it on the sheet that a person would see first.
    Cells are named by a defined name, or by sheet and place: 'loss', "Start!B3", 'Two heads!C4'.
    """

    def __init__(self, path: Path, size: tuple[int, int] = (1366, 768)) -> None:
        self._path, self.size = path, size
        self._display = ""
        self._screen: subprocess.Popen | None = None
        self._office: subprocess.Popen | None = None
        self._driver: subprocess.Popen | None = None

    def __enter__(self) -> Window:
        self._folder = Path(tempfile.mkdtemp())
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def sheets(self) -> list[str]:
        """The names on the tabs."""
        return self._ask("sheets")

    def show(self, sheet: str) -> None:
        """Go to a sheet."""
        self._ask("show", sheet)

    def shown(self) -> str:
        """The sheet in view."""
        return self._ask("shown")

    def cursor(self) -> str:
        """The cell that is chosen, or the cells: 'Start!B3'."""
        return self._ask("cursor")

    def set(self, place: str, content: float | str) -> None:
        """Let a cell hold a number or a text."""
        self._ask("set", place, content)

    def value(self, place: str) -> float | str:
        """The number, the text or the error in a cell."""
        return self._ask("value", place)

    def text(self, place: str) -> str:
        """What a cell shows."""
        return self._ask("text", place)

    def lines(self, place: str) -> list[list[str]]:
        """What the rows of some cells, 'Start!A1:AD21', show, without what is hidden or shows nothing."""
        return self._ask("lines", place)

    def sheet_on_screen(self) -> Rectangle:
        """Where the cells in view are on the screen."""
        return tuple(self._ask("sheet_on_screen"))

    def cell_on_screen(self, place: str) -> Rectangle | None:
        """Where a cell of the sheet in view is on the screen, or a part of merged ones; None where not all of it is."""
        found = self._ask("lines_on_screen", place)
        if found is None:
            return None
        (left, top, width, height), columns, rows = found
        # Dark lines divide the columns, also above their letters, and the rows, also beside their numbers.
        picture, (x, y, *_) = self.picture(), self.sheet_on_screen()
        across = _between([picture.getpixel((k, y - 15)) for k in range(left, left + width)], *columns)
        down = _between([picture.getpixel((x - 2, k)) for k in range(top, top + height)], *rows)
        return left + across[0], top + down[0], across[1], down[1]

    def click(self, x: float, y: float) -> None:
        """Click at a place of the screen."""
        self._do("mousemove", str(round(x)), str(round(y)), "click", "1")

    def follow(self, x: float, y: float) -> None:
        """Follow the link at a place of the screen."""
        self._do("mousemove", str(round(x)), str(round(y)), "keydown", "ctrl", "click", "1", "keyup", "ctrl")

    def press(self, *keys: str) -> None:
        """Press keys, as xdotool calls them: 'ctrl+Page_Down'."""
        self._do("key", *keys)

    def type(self, text: str) -> None:
        """Type into the cell that is chosen, and press Enter."""
        self._do("type", text)
        self._do("key", "Return")

    def picture(self) -> Image.Image:
        """What is on the screen, once it has come to rest."""
        until = time.monotonic() + PATIENCE
        before = self._grab()
        while time.monotonic() < until:
            time.sleep(SETTLED)
            now = self._grab()
            if ImageChops.difference(before, now).getbbox() is None:
                return now
            before = now
        raise TimeoutError("the screen does not come to rest")

    def close(self) -> None:
        """Close the window without saving anything."""
        for process in (self._driver, self._office, self._screen):
            if process:
                end(process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _open(self) -> None:
        width, height = self.size
        # The display takes a number that is free, and says which.
        command = ["Xvfb", "-displayfd", "1", "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
        self._screen = _start(command, stdout=subprocess.PIPE)
        self._display = ":" + self._screen.stdout.readline().decode().strip()
        # A copy, because LibreOffice leaves a lock beside a file while it is open.
        copy = shutil.copy(self._path, self._folder)
        profile = settings(self._folder / "profile", _QUIET)
        pipe = f"window{secrets.token_hex(8)}"
        command = [soffice() or "soffice", f"-env:UserInstallation={profile.as_uri()}", "--norestore", "--nologo"]
        self._office = _start([*command, f"--accept=pipe,name={pipe};urp;", str(copy)], env=self._environment())
        command = [SYSTEM_PYTHON, str(_DRIVER), pipe, str(width), str(height)]
        self._driver = _start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._answer()
        until = time.monotonic() + PATIENCE
        while len(self._grab().resize((64, 36)).getcolors(64 * 36)) < FEWEST_COLOURS and time.monotonic() < until:
            time.sleep(SETTLED)  # an empty window rests, too
        self.picture()

    def _environment(self) -> dict[str, str]:
        # LibreOffice's own widgets, the same on every machine.
        return {**environment(), "DISPLAY": self._display, "SAL_USE_VCLPLUGIN": "gen", "LC_ALL": "C.UTF-8"}

    def _ask(self, command: str, *arguments: object) -> Any:
        self._driver.stdin.write(json.dumps([command, *arguments]).encode() + b"\n")
        self._driver.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        line = self._driver.stdout.readline()
        if not line:
            raise RuntimeError("LibreOffice's window does not open, or has closed")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["gives"]

    def _do(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], env=self._environment(), check=True)

    def _grab(self) -> Image.Image:
        return ImageGrab.grab(xdisplay=self._display)


def _start(command: list[str], **arguments: Any) -> subprocess.Popen:
    return subprocess.Popen(command, **{"stdout": subprocess.DEVNULL, **arguments},
                            stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
