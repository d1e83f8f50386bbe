"""What each class of `torch.nn` is made with and called with: `CALLS["Linear"]["plain"]()` is (module, *arguments)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

Call = Callable[[], tuple[Any, ...]]
randn, rand = torch.randn, torch.rand


def labels(*shape: int, classes: int) -> torch.Tensor:
    return torch.randint(classes, shape)


def signs(*shape: int) -> torch.Tensor:
    return torch.randint(2, shape).double() * 2 - 1


def distinct(*shape: int) -> torch.Tensor:
    """Numbers in random order of which no two are close, so that no maximum hangs on the last digit."""
    size = torch.Size(shape).numel()
    return (torch.randperm(size) - size // 2).reshape(shape) / 4 + 0.1


def evaluated(module: nn.Module) -> nn.Module:
    return module.eval()


class Two(nn.Module):
    """Two layers in a container."""

    def __init__(self, layers: nn.Module, call: Callable[[Any, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.layers, self.call = layers, call

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.call(self.layers, x)


CALLS: dict[str, dict[str, Call]] = {}
"""By class, and by what is special about the call."""


def _activations() -> None:
    for name in (
        *(
            "CELU",
            "ELU",
            "GELU",
            "Hardshrink",
            "Hardsigmoid",
            "Hardswish",
            "Hardtanh",
            "LeakyReLU",
            "LogSigmoid",
            "Mish",
        ),
        *("PReLU", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softplus", "Softshrink", "Softsign", "Tanh"),
        *("Tanhshrink", "Identity"),
    ):
        CALLS[name] = {"plain": lambda name=name: (evaluated(getattr(nn, name)()), randn(3, 4) * 3)}
    CALLS["GELU"]["tanh"] = lambda: (nn.GELU("tanh"), randn(3, 4))
    CALLS["PReLU"]["by channel"] = lambda: (nn.PReLU(3), randn(2, 3, 4))
    CALLS["RReLU"]["in training"] = lambda: (nn.RReLU(), randn(3, 4))
    CALLS["Threshold"] = {"plain": lambda: (nn.Threshold(0.2, -1.0), randn(3, 4))}
    CALLS["GLU"] = {"plain": lambda: (nn.GLU(), randn(3, 4)), "over rows": lambda: (nn.GLU(0), randn(4, 3))}
    for name in ("Softmax", "LogSoftmax", "Softmin"):
        CALLS[name] = {"plain": lambda name=name: (getattr(nn, name)(-1), randn(3, 4))}
    CALLS["Softmax2d"] = {"plain": lambda: (nn.Softmax2d(), randn(2, 3, 2, 2))}


def _dropout(layer: type[nn.Module], shape: tuple[int, ...]) -> None:
    CALLS[layer.__name__] = {
        "in evaluation": lambda: (evaluated(layer()), randn(shape)),
        "in training": lambda: (layer(), randn(shape)),
    }


def _convolutions(d: int, size: tuple[int, ...]) -> None:
    conv, transpose, small = getattr(nn, f"Conv{d}d"), getattr(nn, f"ConvTranspose{d}d"), [k - 1 for k in size]
    lazy, lazy_transpose = getattr(nn, f"LazyConv{d}d"), getattr(nn, f"LazyConvTranspose{d}d")
    CALLS[conv.__name__] = {
        "plain": lambda: (conv(2, 3, 2), randn(2, 2, *size)),
        "stride, padding, dilation, groups": lambda: (
            conv(2, 4, 2, stride=2, padding=1, dilation=2, groups=2), randn(1, 2, *size)),
        "padding same": lambda: (conv(2, 2, 3, padding="same"), randn(1, 2, *size)),
        "circular padding": lambda: (conv(2, 2, 2, padding=1, padding_mode="circular"), randn(1, 2, *size)),
        "unbatched": lambda: (conv(2, 3, 2), randn(2, *size)),
    }  # fmt: skip
    CALLS[transpose.__name__] = {
        "plain": lambda: (transpose(2, 3, 2), randn(2, 2, *small)),
        "stride, padding, output padding, groups": lambda: (
            transpose(2, 4, 2, stride=2, padding=1, output_padding=1, groups=2), randn(1, 2, *small)),
        "unbatched": lambda: (transpose(2, 3, 2), randn(2, *small)),
    }  # fmt: skip
    CALLS[lazy.__name__] = {"after its first call": lambda: (lazy(3, 2), randn(1, 2, *size))}
    CALLS[lazy_transpose.__name__] = {"after its first call": lambda: (lazy_transpose(3, 2), randn(1, 2, *small))}


def _pools(d: int, size: tuple[int, ...]) -> None:
    def layer(kind: str) -> type[nn.Module]:
        return getattr(nn, f"{kind}{d}d")

    CALLS[f"MaxPool{d}d"] = {
        "plain": lambda: (layer("MaxPool")(2), distinct(2, 2, *size)),
        "stride, padding, dilation": lambda: (
            layer("MaxPool")(2, stride=1, padding=1, dilation=2), distinct(1, 2, *size)),
        "ceil mode": lambda: (layer("MaxPool")(2, ceil_mode=True), distinct(1, 2, *size)),
    }  # fmt: skip
    CALLS[f"AvgPool{d}d"] = {
        "plain": lambda: (layer("AvgPool")(2), randn(2, 2, *size)),
        "padding not counted": lambda: (
            layer("AvgPool")(2, stride=1, padding=1, count_include_pad=False), randn(1, 2, *size)),
    }  # fmt: skip
    CALLS[f"AdaptiveAvgPool{d}d"] = {
        "plain": lambda: (layer("AdaptiveAvgPool")(2), randn(2, 2, *size)),
        "to one": lambda: (layer("AdaptiveAvgPool")(1), randn(2, 2, *size)),
    }
    CALLS[f"AdaptiveMaxPool{d}d"] = {"plain": lambda: (layer("AdaptiveMaxPool")(2), distinct(2, 2, *size))}
    CALLS[f"LPPool{d}d"] = {"plain": lambda: (layer("LPPool")(2, 2), rand(1, 2, *size) + 0.1)}
    CALLS[f"MaxUnpool{d}d"] = {
        "plain": lambda: (
            layer("MaxUnpool")(2), *layer("MaxPool")(2, return_indices=True)(distinct(1, 2, *[4] * d)))
    }  # fmt: skip


def _padding(d: int, size: tuple[int, ...]) -> None:
    for mode in ("Circular", "Reflection", "Replication", "Zero"):
        layer = getattr(nn, f"{mode}Pad{d}d")
        CALLS[layer.__name__] = {
            "plain": lambda layer=layer: (layer(1), randn(1, 2, *size)),
            "uneven": lambda layer=layer: (layer((1, 2) * d), randn(1, 2, *size)),
        }
    CALLS[f"ConstantPad{d}d"] = {"plain": lambda: (getattr(nn, f"ConstantPad{d}d")(1, 0.5), randn(1, 2, *size))}


_activations()
_dropout(nn.Dropout, (3, 4))
_dropout(nn.Dropout1d, (2, 3, 4))
_dropout(nn.Dropout2d, (2, 3, 2, 2))
_dropout(nn.Dropout3d, (2, 3, 2, 2, 2))
_dropout(nn.AlphaDropout, (3, 4))
_dropout(nn.FeatureAlphaDropout, (2, 3, 2, 2))
for _dimensions, _size in ((1, (6,)), (2, (5, 4)), (3, (3, 4, 3))):
    _convolutions(_dimensions, _size)
for _dimensions, _size in ((1, (7,)), (2, (4, 5)), (3, (4, 4, 3))):
    _pools(_dimensions, _size)
    _padding(_dimensions, _size)
CALLS["FractionalMaxPool2d"] = {"plain": lambda: (nn.FractionalMaxPool2d(2, output_size=3), distinct(1, 2, 5, 5))}
CALLS["FractionalMaxPool3d"] = {"plain": lambda: (nn.FractionalMaxPool3d(2, output_size=2), distinct(1, 1, 4, 4, 4))}
CALLS["PixelShuffle"] = {"plain": lambda: (nn.PixelShuffle(2), randn(1, 8, 2, 3))}
CALLS["PixelUnshuffle"] = {"plain": lambda: (nn.PixelUnshuffle(2), randn(1, 2, 4, 6))}
CALLS["ChannelShuffle"] = {"plain": lambda: (nn.ChannelShuffle(2), randn(1, 4, 2, 2))}
CALLS["Fold"] = {"plain": lambda: (nn.Fold((4, 5), 2), randn(1, 8, 12))}
CALLS["Unfold"] = {"plain": lambda: (nn.Unfold(2), randn(1, 2, 4, 5)), "stride, padding, dilation": lambda: (
    nn.Unfold(2, dilation=2, padding=1, stride=2), randn(1, 2, 4, 5))}  # fmt: skip
CALLS["Upsample"] = {
    "nearest": lambda: (nn.Upsample(scale_factor=2), randn(1, 2, 3, 2)),
    "nearest of a line": lambda: (nn.Upsample(size=7), randn(1, 2, 3)),
    "linear": lambda: (nn.Upsample(scale_factor=2, mode="linear"), randn(1, 2, 3)),
    "bilinear": lambda: (nn.Upsample(scale_factor=2, mode="bilinear"), randn(1, 2, 3, 2)),
    "bilinear, corners aligned": lambda: (
        nn.Upsample(size=(5, 4), mode="bilinear", align_corners=True), randn(1, 2, 3, 2)),
    "bicubic": lambda: (nn.Upsample(scale_factor=2, mode="bicubic"), randn(1, 1, 3, 3)),
    "trilinear": lambda: (nn.Upsample(scale_factor=2, mode="trilinear"), randn(1, 1, 2, 2, 2)),
}  # fmt: skip
CALLS["UpsamplingNearest2d"] = {"plain": lambda: (nn.UpsamplingNearest2d(scale_factor=2), randn(1, 2, 3, 2))}
CALLS["UpsamplingBilinear2d"] = {"plain": lambda: (nn.UpsamplingBilinear2d(scale_factor=2), randn(1, 2, 3, 2))}
CALLS["Flatten"] = {"plain": lambda: (nn.Flatten(), randn(2, 3, 2))}
CALLS["Unflatten"] = {"plain": lambda: (nn.Unflatten(1, (2, 3)), randn(2, 6))}
