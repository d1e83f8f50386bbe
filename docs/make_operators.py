"""The page of the operators: each with its formulas as they appear in Excel. `docs/make_site.py` puts it into the site.

The words come from the operators themselves, the example from their cases in `tests/support/cases/`, the formulas from
a small network that is compiled for each.
"""

import html
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import nn
from torch.overrides import resolve_name

from excel_export.compiler.place.emit import emit
from excel_export.compiler.place.network_picture import place
from excel_export.compiler.trace.tracer import trace
from excel_export.formulas import Expression, Grid, Operator
from excel_export.graph.graph import Call, Graph, Value
from excel_export.ops import all_operators
from excel_export.shared.trees import leaves

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.cases import examples_of

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Operators</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 Carlito, Calibri, "Segoe UI", system-ui, sans-serif; color: #1b2430; margin: 0 auto;
  max-width: 1000px; padding: 20px; }}
td, th {{ text-align: left; padding: 2px 12px 2px 0; }}
code {{ overflow-wrap: anywhere; }}
</style></head>
<body><h1>Operators</h1>
<p>What excel_export can turn into a spreadsheet: {operators} operators in {files} files under
<code>excel_export/ops/</code>. In such a file the forward and the backward formula stand side by side, with the words
for them. Module, function and method are one and the same: <code>nn.ReLU()</code>,
<code>F.relu(x)</code> and <code>x.relu()</code>.</p>
<p><em>y</em> is the result, <em>g</em> the gradient ∂L/∂y of the loss by it. Each table shows one small example as it
stands on the sheet: where a tensor lies, and the formula in its last cell. Tensors in brackets are helpers beside the
result.</p>
<p>{names}</p>
{sections}
</body></html>
"""
SECTION = """<h2 id="{name}">{name}</h2>
<p>{what}</p>
<ul><li>PyTorch: {spellings}</li><li>forward: {forward}</li><li>backward: {backward}</li><li>file: {file}</li></ul>
<table><tr><th>tensor</th><th>cells</th><th>formula in the last cell</th></tr>
{rows}
</table>"""


class Summed(nn.Module):
    """A module that calls a function and adds up the result."""

    def __init__(self, function: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """Return a scalar."""
        return (self.function(x) if y is None else self.function(x, y)).double().sum()


def page() -> str:
    """Return the page, in HTML."""
    operators = all_operators()
    return PAGE.format(
        operators=len(operators),
        files=len({item.__module__ for item in operators}),
        names=", ".join(f'<a href="#{item.name}">{item.name}</a>' for item in operators),
        sections="\n".join(map(section, operators)),
    )


def section(item: type[Operator]) -> str:
    """Return an operator's part of the page."""
    graph = example_graph(item)
    call = call_of(item, graph)
    return SECTION.format(
        name=item.name,
        what=_marked(" ".join((item.__doc__ or "").split())),
        spellings=", ".join(f"<code>{name}</code>" for name in spellings(item)),
        forward=html.escape(call.forward_math if call else item.forward_math),
        backward=html.escape(call.backward_math if call else item.backward_math),
        file=f"excel_export/ops/{item.__module__.rpartition('.')[2]}.py",
        rows="\n".join(
            f"<tr><td>{name}</td><td>{area}</td><td>{formula and f'<code>={html.escape(formula)}</code>'}</td></tr>"
            for name, area, formula in rows(item, graph)
        ),
    )


def _marked(text: str) -> str:
    """The text with what stands between backticks as code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if k % 2 else part for k, part in enumerate(parts))


def spellings(item: type[Operator]) -> list[str]:
    """Return the names under which PyTorch knows the operator, such as `torch.relu`."""
    names = (resolve_name(function) or function.__qualname__ for function in item.functions)
    shown = (name.replace("torch.nn.functional", "F").removesuffix(".__get__") for name in names)
    return list(dict.fromkeys(shown))


def example_graph(item: type[Operator]) -> Graph:
    """Trace the operator's first example."""
    example = examples_of(item)[0]
    return trace(Summed(example.function), example.inputs)


def call_of(item: type[Operator], graph: Graph) -> Call | None:
    """Return the call of the operator; None where the result is the input under another name."""
    return next((call for call in graph.calls if call.kind == item.name), None)


def rows(item: type[Operator], graph: Graph) -> Iterator[tuple[str, str, str]]:
    """Compile the operator's example and yield (tensor, cells, formula), in the order of computation."""
    placement = place(graph)
    contents = emit(graph, placement)
    call = call_of(item, graph)
    if call is None:
        yield "y", placement.tensors[graph.of_kind("input")[0]].value.area + ", the input's own", ""
        return

    def row(name: str, grid: Grid) -> tuple[str, str, str]:
        formulas = contents[grid]
        return name, grid.area, formulas.texts(grid.sheet).flat[-1] if isinstance(formulas, Expression) else ""

    given = {}
    for name, argument in call.arguments.items():
        found = [placement.tensors[value] for value in leaves(argument, Value)]
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
