"""Judge the cases of a group in a process of its own, so that none can hang or end the whole."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
import traceback
import warnings
from dataclasses import asdict
from functools import partial

import numpy as np
import torch

from tests.support.coverage.case import Case, Group, scalar
from tests.support.coverage.judge import TOO_SLOW, TRACEBACK, Outcome, judge

LIMIT = 60.0
"""Seconds of a case; a workbook that a person makes is there sooner."""


def warm_up() -> None:
    """Import and fill what every process needs, before the first one starts."""
    judge(Case("", partial(scalar, torch.relu, torch.ones(2, dtype=torch.float64, requires_grad=True))))


def judged(group: Group, limit: float = LIMIT) -> list[Outcome]:
    """Judge each case of a group."""
    outcomes: list[Outcome] = []
    context = multiprocessing.get_context("fork")
    while True:
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(group, len(outcomes), sender))
        process.start()
        sender.close()
        what = "all"
        try:
            while receiver.poll(limit + 30 * (what == "all")):
                message = receiver.recv()
                if message is None:
                    return outcomes
                if isinstance(message, str):
                    what = message
                else:
                    outcomes.append(Outcome(**message))
            outcomes.append(Outcome(what, TOO_SLOW, f"more than {limit:.0f} seconds", limit))
        except EOFError:
            process.join()
            outcomes.append(Outcome(what, TRACEBACK, f"the process ended with {process.exitcode}"))
        finally:
            process.kill()
            process.join()
            receiver.close()
        if what == "all":
            return outcomes


def _work(group: Group, done: int, sender) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    # The same numbers every time, whatever ran before.
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    try:
        cases = group.cases()
    except Exception:
        sender.send(asdict(Outcome("all", TRACEBACK, traceback.format_exc().splitlines()[-1])))
        cases = []
    for case in cases[done:]:
        sender.send(case.what)
        started = time.perf_counter()
        try:
            status, reason = judge(case)
        except Exception:
            status, reason = TRACEBACK, "in the suite itself: " + traceback.format_exc().splitlines()[-1]
        sender.send(asdict(Outcome(case.what, status, reason, round(time.perf_counter() - started, 2))))
    sender.send(None)
