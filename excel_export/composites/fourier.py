"""Fourier transforms as products with matrices of cosines and sines: a sheet shows how each frequency is weighed."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import composite
from excel_export.composites.complex_numbers import Complex, rule
from excel_export.formulas import Example, Examples
from excel_export.ops._numbers import randn


def _waves(count: int, frequencies: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The cosines and the sines of some frequencies, each of shape (count, frequencies)."""
    turns = torch.outer(torch.arange(count), torch.arange(frequencies)) % count
    angles = 2 * math.pi * turns.double() / count
    found = (angles.cos(), angles.sin())
    return tuple(torch.where(wave.abs() < 1e-15, 0.0, wave) for wave in found)  # type: ignore[return-value]


def _share(count: int, norm: str | None, *, inverse: bool) -> float:
    """What each sum is multiplied with."""
    if norm == "ortho":
        return 1 / math.sqrt(count)
    return 1 / count if inverse == (norm != "forward") else 1.0


def _sized(x: Any, count: int) -> Any:
    """So many elements along the last dimension: cut off, or filled with zeros."""
    missing = count - x.shape[-1]
    return F.pad(x, (0, missing)) if missing > 0 else x[..., :count] if missing else x


def _weighed(x: Any, wave: torch.Tensor, share: float) -> Any:
    return x @ (wave if share == 1 else wave * share)


