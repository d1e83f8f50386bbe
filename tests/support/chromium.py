"""A page in a real browser, in which nothing may be asked for and nothing may go wrong."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
LAPTOP, PHONE = (1366, 768), (390, 844)


def inside(script: str) -> str:
    """An expression among the functions of the page's script, which may be promised."""
    return f"(async () => {{ with (globalThis.explorer ?? {{}}) return await (\n{script.strip().rstrip(';')}\n) }})()"


@dataclass
class Opened:
    """A page in the browser, and what it has said and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)

    def goto(self, path: Path, state: str = "") -> Opened:
        """Open a file, in a state that the link names."""
        self.page.goto("about:blank")
        self.page.goto(f"{path.as_uri()}{state}")
        self.page.wait_for_selector("body[data-ready]")
        return self

    @contextmanager
    def quiet(self, path: Path, size: tuple[int, int] = LAPTOP) -> Iterator[Opened]:
        """Open a file, which has to report and ask for nothing until this ends."""
        self.said.clear()
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        yield self.goto(path)
        # The question and the answers would be there again.
        self.run("sessionStorage.clear()")
        assert not self.said

    def run(self, script: str) -> Any:
        """Evaluate an expression in the page, among the functions of its script."""
        return self.page.evaluate(inside(script))

    def tensor(self, key: str, shape: tuple[int, ...] = ()) -> np.ndarray:
        """The numbers of a tensor, by the name that programs use."""
        return np.array(self.run(f"Array.from(ARRAYS[model.keys[{key!r}]])"), dtype=float).reshape(shape)

    @property
    def line(self) -> str:
        """The arithmetic of the number that is shown."""
        return str(self.page.inner_text("#arithmetic .line"))


@contextmanager
def chromium(size: tuple[int, int] = LAPTOP, **context: Any) -> Iterator[Opened]:
    """A page of a browser, with settings of its own. Whatever it reports or asks for is in `said`."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        pytest.skip("Chromium is not installed")
    # Without motion: what is measured stands still.
    context = {"locale": "en-US", "reduced_motion": "reduce", **context}
    page = _started(program).new_page(viewport={"width": size[0], "height": size[1]}, **context)
    opened = Opened(page)
    page.on("console", lambda message: opened.said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: opened.said.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(("file:", "about:", "data:"))
            else opened.said.append(request.url))  # fmt: skip
    yield opened
    page.context.close()


@cache
def _started(program: str) -> Browser:
    """Chromium, which this process starts once and ends with itself: a start takes seconds."""
    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
    atexit.register(lambda: (browser.close(), playwright.stop()))
    return browser
