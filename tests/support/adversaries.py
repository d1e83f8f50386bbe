"""Modules that read numbers out of tensors, put together at random: each is refused, or right also after an edit.

A read, as by `item()` or NumPy, stands at a random place. What is made of it decides something: a setting, an index, a
layer, a mask, a hook's gradient and so on; or it only seems to.
"""

from __future__ import annotations

import bisect
import contextlib
import functools
import json
import linecache
import math
import random
import statistics
import struct
import textwrap
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.support.adversary_choices import COUNTED, DECIDES, IDLE, MEASURED, ORDERED
from tests.support.adversary_modules import KINDS, LOSSES
from tests.support.adversary_reads import COUNTS, ORDERS, QUESTIONS, READS

_NAMES = {each.__name__: each for each in (
    bisect, contextlib, functools, json, math, random, statistics, struct, torch, warnings,
)} | {"np": np, "F": F}  # fmt: skip
_HELPERS = """
class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, tensor, factor):
        ctx.factor = factor
        return tensor * factor

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.factor, None

def read(tensor):
    return tensor.item()

def chosen(tensor, c):
    if c:
        return tensor * 2
    return tensor

def is_refused(v, a):
    def inner():
        if v > a:
            raise OverflowError
    try:
        inner()
    except OverflowError:
        return True
    return False

def forward(self, x, y):
"""
_IDLE_SHARE = 0.3


class Adversary(nn.Module):
    """The module of a seed: `decides` where the read has, or may have, a part in the loss."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._chance = chance = random.Random(seed)
        torch.manual_seed(seed)
        kind, loss = chance.choice([*KINDS]), chance.choice([*LOSSES])
        self._kind, self._loss = KINDS[kind], LOSSES[loss]
        self.one, self.two = self._kind.layer(), nn.Linear(4, 3)
        self.left, self.right, self.act = nn.Linear(4, 4), nn.Linear(4, 4), nn.LeakyReLU(0.1)
        self.double()
        self.log, self.cache, self.best, self.count = [], {}, 1e9, 0
        self.decides = chance.random() >= _IDLE_SHARE
        self._said = [str(seed), kind, loss]
        self.source = _HELPERS + textwrap.indent(self._body(), "    ")
        self.case = ", ".join(self._said)
        file = f"adversary_{seed}.py"
        linecache.cache[file] = (len(self.source), None, self.source.splitlines(True), file)
        levels = [chance.uniform(-2, 3) for _ in range(3)]  # where nobody finds them but by asking
        names = {**_NAMES, "level": levels.__getitem__}
        exec(compile(self.source, file, "exec"), names)
        self.run = names["forward"]

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the loss."""
        return self.run(self, x, y)

    def inputs(self, seed: int, scale: float = 1) -> tuple[torch.Tensor, torch.Tensor]:
        """Return an input `x` and labels `y`."""
        generator = torch.Generator().manual_seed(seed)
        return self._kind.draw(scale, generator), self._loss.draw(scale, generator)

    @property
    def modules_by_name(self) -> dict[str, nn.Module]:
        """The layers, found in another way."""
        return dict(self.named_children())

    def _of(self, choices: dict[str, str]) -> str:
        name = self._chance.choice([*choices])
        self._said.append(name)
        return choices[name]

    def _body(self) -> str:
        """Put together what runs: the code of the adversary before, behind or in place of a line."""
        lines = {"x": self._kind.encode, "h": "", "out": "out = self.two(h)", "loss": self._loss.line}
        where = self._chance.choice(("encode", "h", "h", "h", "loss")) if self.decides else "h"
        if where == "encode":
            lines["x"] = self._one_of_two(self._kind.others, self._tensors("x"))
        elif where == "loss":
            lines["loss"] = self._one_of_two(self._loss.others, self._tensors("out", "h"))
        else:
            lines["h"] = self._filled(self._about_h(), self._tensors("h", "x"))
        return "\n".join(filter(None, (*lines.values(), "return loss")))

    def _tensors(self, *computed: str) -> list[str]:
        whole = {name for name, tensor in zip("xy", self.inputs(0), strict=True) if not tensor.is_floating_point()}
        return [f"{name}.double()" if name in whole else name for name in (*computed, "y")]

    def _one_of_two(self, pairs: dict[str, tuple[str, str]], tensors: list[str]) -> str:
        name = self._chance.choice([*pairs])
        code = f"{self._of(READS)}\n{self._of(QUESTIONS)}"
        self._said.append(name)
        one, other = (textwrap.indent(line, "    ") for line in pairs[name])
        return f"{self._filled(code, tensors)}\nif c:\n{one}\nelse:\n{other}"

    def _about_h(self) -> str:
        if not self.decides:
            return f"{self._of(READS)}\n{self._of(QUESTIONS)}\n{self._of(IDLE)}"
        ways = ((QUESTIONS, DECIDES, 6), (COUNTS, COUNTED, 2), (None, MEASURED, 2), (ORDERS, ORDERED, 1))
        [(asked, decided, _)] = self._chance.choices(ways, [weight for *_, weight in ways])
        if asked is ORDERS:
            return f"{self._of(ORDERS)}\n{self._of(ORDERED)}"
        return "\n".join(self._of(each) for each in (READS, asked, decided) if each)

    def _filled(self, code: str, tensors: list[str]) -> str:
        whole = self._chance.randint(-2, 3)
        words = {
            "t": self._chance.choice(tensors), "s": self._chance.choice(("mean", "sum", "max", "min")),
            "a": "level(0)", "b": "level(1)", "g": "level(2) / 50", "w": round(self._chance.uniform(0.3, 4), 2),
            "i": whole, "j": whole + 2,
        }  # fmt: skip
        return code.format(**words)
