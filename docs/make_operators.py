"""Write docs/operators.md: each operator with its formulas as they appear in Excel.

python docs/make_operators.py

The words come from the operators themselves; the formulas from a small network that is compiled for each.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import resolve_name

from excel_export.compiler.emit import emit
from excel_export.compiler.place import place
from excel_export.compiler.trace import trace
from excel_export.formulas.grid import Grid
from excel_export.formulas.operator import Operator, all_operators
from excel_export.graph.graph import values_in

PAGE = Path(__file__).with_name("operators.md")

INTRODUCTION = """# Operators

What `excel_export` can turn into a spreadsheet. Every operator has a file of its name under `excel_export/ops/` in
which its forward and its backward formula stand side by side; to support another one, add a file. Module, function
and method are one and the same: `nn.ReLU()`, `F.relu(x)` and `x.relu()`.

*y* is the result, *g* the gradient ∂L/∂y of the loss by it. Each table shows one small example as it stands on the
sheet: where a tensor lies, and the formula in its last cell. Tensors in brackets are helpers beside the result.

This page is made by `python docs/make_operators.py`.
"""


class Example(nn.Module):
    """A module that applies one operator and adds up the result."""

    def __init__(self, function: Callable) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """Return a scalar."""
        return (self.function(x) if y is None else self.function(x, y)).double().sum()


def ramp(*shape: int) -> torch.Tensor:
    """Numbers from −1 to 1."""
    return torch.linspace(-1, 1, torch.Size(shape).numel()).reshape(shape)


ROW, PAIR, IMAGE = ramp(1, 3), ramp(2, 3), ramp(1, 1, 4, 4)
LABEL, PROBABILITY = torch.tensor([2]), torch.tensor([[0.2, 0.7, 0.1]])

EXAMPLES: dict[str, tuple] = {
    "adaptive_avg_pool2d": (nn.AdaptiveAvgPool2d(2), IMAGE),
    "add": (lambda x, y: x + y, ROW, ROW),
    "amax": (lambda x: x.amax(1), ROW),
    "amin": (lambda x: x.amin(1), ROW),
    "argmax": (lambda x: x.argmax(1), ROW),
    "argmin": (lambda x: x.argmin(1), ROW),
    "avg_pool2d": (nn.AvgPool2d(2), IMAGE),
    "batch_norm": (nn.BatchNorm1d(3).eval(), ROW),
    "binary_cross_entropy": (F.binary_cross_entropy, PROBABILITY, PROBABILITY),
    "binary_cross_entropy_with_logits": (F.binary_cross_entropy_with_logits, ROW, PROBABILITY),
    "cast": (lambda x: x.long(), ROW),
    "cat": (lambda x, y: torch.cat((x, y), dim=1), ROW, ROW),
    "chunk": (lambda x: x.chunk(3, dim=1)[2], ROW),
    "clamp": (lambda x: x.clamp(-0.5, 0.5), ROW),
    "conv2d": (nn.Conv2d(1, 1, 2), IMAGE),
    "cross_entropy": (F.cross_entropy, ROW, LABEL),
    "div": (lambda x, y: x / y, ROW, ROW + 3),
    "dropout": (lambda x: F.dropout(x, 0.5, training=False), ROW),
    "embedding": (lambda x, y: F.embedding(y, x), PAIR, torch.tensor([0, 1])),
    "eq": (lambda x: x == 0.5, ROW),
    "expand": (lambda x: x.expand(2, 3), ROW),
    "flatten": (lambda x: x.flatten(1), IMAGE),
    "flip": (lambda x: x.flip(1), ROW),
    "ge": (lambda x: x >= 0.5, ROW),
    "getitem": (lambda x: x[:, 1:], ROW),
    "gt": (lambda x: x > 0.5, ROW),
    "huber_loss": (F.huber_loss, ROW, ROW + 0.5),
    "index_select": (lambda x: x.index_select(1, torch.tensor([2, 0])), ROW),
    "l1_loss": (F.l1_loss, ROW, ROW + 0.5),
    "le": (lambda x: x <= 0.5, ROW),
    "linear": (nn.Linear(3, 2), ROW),
    "log": (torch.log, ROW + 2),
    "log_softmax": (lambda x: x.log_softmax(1), ROW),
    "lt": (lambda x: x < 0.5, ROW),
    "matmul": (lambda x, y: x @ y, PAIR, ramp(3, 2)),
    "max": (lambda x: x.max(1).values, ROW),
    "max_pool2d": (nn.MaxPool2d(2), IMAGE),
    "maximum": (torch.maximum, ROW, -ROW),
    "mean": (lambda x: x.mean(1), ROW),
    "min": (lambda x: x.min(1).values, ROW),
    "minimum": (torch.minimum, ROW, -ROW),
    "mse_loss": (F.mse_loss, ROW, ROW + 0.5),
    "mul": (lambda x, y: x * y, ROW, ROW),
    "narrow": (lambda x: x.narrow(1, 1, 2), ROW),
    "ne": (lambda x: x != 0.5, ROW),
    "nll_loss": (F.nll_loss, ROW, LABEL),
    "one_hot": (lambda x: F.one_hot(x.long(), 3), torch.tensor([2.0])),
    "pad": (lambda x: F.pad(x, (1, 0), value=0.5), ROW),
    "permute": (lambda x: x.permute(1, 0), PAIR),
    "pow": (lambda x: x**3, ROW),
    "rdiv": (lambda x: 2 / x, ROW + 3),
    "reciprocal": (torch.reciprocal, ROW + 3),
    "repeat": (lambda x: x.repeat(2, 1), ROW),
    "reshape": (lambda x: x.reshape(3, 2), PAIR),
    "rsub": (lambda x: 1 - x, ROW),
    "select": (lambda x: x.select(1, 2), ROW),
    "smooth_l1_loss": (F.smooth_l1_loss, ROW, ROW + 0.5),
    "softmax": (lambda x: x.softmax(1), ROW),
    "split": (lambda x: x.split((1, 2), dim=1)[1], ROW),
    "sqrt": (torch.sqrt, ROW + 2),
    "square": (torch.square, ROW),
    "squeeze": (lambda x: x.squeeze(0), ROW),
    "stack": (lambda x, y: torch.stack((x, y)), ROW, ROW),
    "sub": (lambda x, y: x - y, ROW, ROW),
    "sum": (lambda x: x.sum(1), ROW),
    "transpose": (lambda x: x.T, PAIR),
    "unbind": (lambda x: x.unbind(1)[2], ROW),
    "unflatten": (lambda x: x.unflatten(1, (3, 1)), ROW),
    "unsqueeze": (lambda x: x.unsqueeze(0), ROW),
    "where": (lambda x, y: torch.where(x > 0, x, y), ROW, ROW),
}
"""Where an operator has no example of its own, it is applied to a row of three numbers."""


def page() -> str:
    """Return the page's text."""
    operators = all_operators()
    names = ", ".join(f"[{item.name}](#{item.name})" for item in operators)
    return "\n".join([INTRODUCTION, names, "", *(section(item) for item in operators)])


