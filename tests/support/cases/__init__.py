"""The calls by which operators and composites are tested: a file for each of excel_export's ops and composites.

In it stands, under the name of each operator, a function without arguments that yields its cases, each an `Example` or
an `Extreme`. The first one is small and plain, and is shown in the documentation.
"""

from importlib import import_module

import torch

from excel_export.composites._composite import Composite
from tests.support.cases._example import Extreme


def file_of(tried):
    """The name of the file that an operator or composite stands in, and its cases: 'activations'."""
    written = tried.function if isinstance(tried, Composite) else tried
    return written.__module__.rpartition(".")[2]


def cases_of(tried):
    """The cases of an operator or composite, made anew: the same numbers, also where modules have random ones."""
    file = import_module(f"{__name__}.{file_of(tried)}")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return list(getattr(file, tried.name)())


def examples_of(tried):
    """The cases whose numbers have usual sizes: those that are no `Extreme`."""
    return [case for case in cases_of(tried) if not isinstance(case, Extreme)]


def extremes_of(tried):
    """The cases that are an `Extreme`."""
    return [case for case in cases_of(tried) if isinstance(case, Extreme)]
