"""Short-time Fourier transforms: a sound as the frequencies of short stretches of it, and back."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import composite
from excel_export.composites.complex_numbers import rule
from excel_export.formulas import Example, Examples
from excel_export.ops._numbers import randn


def _window(window: Any, win_length: int | None, n_fft: int) -> Any:
    """The weights of a stretch of numbers, in its middle; 1 where none are given."""
    length = n_fft if win_length is None else win_length
    window = torch.ones(length, dtype=torch.float64) if window is None else window
    left = (n_fft - length) // 2
    return F.pad(window, (left, n_fft - length - left)) if length < n_fft else window


@composite(torch.stft, torch.Tensor.stft)
def stft(
    input: Any,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Any = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Any:
    """The weights of the frequencies of stretches of a sound, one stretch after the other."""
    if center:
        shape, half = input.shape, n_fft // 2
        input = F.pad(input.reshape(1, -1, shape[-1]), (half, half), pad_mode).reshape(*shape[:-1], -1)
    stretches = input.unfold(-1, n_fft, n_fft // 4 if hop_length is None else hop_length)
    stretches = stretches * _window(window, win_length, n_fft)
    transform = torch.fft.fft if onesided is False else torch.fft.rfft
    found = transform(stretches, norm="ortho" if normalized else None).transpose(-1, -2)
    return found if return_complex else torch.view_as_real(found)


@rule("istft")
@composite(torch.istft, torch.Tensor.istft)
def istft(
    input: Any,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Any = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Any:
    """The sound of which stretches have these frequencies: they overlap, and their sum is divided by their weights'."""
    hop, norm = n_fft // 4 if hop_length is None else hop_length, "ortho" if normalized else None
    weights = _window(window, win_length, n_fft)
    frames = input.transpose(-1, -2)
    if onesided is False:
        frames = frames[..., : n_fft // 2 + 1]
    stretches = torch.fft.irfft(frames, n_fft, -1, norm) * weights
    count, shape = stretches.shape[-2], stretches.shape[:-2]
    size = n_fft + hop * (count - 1)

    def laid(stretches: Any) -> Any:
        columns = stretches.reshape(-1, count, n_fft).transpose(1, 2)
        return F.fold(columns, (1, size), (1, n_fft), stride=(1, hop))[:, 0, 0]

    total = laid(stretches) / laid((weights * weights).expand(1, count, n_fft)).clamp(min=1e-11)
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else size - start
    return F.pad(total[:, start:end], (0, max(0, end - size))).reshape(*shape, -1)


@stft.examples
def _() -> Examples:
    window = torch.hann_window(4, dtype=torch.float64)
    yield Example("", lambda x: torch.stft(x, 4, 2, window=window, return_complex=True).abs(), randn(2, 6))
    yield Example("not centred, normalised", lambda x: torch.view_as_real(
        torch.stft(x, 4, 1, 3, window[:3], center=False, normalized=True, return_complex=True)), randn(6))  # fmt: skip
    yield Example("both sides, no window", lambda x: torch.view_as_real(
        x.stft(3, 2, onesided=False, pad_mode="constant", return_complex=True)), randn(5))  # fmt: skip


@istft.examples
def _() -> Examples:
    window = torch.hamming_window(4, dtype=torch.float64)

    def sound(x: Any, **settings: Any) -> Any:
        found = torch.stft(x, 4, 2, window=window, return_complex=True)
        return torch.istft(found * found.abs(), 4, 2, window=window, **settings)

    yield Example("", sound, randn(2, 6))
    yield Example("of a length", lambda x: sound(x, length=5), randn(6))
