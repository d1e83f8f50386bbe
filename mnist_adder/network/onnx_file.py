"""A network as an ONNX file, for programs in other languages."""

import json
import logging
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from excel_export.shared.errors import UserError
from excel_export.shared.files import write_atomically
from mnist_adder.data.bundled import bundled_digits
from mnist_adder.data.dataset import normalise
from mnist_adder.network.model import AdderNetwork, encode_number

STAGES = {"loading the exporter": 2.0, "checking": 1.0, "writing": 0.1}
"""The stages, each with its relative time."""
OUTPUTS = ["digit_logits", "sum"]
OPSET = 18
# The rounding of float32 over all layers, relative to the largest value.
TOLERANCE = 1e-4


class RawNetwork(nn.Module):
    """The network with normalisation and encoding inside: RawNetwork(network)(grey values, numbers) are its answers."""

    def __init__(self, network: AdderNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, number: Tensor) -> tuple[Tensor, Tensor]:
        """Return the answers for grey values 0 to 255, floats (N, 1, 28, 28), and numbers, whole floats (N,).

        Returns:
            The digit logits (N, 10), and the sums (N, 1) or the sum logits (N, 19).
        """
        return self.network(normalise(image), encode_number(number, self.network.head))


def export_onnx(
    network: AdderNetwork, path: Path, progress: Callable[[str, float], None] = lambda stage, share: None
) -> float:
    """Write a network as an ONNX file, after a comparison with PyTorch.

    The file has the inputs and outputs of `RawNetwork`, for any number of images. `progress` is called with a stage,
    'checking', and the fraction of it that is done, 0 to 1.

    Returns:
        The largest difference from PyTorch's answers, for the twenty digits that ship and every number: 1e-6.

    Raises:
        UserError: its answers differ by more than rounding, or aren't numbers, or the file can't be written; a file
            that was there is unchanged.
    """
    raw = RawNetwork(network).eval()
    progress("loading the exporter", 0)
    model = _translate(raw)
    _describe(model, network)
    content = model.SerializeToString(deterministic=True)
    progress("checking", 0)
    difference, tolerance = _compare(content, raw)
    if not math.isfinite(difference):
        raise UserError(f"{path} was not written: some answers of this network are too large for float32")
    if difference > tolerance:
        raise UserError(f"{path} was not written: its answers differ from PyTorch's by {difference:.1e}")
    progress("writing", 0)
    write_atomically(path, content)
    return difference


def _translate(raw: RawNetwork) -> onnx.ModelProto:
    # Two images: given one, the exporter takes the size of the batch for fixed.
    example = (torch.zeros(2, 1, 28, 28), torch.zeros(2))
    batch = {0: torch.export.Dim("batch")}
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # those of the exporter are for its own developers
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                raw,
                example,
                input_names=["image", "number"],
                output_names=OUTPUTS,
                dynamic_shapes={"image": batch, "number": batch},
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
            )
    finally:
        logging.disable(before)
    assert program is not None  # as always with dynamo
    return program.model_proto


def _describe(model: onnx.ModelProto, network: AdderNetwork) -> None:
    """Replace the exporter's notes, which name our source files, by facts for users."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *model.functions):
        del part.metadata_props[:]
        part.doc_string = ""
    batch = graph.input[0].type.tensor_type.shape.dim[0].dim_param  # PyTorch 2.6 leaves a name of its own there
    for value in (*graph.input, *graph.output, *graph.value_info):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param == batch:
                dim.dim_param = "batch"
    sums = (
        {"sum": "(N, 1): the sum; round it"}
        if network.head == "regression"
        else {"sum": "(N, 19): logits, the largest is that of the sum", "sum_classes": json.dumps(list(range(19)))}
    )
    facts = {
        "preset": str(network.preset),
        "head": network.head,
        "image": "(N, 1, 28, 28): grey values 0 to 255, a light digit on black; they are normalised inside",
        "number": "(N,): whole numbers 0 to 9 as floats",
        "digit_logits": "(N, 10): the largest is that of the digit",
        "digit_classes": json.dumps(list(range(10))),
        **sums,
    }
    onnx.helper.set_model_props(model, facts)
    onnx.checker.check_model(model)


@torch.no_grad()
def _compare(content: bytes, raw: RawNetwork) -> tuple[float, float]:
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    session: Any = onnxruntime.InferenceSession(content, settings, providers=["CPUExecutionProvider"])
    pixels = np.stack([digit.pixels for digit in bundled_digits()]).astype(np.float32)[:, None]
    images = np.repeat(pixels, 10, axis=0)
    numbers = np.tile(np.arange(10, dtype=np.float32), len(pixels))
    differences, sizes = [], []
    for count in (1, len(images)):
        image, number = images[:count], numbers[:count]
        expected = raw(torch.from_numpy(image), torch.from_numpy(number))
        for found, wanted in zip(session.run(OUTPUTS, {"image": image, "number": number}), expected, strict=True):
            with np.errstate(invalid="ignore"):  # infinity less infinity
                differences.append(np.abs(found - wanted.numpy()).max())
            sizes.append(wanted.abs().max().item())
    return float(np.max(differences)), TOLERANCE * max(1.0, *sizes)
