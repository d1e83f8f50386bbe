"""Hands on a page, in either browser: what they do is done by the browser's own input, not by the page's script."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.chromium import Opened, chromium
from tests.support.firefox import Firefox, firefox

Point = tuple[float, float]
"""A place on something, as shares of its width and of its height."""
KEYS = {"Enter": "\ue006", "Tab": "\ue004", " ": " ", "Escape": "\ue00c",
        "ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015"}  # fmt: skip
PAINTED = "canvas.painted"
SEVEN = ((0.25, 0.25), (0.75, 0.25), (0.45, 0.8))


class Hands:
    """What a reader does with a page."""

    def __init__(self, browser: Opened | Firefox) -> None:
        self._browser = browser

    @property
    def said(self) -> list[str]:
        """What the browser has reported."""
        return self._browser.said

    @property
    def page(self) -> Any:
        """Chromium's page, for what only it can be told."""
        assert isinstance(self._browser, Opened)
        return self._browser.page

    def goto(self, path: Path, state: str = "") -> None:
        """Open a file, in a state that the link names."""
        self._browser.goto(path, state)

    def run(self, script: str) -> Any:
        """Look at something in the page."""
        return self._browser.run(script)

    def text(self, selector: str) -> str:
        """What can be read there; '' where it is not shown."""
        script = (
            f"((each) => each?.getClientRects().length ? each.innerText : '')(document.querySelector({selector!r}))"
        )
        return str(self.run(script))

    def click(self, selector: str) -> None:
        """Click the middle of something, wherever on the page it is."""
        self.stroke(selector, [(0.5, 0.5)])

    def stroke(self, selector: str, points: Sequence[Point]) -> None:
        """Press, move through some points and let go: as fast as a hand that makes no event in between."""
        left, top, width, height = self.run(
            f"((each) => {{ each.scrollIntoView({{ block: 'center', behavior: 'instant' }});"
            " const box = each.getBoundingClientRect(); return [box.left, box.top, box.width, box.height]; })"
            f"(document.querySelector({selector!r}))"
        )
        places = [(left + x * width, top + y * height) for x, y in points]
        if isinstance(self._browser, Firefox):
            moves = [{"type": "pointerMove", "x": round(x), "y": round(y)} for x, y in places]
            pressed = [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:], {"type": "pointerUp", "button": 0}]
            self._browser.act([{"type": "pointer", "id": "hand", "actions": pressed}])
        else:
            mouse = self._browser.page.mouse
            mouse.move(*places[0])
            mouse.down()
            for x, y in places[1:]:
                mouse.move(x, y)
            mouse.up()
        self.settle()

    def key(self, name: str, times: int = 1) -> None:
        """Press a key."""
        for _ in range(times):
            if isinstance(self._browser, Firefox):
                value = KEYS.get(name, name)
                actions = [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
                self._browser.act([{"type": "key", "id": "keys", "actions": actions}])
            else:
                self._browser.page.keyboard.press(name)
        self.settle()

    def activate(self, selector: str) -> None:
        """Go to a button by the keyboard and press it. Firefox without a window takes keys, but presses no buttons."""
        self.run(f"document.querySelector({selector!r}).focus()")
        if isinstance(self._browser, Firefox):
            self.click(selector)
        else:
            self.key(" ")

    def type(self, selector: str, text: str) -> None:
        """Type into a field in the place of what is there, and leave the cursor in it."""
        self.run(f"(document.querySelector({selector!r}).focus(), document.activeElement.select())")
        for letter in text:
            self.key(letter)
        self.key("Enter")

    def choose(self, selector: str, value: str) -> None:
        """Choose from a list. Its window is the browser's own: what it tells the page is told here."""
        self.run(
            f"((list) => {{ list.focus(); list.value = {json.dumps(value)};"
            f" list.dispatchEvent(new Event('change', {{ bubbles: true }})); }})(document.querySelector({selector!r}))"
        )
        self.settle()

    def wait(self, script: str) -> None:
        """Wait until something holds."""
        self.run(
            "(async () => { const end = performance.now() + 30000;"
            f" while (!({script}) && performance.now() < end) await new Promise((done) => setTimeout(done, 30));"
            f" if (!({script})) throw new Error('in vain'); }})()"
        )

    def settle(self) -> None:
        """Wait until what was done is drawn."""
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))")

    def numbers(self, key: str) -> list[float]:
        """The numbers of a tensor, by the name that programs use."""
        return list(self.run(f"Array.from(ARRAYS[model.keys[{key!r}]])"))


@contextmanager
def hands(browser: str) -> Iterator[Hands]:
    """Hands in one of the browsers."""
    with (firefox if browser == "firefox" else chromium)() as opened:
        yield Hands(opened)
