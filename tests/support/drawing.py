"""The learner's own drawing on Digits, as the network reads it."""

from __future__ import annotations

from collections.abc import Mapping

import torch

PAINTED_INK, INK = 9, 255


def drawn(pixels: torch.Tensor, typed: Mapping[tuple[int, int], float]) -> torch.Tensor:
    """A picture that was copied to the drawing with one digit a pixel, and some of these typed anew."""
    painted = (pixels * PAINTED_INK / INK).round()
    for at, value in typed.items():
        painted[..., *at] = value
    return painted * INK / PAINTED_INK
