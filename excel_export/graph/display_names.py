"""Names of tensors: short ones for people on the sheets, and unique keys for programs.

A module may set them in its attribute `tensor_names`. A tensor that it does not name gets a short name that says how it
is computed: 'relu of conv1', 'image − mean'. The recorded names, such as `sub_1`, are for programs.
"""

import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from torch import nn

from excel_export.formulas import Tensor, Text, figure, listed
from excel_export.graph.graph import Call, Graph, Value
from excel_export.shared.errors import ExportError
from excel_export.shared.trees import leaves

ATTRIBUTE = "tensor_names"
LONGEST_GIVEN, LONGEST_DERIVED = 60, 28
"""The longest name that a module may set, and the longest that is derived, in characters."""
# Constants without a name in the module.
_UNNAMED = re.compile(r"constant_\d+")
_BRACKETED = re.compile(r"\([^()]*\)|\|[^|]*\|")
_SIGNS, _TIGHT_SIGNS = re.compile(r" [+−·×/%] "), re.compile("[·×/^²³√−]")
# What stands close to a name, and would be read as belonging to the end, or the beginning, of it only.
_CLOSE = re.compile(r"}[²^ᵀ\[]|√{")


def given_names(module: nn.Module) -> Mapping[str, str]:
    """Return the names in a module's `tensor_names`, by recorded name: {'sub': 'error'}; {} if it has none.

    Raises:
        ExportError: `tensor_names` is no mapping from texts to texts of 1 to 60 characters.
    """
    names = getattr(module, ATTRIBUTE, {})
    if not isinstance(names, Mapping) or not all(isinstance(name, str) for pair in names.items() for name in pair):
        raise ExportError(f"{ATTRIBUTE} must be a dict from recorded names to names for people")
    for recorded, called in names.items():
        if not called.strip() or len(called) > LONGEST_GIVEN:
            raise ExportError(f"{ATTRIBUTE}: the name of '{recorded}' must have 1 to {LONGEST_GIVEN} characters")
    return names


def display_names(
    graph: Graph, given: Mapping[str, str], said: Mapping[Value, str] = MappingProxyType({})
) -> dict[Value, str]:
    """Return a name for people for each value of a graph, all different: {sub: 'error', add: '(w · x) + b', …}.

    A value without a name of its own is called by its computation, 'ReLU of conv1'. Of two equal names the second
    becomes 'ReLU of conv1 2'. A name in `given` goes before one in `said`.

    Args:
        graph: the values.
        given: the module's own names by recorded names, as from `given_names`: {'sub': 'error'}.
        said: names that composites give to their results. If several layers have such a name, the layer's path is put
            before it: 'lstm: output'.

    Raises:
        ExportError: a given name belongs to no tensor.
    """
    recorded = {value.name: value for value in graph.of_kind("constant")} | dict(graph.named)
    unknown = next((name for name in given if name not in recorded), None)
    if unknown is not None:
        raise ExportError(f"{ATTRIBUTE}: there is no tensor '{unknown}'; there are: {', '.join(recorded)}")
    names = _Names()
    for name, called in given.items():
        names.take(recorded[name], _given(called))
    paths = {value.module_path for value in said}
    for value, name in said.items():
        if value not in names:
            where = value.module_path if len(paths) > 1 else ""
            names.take(value, _Name(f"{_cut(where)}: {name}" if where else name))
    makers = {value: (call, k) for call in graph.calls for k, value in enumerate(call.outputs, start=1)}
    for value in graph.values:
        if value not in names:
            names.take(value, _derived(graph, value, makers.get(value), names))
    return {value: names[value].text for value in graph.values}


@dataclass(frozen=True)
class _Name:
    """A name, and what kind of phrase it is, to decide where it needs brackets inside of another name."""

    text: str
    words: bool = False
    """True for a phrase such as 'relu of x'."""
    signs: bool = False
    """True for a formula with spaces, such as 'a + b'."""
    is_tight: bool = False
    """True for a formula without spaces, such as 'x²' or 'w·x'."""
    root: str = ""
    """For a derived name, the first tensor on the way to it that has a name of its own."""


