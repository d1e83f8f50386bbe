"""Networks of courses: each exported, other parameters and inputs typed, and held against PyTorch's run of these."""

import pytest
import torch

from excel_export import UnsupportedOperator, export
from excel_export.compiler.confirm.confirmation import confirmed_trace
from tests.support.coverage.course_networks import NETWORKS
from tests.support.coverage.judge import ROUNDING, TOLERANCE
from tests.support.edited import differing, edited
from tests.support.engines import require_engine
from tests.support.long_proofs import only_quick
from tests.support.passes import write_passes

ENGINE = "ironcalc"
WHOLE = ("U-Net", "linear attention", "GCN, GIN, PNA and GATv2", "PINN, y'' = -y")
"""They differ in kind. Of these, whole workbooks are edited, as a learner has them; of the others, the two passes."""
ENGINES_OF_WHOLE = ("ironcalc", "gnumeric", "libreoffice")
DRAWN = {"fast.ai, AWD-LSTM", "VAE that draws its noise"}
"""Their drawn numbers are inputs of the sheet, and PyTorch draws others."""

REFUSED = {"Sinkhorn's transport": "pdist"}
"""Of what has no formulas, each with a way round."""


def others(module, inputs):
    """Give a module other parameters, and return other inputs; what is between 0 and 1 stays there."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator).to(parameter.dtype))
    return tuple(x * 0.9 + 0.05 if x.is_floating_point() else x.flip(0) if x.dim() else x for x in inputs)


QUICK = ("CTC loss", "ListMLE and LambdaRank", "linear attention", "PINN, y'' = -y", "WGAN-GP, convolutional")


@pytest.mark.parametrize("name", only_quick(NETWORKS, *QUICK))
def test_what_is_typed_is_computed_as_pytorch_does(name, tmp_path):
    module, inputs = NETWORKS[name]()
    if name in REFUSED:
        with pytest.raises(UnsupportedOperator, match=rf"'{REFUSED[name]}'.* has no formulas: write "):
            confirmed_trace(module, inputs)
        return
    graph, note = confirmed_trace(module, inputs)
    if name in DRAWN:
        return  # held against PyTorch by the confirmation, with the same numbers drawn
    write_passes(graph, tmp_path / "net.xlsx")
    inputs = others(module, inputs)
    path = edited(tmp_path / "net.xlsx", module, inputs, tmp_path / "other.xlsx")
    tolerance = ROUNDING if "narrower" in note else TOLERANCE
    assert not differing(path, ENGINE, module, inputs, tmp_path, tolerance, copies=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_workbook_computes_what_is_typed(name, tmp_path):
    module, inputs = NETWORKS[name]()
    assert export(module, inputs, tmp_path / "net.xlsx").ok
    for k in range(2):
        inputs = others(module, inputs)
        path = edited(tmp_path / "net.xlsx", module, inputs, tmp_path / f"other{k}.xlsx")
        for engine in ENGINES_OF_WHOLE:
            require_engine(engine)
            assert not differing(path, engine, module, inputs, tmp_path, copies=False), engine
