"""A page in Firefox, driven by the protocol that it speaks itself (WebDriver BiDi)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.support.chromium import inside

SECONDS = 60


class Firefox:
    """One page of it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._number = socket, 0
        self.said: list[str] = []
        """What it has reported and asked for."""
        self._call("session.new", capabilities={})
        self._context = self._call("browsingContext.getTree")["contexts"][0]["context"]
        self._call("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])

    def goto(self, path: Path, state: str = "") -> None:
        """Open a file, in a state that the link names."""
        self._call("browsingContext.navigate", context=self._context, url=f"{path.as_uri()}{state}", wait="complete")
        end = time.monotonic() + SECONDS
        while not self.run("document.body.dataset.ready ?? null"):
            assert time.monotonic() < end, self.said
            time.sleep(0.1)

    def run(self, script: str) -> Any:
        """Evaluate an expression in the page."""
        given = {
            "expression": f"{inside(script)}.then((found) => JSON.stringify(found ?? null))",
            "target": {"context": self._context},
            "awaitPromise": True,
        }
        found = self._call("script.evaluate", **given)
        assert found["type"] == "success", found
        return json.loads(found["result"].get("value", "null"))

    def act(self, sources: list[dict[str, Any]]) -> None:
        """Move the pointer, press keys."""
        self._call("input.performActions", context=self._context, actions=sources)

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(SECONDS))
            if answer.get("id") == self._number:
                assert answer["type"] == "success", answer
                return dict(answer["result"])
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        url = event.get("params", {}).get("request", {}).get("url", "")
        if not url.startswith(("file:", "data:", "about:")):
            self.said.append(url or json.dumps(event))


@contextmanager
def firefox() -> Iterator[Firefox]:
    """Firefox without a window, with a profile of its own."""
    program = shutil.which("firefox") or shutil.which("firefox-esr")
    if not program:
        pytest.skip("Firefox is not installed")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # Without motion: what is measured stands still.
        (Path(profile) / "user.js").write_text('user_pref("ui.prefersReducedMotion", 1);\n', encoding="utf-8")
        given = [
            program,
            "--headless",
            "--no-remote",
            "--profile",
            profile,
            "--remote-debugging-port",
            "0",
            "about:blank",
        ]
        process = subprocess.Popen(given, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        try:
            assert process.stderr
            address = next(found[0] for line in process.stderr if (found := re.search(r"ws://\S+", line)))
            with connect(f"{address}/session", max_size=None) as socket:
                yield Firefox(socket)
        finally:
            process.terminate()
            process.wait()