def _transformed(x: Any, n: int | None, dim: int, norm: str | None, *, inverse: bool, half: bool = False) -> Complex:
    """Sums of x · (cos ∓ i sin); of a half, those of the frequencies that a real x needs."""
    re, im = (x.re, x.im) if isinstance(x, Complex) else (x, None)
    count = re.shape[dim] if n is None else n
    share = _share(count, norm, inverse=inverse)
    cos, sin = _waves(count, count // 2 + 1 if half else count)
    sin = sin if inverse else -sin
    re = _sized(re.movedim(dim, -1), count)
    real, imaginary = _weighed(re, cos, share), _weighed(re, sin, share)
    if im is not None:
        im = _sized(im.movedim(dim, -1), count)
        real, imaginary = real - _weighed(im, sin, share), imaginary + _weighed(im, cos, share)
    return Complex(real.movedim(-1, dim), imaginary.movedim(-1, dim))


@rule("fft_fft")
@composite(torch.fft.fft)
def fft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """The weights of all frequencies."""
    return _transformed(input, n, dim, norm, inverse=False)


@rule("fft_ifft")
@composite(torch.fft.ifft)
def ifft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """The sum of all frequencies, each with its weight."""
    return _transformed(input, n, dim, norm, inverse=True)


@composite(torch.fft.rfft)
def rfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """The weights of the frequencies of real numbers; the other half is their mirror image."""
    return _transformed(input, n, dim, norm, inverse=False, half=True)


@rule("fft_irfft")
@composite(torch.fft.irfft)
def irfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """Real numbers of the weights of half of their frequencies: all but the first and the middle one count twice."""
    re, im = (input.re, input.im) if isinstance(input, Complex) else (input, torch.zeros_like(input))
    count = 2 * (re.shape[dim] - 1) if n is None else n
    frequencies = count // 2 + 1
    cos, sin = _waves(count, frequencies)
    times = torch.full((frequencies, 1), 2.0, dtype=torch.float64)
    times[0] = 1
    if count % 2 == 0:
        times[-1] = 1
    share = _share(count, norm, inverse=True)
    re, im = (_sized(part.movedim(dim, -1), frequencies) for part in (re, im))
    return (re @ (cos.T * times * share) - im @ (sin.T * times * share)).movedim(-1, dim)


def _dims(x: Any, s: Any, dim: Any) -> tuple[list[int | None], list[int]]:
    """The sizes and the dimensions of a transform along several of them."""
    s, dim = ([item] if isinstance(item, int) else item for item in (s, dim))
    if dim is None:
        dim = range(-x.ndim if s is None else -len(s), 0)
    return [None] * len(dim) if s is None else [None if n == -1 else n for n in s], list(dim)


def _along_several(x: Any, sizes: list[int | None], dims: list[int], norm: str | None, *, inverse: bool) -> Any:
    for n, dim in zip(sizes, dims, strict=True):
        x = _transformed(x, n, dim, norm, inverse=inverse)
    return x


@rule("fft_fftn")
@composite(torch.fft.fftn)
def fftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    """The weights of all frequencies, along several dimensions."""
    return _along_several(input, *_dims(input, s, dim), norm, inverse=False)


@rule("fft_ifftn")
@composite(torch.fft.ifftn)
def ifftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    """The sum of all frequencies, along several dimensions."""
    return _along_several(input, *_dims(input, s, dim), norm, inverse=True)


@composite(torch.fft.rfftn)
def rfftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    """The weights of the frequencies of real numbers, along several dimensions; a half of the last one."""
    sizes, dims = _dims(input, s, dim)
    half = _transformed(input, sizes[-1], dims[-1], norm, inverse=False, half=True)
    return _along_several(half, sizes[:-1], dims[:-1], norm, inverse=False)


@rule("fft_irfftn")
@composite(torch.fft.irfftn)
def irfftn(input: Any, s: Any = None, dim: Any = None, norm: str | None = None) -> Any:
    """Real numbers of the weights of their frequencies, along several dimensions."""
    sizes, dims = _dims(input, s, dim)
    return irfft(_along_several(input, sizes[:-1], dims[:-1], norm, inverse=True), sizes[-1], dims[-1], norm)


@rule("fft_fft2")
@composite(torch.fft.fft2)
def fft2(input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """The weights of all frequencies of a picture."""
    return fftn(input, s, dim, norm)


@rule("fft_ifft2")
@composite(torch.fft.ifft2)
def ifft2(input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """A picture of the weights of its frequencies."""
    return ifftn(input, s, dim, norm)


@composite(torch.fft.rfft2)
def rfft2(input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """The weights of the frequencies of a picture of real numbers; a half of the last dimension."""
    return rfftn(input, s, dim, norm)


@rule("fft_irfft2")
@composite(torch.fft.irfft2)
def irfft2(input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Any:
    """A picture of real numbers of the weights of its frequencies."""
    return irfftn(input, s, dim, norm)


@fft.examples
def _() -> Examples:
    yield Example("", lambda x: torch.view_as_real(torch.fft.fft(x)), randn(2, 4))
    yield Example(
        "of frequencies", lambda x: torch.fft.fft(torch.fft.fft(x, dim=0), n=2, norm="ortho").real, randn(4, 3)
    )


@ifft.examples
def _() -> Examples:
    yield Example("", lambda x: torch.fft.ifft(torch.fft.fft(x) * x).imag, randn(2, 3))
    yield Example("real, forward", lambda x: torch.fft.ifft(x, 5, 0, "forward").abs(), randn(3, 2))


@rfft.examples
def _() -> Examples:
    yield Example("", lambda x: torch.fft.rfft(x).abs(), randn(2, 5))
    yield Example("filled", lambda x: torch.fft.rfft(x, 6, dim=0, norm="forward").real, randn(3, 2))


@irfft.examples
def _() -> Examples:
    yield Example("a convolution in a circle", lambda x, y: torch.fft.irfft(torch.fft.rfft(x) * torch.fft.rfft(y)),
                  randn(2, 4), randn(4))  # fmt: skip
    yield Example("odd", lambda x: torch.fft.irfft(torch.fft.rfft(x, dim=0)[:2], n=5, dim=0, norm="ortho"), randn(5, 2))
    yield Example("of a spectrum", lambda x: torch.fft.irfft(torch.view_as_complex(x)), randn(3, 2))
    yield Example("real", lambda x: torch.fft.irfft(x, norm="forward"), randn(2, 3))


@fftn.examples
def _() -> Examples:
    yield Example("", lambda x: torch.fft.fftn(x).real, randn(2, 3))
    yield Example("sizes", lambda x: torch.fft.fftn(x, s=(2, 4)).imag, randn(2, 3, 3))


@ifftn.examples
def _() -> Examples:
    yield Example("", lambda x: torch.fft.ifftn(torch.fft.fftn(x) * x).real, randn(2, 3))


@rfftn.examples
def _() -> Examples:
    yield Example("", lambda x: torch.fft.rfftn(x, dim=(1, 0)).abs(), randn(3, 4))


@irfftn.examples
def _() -> Examples:
    yield Example("along one", lambda x: torch.fft.irfftn(torch.fft.rfftn(x, dim=0), s=3, dim=0), randn(3, 2))
    yield Example("", lambda x: torch.fft.irfftn(torch.fft.rfftn(x) * 1j, s=(2, 3)), randn(2, 3))


@fft2.examples
def _() -> Examples:
    yield Example("", lambda x: torch.fft.fftshift(torch.fft.fft2(x), dim=(0, 1)).abs(), randn(3, 3))


@ifft2.examples
def _() -> Examples:
    yield Example("", lambda x: torch.fft.ifft2(torch.fft.fft2(x) * x, norm="ortho").real, randn(2, 3))


@rfft2.examples
def _() -> Examples:
    yield Example("", lambda x: torch.view_as_real(torch.fft.rfft2(x, norm="ortho")), randn(2, 3, 2))


@irfft2.examples
def _() -> Examples:
    yield Example("", lambda x, y: torch.fft.irfft2(torch.fft.rfft2(x) * torch.view_as_complex(y), norm="backward"),
                  randn(2, 4), randn(2, 3, 2))  # fmt: skip
