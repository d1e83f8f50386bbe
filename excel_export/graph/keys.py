"""The keys of a workbook's tensors: each can be written as it is, and no two tensors share one."""

import re
import reprlib

from torch import nn

from excel_export.formulas import Text
from excel_export.graph.graph import Graph
from excel_export.shared.errors import ExportError

LOSS = "loss"
LONGEST_KEY = 30_000
# Quotation marks and backslashes end and escape texts in too many places; XML does not keep a carriage return.
_UNUSABLE = re.compile(r'[\x00-\x1f"\\]')


def check_names(module: nn.Module) -> None:
    """Refuse names that would not come back as they are.

    Raises:
        ExportError: a submodule, a parameter or a buffer has such a name.
    """
    for name, _ in [*module.named_modules(), *module.named_parameters(), *module.named_buffers()]:
        if _UNUSABLE.search(name) or Text(name) != name or len(name) > LONGEST_KEY:
            raise ExportError(
                f"a part of the module is called {reprlib.repr(name)}, which a workbook cannot hold: rename it, "
                "without control characters, quotation marks and backslashes"
            )


def name_apart(graph: Graph) -> None:
    """Rename inputs and results whose key another tensor has: 'x' to 'x_1'. Parameters keep their names.

    Raises:
        ExportError: a parameter's name is the key of another parameter's gradient, or of the loss.
    """
    taken = {LOSS}
    for value in graph.of_kind("parameter"):
        keys = {value.name, f"grad.{value.name}"}
        if keys & taken:
            raise ExportError(
                f"the parameter '{value.name}' has the name of another tensor, as 'grad.w' is the gradient of 'w': "
                "rename it"
            )
        taken |= keys

    def free(name: str, *, is_loss: bool = False) -> str:
        serial, new = 0, name
        while {new, f"grad.{new}"} & (taken - {LOSS} if is_loss else taken):
            serial += 1
            new = f"{name}_{serial}"
        taken.update((new, f"grad.{new}"))
        return new

    for value in graph.values:
        if value.kind in ("input", "intermediate"):
            value.name = free(value.name, is_loss=value is graph.loss)
    graph.aliases = {free(name): value for name, value in graph.aliases.items()}
