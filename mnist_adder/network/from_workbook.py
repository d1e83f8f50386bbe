"""A network from a workbook that holds its parameters."""

from itertools import product
from pathlib import Path

import excel_export
from excel_export.shared.errors import UserError
from mnist_adder.network.model import HEADS, PRESETS, AdderNetwork


def network_of(workbook: Path, after_step: bool = False) -> AdderNetwork:
    """Read a network from a workbook, also after a spreadsheet program saved it.

    Raises:
        UserError: the file can't be read, holds no whole network of this program, or lacks numbers.
    """
    shapes = {name: tensor.shape for name, tensor in excel_export.read_tensors(workbook).items()}
    for preset, head in product(PRESETS, HEADS):
        network = AdderNetwork(preset, head)
        if all(shapes.get(name) == tuple(parameter.shape) for name, parameter in network.named_parameters()):
            excel_export.load_parameters(workbook, network, "after step" if after_step else "typed")
            return network.eval()
    raise UserError(
        f"{workbook} holds no whole network of this program: its parameters are not those of any of "
        f"{', '.join('-'.join(pair) for pair in product(PRESETS, HEADS))}"
    )
