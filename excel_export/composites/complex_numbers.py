"""Complex numbers, as rotary embeddings and Fourier transforms have them: the real parts, and the imaginary ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch

from excel_export.composites._composite import composite
from excel_export.formulas import Example, Examples
from excel_export.ops._numbers import randn
from excel_export.shared.errors import UnsupportedOperator

Rule = TypeVar("Rule", bound=Callable[..., Any])
_MOVES = {"reshape", "view", "flatten", "unflatten", "transpose", "permute", "movedim", "unsqueeze", "squeeze", "expand",
          "contiguous", "clone", "detach", "__getitem__", "repeat", "sum", "mean", "neg", "__neg__", "cumsum", "pad",
          "roll", "flip", "mT", "T", "fft_fftshift", "fft_ifftshift"}  # fmt: skip
"""Functions that do the same to both parts."""
_SHAPES = {"shape", "ndim", "device", "size", "dim", "numel", "__len__", "requires_grad", "layout"}
"""What both parts answer alike."""


class Complex:
    """A tensor of complex numbers. PyTorch's functions take it for a tensor.

    Args:
        re: the real parts, of any shape.
        im: the imaginary parts, of the same shape.
    """

    dtype = torch.complex128

    def __init__(self, re: torch.Tensor, im: torch.Tensor) -> None:
        self.re, self.im = re, im

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a function of PyTorch's, of complex numbers.

        Raises:
            UnsupportedOperator: it is none of those that are known here.
        """
        name = function.__name__
        if name == "__get__":
            name = function.__self__.__name__
        if name in _MOVES and isinstance(args[0], Complex):
            return Complex(*(function(part, *args[1:], **(kwargs or {})) for part in (args[0].re, args[0].im)))
        if name.strip("_") in _RULES:
            return _RULES[name.strip("_")](*args, **(kwargs or {}))
        if name == "__setitem__":
            raise UnsupportedOperator(
                "writing into complex numbers is not supported: put them together, by torch.cat, torch.stack or F.pad"
            )
        raise UnsupportedOperator(
            f"'{name}' of complex numbers is not supported: compute with their real and imaginary parts, by torch.view_as_real"
        )

    def __getattr__(self, name: str) -> Any:
        """Return what a tensor has of this name."""
        if name in _SHAPES:
            return getattr(self.re, name)
        if name.startswith("__") or not hasattr(torch.Tensor, name):
            raise AttributeError(name)
        found = getattr(torch.Tensor, name)
        if name in ("real", "imag", "mT", "T"):
            return self.__torch_function__(found.__get__, (), (self,))
        return lambda *args, **kwargs: self.__torch_function__(found, (), (self, *args), kwargs)


def _parts(item: Any) -> tuple[Any, Any]:
    """The real and the imaginary parts of a tensor or a number; None where there are no imaginary ones."""
    if isinstance(item, Complex):
        return item.re, item.im
    if isinstance(item, complex) or (isinstance(item, torch.Tensor) and item.is_complex()):
        return (item.real, item.imag) if isinstance(item, complex) else (item.real, item.imag.resolve_neg())
    return item, None


def _product(one: Any, other: Any) -> Complex:
    (a, b), (c, d) = _parts(one), _parts(other)
    if b is None or d is None:
        return Complex(a * c, (a * d) if b is None else (b * c))
    return Complex(a * c - b * d, a * d + b * c)


def _sum(one: Any, other: Any) -> Complex:
    (a, b), (c, d) = _parts(one), _parts(other)
    return Complex(
        a + c, b + d if b is not None and d is not None else (d if b is None else b) + torch.zeros_like(a + c)
    )


def _quotient(one: Any, other: Any) -> Complex:
    (a, b), (c, d) = _parts(one), _parts(other)
    if d is None:
        return Complex(a / c, b / c)
    product, length = _product(one, _conjugate(other)), c * c + d * d
    return Complex(product.re / length, product.im / length)


