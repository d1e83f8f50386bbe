"""Squares, roots and reciprocals. Other powers are in `pow.py`."""

import torch

from excel_export.formulas.functions import SQRT
from excel_export.ops._elementwise import elementwise

elementwise(
    "square",
    (torch.square, torch.Tensor.square),
    "The square of each element.",
    called="{input}²",
    forward=("y = x²", lambda x: x * x),
    backward=("∂L/∂x = g · 2x", lambda g, x: g * 2 * x),
    forward_words="Each number times itself.",
    backward_words="The slope of x² is 2x, so each gradient is g times twice the number.",
)
elementwise(
    "sqrt",
    (torch.sqrt, torch.Tensor.sqrt),
    "The square root of each element.",
    forward=("y = √x", lambda x: SQRT(x)),
    backward=("∂L/∂x = g / (2y)", lambda g, y: g / (2 * y)),
    forward_words="The square root of each number.",
    backward_words="The slope of √x is 1 / (2√x): steep near 0, flat far from it. Each gradient is g times that.",
    within=torch.exp,
)
elementwise(
    "rsqrt",
    (torch.rsqrt, torch.Tensor.rsqrt),
    "1 / √x of each element.",
    called="1 / √{input}",
    forward=("y = 1 / √x", lambda x: 1 / SQRT(x)),
    backward=("∂L/∂x = −g · y / (2x)", lambda g, x, y: -g * y / x / 2),
    forward_words="1, divided by the square root of each number.",
    backward_words="The slope is −1/2 · y / x: very steep near 0, flat far from it. Each gradient is g times that.",
    within=torch.exp,
)
elementwise(
    "reciprocal",
    (torch.reciprocal, torch.Tensor.reciprocal),
    "The reciprocal of each element.",
    called="1 / {input}",
    forward=("y = 1 / x", lambda x: 1 / x),
    backward=("∂L/∂x = −g · y²", lambda g, y: -g * y * y),
    forward_words="1 divided by each number.",
    backward_words="The slope of 1 / x is −1 / x²: when the number grows, the result falls. Each gradient is g times that.",
    within=lambda x: x - 0.25,
)
