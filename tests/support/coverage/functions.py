"""Functions under all their names: as methods, changed in place, as Python's operators, under other names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch

from tests.support.coverage.case import Case, Group, Made, NotCounted, scalar
from tests.support.coverage.op_db import small_samples
from tests.support.coverage.python_syntax import SYNTAX, inputs_of

TITLE = "Methods, in-place methods, Python's operators, and aliases of functions"
MOST_TRIED = 6


def groups() -> list[Group]:
    """Return a group for each function that has other spellings, and one for what Python itself writes."""
    from torch.testing._internal.common_methods_invocations import op_db

    found = {op.full_name: op for op in op_db if torch.float64 in op.supported_dtypes("cpu")}
    return [
        Group("Python's syntax", lambda: [Case(text, partial(_written, text), whole=False) for text in SYNTAX]),
        *(Group(name, partial(_cases, op)) for name, op in found.items() if any(spellings(op))),
    ]


def spellings(op: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield each way to write a function but the first, and what then is called."""
    for what in ("method_variant", "operator_variant"):
        if getattr(op, what, None):
            yield what.removesuffix("_variant"), getattr(op, what)
    for what in ("inplace_variant", "inplace_operator_variant"):
        if getattr(op, what, None):
            yield what.removesuffix("_variant").replace("_", " "), partial(_in_place, getattr(op, what))
    for alias in op.aliases:
        if alias.op:
            yield alias.name, alias.op


def _in_place(function: Callable[..., Any], x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
    x = x.clone()
    function(x, *args, **kwargs)
    return x


def _cases(op: Any) -> list[Case]:
    return [Case(what, partial(_first_that_fits, op, function), whole=False) for what, function in spellings(op)]


def _first_that_fits(op: Any, function: Callable[..., Any]) -> Made:
    reason = NotCounted("no small sample")
    for sample in small_samples(op, MOST_TRIED):
        try:
            return scalar(function, sample.input, *sample.args, **sample.kwargs)
        except NotCounted as error:
            reason = error
    raise reason


def _written(text: str) -> Made:
    return scalar(SYNTAX[text], *inputs_of(SYNTAX[text]))
