"""A progress bar that moves on while this process computes, drawn by a process of its own.

The spreadsheet engine blocks Python while it computes, so that no thread could draw. This process reads from standard
input which stage begins and which share of it is done, one JSON list a line. Between two lines the bar moves on by the
stage's part of the time and the pace of the stages before it, and never back.
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
FIRST_SEEN = 1.0
"""The seconds before the bar is drawn: shorter work needs none."""
EVERY = 0.1
"""The seconds between two drawings."""
FIRST_GUESS = 20.0
"""The expected seconds of the whole work as long as no stage has ended."""
TRUSTED = 1.0
"""The weight of that guess, in seconds of measured work."""
MOST_EXPECTED = 0.99
"""The largest share of a stage that the bar shows before the next one begins."""


@dataclass
class Pace:
    """The progress of work with named stages: hear('write', 0.5, now) takes a report, done(now) is what to show."""

    parts: Mapping[str, float]
    """The share of each stage in the time, in any unit, in the order of the stages: {'trace': 2, 'write': 8}."""
    began: float
    """The time when the work began, in seconds, as `time.monotonic` gives it."""
    stage: str = ""
    """The current stage; '' before the first one."""
    share: float = 0.0
    """The reported share of the current stage, from 0 to 1."""
    stage_began: float = 0.0
    """The time when the current stage began, in seconds."""
    _shown: float = field(default=0.0, init=False)

    def hear(self, stage: str, share: float, now: float) -> None:
        """Record the current stage, the fraction of it that is done, from 0 to 1, and the time in seconds."""
        if stage != self.stage:
            self.stage, self.stage_began = stage, now
        self.share = share

    def done(self, now: float) -> float:
        """Return the fraction of the whole work to be shown at a time in seconds, from 0 to 1; it never falls.

        Between two reports it goes on at the pace so far, and slows down before the end of the stage.

        Example:
            >>> pace = Pace({"trace": 1, "write": 3}, began=0)
            >>> pace.hear("write", 0.5, now=10)
            >>> pace.done(now=10)
            0.625
        """
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
    """Draw the progress bar until standard input ends; each line there is a report as JSON: ["trace", 0.5].

    The program's first argument has the stages and their shares in the time, as JSON: {"trace": 2, "write": 8}.
    """
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
