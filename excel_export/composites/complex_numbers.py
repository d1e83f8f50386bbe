"""Products of complex numbers, as rotary embeddings turn pairs of numbers by them."""

from __future__ import annotations

from typing import Any

import torch

from excel_export.composites._composite import composite
from excel_export.shared.errors import UnsupportedOperator

_MOVES = {"reshape", "view", "flatten", "unflatten", "transpose", "permute", "unsqueeze", "squeeze", "expand",
          "contiguous", "clone", "__getitem__"}  # fmt: skip
"""Functions that do the same to both parts."""
_SHAPES = {"shape", "ndim", "device", "size", "dim", "numel", "__len__"}
"""Attributes that are the same of both parts."""


class Complex:
    """A tensor of complex numbers that PyTorch's functions accept: Complex(tensor([1.]), tensor([2.])) is [1 + 2i].

    Only products, moves such as reshape, and real and imaginary parts are supported.

    Args:
        re: the real parts, of any shape.
        im: the imaginary parts, of the same shape.
    """

    dtype = torch.complex128

    def __init__(self, re: torch.Tensor, im: torch.Tensor) -> None:
        self.re, self.im = re, im

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a function of PyTorch's on complex numbers.

        Raises:
            UnsupportedOperator: the function is not one of a few, such as products.
        """
        name = function.__self__.__name__ if function.__name__ == "__get__" else function.__name__
        if name in _MOVES:
            return Complex(*(function(part, *args[1:], **(kwargs or {})) for part in (args[0].re, args[0].im)))
        if name.strip("_") in ("mul", "rmul", "multiply"):
            return _product(*args)
        if name == "view_as_real":
            return torch.stack([args[0].re, args[0].im], -1)
        if name in ("real", "imag"):
            return args[0].re if name == "real" else args[0].im
        raise UnsupportedOperator(
            f"'{name}' of complex numbers is not supported: compute with their real and imaginary parts, by torch.view_as_real"
        )

    def __getattr__(self, name: str) -> Any:
        """Return a tensor's attribute or method of this name, for complex numbers."""
        if name in _SHAPES:
            return getattr(self.re, name)
        if name.startswith("__") or not hasattr(torch.Tensor, name):
            raise AttributeError(name)
        found = getattr(torch.Tensor, name)
        if name in ("real", "imag"):
            return self.__torch_function__(found.__get__, (), (self,))
        return lambda *args, **kwargs: self.__torch_function__(found, (), (self, *args), kwargs)

    def __getitem__(self, index: Any) -> Any:
        """Return the same part of both parts."""
        return self.__torch_function__(torch.Tensor.__getitem__, (), (self, index))


def _of_python(name: str) -> Any:
    return lambda self, other: Complex.__torch_function__(getattr(torch.Tensor, name), (), (self, other))


for _name in ("__mul__", "__rmul__", "__add__", "__radd__", "__sub__", "__rsub__", "__truediv__", "__matmul__"):
    setattr(Complex, _name, _of_python(_name))


def _product(one: Any, other: Any) -> Complex:
    (a, b), (c, d) = _parts(one), _parts(other)
    if b is None or d is None:
        return Complex(a * c, (a * d) if b is None else (b * c))
    return Complex(a * c - b * d, a * d + b * c)


def _parts(item: Any) -> tuple[Any, Any]:
    """Return the real and the imaginary parts of a tensor or a number; None for imaginary parts if there are none."""
    if isinstance(item, Complex):
        return item.re, item.im
    if isinstance(item, torch.Tensor) and item.is_complex():
        return item.real, item.imag.resolve_neg()
    return item, None


@composite(torch.view_as_complex)
def view_as_complex(input: Any) -> Any:
    """Return a `Complex` of shape (…) from pairs, (…, 2): [1 + 2i] from [[1, 2]]."""
    return Complex(input[..., 0], input[..., 1])
