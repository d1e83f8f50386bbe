"""A strategy for hypothesis: random networks, made of every operator, with an input and a target."""

import operator as arithmetic

import numpy as np
import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from torch import nn

from tests.support.random_building import Builder, Network, Step, decided, weighted
from tests.support.random_layers import further

SMOOTH = {
    "sigmoid": torch.sigmoid,
    "tanh": nn.Tanh(),
    "gelu": F.gelu,
    "gelu tanh": nn.GELU("tanh"),
    "silu": nn.SiLU(inplace=True),
    "softplus": F.softplus,
    "neg": lambda x: -x,
    "1 - x": lambda x: 1 - x,
    "x / 3": lambda x: x / 3,
    "0.5 * x": lambda x: 0.5 * x,
    "x - 0.25": lambda x: x - 0.25,
    "x²": lambda x: x**2,
    "x³": lambda x: x.pow(3),
    "exp(-x²)": lambda x: torch.exp(-x.square()),
    "1 / (1 + x²)": lambda x: 1 / (1 + x * x),
    "2 / (x² + 1)": lambda x: 2 / (x**2 + 1),
    "sqrt(x² + 1)": lambda x: (x * x + 1).sqrt(),
    "(x² + 1)^-1.5": lambda x: (x**2 + 1) ** -1.5,
    "log(x² + 1)": lambda x: torch.log(x**2 + 1),
    "x · detached x": lambda x: x * x.detach(),
    "clone": lambda x: x.clone(),
    "dropout": nn.Dropout().eval(),
}
KINKED = {
    "relu": (nn.ReLU(inplace=True), [0]),
    "leaky_relu": (nn.LeakyReLU(0.1), [0]),
    "elu": (lambda x: F.elu(x, 1.3), [0]),
    "abs": (torch.abs, [0]),
    "clamp": (lambda x: x.clamp(-0.7, 0.9), [-0.7, 0.9]),
    "relu6": (nn.ReLU6(), [0, 6]),
    "softplus steep": (nn.Softplus(beta=4, threshold=2), [0.5]),
    "where": (lambda x: torch.where(x > 0.3, x, x * x), [0.3]),
    "mask": (lambda x: x * (x <= -0.1).double(), [-0.1]),
}


def elementwise(b):
    name = b.pick(*SMOOTH, *KINKED)
    function, kinks = (SMOOTH[name], None) if name in SMOOTH else KINKED[name]
    b.add(name, function, [len(b.values) - 1], kinks)


def combine(b):
    """A residual connection, a fan-out, a broadcast: two values, old or new."""
    name = b.pick("add", "sub", "mul", "div", "maximum", "minimum", "where", "matmul", "cat", "stack")
    other, last = b.number(0, len(b.values) - 1), len(b.values) - 1
    function, kinks = {
        "add": (arithmetic.add, None),
        "sub": (lambda x, y: x.sub(y, alpha=0.5), None),
        "mul": (arithmetic.mul, None),
        "div": (lambda x, y: x / (y * y + 0.5), None),
        "maximum": (torch.maximum, []),
        "minimum": (torch.minimum, []),
        "where": (lambda x, y: torch.where(x > y, y, x), []),
        "matmul": (lambda x, y: x @ y.mT, None),
        "cat": (lambda x, y: torch.cat((x, y, x), -1), None),
        "stack": (lambda x, y: torch.stack((x, y), 1), None),
    }[name]
    if other != last or name not in ("maximum", "minimum"):
        b.add(name, function, [last, other], kinks)


def reduction(b):
    x = b.values[-1]
    dim, keepdim = b.number(-x.ndim, x.ndim - 1), b.draw(st.booleans())
    name = b.pick("sum", "mean", "max", "min", "amax", "argmax", "softmax", "log_softmax")
    function, kinks = {
        "sum": (lambda x: x.sum(dim, keepdim=keepdim), None),
        "mean": (lambda x: torch.mean(x, dim, keepdim), None),
        "max": (lambda x: x.max(dim, keepdim=keepdim).values, []),
        "min": (lambda x: torch.min(x, dim)[0], []),
        "amax": (lambda x: x.amax(dim, keepdim=keepdim), []),
        "argmax": (lambda x: x.argmax(dim, keepdim=True) + x, []),
        "softmax": (nn.Softmax(dim), None),
        "log_softmax": (lambda x: x.log_softmax(dim), None),
    }[name]
    b.add(f"{name} over {dim}", function, [len(b.values) - 1], kinks)


def shape(b):
    x = b.values[-1]
    dim, other = b.number(-x.ndim, x.ndim - 1), b.number(-x.ndim, x.ndim - 1)
    order, parts, size = b.draw(st.permutations(range(x.ndim))), b.number(2, 3), x.shape[dim]
    index = tuple(b.pick(slice(None), slice(None, None, 2), slice(1, None), -1, [0, -1, 0]) if axis == dim % x.ndim
                  else slice(None) for axis in range(x.ndim))  # fmt: skip
    rank, widths = x.ndim, [b.number(-1, 2) for _ in range(2 * min(x.ndim, 2))]
    name, function = b.pick(
        ("permute", lambda x: x.permute(*order)),
        ("transpose", lambda x: x.transpose(dim, other)),
        ("reshape", lambda x: x.reshape(x.size(0), -1)),
        ("view", lambda x: x.contiguous().view(-1)),
        ("flatten", lambda x: x.flatten(1)),
        ("unsqueeze", lambda x: x.unsqueeze(dim)),
        ("squeeze", lambda x: x.squeeze(dim)),
        ("flip", lambda x: x.flip(dim)),
        (f"index {index}", lambda x: x[index]),
        ("chunk", lambda x: (lambda p: p[0] * p[0].sum() + p[-1].mean())(x.chunk(parts, dim))),
        ("split", lambda x: x.split((1, size - 1), dim)[1]),
        ("pad", lambda x: F.pad(x, widths, value=0.5)),
        ("expand", lambda x: x.unsqueeze(0).expand(2, *[-1] * rank)),
        ("repeat", lambda x: x.repeat(2, *[1] * (rank - 1))),
    )
    b.add(name, function, [len(b.values) - 1])


