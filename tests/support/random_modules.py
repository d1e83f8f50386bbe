"""Random modules with parameters anywhere: layers with borders, pools, paths beside one another, and a loss."""

import random
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LARGEST = 300
"""The most numbers of a tensor."""
BENDS = {
    "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "gelu": F.gelu, "abs": torch.abs,
    "square": torch.square, "softmax": lambda x: x.softmax(-1), "log": lambda x: torch.log(x * x + 1),
    "clamp": lambda x: x.clamp(-0.5, 0.5), "scaled": lambda x: (x - 1) / 4, "residual": lambda x: x + torch.tanh(x),
    "sorted": lambda x: x.sort(-1)[0], "cumsum": lambda x: x.cumsum(-1), "detached": lambda x: x * x.detach(),
    "flipped": lambda x: x.flip(-1), "rolled": lambda x: x.roll(1, -1), "transposed": lambda x: x.transpose(-1, 0),
    "summed": lambda x: x.sum(-1), "meant": lambda x: x.mean(0, keepdim=True), "largest": lambda x: x.max(-1)[0],
    "every second": lambda x: x[..., ::2], "twice": lambda x: torch.cat((x, 2 * x), 0), "flat": lambda x: x.flatten(1),
}  # fmt: skip
BY = {
    "times": torch.mul, "plus": torch.add, "minus": lambda x, w: w - x, "at least": torch.maximum,
    "divided": lambda x, w: x / (w * w + 1),
}  # fmt: skip
BORDERS = ("zeros", "reflect", "replicate", "circular")


class RandomModule(nn.Module):
    """The module of a seed: `inputs` are its arguments, and `repr` tells its steps."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = random.Random(seed)
        torch.manual_seed(seed)
        pick, number = self.random.choice, self.random.randint
        dims = pick((0, 1, 2, 2, 2, 2, 3))
        sizes = [number(3, 8 - dims) for _ in range(dims)] or [number(1, 6)]
        self.dims, self.inputs = dims, (torch.randn(pick((1, 1, 2)), *[number(1, 3)] * (dims > 0), *sizes),)
        self.steps: list[Callable[[Tensor], Tensor]] = []
        self.told = [str(tuple(self.inputs[0].shape))]
        self.layers, self.weights = nn.ModuleList(), nn.ParameterList()
        made = self.inputs[0]
        kinds = [self.layer, self.layer, self.weight, self.weight, self.bend, self.bend, self.border, self.pool]
        for _ in range(number(1, 6)):
            made = self.grow(made, *pick(kinds)(made))
        if pick((True, False)):
            made = self.grow(made, *self.weight(made))
        self.end(made)

    def grow(self, x: Tensor, told: str, step: Callable[[Tensor], Tensor]) -> Tensor:
        """Take a step if PyTorch can and its result is small, and return what is made."""
        try:
            made = step(x)
        except (RuntimeError, IndexError, ValueError):
            return x
        if not (0 < made.numel() <= LARGEST and made.isfinite().all()):
            return x
        self.steps.append(step)
        self.told.append(told)
        return made

    def layer(self, x: Tensor) -> tuple[str, Callable[[Tensor], Tensor]]:
        pick, number, channels = self.random.choice, self.random.randint, x.shape[1] if x.ndim > 1 else 1
        if not self.dims or x.ndim != self.dims + 2 or number(0, 5) == 0:
            made: nn.Module = nn.Linear(x.shape[-1] if x.ndim else 1, number(1, 5), bias=pick((True, False)))
        elif number(0, 5) == 0:
            made = [nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d][self.dims - 1](channels).train(pick((True, False)))
        else:
            groups = pick([k for k in (1, 1, 1, 2, 3) if channels % k == 0])
            common = {"stride": pick((1, 1, 2)), "padding": number(0, 2), "groups": groups, "bias": pick((True, False))}
            way = pick(("Conv", "Conv", "Conv", "ConvTranspose"))
            border = {"padding_mode": pick(BORDERS)} if way == "Conv" else {}
            layer = getattr(nn, f"{way}{self.dims}d")
            made = layer(channels, groups * number(1, 3), number(1, 3), **common, **border)
        self.layers.append(made)
        return str(made), made

    def weight(self, x: Tensor) -> tuple[str, Callable[[Tensor], Tensor]]:
        sizes = [self.random.choice((size, size, 1)) for size in x.shape]
        weight, name = nn.Parameter(torch.randn(sizes)), self.random.choice([*BY])
        self.weights.append(weight)
        return f"{name} w{sizes}", lambda x: BY[name](x, weight)

    def bend(self, x: Tensor) -> tuple[str, Callable[[Tensor], Tensor]]:
        name = self.random.choice([*BENDS])
        return name, BENDS[name]

    def border(self, x: Tensor) -> tuple[str, Callable[[Tensor], Tensor]]:
        mode, widths = self.random.choice((*BORDERS[1:], "constant")), [self.random.randint(0, 2)] * 2 * self.dims
        value = {"value": 7.0} if mode == "constant" else {}
        return f"border {mode} {widths}", lambda x: F.pad(x, widths or [1, 1], mode, **value)

    def pool(self, x: Tensor) -> tuple[str, Callable[[Tensor], Tensor]]:
        name = self.random.choice(("MaxPool", "AvgPool"))
        made = getattr(nn, f"{name}{self.dims or 1}d")(2, self.random.choice((1, 2)), padding=self.random.randint(0, 1))
        return str(made), made

    def end(self, x: Tensor) -> None:
        """Add a loss, perhaps with a second part that has a layer of its own."""
        name = self.random.choice(("sum", "mean", "square", "labels", "two"))
        layer, target = nn.Linear(x.numel(), 2), self.inputs[0].new_tensor(0).long()
        if name == "two":
            self.layers.append(layer)
        self.told.append(name)
        self.steps.append({
            "sum": torch.sum, "mean": torch.mean, "square": lambda x: x.square().sum(),
            "labels": lambda x: F.cross_entropy(x.flatten(), target),
            "two": lambda x: layer(x.flatten()).square().sum() + x.abs().mean(),
        }[name])  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        for step in self.steps:
            x = step(x)
        return x

    def __repr__(self) -> str:
        return "\n".join(self.told)