class _Names(dict[Value, _Name]):
    def __init__(self) -> None:
        super().__init__()
        self._taken: set[str] = set()
        self._serials: dict[str, int] = {}
        """The last number that was tried behind each name; without it, many equal names would take too long."""

    def take(self, value: Value, name: _Name) -> None:
        text, serial = name.text, self._serials.get(name.text, 1)
        while text in self._taken:
            serial += 1
            text = f"{name.text} {serial}"
        self._serials[name.text] = serial
        self._taken.add(text)
        self[value] = replace(name, text=text, root=name.root or text)


def _given(text: str) -> _Name:
    """Return a module's own name: 'target − out' counts as a formula, '(target − out)' and 'out' do not."""
    outside = _BRACKETED.sub("", text)
    return _Name(text, signs=bool(_SIGNS.search(outside)), is_tight=bool(_TIGHT_SIGNS.search(outside)))


def _derived(graph: Graph, value: Value, maker: tuple[Call, int] | None, names: _Names) -> _Name:
    if value is graph.loss:
        return _Name("loss")
    if value.kind == "input":
        return _Name(value.name.replace("_", " "))
    if maker is None:
        is_unnamed = _UNNAMED.fullmatch(value.name)
        called = figure(value.data.item()) if value.data.size == 1 else "constant"
        return _Name(called if is_unnamed else value.name)
    call, number = maker
    layer = _layer(call)
    if layer and number == 1:
        return _Name(f"layer {layer}" if layer.isdigit() else _cut(layer))
    return _from_operator(call, number, names)


def _layer(call: Call) -> str:
    weight = call.arguments.get("weight")
    owner, _, name = weight.name.rpartition(".") if isinstance(weight, Value) else ("", "", "")
    if owner.startswith(f"{call.module_path}."):  # a layer's weight, read by the module that has the layer
        return owner
    if name.endswith("_weight"):  # one of several in a layer, such as in_proj_weight
        owner = f"{owner}.{name.removesuffix('_weight')}" if owner == call.module_path else owner
        return owner if owner.startswith(f"{call.module_path}.") else ""
    return owner if owner == call.module_path else ""


def _from_operator(call: Call, number: int, names: _Names) -> _Name:
    pattern = call.operator.text("called", call.outputs[0])
    words = re.search("[a-z]", re.sub(r"{\w+}", "", pattern)) is not None
    is_close = _CLOSE.search(pattern) is not None
    for item in call.arguments.values():  # a list of tensors reads 'a and b'
        words |= isinstance(item, (list, tuple)) and bool(leaves(item, Tensor))

    def part(tensor: Tensor) -> str:
        assert isinstance(tensor, Value)
        name = names[tensor]
        is_misread = name.signs or (name.words and not words) or (name.is_tight and is_close)
        return f"({name.text})" if is_misread else name.text

    def parts(argument: Any) -> str:
        if isinstance(argument, (int, float)):
            return figure(argument)
        return listed([part(tensor) for tensor in leaves(argument, Tensor)])

    text = pattern.format_map({key: parts(item) for key, item in call.arguments.items()} | {"result": number})
    read = sorted(call.inputs, key=lambda value: value.kind != "intermediate")  # what is computed first
    root = names[read[0]].root if read else ""
    if len(text) > LONGEST_DERIVED:
        what, of, _ = pattern.partition(" of {")
        what = what if of else call.kind.replace("_", " ")
        is_short = len(f"{what} after {root}") <= LONGEST_DERIVED  # else of a path, the layer
        text, words = _cut(f"{what} after {root if is_short else root.rpartition('.')[2]}"), True
    is_tight = not words and _TIGHT_SIGNS.search(pattern) is not None
    return _Name(text, words, not words and " " in pattern, is_tight, root)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_DERIVED else f"…{text[1 - LONGEST_DERIVED :]}"


LOSS = "loss"
"""The key of the loss in `Graph.tensors` and `read_tensors`."""
LONGEST_KEY = 30_000
"""The longest key, in characters."""
# Quotation marks and backslashes end and escape texts in too many places; XML does not keep a carriage return.
_UNUSABLE = re.compile(r'[\x00-\x1f"\\]')


def check_names(module: nn.Module) -> None:
    """Refuse a module with a name that has a quotation mark ("), a backslash, a control character, or others that XML
    cannot hold, or is longer than 30,000 characters; an apostrophe, or 'w' beside 'W', is no matter.

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
    """Rename inputs and results whose key another tensor has: 'x' becomes 'x_1'. Parameters keep their names.

    Raises:
        ExportError: a parameter's name is the key of another parameter's gradient, 'grad.w', or of the loss.
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
