"""Load the parameters of a workbook back into a PyTorch module."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch
from torch import nn

from excel_export.shared.errors import ExportError
from excel_export.workbook.read import AFTER, AFTER_TRAINING, VALUE, Entry, read_all, read_index

When = Literal["typed", "after step", "after training"]
"""The parameters to load: as typed, after the one step, or after the last step of the training."""
_WHAT: dict[str, str] = {"typed": VALUE, "after step": AFTER, "after training": AFTER_TRAINING}
LONGEST = 100
"""The most characters of a name from a file that an error shows."""


def load_parameters(path: str | Path, module: nn.Module, when: When = "typed") -> None:
    """Set a module's parameters to those of a workbook, fc.weight to its cells, also after others were typed there.

    All are checked before the first is changed. Buffers stay as they are.

    Args:
        path: a workbook that `export` wrote.
        module: the module, or another one with the same parameters.
        when: 'typed' are the parameters as they stand in the yellow cells; 'after step' those after the one step of the
            Update sheet; 'after training' those after the last step of the Training sheet.

    Raises:
        ExportError: the file cannot be read or was not written by `export`; it lacks a parameter, or has one that the
            module has not; a shape differs; or a cell holds no number, or one too large for the module's type.
    """
    if when not in get_args(When):
        raise ExportError(f"there are no parameters '{when}'; there are: {', '.join(get_args(When))}")
    what = _WHAT[when]
    found = read_all(path, {VALUE, what})
    if when != "typed" and not any(of == what for _, of in found):
        raise ExportError(f"{path}: there are no parameters {when}: the workbook was written without them")
    parameters = dict(module.named_parameters())
    _refuse_others(path, {key for key, of in found if of == VALUE}, parameters)
    loaded: dict[str, torch.Tensor] = {}
    for name, parameter in parameters.items():
        # A frozen parameter is not written again after the step: it is the same.
        key = (name, what) if (name, what) in found else (name, VALUE)
        if key not in found:
            raise ExportError(f"{path}: the workbook has no parameter '{name}', which the module has")
        array = found[key]
        if array.shape != tuple(parameter.shape):
            raise ExportError(
                f"{path}: the parameter '{name}' is {_shape(array.shape)} in the workbook, but "
                f"{_shape(parameter.shape)} in the module"
            )
        _refuse_without_number(path, key, array)
        loaded[name] = torch.from_numpy(array).to(parameter.dtype)
        if not loaded[name].isfinite().all():
            raise ExportError(f"{path}: the parameter '{name}' holds a number too large for {parameter.dtype}")
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(loaded[name])


def _refuse_others(path: str | Path, keys: set[str], parameters: Mapping[str, nn.Parameter]) -> None:
    others = sorted(key for key in keys - parameters.keys() if "." in key)
    if others:
        raise ExportError(f"{path}: the workbook has a parameter '{_brief(others[0])}', which the module has not")


def _refuse_without_number(path: str | Path, key: tuple[str, str], array: np.ndarray) -> None:
    missing = np.argwhere(~np.isfinite(array))
    if not len(missing):
        return
    entry: Entry = next(entry for entry in read_index(path) if (entry.key, entry.what) == key)
    cell = entry.grid.at(*map(int, missing[0]))
    raise ExportError(
        f"{path}: the parameter '{key[0]}' has {_count(len(missing))} without a number, first "
        f"{_brief(entry.grid.sheet)}!{cell.area}; a formula has one once a spreadsheet program has saved the file"
    )


def _count(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells:,} cells"


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a single number"


def _brief(text: str) -> str:
    line = "".join(character if character.isprintable() else "�" for character in text[:LONGEST])
    return line + "…" * (len(text) > LONGEST)
