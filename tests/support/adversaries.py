"""Modules that read numbers out of tensors, put together at random: each is refused, or right also after an edit.

A read, as by `item()` or NumPy, stands at a random place; what is made of it decides something, or only seems to.
"""

from __future__ import annotations

import contextlib
import linecache
import math
import random
import statistics
import textwrap

import numpy as np
import torch
from torch import nn

READS = {
    "item": "v = {t}.{s}().item()",
    "float": "v = float({t}.detach().{s}())",
    "float of item": "v = float({t}.{s}().item())",
    "numpy": "v = {t}.detach().numpy().{s}()",
    "asarray": "v = float(np.asarray({t}.detach()).{s}())",
    "list": "v = sum({t}.flatten().tolist()) / {t}.numel()",
    "median": "v = statistics.median({t}.flatten().tolist())",
    "count": "v = int(({t} > {a}).sum())",
    "math": "v = math.tanh({t}.{s}().item()) * 3",
    "rounded": "v = round({t}.{s}().item(), 1)",
    "whole": "v = {t}.{s}().item() // 0.5",
    "log": "self.log.append({t}.{s}().item())\nv = sum(self.log[-3:]) / len(self.log[-3:])",
    "numpy of a log": "self.log.append({t}.{s}().item())\nv = np.mean(self.log)",
    "tensor of a log": "self.log.append({t}.{s}().item())\nv = torch.tensor(self.log).mean().item()",
    "best": "self.best = min(self.best, {t}.{s}().item())\nv = self.best",
    "counter": "self.count += int({t}.{s}() > {a})\nv = self.count",
    "cache": "self.cache['v'] = {t}.{s}().item()\nv = self.cache['v']",
    "text": "v = float(f'{{{t}.{s}():.2f}}')",
}
"""How `v` is read out of a tensor `t`; `s` is what is taken of it."""

DECIDE = {
    "branch": "if v > {a}:\n    factor = {f}",
    "band": "if {a} < v < {a} + {w}:\n    factor = {f}",
    "assert, caught": "try:\n    assert v < {a}\nexcept AssertionError:\n    factor = {f}",
    "raise, caught": (
        "try:\n    if v > {a}:\n        raise ValueError('too large')\n    factor = 1.5\n"
        "except ValueError:\n    factor = {f}"
    ),
    "suppressed": "with contextlib.suppress(AssertionError):\n    assert v > {a}\n    factor = {f}",
    "another function": "factor = checked(v, {a}, {f})",
    "loop": "for k in range(3):\n    if v > {a} + k:\n        break\n    factor = factor * 1.5",
    "looked up": "factor = {f} if round(v) in ({i}, {i} + 1) else 1.0",
    "text in a set": "factor = {f} if f'{{v:.0f}}' in {{'{i}', '{j}'}} else 1.0",
    "text, joined": "factor = {f} if 'v' + f'{{v:.0f}}' == 'v{i}' else 1.0",
    "number in a set": "factor = {f} if round(v) in {{{i}, {j}}} else 1.0",
    "number in a set that is computed": "factor = {f} if round(v) in {{round({a})}} else 1.0",
    "key": "factor = {{{i}: {f}, {j}: 3.0}}.get(round(v), 1.0)",
    "size of a set": "factor = float(len({{round(v), {i}, {j}}}))",
    "percent": "factor = {f} if '%.0f' % v == '{i}' else 1.0",
    "sign": "factor = math.copysign(1.0, v)",
    "of a tensor": "if bool(({t} > {a}).any()):\n    factor = {f}",
    "numpy where": "factor = float(np.where(v > {a}, {f}, 1.0))",
    "two together": "one, two = v > {a}, bool({t}.max() > {a})\nif one and two:\n    factor = {f}",
    "index": "factor = (1.0, {f})[v > {a}]",
    "largest": "factor = max(1.0, min(v, {f}))",
}
"""What a factor of the loss is made of `v` by."""

DO_NOT = {
    "assert": "assert v < 1e6",
    "raise": "if v != v or v > 1e6:\n    raise ValueError(f'too large: {{v}}')",
    "print": "print(f'{{v:.3f}}', v)",
    "kept": "self.log.append(v)",
    "kept best": "self.best = min(self.best, v)",
    "counted": "self.count += v > {a}",
    "put into a set": "self.cache['seen'] = {{round(v), v}}",
    "counted by key": "self.cache[round(v)] = self.cache.get(round(v), 0) + 1",
    "caught and raised": "try:\n    assert v < 1e6\nexcept AssertionError as error:\n    raise ValueError from error",
    "the same both ways": "factor = factor if v > {a} else factor",
    "text": "self.cache['text'] = f'{{v:.2f}}'",
}
"""What only seems to decide something."""

HELPER = """
def checked(v, a, f):
    def inner():
        if v > a:
            raise OverflowError
    try:
        inner()
    except OverflowError:
        return f
    return 1.0
"""
FORWARD = """
def forward(self, x, y):
    factor = 1.0
    {first}
    h = torch.tanh(self.one(x))
    {second}
    out = self.two(h)
    {third}
    loss = (out - y).square().mean()
    {last}
    return loss * factor
"""
TENSORS = {"first": ("x", "y"), "second": ("h", "x"), "third": ("out", "h"), "last": ("loss", "out")}


class Adversary(nn.Module):
    """The module of a seed: `decides` where the read has, or may have, a part in the loss."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        chance = random.Random(seed)
        torch.manual_seed(seed)
        self.one, self.two = nn.Linear(3, 4).double(), nn.Linear(4, 2).double()
        self.log, self.cache, self.best, self.count = [], {}, 1e9, 0
        place = chance.choice([*TENSORS])
        read, self.decides = chance.choice([*READS]), chance.random() < 0.7
        use = chance.choice([*(DECIDE if self.decides else DO_NOT)])
        number = chance.randint(-2, 3)
        words = {
            "t": chance.choice(TENSORS[place]), "s": chance.choice(("mean", "sum", "max", "min")),
            "a": "level()", "w": round(chance.uniform(0.3, 4), 2),
            "f": chance.choice((2.0, 0.5, -1.0)), "i": number, "j": number + 2,
        }  # fmt: skip
        code = f"{READS[read]}\n{(DECIDE if self.decides else DO_NOT)[use]}".format(**words)
        parts = {name: textwrap.indent(code, "    ").strip() if name == place else "" for name in TENSORS}
        self.source, self.case = HELPER + FORWARD.format(**parts), f"{seed}: {read}, {use}, {place}"
        file = f"adversary_{seed}.py"
        linecache.cache[file] = (len(self.source), None, self.source.splitlines(True), file)
        level = chance.uniform(-2, 3)  # where nobody finds it but by asking
        names = {"torch": torch, "np": np, "math": math, "statistics": statistics, "contextlib": contextlib}
        names["level"] = lambda: level
        exec(compile(self.source, file, "exec"), names)
        self.run = names["forward"]

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the loss, of `x` (5, 3) and `y` (5, 2)."""
        return self.run(self, x, y)


def inputs_of(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the inputs `x` and `y`."""
    generator = torch.Generator().manual_seed(seed)
    x, y = torch.randn(5, 3, generator=generator), torch.randn(5, 2, generator=generator)
    return x.double(), y.double()
