"""The modules of which adversaries are made: of each kind its layers, how it makes `h` (3, 4), and its inputs.

Then each makes `out` (3, 3) of `h`, and a loss of `out` and the labels `y`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

Draw = Callable[[float, torch.Generator], torch.Tensor]
"""Draws an input or labels of a scale."""
ROWS, CLASSES, WORDS = 3, 3, 5
"""The rows of a batch, the classes of a label, the words of a vocabulary."""


@dataclass(frozen=True)
class Kind:
    """A kind of module.

    Args:
        layer: makes `self.one`.
        encode: the line that makes `h`.
        draw: an input `x`.
        others: other such lines in pairs; which of two is taken may hang on a truth value.
    """

    layer: Callable[[], nn.Module]
    encode: str
    draw: Draw
    others: Mapping[str, tuple[str, str]]


def _normal(*shape: int) -> Draw:
    return lambda scale, generator: scale * torch.randn(shape, generator=generator, dtype=torch.float64)


def _whole(most: int, *shape: int) -> Draw:
    return lambda scale, generator: torch.randint(most, shape, generator=generator)


def _truths(scale: float, generator: torch.Generator) -> torch.Tensor:
    return torch.randint(2, (ROWS, CLASSES), generator=generator).double()


_LINEAR, _BARE = "h = F.linear(x, self.one.weight, self.one.bias)", "h = F.linear(x, self.one.weight)"
_WEIGHTS = "self.one.weight, self.one.bias"
_LOOP = "h = x.new_zeros(3, 4)\nfor step in range({}):\n    h = self.one(x[:, step], h)"
KINDS = {
    "mlp": Kind(lambda: nn.Linear(3, 4), "h = torch.tanh(self.one(x))", _normal(ROWS, 3), {
        "bias": (_LINEAR, _BARE),
        "input's direction": ("h = self.one(x.flip(1))", "h = self.one(x)"),
        "input's gradient": ("h = self.one(x.detach() + x)", "h = self.one(2 * x)"),
    }),
    "convolution": Kind(lambda: nn.Conv2d(1, 4, 2), "h = self.one(x).tanh().mean((2, 3))", _normal(ROWS, 1, 3, 3), {
        "stride": tuple(f"h = F.conv2d(x, {_WEIGHTS}, stride={n}).square().mean((2, 3))" for n in (2, 1)),
        "padding": tuple(f"h = F.conv2d(x, {_WEIGHTS}, padding={n}).square().mean((2, 3))" for n in (1, 0)),
        "dilation": tuple(f"h = F.conv2d(x, {_WEIGHTS}, dilation={n}).square().mean((2, 3))" for n in (2, 1)),
        "border": tuple(
            f"h = self.one(F.pad(x, (1, 0, 0, 1), mode={n!r})).square().mean((2, 3))" for n in ("reflect", "replicate")
        ),
        "pool": tuple(f"h = F.{n}_pool2d(self.one(x), 2).flatten(1)" for n in ("max", "avg")),
        "interpolation": tuple(
            f"h = self.one(F.interpolate(x, (4, 4), mode={n!r})).square().mean((2, 3))" for n in ("nearest", "bilinear")
        ),
        "kernel's part": ("h = F.conv2d(x, self.one.weight[..., :1]).mean((2, 3))", "h = self.one(x).mean((2, 3))"),
    }),
    "embedding": Kind(lambda: nn.Embedding(WORDS, 4), "h = self.one(x).mean(1)", _whole(WORDS, ROWS, 3), {
        "padding_idx": tuple(f"h = F.embedding(x, self.one.weight, padding_idx={n}).mean(1)" for n in (0, None)),
        "unknown words": ("h = self.one(x.clamp(max=2)).sum(1)", "h = self.one(x).sum(1)"),
        "shifted words": ("h = self.one((x + 1) % 5).sum(1)", "h = self.one(x).sum(1)"),
        "reduction of words": tuple(f"h = self.one(x).{n}(1)" for n in ("mean", "sum")),
        "length of a sentence": ("h = self.one(x[:, :2]).sum(1)", "h = self.one(x).sum(1)"),
    }),
    "attention": Kind(
        lambda: nn.Linear(4, 4), "h = F.scaled_dot_product_attention(self.one(x), x, x).mean(1)", _normal(ROWS, 2, 4), {
        "is_causal": tuple(
            f"h = F.scaled_dot_product_attention(self.one(x), x, x, is_causal={n}).mean(1)" for n in (True, False)
        ),
        "scale": tuple(f"h = F.scaled_dot_product_attention(self.one(x), x, x, scale={n}).sum(1)" for n in (1.0, 0.2)),
        "heads": tuple(
            f"q = self.one(x).reshape(3, 2, {n}, {4 // n}).transpose(1, 2)\n"
            "h = F.scaled_dot_product_attention(q, q, q).transpose(1, 2).reshape(3, 2, 4).sum(1)" for n in (1, 2)
        ),
        "attention's mask": tuple(
            f"h = F.scaled_dot_product_attention(self.one(x), x, x, attn_mask=torch.tensor({n})).sum(1)"
            for n in ([True, False], [True, True])
        ),
        "axis of softmax": tuple(f"h = (self.one(x) @ x.mT).softmax({n}).matmul(x).sum(1)" for n in (1, 2)),
    }),
    "recurrent": Kind(lambda: nn.GRUCell(3, 4), _LOOP.format(2), _normal(ROWS, 2, 3), {
        "number of steps": (_LOOP.format(1), _LOOP.format(2)),
        "direction of steps": (_LOOP.format("2"), _LOOP.format("1, -1, -1")),
        "state at first": (_LOOP.format(2).replace("zeros", "ones"), _LOOP.format(2)),
        "state's gradient": (_LOOP.format(2) + ".detach() + h", _LOOP.format(2) + " + h"),
    }),
    "norm": Kind(
        lambda: nn.Linear(4, 4), "h = F.layer_norm(self.one(x), (4,), self.one.bias)", _normal(ROWS, 4), {
        "eps": tuple(f"h = F.layer_norm(self.one(x), (4,), eps={n})" for n in (0.5, 1e-5)),
        "affine": ("h = F.layer_norm(self.one(x), (4,))", "h = F.layer_norm(self.one(x), (4,), self.one.bias)"),
        "groups": tuple(f"h = F.group_norm(self.one(x), {n})" for n in (1, 2)),
        "kind of norm": ("h = F.normalize(self.one(x))", "h = F.layer_norm(self.one(x), (4,))"),
        "order of a norm": tuple(f"h = F.normalize(self.one(x), p={n})" for n in (1, 2)),
    }),
}  # fmt: skip


@dataclass(frozen=True)
class Loss:
    """A loss: the line that makes it, the labels, and pairs of other such lines."""

    line: str
    draw: Draw
    others: Mapping[str, tuple[str, str]]


def _pair(line: str, *settings: object) -> tuple[str, str]:
    one, other = (f"loss = {line.replace('?', str(each))}" for each in settings)
    return one, other


_REDUCTIONS = "'mean'", "'sum'"
_ENTROPY = "F.cross_entropy(out, y, "
LOSSES = {
    "mse": Loss("loss = F.mse_loss(out, y)", _normal(ROWS, CLASSES), {
        "reduction": _pair("F.mse_loss(out, y, reduction=?)", *_REDUCTIONS),
        "beta": _pair("F.smooth_l1_loss(out, y, beta=?)", 2.0, 0.5),
        "delta": _pair("F.huber_loss(out, y, delta=?)", 2.0, 0.5),
        "which loss": _pair("F.?_loss(out, y)", "l1", "mse"),
        "part of a batch": _pair("(out - y)[?].square().mean()", "1:", ":2"),
        "labels' gradient": _pair("F.mse_loss(out, y?)", ".detach() + y - y", ""),
    }),
    "cross entropy": Loss(f"loss = {_ENTROPY}reduction='sum')", _whole(CLASSES, ROWS), {
        "reduction": _pair(f"{_ENTROPY}reduction=?)", *_REDUCTIONS),
        "label_smoothing": _pair(f"{_ENTROPY}label_smoothing=?)", 0.3, 0.0),
        "ignore_index": _pair(f"{_ENTROPY}reduction='sum', ignore_index=?)", 0, -100),
        "weight": _pair(f"{_ENTROPY}weight=torch.tensor([1.0, ?, 2.0]).to(out))", 3.0, 1.0),
        "other labels": _pair("F.cross_entropy(out, (y + ?) % 3)", 1, 0),
        "which loss": _pair("F.?(out, y)", "multi_margin_loss", "cross_entropy"),
    }),
    "binary": Loss("loss = F.binary_cross_entropy_with_logits(out, y)", _truths, {
        "reduction": _pair("F.binary_cross_entropy_with_logits(out, y, reduction=?)", *_REDUCTIONS),
        "pos_weight": _pair("F.binary_cross_entropy_with_logits(out, y, pos_weight=out.new_tensor(?))", 3.0, 1.0),
        "turned labels": _pair("F.binary_cross_entropy_with_logits(out, ?y)", "1 - ", ""),
    }),
    "likelihood": Loss("loss = F.nll_loss(out.log_softmax(1), y)", _whole(CLASSES, ROWS), {
        "reduction": _pair("F.nll_loss(out.log_softmax(1), y, reduction=?)", *_REDUCTIONS),
        "ignore_index": _pair("F.nll_loss(out.log_softmax(1), y, reduction='sum', ignore_index=?)", 0, -100),
        "dim": _pair("F.nll_loss(out.log_softmax(?), y)", 0, 1),
        "temperature": _pair("F.nll_loss((out / ?).log_softmax(1), y)", 2.0, 1.0),
    }),
}  # fmt: skip
