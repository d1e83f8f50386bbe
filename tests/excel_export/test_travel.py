"""Workbooks that other programs saved again, or that are opened in another language, are as good as new.

`docs/compatibility.md` says what else each program keeps and loses.
"""

import copy
import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from openpyxl import load_workbook

from excel_export import read_tensors
from excel_export.workbook.read import read_all
from tests.support.drawing import drawn
from tests.support.engines import Recalculated, edit, recalculate, require_engine, strip_values
from tests.support.kinds import Made
from tests.support.libreoffice import save_as, type_in

pytestmark = pytest.mark.slow
_SPEC = importlib.util.spec_from_file_location(
    "compatibility", Path(__file__).parents[2] / "docs/make_compatibility.py"
)
PAGE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(PAGE)
ROUTES = ("xlsx", "ods", "openpyxl")
# One launch of LibreOffice takes all workbooks of a group. The second head's differs little: it goes one way only.
GROUPS = (("random", "part from"), ("slice-regression", "slice-onehot"))
TRIPS = [(route, kind) for kind in ("random", "part from", "slice-regression") for route in ROUTES]
TRIPS += [("xlsx", "slice-onehot")]
RATE = 0.37


@pytest.fixture(scope="module")
def back(made_of, tmp_path_factory) -> Callable[[str, str], Path]:
    """Gives the workbook of a kind as it came back by a route."""
    require_engine("libreoffice")

    @cache
    def group(route: str, kinds: tuple[str, ...]) -> dict[str, Path]:
        kinds = tuple(kind for kind in kinds if (route, kind) in TRIPS)
        sources, folder = [made_of(kind).path for kind in kinds], tmp_path_factory.mktemp(route)
        if route == "openpyxl":
            targets = [folder / source.name for source in sources]
            for source, target in zip(sources, targets, strict=True):
                load_workbook(source).save(target)
        else:
            sent = sources if route == "xlsx" else save_as("ods", sources, folder / "ods")
            targets = save_as("xlsx", sent, folder / "back")
        return dict(zip(kinds, targets, strict=True))

    return lambda route, kind: group(route, next(kinds for kinds in GROUPS if kind in kinds))[kind]


@pytest.fixture(scope="module")
def edited_at_home(made_of, tmp_path_factory) -> Callable[[str], Recalculated]:
    """Gives the workbook of a kind that never travelled, after the same changes."""

    @cache
    def edited_at_home(kind: str) -> Recalculated:
        made, folder = made_of(kind), tmp_path_factory.mktemp("home")
        return recalculate(edit(made.path, changed(made)[0], folder / "home.xlsx"), "ironcalc", folder)

    return edited_at_home


@pytest.mark.parametrize(("route", "kind"), TRIPS)
def test_every_tensor_is_read_back(made_of, back, route, kind, tmp_path):
    path = back(route, kind)
    if route == "openpyxl":  # it keeps no stored values
        path = recalculate(path, "ironcalc", tmp_path).path
    found, expected = read_tensors(path), read_tensors(made_of(kind).path)
    assert found.keys() == expected.keys()
    for key, array in expected.items():
        np.testing.assert_allclose(found[key], array, rtol=1e-9, atol=1e-12, err_msg=key)


@pytest.mark.parametrize(("route", "kind"), TRIPS)
def test_its_formulas_are_live(made_of, back, edited_at_home, route, kind, tmp_path):
    made = made_of(kind)
    changes, module, inputs = changed(made)
    edited = edit(back(route, kind), changes, tmp_path / "edited.xlsx")
    # A copy goes to another program than the one that made it; the largest to the fastest.
    engine = "libreoffice" if route == "openpyxl" and not kind.startswith("slice") else "ironcalc"
    recalculated = recalculate(edited, engine, tmp_path)
    report = made.compare(recalculated.path, module, inputs)
    assert report.ok, report
    assert not made.compare(recalculated.path).ok, "the change changed nothing"
    found, after = read_tensors(recalculated.path), read_all(recalculated.path, ("after one step",))
    for key, parameter in module.named_parameters():
        if (key, "after one step") in after:
            expected = parameter.detach().double().numpy() - RATE * found[f"grad.{key}"]
            np.testing.assert_allclose(after[key, "after one step"], expected, rtol=1e-9, atol=1e-12, err_msg=key)
    if kind.startswith("slice"):
        at_home = edited_at_home(kind)
        for sheet, area in (("Training", "B4:X56"), ("Training", "B60:AF118")):
            here, there = (np.array(file.values(sheet, area), dtype=object) for file in (recalculated, at_home))
            is_number = np.vectorize(lambda item: isinstance(item, float))(there)
            assert is_number.sum() > 100
            np.testing.assert_allclose(
                here[is_number].astype(float), there[is_number].astype(float), rtol=1e-9, atol=1e-9
            )


