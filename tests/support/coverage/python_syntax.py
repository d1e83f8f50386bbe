"""What people write in Python with tensors: operators, indices, assignments, loops, built-in functions."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import torch


def inputs_of(function: Callable[..., Any]) -> list[torch.Tensor]:
    """Return what a function is called with; p is positive, i and k are whole numbers, m is true or false."""
    generator = torch.Generator().manual_seed(1)

    def randn(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()

    named = {
        "x": randn(3, 4),
        "y": randn(3, 4),
        "v": randn(4),
        "s": randn(),
        "p": randn(3, 4).detach().exp().requires_grad_(),
        "q": randn(4, 4),
        "i": torch.tensor([2, 0, 2]),
        "k": torch.tensor([[1, 0, 3, 2]] * 3),
        "m": torch.tensor([[True, False, True, False]] * 3),
    }
    return [named[name] for name in inspect.signature(function).parameters]


def changed(x: torch.Tensor, change: Callable[[torch.Tensor], Any]) -> torch.Tensor:
    """Return a copy that is changed in place."""
    x = x.clone()
    change(x)
    return x


def assigned(x: torch.Tensor, place: Any, value: Any) -> torch.Tensor:
    x = x.clone()
    x[place] = value
    return x


def added_at(x: torch.Tensor, place: Any, value: Any) -> torch.Tensor:
    x = x.clone()
    x[place] += value
    return x


def _added(x, y):
    x = x * 1
    x += y
    x -= 0.5
    x *= y
    x /= 2
    return x


def _powered(p):
    p = p * 1
    p **= 2
    return p


def _loop(x):
    total = 0
    for row in x:
        total = total + row * row.sum()
    return total


def _while(x):
    steps = 0
    while steps < 3:
        x, steps = torch.tanh(x + 0.1), steps + 1
    return x


def _by_shape(x):
    return x.mean() if x.ndim == 2 and x.shape[0] == 3 else x.sum()


SYNTAX: dict[str, Callable[..., Any]] = {
    "x + y": lambda x, y: x + y,
    "x - y": lambda x, y: x - y,
    "x * y": lambda x, y: x * y,
    "x / p": lambda x, p: x / p,
    "x @ q": lambda x, q: x @ q,
    "x @ v": lambda x, v: x @ v,
    "x ** 2": lambda x: x**2,
    "p ** 0.5": lambda p: p**0.5,
    "p ** -1": lambda p: p**-1,
    "2 ** x": lambda x: 2**x,
    "p ** x": lambda p, x: p**x,
    "x // p": lambda x, p: x // p + x,
    "x % p": lambda x, p: x % p,
    "x % 2": lambda x: x % 2,
    "5 % p": lambda p: 5 % p,
    "divmod(x, 2)": lambda x: divmod(x, 2)[1],
    "-x": lambda x: -x,
    "+x": lambda x: +x,
    "abs(x)": lambda x: abs(x),
    "1 + x": lambda x: 1 + x,
    "1 - x": lambda x: 1 - x,
    "2 * x": lambda x: 2 * x,
    "1 / p": lambda p: 1 / p,
    "True + x": lambda x: True + x,
    "math.pi * x": lambda x: math.pi * x,
    "round(x)": lambda x: x - round(x),
    "x + s": lambda x, s: x + s,
    "x + v": lambda x, v: x + v,
    "x += y, -=, *=, /=": _added,
    "p **= 2": _powered,
    "x > y": lambda x, y: x * (x > y),
    "x >= 0": lambda x: x * (x >= 0),
    "x < y": lambda x, y: x * (x < y),
    "x <= 0": lambda x: x * (x <= 0),
    "x == y": lambda x, y: x * (x == y) + y,
    "x != y": lambda x, y: x * (x != y) + y,
    "~m": lambda x, m: x * ~m,
    "m & (x > 0)": lambda x, m: x * (m & (x > 0)),
    "m | (x > 0)": lambda x, m: x * (m | (x > 0)),
    "m ^ (x > 0)": lambda x, m: x * (m ^ (x > 0)),
    "i + 1, as numbers": lambda x, i: x * (i + 1)[:, None],
    "i // 2": lambda x, i: x * (i // 2)[:, None],
    "i % 2": lambda x, i: x * (i % 2)[:, None],
    "i << 1": lambda x, i: x * (i << 1)[:, None],
    "x[0]": lambda x: x[0],
    "x[-1]": lambda x: x[-1],
    "x[1:, ::2]": lambda x: x[1:, ::2],
    "x[..., 1]": lambda x: x[..., 1],
    "x[None]": lambda x: x[None],
    "x[:, None, 1:3]": lambda x: x[:, None, 1:3],
    "x[[2, 0]]": lambda x: x[[2, 0]],
    "x[[0, 1], [1, 2]]": lambda x: x[[0, 1], [1, 2]],
    "x[torch.arange(3), i]": lambda x, i: x[torch.arange(3), i],
    "x[i]": lambda x, i: x[i],
    "x[i, 1:]": lambda x, i: x[i, 1:],
    "x[:, i]": lambda x, i: x[:, i],
    "x[i[0]]": lambda x, i: x[i[0]],
    "x[m] of a constant mask": lambda x: x[torch.tensor([True, False, True])],
    "x[x > 0]": lambda x: x[x > 0],
    "x[0] = v": lambda x, v: assigned(x, 0, v),
    "x[1:, ::2] = 1": lambda x: assigned(x, (slice(1, None), slice(None, None, 2)), 1.0),
    "x[:, 0] += v": lambda x, y: added_at(x, (slice(None), 0), y[:, 1]),
    "x[[0, 2]] = y[[1, 1]]": lambda x, y: assigned(x, [0, 2], y[[1, 1]]),
    "x[i] = 1": lambda x, i: assigned(x, i, 1.0),
    "x[m] = 0": lambda x, m: assigned(x, m, 0.0),
    "x[x > 0] = 0": lambda x: changed(x, lambda z: z.__setitem__(z > 0, 0.0)),
    "x[x > 0] *= 2": lambda x: x * torch.where(x > 0, 2.0, 1.0),
    "x.T": lambda x: x.T,
    "x.mT": lambda x: x.mT,
    "x.H": lambda x: x.H,
    "x.real": lambda x: x.real * 2,
    "len(x)": lambda x: x / len(x),
    "x.shape": lambda x: x * x.shape[1] + x.size(0) + x.numel(),
    "for row in x": _loop,
    "while": _while,
    "if x.ndim": _by_shape,
    "sum(x)": lambda x: sum(x),
    "max(list of numbers)": lambda x: x * max(x.shape),
    "zip(x, y)": lambda x, y: torch.stack([a * b for a, b in zip(x, y, strict=True)]),
    "a, b, c = x": lambda x: (lambda a, b, c: a * b + c)(*x),
    "reversed(x)": lambda x: torch.stack(list(reversed(x))),
    "torch.stack([...])": lambda x, y: torch.stack([x, y, x], 1),
    "torch.cat": lambda x, y: torch.cat([x, y], dim=-1),
    "x.to(torch.float64)": lambda x: x.to(torch.float64) * 2,
    "x.double()": lambda x: x.double() * 2,
    "x.type_as(y)": lambda x, y: x.type_as(y) * y,
    "(x > 0).float()": lambda x: x * (x > 0).float(),
    "(x > 0).sum()": lambda x: x * (x > 0).sum(),
    "(x > 0).long()": lambda x: x * (x > 0).long(),
    "x.argmax() == i": lambda x, i: x.sum() + (x.argmax(1) == i).double().mean(),
    "torch.zeros_like(x) + y": lambda x, y: (torch.zeros_like(x) + y) * x,
    "x.new_zeros(3)": lambda x: x + x.new_zeros(4) + x.new_tensor([1.0, 2.0, 3.0, 4.0]) + x.new_ones(1),
    "torch.arange(4) * x": lambda x: torch.arange(4) * x,
    "torch.linspace(0, 1, 4) * x": lambda x: torch.linspace(0, 1, 4, dtype=torch.float64) * x,
    "torch.eye(4) @ x": lambda x: x @ torch.eye(4, dtype=torch.float64),
    "torch.tensor(2.0) * x": lambda x: torch.tensor(2.0) * x,
    "x.detach()": lambda x: x * x.detach(),
    "x.data": lambda x: x * x.data,
    "straight through": lambda x: x + (x.round() - x).detach(),
    "torch.no_grad()": lambda x: _without(x),
    "x.clone().zero_()": lambda x, y: changed(x, lambda z: z.zero_()) + y,
    "x.fill_(2)": lambda x, y: changed(x, lambda z: z.fill_(2)) * y,
    "x.copy_(y)": lambda x, y: changed(x, lambda z: z.copy_(y)),
    "x.add_(y, alpha=2)": lambda x, y: changed(x, lambda z: z.add_(y, alpha=2)),
    "x.t().mul_(2)": lambda x: changed(x, lambda z: z.t().mul_(2)),
    "x.view(-1)[::2].zero_()": lambda x: changed(x, lambda z: z.view(-1)[::2].zero_()),
    "x[1].sub_(x[0])": lambda x: changed(x, lambda z: z[1].sub_(z[0])),
    "torch.where(x > 0, x, y)": lambda x, y: torch.where(x > 0, x, y),
    "x.masked_fill(m, -1e9).softmax(1)": lambda x, m: x.masked_fill(m, -1e9).softmax(1),
    "x.masked_fill(m, -inf).softmax(1)": lambda x, m: x.masked_fill(m, -math.inf).softmax(1),
    "x.gather(1, k)": lambda x, k: x.gather(1, k),
    "x.scatter_add(1, k, y)": lambda x, k, y: x.scatter_add(1, k, y),
    "einsum ij,kj->ik": lambda x, y: torch.einsum("ij,kj->ik", x, y),
    "einsum ij->": lambda x: torch.einsum("ij->", x),
    "einsum i,j->ij": lambda x, v: torch.einsum("i,j->ij", x[:, 0], v),
    "einsum bij,bjk->bik": lambda x, q: torch.einsum("bij,bjk->bik", x[None], q[None]),
    "x.unfold(1, 2, 1)": lambda x: x.unfold(1, 2, 1),
    "stack of losses": lambda x, y: torch.stack([((x - y) ** 2).mean(), x.mean()]).sum() + x.mean(),
    "x.norm()": lambda x: x.norm(),
    "F.normalize": lambda x: torch.nn.functional.normalize(x, dim=1),
    "x.var(0)": lambda x: x.var(0),
    "x.std()": lambda x: x.std(),
    "x.topk(2)": lambda x: x.topk(2).values,
    "x.sort()": lambda x: x.sort(1, descending=True)[0],
    "x.max(1)": lambda x: x.max(1)[0],
    "x.cumsum(1)": lambda x: x.cumsum(1),
    "torch.tril(q)": lambda q: torch.tril(q),
    "one_hot(i) @ q": lambda q, i: torch.nn.functional.one_hot(i, 4).double() @ q,
    "q[i].mean(0)": lambda q, i: q[i].mean(0),
}
"""By how it is written."""


def _without(x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        scale = x.abs().max()
    return x / scale