def section(item: Operator) -> str:
    """Return an operator's part of the page."""
    lines = [
        f"## {item.name}",
        "",
        " ".join((type(item).__doc__ or "").split()),
        "",
        f"- PyTorch: {', '.join(spellings(item))}",
        f"- forward: {item.forward_math}",
        f"- backward: {item.backward_math}",
        "",
        "| tensor | cells | formula in the last cell |",
        "|---|---|---|",
        *(f"| {name} | {area} | {formula and f'`{formula}`'} |" for name, area, formula in rows(item)),
        "",
    ]
    return "\n".join(lines)


def spellings(item: Operator) -> list[str]:
    """Return the names under which PyTorch knows the operator, such as `torch.relu`."""
    names = (resolve_name(function) or function.__qualname__ for function in item.functions)
    shown = (name.replace("torch.nn.functional", "F").removesuffix(".__get__") for name in names)
    return [f"`{name}`" for name in dict.fromkeys(shown)]


def rows(item: Operator) -> Iterator[tuple[str, str, str]]:
    """Compile the operator's example and yield (tensor, cells, formula), in the order of computation."""
    torch.manual_seed(0)
    function, *inputs = EXAMPLES.get(item.name) or (getattr(torch, item.name, None) or getattr(F, item.name), ROW)
    graph = trace(Example(function), tuple(inputs))
    placement = place(graph)
    contents = emit(graph, placement)
    call = next((call for call in graph.calls if call.operator is item), None)
    if call is None:  # the result is the input under another name
        yield "y", placement.tensors[graph.of_kind("input")[0]].value.area + ", the input's own", ""
        return

    def row(name: str, grid: Grid) -> tuple[str, str, str]:
        last = contents[grid].ravel()[-1]
        return name, grid.area, last if isinstance(last, str) else ""

    values = {}
    for name, argument in call.arguments.items():
        found = list(values_in(argument))
        values |= {name if len(found) == 1 else f"{name} {k}": value for k, value in enumerate(found, 1)}
    given = {name: placement.tensors[value] for name, value in values.items()}
    results = [placement.tensors[value] for value in call.outputs]
    shown = {"y" if len(results) == 1 else f"y {k}": result for k, result in enumerate(results, 1)}
    for name, tensor in given.items():
        yield name, tensor.value.area, ""
    for name, grid in results[0].work.items():
        yield row(f"({name})", grid)
    for name, tensor in shown.items():
        yield row(name, tensor.value)
    for name, tensor in shown.items():
        if tensor.grad is not None:
            yield f"∂L/∂{name}", tensor.grad.area, ""
    for name, tensor in given.items():
        if tensor.grad is not None:
            yield row(f"∂L/∂{name}", tensor.grad)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {len(all_operators())} operators")


if __name__ == "__main__":
    main()
