"""How does the cost of an export grow with the size of a network, for networks of very different shapes?

python benchmarks/growth.py [--scale S] [SHAPE …]

For each shape at two or three sizes, each in a process of its own: formulas, seconds, milliseconds a formula, peak
memory; and the exponent by which the seconds grow from the second largest size to the largest: 1 is linear. Seconds
are of the processor, for an export with its values, PyTorch and the modules being loaded already.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
Function = Callable[..., torch.Tensor]


class Apply(nn.Module):
    """A loss that is a function of its input."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)


class Deep(nn.Module):
    """Many layers, one after another."""

    def __init__(self, layers: int, width: int = 3) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(nn.Linear(width, width) for _ in range(layers)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x).tanh().sum()


class Recurrent(nn.Module):
    """The same cell at every step of a loop."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(width, width), nn.Linear(2, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = torch.zeros(1, 4, dtype=x.dtype)
        for step in x:
            hidden = torch.tanh(self.inner(hidden) + self.outer(step.unsqueeze(0)))
        return hidden.sum()


class Residual(nn.Module):
    """Two convolutions, and a way around them."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside))
        self.second = nn.Sequential(nn.Conv2d(outside, outside, 3, 1, 1, bias=False), nn.BatchNorm2d(outside))
        shortcut = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))
        self.around = nn.Identity() if stride == 1 else shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.second(F.relu(self.first(x))) + self.around(x))