def _conjugate(item: Any) -> Complex:
    a, b = _parts(item)
    return Complex(a, -b)


def _as_complex(item: Any) -> Any:
    return item if isinstance(item, Complex) else Complex(item, torch.zeros_like(item))


def _cast(item: Any, *wanted: Any) -> Any:
    """A tensor in the type of another one, or in a type that is named; of complex numbers as real ones, the real part."""
    types = [each if isinstance(each, torch.dtype) else getattr(each, "dtype", None) for each in wanted]
    is_real = any(kind is not None and not kind.is_complex for kind in types)
    return _parts(item)[0] if is_real else _as_complex(item)


def _exponential(item: Complex) -> Complex:
    length = item.re.exp()
    return Complex(length * item.im.cos(), length * item.im.sin())


def _linear_in_both(function: Callable[..., Any]) -> Callable[..., Any]:
    """A product of matrices, or the like, of complex numbers."""

    def compute(one: Any, other: Any) -> Complex:
        (a, b), (c, d) = _parts(one), _parts(other)
        if b is None or d is None:
            return Complex(function(a, c), function(a, d) if b is None else function(b, c))
        return Complex(function(a, c) - function(b, d), function(a, d) + function(b, c))

    return compute


def _einsum(equation: str, *operands: Any) -> Any:
    if len(operands) != 2:
        raise UnsupportedOperator("'einsum' of complex numbers is supported for two tensors: take two at a time")
    return _linear_in_both(lambda one, other: torch.einsum(equation, one, other))(*operands)


