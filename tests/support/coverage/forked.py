"""Judge cases in a process of its own, so that none can hang or end the whole."""

from __future__ import annotations

import gc
import multiprocessing
import random
import signal
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from multiprocessing.connection import Connection

import numpy as np
import torch

from tests.support.coverage.case import Case, Group, scalar
from tests.support.coverage.judge import TOO_SLOW, TRACEBACK, Outcome, judge

LIMIT = 60.0
"""Seconds of a case; a workbook that a person makes is there sooner."""
MAKING = 180.0
"""Seconds that making the cases of a group may take."""


def warm_up() -> None:
    """Import and fill what every process needs, before the first one starts."""
    judge(Case("", partial(scalar, torch.relu, torch.ones(2, dtype=torch.float64, requires_grad=True))))
    gc.collect()
    gc.freeze()  # else the first collection of each process copies all memory


def judged(groups: Sequence[Group], limit: float = LIMIT, quick: bool = False) -> Iterator[list[Outcome]]:
    """Judge the cases of each group, and yield its outcomes.

    One process does it all. If it hangs or dies, another one goes on behind the case that was to blame.
    """
    done, outcomes = 0, list[Outcome]()
    context = multiprocessing.get_context("fork")
    while done < len(groups):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(groups[done:], len(outcomes), quick, sender))
        process.start()
        sender.close()
        what = ""
        try:
            while receiver.poll(limit if what else max(limit, MAKING)):
                message = receiver.recv()
                if message is None:  # the group is done
                    yield outcomes
                    done, outcomes, what = done + 1, [], ""
                elif isinstance(message, str):
                    what = message
                else:
                    outcomes.append(Outcome(**message))
            outcomes.append(Outcome(what or "all", TOO_SLOW, f"more than {limit:.0f} seconds", limit))
        except EOFError:
            process.join()
            if done < len(groups):
                outcomes.append(Outcome(what or "all", TRACEBACK, f"the process ended with {process.exitcode}"))
        finally:
            process.kill()
            process.join()
            receiver.close()
        if done < len(groups) and not what:
            yield outcomes
            done, outcomes = done + 1, []


def _work(groups: Sequence[Group], skipped: int, quick: bool, sender: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    for group in groups:
        for case in _cases(group, sender)[skipped:]:
            sender.send(case.what)
            started = time.perf_counter()
            try:
                status, reason = judge(case, quick)
            except Exception:
                status, reason = TRACEBACK, "in the suite itself: " + traceback.format_exc().splitlines()[-1]
            sender.send(asdict(Outcome(case.what, status, reason, round(time.perf_counter() - started, 2))))
        sender.send(None)
        skipped = 0


def _cases(group: Group, sender: Connection) -> list[Case]:
    # The same numbers every time, whatever ran before.
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    try:
        return group.cases()
    except Exception:
        sender.send(
            asdict(Outcome("all", TRACEBACK, "in the suite itself: " + traceback.format_exc().splitlines()[-1]))
        )
        return []
