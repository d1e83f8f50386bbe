"""Arithmetic with truth values and with whole numbers of few bits: PyTorch gives them as their own type again."""

from typing import Any

import torch

from excel_export.composites._composite import composite
from excel_export.formulas import Example, Examples
from excel_export.ops._numbers import randn
from excel_export.ops.cast import SHORT

BYTES = torch.tensor([0, 5, 200], dtype=torch.uint8)
SIGNED = torch.tensor([-128, 5, 100], dtype=torch.int8)


def _kind(input: Any, other: Any = None) -> torch.dtype:
    kind: torch.dtype = input.dtype if other is None else torch.result_type(input, other)
    return kind


def _is_short(input: Any, other: Any = None, **kwargs: Any) -> bool:
    return _kind(input, other) in SHORT


def _is_short_or_truth(input: Any, other: Any, **kwargs: Any) -> bool:
    return _kind(input, other) in (torch.bool, *SHORT)


def _wide(item: Any) -> Any:
    return item.long() if isinstance(item, torch.Tensor) else item


@composite(torch.add, torch.Tensor.add, when=_is_short_or_truth)
def short_add(input: Any, other: Any, *, alpha: int = 1) -> Any:
    """The sum, which begins anew at the other end of the range; of truth values, whether one of them holds."""
    kind = _kind(input, other)
    if kind == torch.bool:
        return torch.logical_or(input, torch.as_tensor(other)) if alpha else torch.logical_or(input, input)
    return torch.add(_wide(input), _wide(other), alpha=alpha).to(kind)


@short_add.examples
def _() -> Examples:
    yield Example("", lambda x, n: x * (n + 100), randn(3), BYTES)
    yield Example("signed", lambda x, n: x * (n + n), randn(3), SIGNED)
    truth = torch.tensor([True, False])
    yield Example("truth values", lambda x, m: x * (m + m[:1] + False), randn(2), truth)


@composite(torch.sub, torch.subtract, torch.Tensor.sub, torch.Tensor.subtract, when=_is_short)
def short_sub(input: Any, other: Any, *, alpha: int = 1) -> Any:
    """The difference, which begins anew at the other end of the range."""
    return torch.sub(_wide(input), _wide(other), alpha=alpha).to(_kind(input, other))


@short_sub.examples
def _() -> Examples:
    yield Example("", lambda x, n: x * (n - 1), randn(3), BYTES)


@composite(torch.rsub, torch.Tensor.__rsub__, when=_is_short)
def short_rsub(input: Any, other: Any, *, alpha: int = 1) -> Any:
    """The difference the other way round, which begins anew at the other end of the range."""
    return torch.rsub(_wide(input), _wide(other), alpha=alpha).to(_kind(input, other))


@short_rsub.examples
def _() -> Examples:
    yield Example("", lambda x, n: x * (1 - n), randn(3), BYTES)


@composite(torch.mul, torch.multiply, torch.Tensor.mul, torch.Tensor.multiply, when=_is_short)
def short_mul(input: Any, other: Any) -> Any:
    """The product, which begins anew at the other end of the range."""
    return (_wide(input) * _wide(other)).to(_kind(input, other))


@short_mul.examples
def _() -> Examples:
    yield Example("", lambda x, n: x * (n * n), randn(3), BYTES)


@composite(torch.square, torch.Tensor.square, when=_is_short)
def short_square(input: Any) -> Any:
    """The square, which begins anew at the other end of the range."""
    return (input.long() * input.long()).to(input.dtype)


@short_square.examples
def _() -> Examples:
    yield Example("", lambda x, n: x * n.square(), randn(3), BYTES)


@composite(torch.neg, torch.negative, torch.Tensor.neg, torch.Tensor.negative, when=_is_short)
def short_neg(input: Any) -> Any:
    """The other sign, which begins anew at the other end of the range."""
    return (-input.long()).to(input.dtype)


@short_neg.examples
def _() -> Examples:
    yield Example("", lambda x, n: x * -n, randn(3), BYTES)


@composite(torch.abs, torch.absolute, torch.Tensor.abs, torch.Tensor.absolute, when=_is_short)
def short_abs(input: Any) -> Any:
    """The size; the least number has none in its type."""
    return input.long().abs().to(input.dtype)


@short_abs.examples
def _() -> Examples:
    yield Example("", lambda x, n: x * n.abs(), randn(3), SIGNED)


@composite(torch.floor_divide, torch.Tensor.floor_divide, torch.Tensor.__floordiv__, when=_is_short)
def short_floor_divide(input: Any, other: Any) -> Any:
    """How often one goes into the other; the least number divided by −1 begins anew."""
    return (_wide(input) // _wide(other)).to(_kind(input, other))


@short_floor_divide.examples
def _() -> Examples:
    yield Example("", lambda x, n: x * (n // -1), randn(3), SIGNED)
