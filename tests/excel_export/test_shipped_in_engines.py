"""Every file that ships, in every engine, recalculated: no error, and the numbers and texts of IronCalc."""

from pathlib import Path

import pytest

from tests.support.engines import ENGINES, edit, is_available, recalculate_edits
from tests.support.engines_agree import Edit, differences, edits
from tests.support.lessons import Made
from tests.test_workbooks import FOLDER

FILES = sorted([*FOLDER.glob("*.xlsx"), *FOLDER.glob("lessons/*.xlsx")])
OTHERS = [engine for engine in ENGINES if engine != "ironcalc"]
QUICK = ("cellrune", "gnumeric")
OWN_POWERS = {"formualizer"}
"""Engines that write TEXT(0.01,"0.0E+0") in their own way."""


def compare(path: Path, engine: str, folder: Path, typed: list[Edit]) -> None:
    """Type, recalculate in IronCalc and in another engine, and hold one against the other."""
    for name in ("ironcalc", engine):
        (folder / name).mkdir(parents=True)
    expected = recalculate_edits(path, typed, "ironcalc", folder / "ironcalc")
    found = recalculate_edits(path, typed, engine, folder / engine)
    for one, other in zip(expected, found, strict=True):
        wrong = list(differences(path, one, other, engine not in OWN_POWERS))
        assert not wrong, f"{engine}: {len(wrong)} differ: {wrong[:5]}"


@pytest.mark.slow
@pytest.mark.parametrize("engine", OTHERS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_that_ships_is_the_same_in_every_engine(path, engine, tmp_path):
    typed = edits(path)
    assert len(typed) == 4
    compare(path, engine, tmp_path, typed)


def test_a_lesson_is_the_same_in_the_engines_that_start_fast(tmp_path):
    path = Made("one-neuron", tmp_path).path
    for engine in QUICK:
        if is_available(engine):
            compare(path, engine, tmp_path / engine, edits(path)[-1:])


def test_a_wrong_number_a_text_and_an_error_are_found(tmp_path):
    path = Made("one-neuron", tmp_path).path
    (tmp_path / "edited").mkdir()
    [right] = recalculate_edits(path, [{}], "ironcalc", tmp_path)
    changed = edit(path, {("Network", "B8"): 3.0001}, tmp_path / "changed.xlsx")
    [wrong] = recalculate_edits(changed, [{}], "ironcalc", tmp_path / "edited")
    found = list(differences(path, right, wrong))
    assert any(each.startswith("Network!") for each in found)
    assert any("'" in each for each in found)
