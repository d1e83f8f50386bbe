"""The Lens on random networks and on the slice, at random steps and elements, also after edits, on every engine."""

import copy
import random
import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, note, settings

from excel_export import ExportError
from excel_export.compiler.trace.tracer import trace
from mnist_adder.data.bundled import bundled_digits
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.workbook.teaching_workbook import LEARNING_RATE
from mnist_adder.workbook.tensor_names import NamedAdderLoss
from tests.support.cells import cell
from tests.support.drawing import drawn
from tests.support.engines import each_engine, edit, recalculate
from tests.support.kinds import ONE_HEAD
from tests.support.lens import Frozen, Places, Shown
from tests.support.lens_truth import Chooser, Opened, Truth, check_random_choices
from tests.support.live import Live
from tests.support.random_building import overwrites
from tests.support.random_networks import networks

DIGIT, NUMBER = bundled_digits()[7], 5
FIRST_PIXEL = (6, 6)
"""The row and the column of the first pixel on the Digits sheet, of the first picture there: the learner's own."""
SLOW = {
    "derandomize": True,
    "deadline": None,
    "phases": [Phase.generate],
    "database": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
}


def edits_of(module, inputs, seed, places):
    """Change an element of an input, a label and a weight, where there are some.

    Returns the network with the changes, its inputs, and what to type.
    """
    module, chosen, changes = copy.deepcopy(module).double(), random.Random(seed), {}
    inputs = [value.double() if value.is_floating_point() else value for value in copy.deepcopy(list(inputs))]
    names = [value.name for value in trace(module, tuple(inputs)).of_kind("input")]
    for name, value in zip(names, inputs, strict=True):
        index = tuple(chosen.randrange(size) for size in value.shape)
        # What is a probability stays one, and a label remains one that there is.
        value[index] = value[index] * 0.75 if value.is_floating_point() else value[index] // 2
        changes[places.at(name, *index)] = value[index].item()
    for name, weight in list(module.named_parameters())[:1]:
        index = tuple(chosen.randrange(size) for size in weight.shape)
        with torch.no_grad():
            weight[index] -= 0.125
        changes[places.at(name, *index)] = weight[index].item()
    return module, tuple(inputs), changes


def check_network(case, seed, engine=None):
    """Every step of a random network, then one after edits; with an engine, one step on it."""
    network, inputs = case
    note(f"input {tuple(inputs[0].shape)}\n{network}")
    with tempfile.TemporaryDirectory() as folder:
        try:
            book = Opened(network, inputs, Path(folder))
        except ExportError:
            assert overwrites(network, inputs)
            return
        places, truth = book.places, book.truth
        if engine is None:
            book.check(seed)
            changed, given, changes = edits_of(network, inputs, seed, places)
            book.live.type(changes)
            book.check(seed + 1, 4, Truth(changed, given))
            return
        chooser = Chooser(truth, places, seed)
        for number in chooser.steps(1):
            changes, which, index = chooser.choice(number)
            found = recalculate(edit(book.path, changes, Path(folder) / "chosen.xlsx"), engine, Path(folder))
            truth.check(Shown(Frozen(found), places), number, which, index)


@pytest.mark.slow
@settings(max_examples=30, **SLOW)
@given(networks())
def test_random_networks_show_what_autograd_says(case):
    check_network(case, seed=5)


@pytest.mark.slow
@each_engine
@settings(max_examples=3, **SLOW)
@given(case=networks())
def test_random_networks_on_every_engine(engine, case):
    check_network(case, 6, engine)


@pytest.fixture(scope="module", params=ONE_HEAD)
def slice_(request, made_of, tmp_path_factory):
    network, _ = load_checkpoint(bundled_checkpoint("slice", request.param))
    inputs = {
        "pixels": torch.tensor(DIGIT.pixels).double().reshape(1, 1, 28, 28),
        "number": torch.tensor([float(NUMBER)]),
        "digit": torch.tensor([DIGIT.label]),
    }
    path = made_of(f"slice-{request.param} alone").path
    live = Live(path, tmp_path_factory.mktemp(request.param))
    return path, NamedAdderLoss(network).double(), inputs, Places(path, live)


def edited(module, inputs, places):
    """The slice with another pixel, number, label and weight, and what to type for it.

    The picture is the learner's own: as it comes, it holds the one that was chosen.
    """
    module, inputs = copy.deepcopy(module), {name: value.clone() for name, value in inputs.items()}
    inputs["pixels"] = drawn(inputs["pixels"], {(12, 13): 7.0})
    inputs["number"][0], inputs["digit"][0] = 8, 1
    with torch.no_grad():
        module.conv3.weight[1, 2, 0, 1] += 0.5
    weight = module.conv3.weight[1, 2, 0, 1].item()
    changes = {
        "picture": "my own drawing",
        ("Digits", cell(FIRST_PIXEL[0] + 12, FIRST_PIXEL[1] + 13)): 7.0,
        "chosen_number": 8,
        "chosen_digit": 1,
        places.at("conv3.weight", 1, 2, 0, 1): weight,
    }
    return module, inputs, changes


@pytest.mark.slow
def test_the_slice_shows_it_at_every_step(slice_, tmp_path):
    path, module, inputs, places = slice_
    live = Live(path, tmp_path)
    check_random_choices(live, places, Truth(module, inputs, LEARNING_RATE), seed=9)
    module, inputs, changes = edited(module, inputs, places)
    live.type(changes)
    check_random_choices(live, places, Truth(module, inputs, LEARNING_RATE), seed=10, count=12)


@pytest.mark.slow
@each_engine
@pytest.mark.parametrize("slice_", ["onehot"], indirect=True)  # test_teaching_workbook.py has both on every engine
def test_the_slice_on_every_engine(slice_, engine, tmp_path):
    path, module, inputs, places = slice_
    names = Live(path, tmp_path).names
    module, inputs, changes = edited(module, inputs, places)
    truth = Truth(module, inputs, LEARNING_RATE)
    chooser = Chooser(truth, places, seed=11)
    for number in chooser.steps(1):
        chosen, which, index = chooser.choice(number)
        typed = {names.get(target, target): value for target, value in (changes | chosen).items()}
        found = recalculate(edit(path, typed, tmp_path / "chosen.xlsx"), engine, tmp_path)
        truth.check(Shown(Frozen(found), places), number, which, index)