class ResNet8(nn.Module):
    """A ResNet-8 of few channels, as it answers."""

    def __init__(self, width: int = 2) -> None:
        super().__init__()
        stem = nn.Sequential(nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        blocks = Residual(width, width, 1), Residual(width, 2 * width, 2), Residual(2 * width, 4 * width, 2)
        self.features, self.head = nn.Sequential(stem, *blocks), nn.Linear(4 * width, 10)
        self.eval()

    def forward(self, x: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(self.head(self.features(x).mean((2, 3))), label)


class Block(nn.Module):
    """A layer of a GPT: causal attention of two heads, and two linear layers, each with a way around it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention, self.mixed = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        heads = (part.unflatten(-1, (2, -1)).transpose(0, 1) for part in self.attention(self.before(x)).chunk(3, -1))
        mixed = F.scaled_dot_product_attention(*heads, is_causal=True).transpose(0, 1).flatten(1)
        x = x + self.mixed(mixed)
        return x + self.narrow(F.gelu(self.wide(self.between(x))))


class GPT(nn.Module):
    """A tiny GPT, with the loss of the next token."""

    def __init__(self, layers: int, width: int = 8, tokens: int = 12) -> None:
        super().__init__()
        self.embedding, self.places = nn.Embedding(tokens, width), nn.Embedding(16, width)
        self.blocks = nn.Sequential(*(Block(width) for _ in range(layers)))
        self.norm, self.scores = nn.LayerNorm(width), nn.Linear(width, tokens)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embedding(tokens[:-1]) + self.places(torch.arange(len(tokens) - 1))
        return F.cross_entropy(self.scores(self.norm(self.blocks(x))), tokens[1:])


class Lookup(nn.Module):
    """An embedding of which a few rows are used."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.table = nn.Embedding(rows, 4)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.table(words).square().sum()


class Normed(nn.Module):
    """Batch normalisation of a large batch."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.eval()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(x).square().mean()


class Classifier(nn.Module):
    """One layer and its loss."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.layer = nn.Linear(inside, outside)

    def forward(self, x: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(self.layer(x), label)


class Places(nn.Module):
    """Rows of a table, at places that a learner may change."""

    def __init__(self, rows: int = 200) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(rows, 4))

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        return self.table[places].square().sum()


def uses(n: int) -> Function:
    """A function that uses one number many times."""
    return lambda x: torch.stack([x[0] * (k / n) for k in range(n)]).square().sum()


def chain(n: int) -> Function:
    """A function that adds to one number again and again."""

    def added_up(x: torch.Tensor) -> torch.Tensor:
        result = x.sum()
        for k in range(n):
            result = result + x[k % 3] * (k / n)
        return result

    return added_up


def of(function: Function) -> Callable[[int], tuple[nn.Module, tuple[torch.Tensor, ...]]]:
    """A function of n random numbers."""
    return lambda n: (Apply(function), (torch.randn(n),))


SHAPES: dict[str, tuple[Callable[[int], tuple[nn.Module, tuple[torch.Tensor, ...]]], tuple[int, ...]]] = {
    "max of all": (lambda n: (Apply(torch.Tensor.max), (torch.randn(n // 200, 200),)), (10_000, 20_000, 40_000)),
    "max along a line": (of(lambda x: x.max(0).values.square()), (4_000, 8_000, 16_000)),
    "amax along a line": (of(lambda x: x.amax(0).square()), (4_000, 8_000, 16_000)),
    "argmax of a line": (of(lambda x: x.argmax(0) * x[0]), (4_000, 8_000, 16_000)),
    "argmax of all": (lambda n: (Apply(lambda x: x.argmax() * x[0, 0]), (torch.randn(40, n // 40),)),
                      (10_000, 20_000, 40_000)),
    "softmax": (of(lambda x: x.softmax(0).square().sum()), (4_000, 8_000, 16_000)),
    "log_softmax": (of(lambda x: x.log_softmax(0).square().sum()), (4_000, 8_000, 16_000)),
    "softmax of a batch": (lambda n: (Apply(lambda x: x.softmax(1).square().sum()), (torch.randn(n // 100, 100),)),
                           (10_000, 20_000, 40_000)),
    "logsumexp": (of(lambda x: x.logsumexp(0)), (4_000, 8_000, 16_000)),
    "cross_entropy, classes": (lambda n: (Apply(lambda x: F.cross_entropy(x, torch.tensor([3]))), (torch.randn(1, n),)),
                               (4_000, 8_000, 15_000)),
    "cross_entropy, smoothed": (
        lambda n: (Apply(lambda x: F.cross_entropy(x, torch.tensor([3]), label_smoothing=0.1)), (torch.randn(1, n),)),
        (4_000, 8_000, 15_000)),
    "cross_entropy, batch": (
        lambda n: (Apply(lambda x: F.cross_entropy(x, torch.arange(len(x)) % 5)), (torch.randn(n, 5),)),
        (4_000, 8_000, 15_000)),
    "nll_loss, classes": (lambda n: (Apply(lambda x: F.nll_loss(x, torch.tensor([3]))), (torch.randn(1, n),)),
                          (4_000, 8_000, 15_000)),
    "nll_loss, batch": (lambda n: (Apply(lambda x: F.nll_loss(x, torch.arange(len(x)) % 5)), (torch.randn(n, 5),)),
                        (4_000, 8_000, 15_000)),
    "nll_loss, weighed": (
        lambda n: (Apply(lambda x: F.nll_loss(x, torch.arange(len(x)) % 5, torch.arange(5.0).double())),
                   (torch.randn(n, 5),)), (4_000, 8_000, 15_000)),
    "sum": (of(torch.sum), (8_000, 16_000, 32_000)),
    "mean": (of(torch.mean), (8_000, 16_000, 32_000)),
    "var": (of(torch.var), (8_000, 16_000, 32_000)),
    "cumsum": (of(lambda x: x.cumsum(0).square().sum()), (1_000, 2_000, 4_000)),
    "norm": (of(torch.norm), (8_000, 16_000, 32_000)),
    "matmul, inner": (lambda n: (Apply(lambda x: (x @ x.mT).square().sum()), (torch.randn(4, n),)),
                      (4_000, 8_000, 16_000)),
    "linear, in": (lambda n: (Classifier(n, 3), (torch.randn(1, n), torch.tensor([1]))), (2_000, 4_000, 8_000)),
    "linear, out": (lambda n: (Classifier(3, n), (torch.randn(1, 3), torch.tensor([1]))), (2_000, 4_000, 8_000)),
    "linear, batch": (lambda n: (Classifier(3, 3), (torch.randn(n, 3), torch.arange(n) % 3)), (2_000, 4_000, 8_000)),
    "embedding, rows": (lambda n: (Lookup(n), (torch.arange(5),)), (2_000, 4_000, 8_000)),
    "embedding, words": (lambda n: (Lookup(20), (torch.arange(n) % 20,)), (1_000, 2_000, 4_000)),
    "embedding, both": (lambda n: (Lookup(n), (torch.arange(n),)), (250, 500, 1_000)),
    "live places": (lambda n: (Places(), (torch.arange(n) % 200,)), (250, 500, 1_000)),
    "one_hot": (lambda n: (Apply(lambda x: (F.one_hot(torch.arange(n) % 4, 4) * x.unsqueeze(1)).sum()),
                           (torch.randn(n),)), (2_000, 4_000, 8_000)),
    "batch norm": (lambda n: (Normed(), (torch.randn(n, 3),)), (2_000, 4_000, 8_000)),
    "broadcast": (lambda n: (Apply(lambda x: (x[0] * x).square().sum()), (torch.randn(n),)), (4_000, 8_000, 16_000)),
    "layers": (lambda n: (Deep(n), (torch.randn(1, 3),)), (150, 300, 600)),
    "steps of a loop": (lambda n: (Recurrent(), (torch.randn(n, 2),)), (50, 100, 200, 400)),
    "ResNet-8": (lambda n: (ResNet8(), (torch.randn(1, 3, n, n), torch.tensor([3]))), (8, 12, 16)),
    "layers of a GPT": (lambda n: (GPT(n), (torch.tensor([3, 1, 4, 1, 5, 9, 2, 6, 5]),)), (1, 2, 4)),
    "uses of one number": (lambda n: (Apply(uses(n)), (torch.randn(3),)), (200, 400, 800, 1_600)),
    "one sum, added to": (lambda n: (Apply(chain(n)), (torch.randn(3),)), (100, 200, 400)),
}  # fmt: skip


def measure(shape: str, n: int, pipe: multiprocessing.connection.Connection) -> None:
    """Export one network and send what it took."""
    from excel_export import ExportError, export

    build, _ = SHAPES[shape]
    try:
        with tempfile.TemporaryDirectory() as folder:
            export(Apply(torch.sum), (torch.randn(3),), Path(folder) / "first.xlsx")  # load what is loaded once
            module, inputs = build(n)
            started = time.process_time()
            report = export(module, inputs, Path(folder) / "net.xlsx")
            seconds = time.process_time() - started
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        pipe.send((report.formulas, seconds, memory))
    except ExportError as error:
        pipe.send(str(error))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shapes", nargs="*", help="only shapes with one of these words in their names")
    parser.add_argument("--scale", type=float, default=1, help="times the usual sizes")
    parser.add_argument("--largest", action="store_true", help="only the two largest sizes of each")
    parser.add_argument("--patience", type=float, default=300, help="seconds after which a size is given up")
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    print(f"{'shape':<26}{'n':>8}{'formulas':>10}{'seconds':>9}{'ms each':>9}{'MiB':>7}  exponent")
    for shape, (_, sizes) in SHAPES.items():
        if arguments.shapes and not any(word in shape for word in arguments.shapes):
            continue
        before: tuple[int, float] | None = None
        for size in sizes[-2:] if arguments.largest else sizes:
            n = int(size * arguments.scale)
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=measure, args=(shape, n, sender))
            process.start()
            sender.close()
            try:
                found = receiver.recv() if receiver.poll(arguments.patience) else "given up"
            except EOFError:
                found = "crashed"
            process.kill()
            process.join()
            if isinstance(found, str):
                print(f"{shape:<26}{n:>8}  {found[:120]}", flush=True)
                break
            formulas, seconds, memory = found
            # Of formulas, as some shapes grow by more than n.
            grows = f"{math.log(seconds / before[1]) / math.log(formulas / before[0]):9.2f}" if before else ""
            print(
                f"{shape:<26}{n:>8}{formulas:>10,}{seconds:9.2f}{1000 * seconds / formulas:9.3f}{memory:7.0f}{grows}",
                flush=True,
            )
            before = formulas, seconds


if __name__ == "__main__":
    main()
