"""The slice's workbook, both heads, under three engines: every tensor equals float64 autograd's, also after edits."""

import numpy as np
import pytest
import torch

from excel_export import read_tensors, verify
from excel_export.book.composition import start_book
from excel_export.book.sheet import Story
from excel_export.compiler.trace.tracer import trace
from excel_export.workbook.read import read_all
from mnist_adder.data.bundled import bundled_digits
from mnist_adder.network.loss import AdderLoss
from mnist_adder.workbook.teaching_workbook import LEARNING_RATE, write_workbook
from tests.support.cells import cell, named_cell
from tests.support.drawing import drawn
from tests.support.engines import ENGINES, recalculate_edits
from tests.support.kinds import DIGIT, NUMBER, ONE_HEAD, Made
from tests.support.live import Live
from tests.support.long_proofs import only_quick

UNSURE = bundled_digits()[17]
"""A messy 8. Of digits that the network is sure of, the sharpened probabilities leave the sum hardly any gradient."""


@pytest.fixture(scope="module", params=ONE_HEAD)
def made(request, made_of) -> Made:
    return made_of(f"slice-{request.param} alone")


def test_the_reference_is_autograd_as_a_user_would_call_it(made):
    module = AdderLoss(made.module).double()
    leaves = {k: v.double().requires_grad_() if v.is_floating_point() else v for k, v in made.inputs.items()}
    loss = module(**leaves)
    loss.backward()
    found = read_tensors(made.path)
    assert found["loss"] == pytest.approx(loss.item(), abs=1e-12)
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None
        np.testing.assert_allclose(found[f"grad.{name}"], parameter.grad.numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found["grad.pixels"], leaves["pixels"].grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("engine", only_quick(ENGINES, "libreoffice"))
def test_every_tensor_equals_autograd_as_it_is_and_after_edits(made, engine, tmp_path):
    """Without its stored values. Were a number a constant in disguise, it would keep its old value after edits."""
    rate = 0.37
    pixels = drawn(made.inputs["pixels"].double(), {(12, 13): 7.0, (3, 4): 3.5})
    number, digit = torch.tensor([8.0]), torch.tensor([1])
    module = AdderLoss(made.module)
    parameters = dict(module.named_parameters())
    changes = {
        named_cell(made.path, "picture"): "my own drawing",
        ("Digits", cell(6 + 12, 6 + 13)): 7.0,
        ("Digits", cell(6 + 3, 6 + 4)): 3.5,
        named_cell(made.path, "chosen_number"): 8.0,
        named_cell(made.path, "chosen_digit"): 1,
        named_cell(made.path, "learning_rate"): rate,
    }
    for key, index, value in [("conv3.weight", (2, 1, 0, 2), 0.8125), ("input1.weight", (3, 0, 1, 1), -0.4375)]:
        changes[made.place(key, *index)] = value
        parameters[key].data[index] = value
    unchanged, recalculated = recalculate_edits(made.path, [{}, changes], engine, tmp_path)
    report = verify(unchanged.path, made.module, made.inputs)
    assert report.ok, report
    names = dict(made.module.named_parameters())
    assert {f"grad.{name}" for name in names} <= {row.key for row in report.table}
    assert unchanged.value(*named_cell(made.path, "verdict")).startswith("All ")
    assert unchanged.value(*named_cell(made.path, "inputs_changed")) == "no"
    report = verify(recalculated.path, module, {"pixels": pixels, "number": number, "digit": digit})
    assert report.ok, report
    assert recalculated.value(*named_cell(made.path, "inputs_changed")) == "yes"
    assert recalculated.value(*named_cell(made.path, "verdict")).startswith("You changed")
    graph = trace(module, {"pixels": pixels, "number": number, "digit": digit})
    after = {key: array for (key, what), array in read_all(recalculated.path).items() if what == "after one step"}
    assert set(parameters) <= set(after)
    for value in graph.of_kind("parameter"):
        np.testing.assert_allclose(after[value.name], value.data - rate * value.gradient, rtol=1e-9, atol=1e-12)
        parameters[value.name].data = torch.tensor(value.data - rate * value.gradient)
    second = trace(module.double(), {"pixels": pixels, "number": number, "digit": digit}).tensors
    for name in ("relu", "conv6", "loss"):
        np.testing.assert_allclose(after[name], second[name], rtol=1e-9, atol=1e-9)


def test_one_step_is_torchs_sgd_step(made):
    module = AdderLoss(made.module).double()
    optimiser = torch.optim.SGD(module.parameters(), lr=LEARNING_RATE)
    module(made.inputs["pixels"], made.inputs["number"].double(), made.inputs["digit"]).backward()
    optimiser.step()
    stored = read_all(made.path)
    for name, parameter in module.named_parameters():
        np.testing.assert_allclose(stored[name, "after one step"], parameter.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_the_sums_gradient_stops_at_arg_max_and_flows_through_probabilities(made, tmp_path):
    path, digit = made.path, DIGIT
    if made.module.head == "onehot":
        digit = UNSURE
        path = tmp_path / "unsure.xlsx"
        write_workbook(made.module, digit, NUMBER, path, training=False)
    found = read_tensors(path)
    logits = found["flatten"][0]
    probabilities = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    from_the_digit_alone = probabilities - np.eye(10)[digit.label]
    difference = np.abs(found["grad.flatten"][0] - from_the_digit_alone).max()
    if made.module.head == "regression":
        assert difference < 1e-12
        assert np.abs(found["grad.float_1"]).max() > 0.01, "a gradient arrives at the arg-max"
        assert not found["grad.argmax"].any(), "and stops there"
    else:
        assert difference > 1e-3


@pytest.mark.slow
def test_every_number_is_a_formula_but_what_is_given(made):
    graph = trace(made.module, made.inputs)
    given = {
        "image",
        "input",
        "parameter",
        "constant",
        "edit",
        "rate_edit",
        "softmax_class",
        "choice",
        "story_choice",
        "epsilon",
        "fixed",
        "reference",
        "cell_reference",
    }
    numbering = {"story_axis", "story_axis_large", "story_axis_right", "story_label"}
    legend = {"value", "grad", "helper"}
    for canvas in start_book(graph, 0.1, story=Story("title")).draw_all().canvases:
        for line in canvas.cells.values():
            for content, style in line.values():
                if isinstance(content, (int, float)) and not (canvas.name == "Start" and style in legend):
                    is_number_of_a_row = style in numbering and isinstance(content, int)
                    assert style in given or is_number_of_a_row, f"{canvas.name}: {content} as '{style}'"


def test_the_slice_is_small_enough_to_open_at_once(made):
    report = verify(made.path, made.module, made.inputs)
    assert report.formulas <= 45_000
    assert sum(parameter.numel() for parameter in made.module.parameters()) <= 1_500


@pytest.mark.slow
def test_same_input_same_bytes(made, tmp_path):
    write_workbook(made.module, DIGIT, NUMBER, tmp_path / "again.xlsx", training=False)
    assert (tmp_path / "again.xlsx").read_bytes() == made.path.read_bytes()


@pytest.mark.slow
def test_each_picture_can_be_chosen_and_its_label_follows(made, live):
    for k, digit in enumerate(bundled_digits()):
        name = f"{'a messy' if k % 2 else 'a clear'} {digit.label}"
        live.type({"picture": name, "chosen_number": k % 10})
        pixels = torch.tensor(digit.pixels).double().reshape(1, 1, 28, 28)
        inputs = {"pixels": pixels, "number": torch.tensor([float(k % 10)]), "digit": torch.tensor([digit.label])}
        expected = trace(made.module, inputs).tensors
        assert live.value(made.place("loss")) == pytest.approx(float(expected["loss"]), rel=1e-9, abs=1e-12)
        for key, index in [("grad.conv3.weight", (1, 2, 0, 1)), ("grad.pixels", (0, 0, 14, 14)), ("digit", (0,))]:
            assert live.value(made.place(key, *index)) == pytest.approx(
                float(expected[key][index]), rel=1e-9, abs=1e-12
            )


@pytest.mark.slow
def test_full_ink_is_right_and_more_is_not(live):
    """The learner's own picture, the first on Digits: the largest number of ink is allowed, and no larger one."""
    remark, pixel, full_ink = ("Digits", "F4"), ("Digits", "F6"), ("Digits", "E8")
    for ink in (9, 200):
        live.type({full_ink: ink, pixel: ink})
        assert live.value(remark) == ""
        live.type({pixel: ink + 1})
        assert f"from 0 to {ink}:" in live.value(remark)


@pytest.fixture
def live(made, tmp_path) -> Live:
    return Live(made.path, tmp_path)
