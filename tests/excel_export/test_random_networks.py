"""Random networks, made of every operator, against float64 autograd on engines that never see a stored value."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings

from excel_export import ExportError, export, verify
from tests.support.engines import Recalculated, recalculate
from tests.support.engines_agree import SHORTER, differences
from tests.support.random_building import overwrites
from tests.support.random_networks import networks


def check(case, engine):
    """The workbook is right; only what overwrites a number that is still needed may be refused instead."""
    network, inputs = case
    note(f"input {tuple(inputs[0].shape)}\n{network}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.xlsx"
        try:
            export(network, inputs, path)
        except ExportError:
            assert overwrites(network, inputs)
            assert not path.exists()
            return
        report = verify(recalculate(path, engine, Path(folder)).path, network, inputs)
    note(str(report))
    assert report.ok


COMMON = {
    "derandomize": True,
    "deadline": None,
    "database": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
}


@pytest.mark.slow
@settings(max_examples=40, **COMMON)
@given(networks())
def test_random_networks_equal_autograd(case):
    check(case, "ironcalc")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["libreoffice", "formualizer"])
@settings(max_examples=10, **COMMON)
@given(case=networks())
def test_a_fixed_sample_on_other_engines(engine, case):
    check(case, engine)


@pytest.mark.slow
@settings(max_examples=5, **COMMON)
@given(case=networks())
def test_what_is_stored_is_what_another_engine_computes(case):
    """The texts, too: a sign that one engine loses would stand in every preview."""
    network, inputs = case
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.xlsx"
        try:
            export(network, inputs, path)
        except ExportError:
            return
        other = recalculate(path, "cellrune", Path(folder))
        assert not list(differences(path, Recalculated(path), other, shorter=SHORTER))
