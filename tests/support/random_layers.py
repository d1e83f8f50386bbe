"""More that a random network is made of: normalization, attention, recurrence, sequences, indices, ranks, sums."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.random_building import weighted

FUNCTIONS = {
    "celu": (lambda x: F.celu(x, 1.2), [0]),
    "selu": (F.selu, [0]),
    "mish": (F.mish, None),
    "hardswish": (F.hardswish, [-3, 3]),
    "hardsigmoid": (F.hardsigmoid, [-3, 3]),
    "logsigmoid": (F.logsigmoid, None),
    "softsign": (F.softsign, [0]),
    "tanhshrink": (F.tanhshrink, None),
    "softshrink": (lambda x: F.softshrink(x, 0.3), [-0.3, 0.3]),
    "threshold": (lambda x: F.threshold(x, 0.2, -0.5), [0.2]),
    "sin": (torch.sin, None),
    "cos": (torch.cos, None),
    "atan": (torch.atan, None),
    "erf": (torch.erf, None),
    "exp": (lambda x: torch.exp(x / 4), None),
    "log1p(x²)": (lambda x: torch.log1p(x * x), None),
    "rsqrt(x² + 1)": (lambda x: torch.rsqrt(x * x + 1), None),
    "(x² + 1) ** sin x": (lambda x: (x * x + 1) ** torch.sin(x), None),
    "2 ** x": (lambda x: 2 ** (x / 8), None),
    "sign": (lambda x: torch.sign(x) * x, [0]),
    "floor": (lambda x: x - torch.floor(x), None),
    "logical": (lambda x: x * ((x > 0.2) & ~(x > 1.1)).double(), [0.2, 1.1]),
}
"""Elementwise: the function, and where it has kinks."""


def elementwise(b, x):
    name = b.pick(*FUNCTIONS)
    function, kinks = FUNCTIONS[name]
    if name == "floor":  # jumps at each whole number
        kinks = list(range(-100, 101))
    return name, function, kinks


def over_a_dimension(b, x):
    """Sums, norms and ranks along one dimension."""
    dim, keepdim = b.number(-x.ndim, x.ndim - 1), b.number(0, 1) > 0
    count = min(2, x.shape[dim])
    many = x.shape[dim] > 1
    options = {
        "logsumexp": (lambda x: x.logsumexp(dim, keepdim=keepdim), None),
        "cumsum": (lambda x: x.cumsum(dim), None),
        "vector_norm": (lambda x: torch.linalg.vector_norm(x, dim=dim, keepdim=keepdim), None),
        "normalize": (lambda x: F.normalize(x, dim=dim), None),
        "sort": (lambda x: x.sort(dim)[0], []),
        "topk": (lambda x: x.topk(count, dim)[0], []),
        "lower middle": (lambda x: x.sort(dim)[0].select(dim, (x.shape[dim] - 1) // 2), []),
        "roll": (lambda x: x.roll(1, dim), None),
        "at the largest": (lambda x: x.gather(dim, x.argmax(dim, keepdim=True)), []),
        "sorted by places": (lambda x: x.gather(dim, x.argsort(dim)), []),
    }
    if many:
        options["var"] = (lambda x: x.var(dim, keepdim=keepdim), None)
        options["std"] = (lambda x: x.std(dim, keepdim=keepdim), None)
    name = b.pick(*options)
    return f"{name} over {dim}", *options[name]


def sent(b, x):
    """Numbers that are sent to places, some of them to the same."""
    places = torch.tensor([b.number(0, 2) for _ in range(x.shape[0])])
    shape = x.shape[1:]
    name = b.pick("index_add", "scatter_add", "index_put", "masked_fill")
    index = places.reshape(-1, *[1] * len(shape)).expand(x.shape)
    mask = torch.arange(x.numel()).reshape(x.shape) % 3 == 1
    return {
        "index_add": ("index_add", lambda x: torch.zeros(3, *shape).double().index_add(0, places, x), None),
        "scatter_add": ("scatter_add", lambda x: torch.ones(3, *shape).double().scatter_add(0, index, x), None),
        "index_put": ("index_put", lambda x: x.index_put((places % x.shape[0],), x.flip(0), accumulate=True), None),
        "masked_fill": ("masked_fill", lambda x: x.masked_fill(mask, -0.4), None),
    }[name]


def normalized(b, x):
    if x.ndim < 2:
        return None
    channels, width = x.shape[1], x.shape[-1]
    kinds = [lambda: nn.LayerNorm(width), lambda: nn.RMSNorm(width, eps=1e-3)]
    # PyTorch refuses to normalise a single number.
    if x.numel() > 1:
        kinds.append(lambda: nn.GroupNorm(1, channels))
    if x.numel() > 2 and channels % 2 == 0:
        kinds.append(lambda: nn.GroupNorm(2, channels))
    if x.ndim in (3, 4) and x[0, 0].numel() > 1:
        kinds.append(lambda: {3: nn.InstanceNorm1d, 4: nn.InstanceNorm2d}[x.ndim](channels, affine=True))
    module, kinks = weighted(b, b.pick(*kinds)())
    return str(module), module, kinks


class OverSteps(nn.Module):
    """A recurrent layer's output alone."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0]


class Itself(nn.Module):
    """Attention of a sequence to itself."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x, x, x, need_weights=False)[0]


def of_a_sequence(b, x):
    """Recurrent layers, attention and convolutions along one axis, of (N, T, F)."""
    if x.ndim != 3:
        return None
    width = x.shape[2]
    name = b.pick("rnn", "gru", "lstm", "attention", "fused attention", "conv1d", "max_pool1d")
    if name == "fused attention":
        causal = b.number(0, 1) > 0
        return name, lambda x: F.scaled_dot_product_attention(x, x.flip(1), x, is_causal=causal), None
    if name == "max_pool1d":
        return name, nn.MaxPool1d(2, padding=1), []
    module = {
        "rnn": lambda: OverSteps(nn.RNN(width, 2, batch_first=True)),
        "gru": lambda: OverSteps(nn.GRU(width, 2, batch_first=True, bidirectional=True)),
        "lstm": lambda: OverSteps(nn.LSTM(width, 2, batch_first=True)),
        "attention": lambda: Itself(nn.MultiheadAttention(width, 2 - width % 2, batch_first=True)),
        "conv1d": lambda: nn.Conv1d(x.shape[1], 2, 2, padding=1),
    }[name]()
    return name, *weighted(b, module)


def products(b, x):
    if x.ndim < 2:
        return None
    name = b.pick("tril", "einsum", "outer", "glu", "prelu", "cell", "cosine")
    if name == "glu":
        return (name, F.glu, None) if x.shape[-1] % 2 == 0 else None
    if name == "prelu":
        module, _ = weighted(b, nn.PReLU(x.shape[1]))
        return name, module, [0]
    if name == "cell":
        return (name, *weighted(b, nn.GRUCell(x.shape[1], 3))) if x.ndim == 2 else None
    return name, {
        "tril": lambda x: torch.tril(x),
        "einsum": lambda x: torch.einsum("...ij,...kj->...ik", x, x * x),
        "outer": lambda x: torch.outer(x.flatten()[:4], x.flatten()[-3:]),
        "cosine": lambda x: F.cosine_similarity(x, x.flip(0) + 0.3, dim=-1),
    }[name], None  # fmt: skip


def further(b):
    """Add one of these."""
    x = b.values[-1]
    made = b.pick(elementwise, over_a_dimension, sent, normalized, normalized, of_a_sequence, products)(b, x)
    if made is not None:
        text, function, kinks = made
        b.add(text, function, [len(b.values) - 1], kinks)