def _of_each(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that puts tensors together, of their parts."""

    def compute(items: Any, dim: int = 0) -> Complex:
        parts = [_parts(item) for item in items]
        return Complex(
            function([a for a, _ in parts], dim),
            function([torch.zeros_like(a) if b is None else b for a, b in parts], dim),
        )

    return compute


_RULES: dict[str, Callable[..., Any]] = {
    "mul": _product,
    "multiply": _product,
    "rmul": _product,
    "add": _sum,
    "radd": _sum,
    "sub": lambda one, other: _sum(one, -other),
    "rsub": lambda one, other: _sum(other, -one),
    "div": _quotient,
    "truediv": _quotient,
    "conj": _conjugate,
    "abs": lambda item: (item.re * item.re + item.im * item.im).sqrt(),
    "angle": lambda item: torch.atan2(item.im, item.re),
    "exp": _exponential,
    "einsum": _einsum,
    "matmul": _linear_in_both(torch.matmul),
    "mm": _linear_in_both(torch.matmul),
    "bmm": _linear_in_both(torch.matmul),
    "cat": _of_each(torch.cat),
    "stack": _of_each(torch.stack),
    "view_as_real": lambda item: torch.stack([item.re, item.im], -1),
    "real": lambda item: item.re,
    "imag": lambda item: item.im,
    "is_complex": lambda item: True,
    "resolve_conj": lambda item: item,
    "type_as": lambda item, other: _cast(item, other),
    "to": lambda item, *args, **kwargs: _cast(item, *args, *kwargs.values()),
    "type": lambda item, *args, **kwargs: _cast(item, *args, *kwargs.values()),
    "cfloat": lambda item: item,
    "cdouble": lambda item: item,
}
"""What functions compute, by their names."""


def has_complex(items: tuple[Any, ...]) -> bool:
    """Whether there are complex numbers among arguments, plain ones or constant tensors of any shape."""
    return any(isinstance(item, complex) or (isinstance(item, torch.Tensor) and item.is_complex()) for item in items)


def rule(name: str) -> Callable[[Rule], Rule]:
    """Register what a function of PyTorch's computes of complex numbers, by its name."""

    def register(function: Rule) -> Rule:
        _RULES[name] = function
        return function

    return register


def _of_python(name: str) -> Callable[..., Any]:
    return lambda self, *others: Complex.__torch_function__(getattr(torch.Tensor, name), (), (self, *others))


for _name in ("__mul__", "__rmul__", "__add__", "__radd__", "__sub__", "__rsub__", "__truediv__", "__neg__",
              "__getitem__", "__abs__", "__matmul__"):  # fmt: skip
    setattr(Complex, _name, _of_python(_name))


def _to_a_complex_type(input: Any, *args: Any, **kwargs: Any) -> bool:
    return any(isinstance(item, torch.dtype) and item.is_complex for item in (*args, *kwargs.values()))


@composite(torch.Tensor.to, torch.Tensor.type, when=_to_a_complex_type)
def to(input: Any, *args: Any, **kwargs: Any) -> Any:
    """Numbers as complex ones: their imaginary parts are 0."""
    return _as_complex(input.double())


@to.examples
def _() -> Examples:
    turned = torch.polar(torch.ones(2, 2, dtype=torch.float64), torch.linspace(0, 2, 4).double().reshape(2, 2))
    yield Example("", lambda x: torch.view_as_real(x.to(torch.complex128)), randn(2, 2))
    yield Example(
        "and back", lambda x: (x.to(turned) * turned).to(torch.float64) + (x * turned).type_as(x), randn(2, 2)
    )
    yield Example("of another", lambda x: torch.view_as_real(x.to(turned.dtype) @ turned + x.to(turned)), randn(2, 2))


@composite(torch.Tensor.cfloat, torch.Tensor.cdouble)  # type: ignore[attr-defined]
def cdouble(input: Any) -> Any:
    """Numbers as complex ones: their imaginary parts are 0."""
    return _as_complex(input.double())


@cdouble.examples
def _() -> Examples:
    yield Example("", lambda x: (x.cdouble() * 1j).exp().imag, randn(2, 2))


@composite(torch.view_as_complex)
def view_as_complex(input: Any) -> Any:
    """Pairs of numbers as complex numbers."""
    return Complex(input[..., 0], input[..., 1])


@view_as_complex.examples
def _() -> Examples:
    turned = torch.polar(torch.ones(2, 2, dtype=torch.float64), torch.linspace(0, 2, 4).double().reshape(2, 2))
    yield Example("", lambda x: torch.view_as_real(torch.view_as_complex(x) * turned).flatten(1), randn(2, 2, 2))
    yield Example("of each other", lambda x: torch.view_as_real(
        torch.view_as_complex(x) * turned.conj() / torch.view_as_complex(x * x + 1) - 2.0), randn(2, 2, 2))  # fmt: skip
    yield Example("length", lambda x: (torch.view_as_complex(x).transpose(0, 1) + 1j).abs(), randn(2, 3, 2))
    yield Example("of matrices", lambda x: torch.view_as_real(
        torch.einsum("ij,kj->ik", torch.view_as_complex(x), turned) @ torch.stack([torch.view_as_complex(x[0])] * 2)
    ), randn(2, 2, 2))  # fmt: skip
    yield Example("exponential", lambda x: (-x.exp() + 1j * x.square()).exp().angle(), randn(2, 3))
    yield Example("parts", lambda x: torch.view_as_complex(x)[1:].real * torch.view_as_complex(x)[0].imag,
                  randn(2, 2, 2))  # fmt: skip


@composite(torch.complex)
def complex_(real: Any, imag: Any) -> Any:
    """Complex numbers of their parts."""
    return Complex(real, imag)


@complex_.examples
def _() -> Examples:
    yield Example(
        "", lambda x, y: torch.view_as_real(torch.complex(x, y) * torch.complex(y, x)), randn(2, 2), randn(2, 2)
    )


@composite(torch.polar)
def polar(abs: Any, angle: Any) -> Any:
    """Complex numbers of their length and angle."""
    return Complex(abs * angle.cos(), abs * angle.sin())


@polar.examples
def _() -> Examples:
    yield Example("", lambda x, y: torch.view_as_real(torch.polar(x.exp(), y)), randn(2, 2), randn(2, 2))
