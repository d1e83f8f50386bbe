"""An argument that a call leaves out is what PyTorch takes: the defaults of operators and composites are PyTorch's."""

from __future__ import annotations

import dataclasses
import inspect

import pytest
import torch

from excel_export.composites import all_composites
from excel_export.ops import all_operators

OTHERWISE = {
    ("alpha_dropout", "training"): "dropout has one operator, which PyTorch's modules call with all arguments",
    ("feature_alpha_dropout", "training"): "as alpha_dropout",
    ("bernoulli", "p"): "None stands for the tensor's own numbers; 0.5 belongs to another overload",
    ("cdist", "compute_mode"): "it changes the way of computing only",
    ("to", "dtype"): "the operator is only made for calls with a type",
    ("contiguous", "memory_format"): "the order in memory changes no number",
    ("std", "correction"): "PyTorch's None stands for 1",
    ("var", "correction"): "as std",
}


def plain(default: object) -> object:
    """A default in one form: 1 for [1, 1], None for [], 'mean' for PyTorch's number 1 of it."""
    if isinstance(default, (list, tuple)):
        return default[0] if default and set(default) == {default[0]} else tuple(default) or None
    return default


def defaults_of(function) -> dict[str, list[object]]:
    """PyTorch's defaults by the arguments' names, of each overload, from the signature or from ATen's schemas."""
    try:
        signature = inspect.signature(function)
    except ValueError:
        signature = None
    kinds = {each.kind for each in signature.parameters.values()} if signature else set()
    if signature and inspect.Parameter.VAR_POSITIONAL not in kinds:
        return {name: [each.default] for name, each in signature.parameters.items() if each.default is not each.empty}
    found: dict[str, list[object]] = {}
    for schema in torch._C._jit_get_schemas_for_operator(f"aten::{function.__name__}"):
        for argument in schema.arguments:
            if argument.has_default_value():
                default = plain(argument.default_value)
                is_mean = argument.name == "reduction" and default == 1
                found.setdefault(argument.name, []).append("mean" if is_mean else default)
    return found


def ours():
    """Each function with our defaults: (function, {'alpha': 1})."""
    for made in all_composites():
        parameters = inspect.signature(made.function).parameters.values()
        own = {each.name: each.default for each in parameters if each.default is not each.empty}
        yield from ((function, own) for function in made.makes)
    for operator in all_operators():
        fields = dataclasses.fields(operator)
        own = {each.name: each.default for each in fields if each.default is not dataclasses.MISSING}
        yield from ((function, own) for function in operator.functions)


CASES = [
    pytest.param(default, theirs[name], id=f"{function.__qualname__} {name} {k}")
    for k, (function, own) in enumerate(ours())
    for theirs in [defaults_of(function)]
    for name, default in own.items()
    if name in theirs and (function.__name__, name) not in OTHERWISE
]


@pytest.mark.parametrize(("own", "theirs"), CASES)
def test_it_is_pytorchs(own, theirs):
    assert plain(own) in map(plain, theirs)


def test_most_defaults_are_compared():
    assert len(CASES) > 400
