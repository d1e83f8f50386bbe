"""Write docs/operators.md: each operator with its formulas as they appear in Excel.

python docs/make_operators.py

The words and the example come from the operators themselves; the formulas from a small network that is compiled for
each.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import nn
from torch.overrides import resolve_name

from excel_export.compiler.place.emit import emit
from excel_export.compiler.place.picture import place
from excel_export.compiler.trace.tracer import trace
from excel_export.formulas import Expression, Grid, Operator, Tensor
from excel_export.ops import all_operators
from excel_export.shared.trees import leaves

PAGE = Path(__file__).with_name("operators.md")

INTRODUCTION = """# Operators

What `excel_export` can turn into a spreadsheet: {operators} operators in {files} files under `excel_export/ops/`. In
such a file the forward and the backward formula stand side by side, with the words for them and the cases that test
them; to support another operator, [add it](../CONTRIBUTING.md#an-operator). Module, function and method are
one and the same: `nn.ReLU()`, `F.relu(x)` and `x.relu()`.

*y* is the result, *g* the gradient ∂L/∂y of the loss by it. Each table shows one small example as it stands on the
sheet: where a tensor lies, and the formula in its last cell. Tensors in brackets are helpers beside the result.

This page is made by `python docs/make_operators.py`.
"""


class Summed(nn.Module):
    """A module that calls a function and adds up the result."""

    def __init__(self, function: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """Return a scalar."""
        return (self.function(x) if y is None else self.function(x, y)).double().sum()


def page() -> str:
    """Return the page's text."""
    operators = all_operators()
    introduction = INTRODUCTION.format(operators=len(operators), files=len({item.__module__ for item in operators}))
    names = ", ".join(f"[{item.name}](#{item.name})" for item in operators)
    return "\n".join([introduction, names, "", *(section(item) for item in operators)])


def section(item: type[Operator]) -> str:
    """Return an operator's part of the page."""
    file = item.__module__.rpartition(".")[2] + ".py"
    lines = [
        f"## {item.name}",
        "",
        " ".join((item.__doc__ or "").split()),
        "",
        f"- PyTorch: {', '.join(spellings(item))}",
        f"- forward: {item.forward_math}",
        f"- backward: {item.backward_math}",
        f"- file: [{file}](../excel_export/ops/{file})",
        "",
        "| tensor | cells | formula in the last cell |",
        "|---|---|---|",
        *(f"| {name} | {area} | {formula and f'`={formula}`'} |" for name, area, formula in rows(item)),
        "",
    ]
    return "\n".join(lines)


def spellings(item: type[Operator]) -> list[str]:
    """Return the names under which PyTorch knows the operator, such as `torch.relu`."""
    names = (resolve_name(function) or function.__qualname__ for function in item.functions)
    shown = (name.replace("torch.nn.functional", "F").removesuffix(".__get__") for name in names)
    return [f"`{name}`" for name in dict.fromkeys(shown)]


def rows(item: type[Operator]) -> Iterator[tuple[str, str, str]]:
    """Compile the operator's first example and yield (tensor, cells, formula), in the order of computation."""
    example = next(iter(item.examples()))
    graph = trace(Summed(example.function), example.inputs)
    placement = place(graph)
    contents = emit(graph, placement)
    call = next((call for call in graph.calls if isinstance(call.operator, item)), None)
    if call is None:  # the result is the input under another name
        yield "y", placement.tensors[graph.of_kind("input")[0]].value.area + ", the input's own", ""
        return

    def row(name: str, grid: Grid) -> tuple[str, str, str]:
        formulas = contents[grid]
        return name, grid.area, formulas.texts(grid.sheet).flat[-1] if isinstance(formulas, Expression) else ""

    given = {}
    for name, argument in placement.operator(call).arguments.items():
        found = leaves(argument, Tensor)
        given |= {name if len(found) == 1 else f"{name} {k}": tensor for k, tensor in enumerate(found, 1)}
    results = placement.results(call)
    shown = {"y" if len(results) == 1 else f"y {k}": result for k, result in enumerate(results, 1)}
    for name, tensor in given.items():
        yield name, tensor.value.area, ""
    for name, grid in results[0].helpers.items():
        yield row(f"({name})", grid)
    for name, tensor in shown.items():
        yield row(name, tensor.value)
    for name, tensor in shown.items():
        if tensor.has_grad:
            yield f"∂L/∂{name}", tensor.grad.area, ""
    for name, tensor in given.items():
        if tensor.has_grad:
            yield row(f"∂L/∂{name}", tensor.grad)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {len(all_operators())} operators")


if __name__ == "__main__":
    main()
