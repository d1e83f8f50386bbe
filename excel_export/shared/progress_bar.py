"""A progress bar that moves on while this process computes, drawn by a process of its own.

The spreadsheet engine keeps Python still for as long as it computes: no thread could draw then. So a small process
draws. It hears which stage begins and which share of it is done, one line each; between two lines it moves on as far
as the stage's part of the time and the pace of the stages before it let it expect, and never back.
"""

import json
import math
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tqdm import tqdm

FORMAT = "{desc:<22}|{bar:30}|{percentage:4.0f} %  {elapsed}"
FIRST_SEEN, EVERY = 1.0, 0.1
"""When the bar is first drawn, and how often, in seconds."""
FIRST_GUESS, TRUSTED = 20.0, 1.0
"""How long the whole takes as long as nothing is known of it, and for how long one thinks so, in seconds."""
MOST_EXPECTED = 0.99
"""No stage is taken for done before the next one begins."""


@dataclass
class Pace:
    """How far the work is, as far as one can know and expect."""

    parts: Mapping[str, float]
    began: float
    stage: str = ""
    share: float = 0.0
    stage_began: float = 0.0
    _shown: float = field(default=0.0, init=False)

    def hear(self, stage: str, share: float, now: float) -> None:
        """Take note of a stage, and of the share of it that is done."""
        if stage != self.stage:
            self.stage, self.stage_began = stage, now
        self.share = share

    def done(self, now: float) -> float:
        """Return the part of the whole to be shown, from 0 to 1."""
        if self.stage in self.parts:
            names, total = [*self.parts], sum(self.parts.values())
            before = sum(self.parts[name] for name in names[: names.index(self.stage)])
            pace = (before + TRUSTED * total / FIRST_GUESS) / (self.stage_began - self.began + TRUSTED)
            # It slows down where a stage takes longer than its part, and does not stop.
            expected = 1 - math.exp(-pace * (now - self.stage_began) / self.parts[self.stage])
            share = max(self.share, MOST_EXPECTED * expected)
            self._shown = max(self._shown, (before + self.parts[self.stage] * share) / total)
        return self._shown


def main() -> None:
    """Draw what standard input tells, until it ends."""
    pace = Pace(json.loads(sys.argv[1]), time.monotonic())
    ended = threading.Event()

    def listen() -> None:
        for line in sys.stdin:
            stage, share = json.loads(line)
            pace.hear(stage, share, time.monotonic())
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    if not ended.wait(FIRST_SEEN):
        with tqdm(total=1, desc=pace.stage, bar_format=FORMAT, leave=False) as bar:
            bar.start_t -= FIRST_SEEN
            while not ended.wait(EVERY):
                bar.n = pace.done(time.monotonic())
                bar.set_description_str(pace.stage)


if __name__ == "__main__":
    main()