def layer(b):
    x = b.values[-1]
    if x.ndim == 4 and b.number(0, 4):
        make = b.pick(convolution, convolution, again, max_pool, max_pool, avg_pool, adaptive_pool, norm)
    else:
        make = b.pick(dense, dense, dense, norm, again)
    made = make(b, x)
    if made is not None:
        function, kinks = made
        b.add(str(function), function, [len(b.values) - 1], kinks)


def convolution(b, x):
    groups = b.pick(*(g for g in (1, 1, 2, 3) if x.shape[1] % g == 0))
    return weighted(b, nn.Conv2d(
        x.shape[1], groups * b.number(1, 2), (b.number(1, 3), b.number(1, 3)), stride=(b.number(1, 2), b.number(1, 2)),
        padding=(b.number(0, 2), b.number(0, 2)), dilation=(b.number(1, 2), b.number(1, 2)), groups=groups,
        bias=b.draw(st.booleans()),
    ))  # fmt: skip


def pool(b):
    kernel = (b.number(1, 3), b.number(1, 3))
    stride = b.pick(None, kernel, (1, 1), (2, 1), (1, 3))
    padding = tuple(b.number(0, k // 2) for k in kernel)
    return {"kernel_size": kernel, "stride": stride, "padding": padding, "ceil_mode": b.draw(st.booleans())}


def max_pool(b, x):
    return nn.MaxPool2d(**pool(b), dilation=(b.number(1, 2), b.number(1, 2))), []


def avg_pool(b, x):
    divisor = b.pick(None, None, 3)
    return nn.AvgPool2d(**pool(b), count_include_pad=b.draw(st.booleans()), divisor_override=divisor), None


def adaptive_pool(b, x):
    return nn.AdaptiveAvgPool2d((b.number(1, 3), b.number(1, 3))), None


def norm(b, x):
    if x.ndim not in (2, 3, 4):
        return None
    kind = nn.BatchNorm2d if x.ndim == 4 else nn.BatchNorm1d
    module, _ = weighted(b, kind(x.shape[1], affine=b.draw(st.booleans())))
    module.running_mean.fill_(0.3)
    module.running_var.copy_(torch.linspace(0.5, 1.5, x.shape[1]))
    return module, None


def dense(b, x):
    return weighted(b, nn.Linear(x.shape[-1], b.number(1, 7), bias=b.draw(st.booleans())))


def again(b, x):
    """A layer that is there already: its parameters are shared."""
    layers = [step.function for step in b.steps if isinstance(step.function, nn.Conv2d if x.ndim == 4 else nn.Linear)]
    return (b.pick(*layers), None) if layers else None


def labelled_loss(b, x):
    axis = min(x.ndim - 1, 1)
    classes, samples = x.shape[axis], (*x.shape[:axis], *x.shape[axis + 1 :])
    count = int(np.prod(samples))
    labels = b.draw(st.lists(st.integers(0, classes - 1), min_size=count, max_size=count))
    target = torch.tensor(labels, dtype=torch.long).reshape(samples)
    weight = torch.linspace(0.5, 2, classes).double() if b.draw(st.booleans()) else None
    common = {"weight": weight, "reduction": b.pick("mean", "sum")}
    if b.draw(st.booleans()):
        common["label_smoothing"] = b.pick(0.0, 0.0, 0.1)
        return f"cross_entropy {common}", lambda x, t: F.cross_entropy(x, t, **common), target
    return f"nll_loss {common}", lambda x, t: F.nll_loss(F.log_softmax(x, axis), t, **common), target


def plain_loss(b, x):
    target = torch.linspace(0.03, 0.97, x.numel()).double().reshape(x.shape)
    reduction = b.pick("mean", "sum")
    name = b.pick("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy_with_logits", "bce")
    if name in ("l1_loss", "smooth_l1_loss", "huber_loss") and not decided(x - target, [0, 1, -1]):
        name = "mse_loss"
    if name == "bce":
        return name, lambda x, t: F.binary_cross_entropy(torch.sigmoid(x), t, reduction=reduction), target
    return name, lambda x, t: getattr(F, name)(x, t, reduction=reduction), target


@st.composite
def networks(draw):
    """A network, its input and its target."""
    image = draw(st.integers(0, 3)) > 0
    shape_ = draw(st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(2, 5), st.integers(2, 4)) if image
                  else st.lists(st.integers(1, 4), min_size=2, max_size=3))  # fmt: skip
    size = int(np.prod(shape_))
    # Distinct multiples of 1/64, all moved by the same offset: no two are close.
    order = torch.randperm(size, generator=torch.Generator().manual_seed(draw(st.integers(0, 999))))
    x = ((order - size // 2).double() / 16 + 0.003).reshape(*shape_)
    b = Builder(draw, [x])
    for _ in range(draw(st.integers(2, 7))):
        grow = draw(
            st.sampled_from([layer] * 4 + [further] * 5 + [elementwise, elementwise, combine, reduction, shape])
        )
        (grow if b.values[-1].ndim else elementwise)(b)
    last = b.values[-1]
    labelled = 1 <= last.ndim <= 4 and last.shape[0 if last.ndim == 1 else 1] > 1 and draw(st.booleans())
    name, loss, target = (labelled_loss if labelled else plain_loss)(b, last)
    return Network(b.steps, Step(name, loss, (len(b.steps), -1))).double().eval(), (x, target)