@pytest.mark.parametrize(
    ("route", "kind"), [(route, kind) for kind in ("part from", "slice-regression") for route in ROUTES]
)
def test_it_loses_no_more_than_the_page_says(made_of, back, route, kind):
    """A number in bold in the page's table is what is left of more; of a smaller workbook it is as large a share."""
    said = {}
    for line in PAGE.PAGE.read_text(encoding="utf-8").splitlines():
        if line.count(" | ") == 4 and line[2:].split(" | ")[0] in PAGE.NAMES:
            name, before, *left = line.strip("| ").replace("*", "").replace(",", "").split(" | ")
            of_route = {"all": before, "none": "0"}.get(left[ROUTES.index(route)], left[ROUTES.index(route)])
            said[name.strip()] = int(of_route) / int(before)
        elif line.endswith("| all |") and line.count(";") > 2:  # what every program keeps
            said |= {
                part.rpartition(" (")[0].replace(",", ""): 1 for part in line.split(" | ")[0].strip("| ").split("; ")
            }
    assert said.keys() == {name.replace(",", "") for name in PAGE.NAMES}
    counted = PAGE.kept(PAGE.things(made_of(kind).path), PAGE.things(back(route, kind)))
    for name, (left, before) in counted.items():
        share = said[name.replace(",", "")]
        assert left >= before * (share if share in (0, 1) else share - 0.002), name


def changed(made: Made) -> tuple[dict[tuple[str, str], float | str], torch.nn.Module, object]:
    """What to type into the workbook, and the network and the inputs that it must then agree with."""
    module, inputs = copy.deepcopy(made.module), copy.deepcopy(made.inputs)
    names = {name: place(defined.attr_text) for name, defined in load_workbook(made.path).defined_names.items()}
    changes: dict[tuple[str, str], float | str] = {names["learning_rate"]: RATE}
    key, parameter = next(
        (name, value) for name, value in module.named_parameters() if name in ("conv3.weight", "layers.0.weight")
    )
    index = (0,) * parameter.ndim
    parameter.data[index] = 0.8125
    changes[made.place(key, *index)] = 0.8125
    if made.kind == "random":
        inputs[0][(0,) * inputs[0].ndim] += 0.0101
        changes[made.place("x", *(0,) * inputs[0].ndim)] = float(inputs[0][(0,) * inputs[0].ndim])
    elif made.kind.startswith("slice"):
        inputs["pixels"] = drawn(inputs["pixels"].double(), {(12, 13): 7.0})
        changes |= {names["picture"]: "my own drawing", ("Digits", "S18"): 7.0, names["chosen_training_rate"]: 0.05}
    return changes, module, inputs


def place(target: str) -> tuple[str, str]:
    """The sheet and the cell that a defined name stands for."""
    sheet, _, cell = target.replace("$", "").rpartition("!")
    return sheet.strip("'"), cell


@pytest.fixture(scope="module")
def computed(made_of, tmp_path_factory) -> dict[tuple[str, str], Path]:
    """Workbooks without stored values, as LibreOffice computes them in a language with points and one with commas."""
    require_engine("libreoffice")
    folder = tmp_path_factory.mktemp("languages")
    kinds = ("random", "part from")
    stripped = [strip_values(made_of(kind).path, folder / f"{kind}.xlsx") for kind in kinds]
    return {
        (locale, kind): path
        for locale in ("en-US", "de")
        for kind, path in zip(kinds, save_as("xlsx", stripped, folder / locale, locale), strict=True)
    }


@pytest.mark.parametrize("kind", ["random", "part from"])
def test_a_german_libreoffice_computes_the_same_numbers(made_of, computed, kind):
    report = made_of(kind).compare(computed["de", kind])
    assert report.ok, report


def test_the_stored_texts_are_those_that_libreoffice_shows(made_of, computed):
    """0.3149, spelled out with two decimals, was once stored as 0.32."""
    stored, shown = (
        load_workbook(path, data_only=True) for path in (made_of("part from").path, computed["en-US", "part from"])
    )
    for sheet in stored:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value:
                    assert shown[sheet.title][cell.coordinate].value == cell.value, (sheet.title, cell.coordinate)


def test_german_texts_differ_in_the_decimal_sign_only(computed):
    """TEXT reads its format in the reader's language: a German once saw 000 for 0.31."""
    here, there = (load_workbook(computed[locale, "part from"], data_only=True) for locale in ("en-US", "de"))
    commas = 0
    for sheet in here:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    other = there[sheet.title][cell.coordinate].value
                    assert str(other).replace(",", ".") == cell.value.replace(",", "."), (sheet.title, cell.coordinate)
                    commas += other != cell.value
    assert commas > 10, "this LibreOffice does not write a decimal comma"


def test_a_german_types_a_learning_rate(made_of, tmp_path):
    """Into the learning rate's cell, as a person does: 0,5."""
    require_engine("libreoffice")
    made, typed = made_of("random"), tmp_path / "typed.xlsx"
    source = strip_values(made.path, tmp_path / "source.xlsx")
    type_in([{"source": str(source), "target": str(typed), "cells": [["", "learning_rate", "0,5"]]}], "de", tmp_path)
    assert made.compare(typed).ok
    parameters = dict(made.module.named_parameters())
    found, after = read_tensors(typed), read_all(typed, ("after one step",))
    assert parameters
    for key, parameter in parameters.items():
        expected = parameter.detach().numpy() - 0.5 * found[f"grad.{key}"]
        np.testing.assert_allclose(after[key, "after one step"], expected, rtol=1e-9, atol=1e-12, err_msg=key)
