"""The tensors of the shipped networks have names that a person can read, in every network that is drawn."""

import re

import pytest
import torch

from excel_export.book.composition import start_book
from excel_export.compiler.trace.tracer import trace
from excel_export.views.plan import Plan
from mnist_adder.network.model import HEADS, AdderNetwork
from mnist_adder.workbook.tensor_names import NamedAdderLoss
from mnist_adder.workbook.training_sheet import AdderAlone, untrained
from mnist_adder.workbook.two_heads_sheet import SumLoss

NUMBER, DIGIT = torch.tensor([5.0]), torch.tensor([4])
LONGEST = 24


def graphs(head):
    """Every network of a workbook, traced."""
    for preset in ("slice", "full"):
        inputs = {"pixels": torch.zeros(1, 1, 28, 28), "number": NUMBER, "digit": DIGIT}
        yield trace(NamedAdderLoss(AdderNetwork(preset, head)), inputs)
    logits = torch.arange(10.0).reshape(1, 10)
    yield trace(SumLoss(AdderNetwork("slice", head)), {"logits": logits, "number": NUMBER, "digit": DIGIT})
    yield trace(untrained(head), {"image": torch.zeros(1, 1, 14, 14), "number": NUMBER, "digit": DIGIT})
    yield trace(AdderAlone(), {"digit": NUMBER, "number": NUMBER})


@pytest.mark.parametrize("head", HEADS)
def test_no_name_is_one_for_programs(head):
    for graph in graphs(head):
        for value in graph.values:
            if value.kind != "parameter":
                assert len(value.called) <= LONGEST, value.called
                assert not re.search(r"_|truediv|after|as a vector", value.called), value.called
        assert graph.loss.called in ("total loss", "loss")


@pytest.mark.parametrize("head", HEADS)
def test_the_numbers_of_mnist_are_labelled(head):
    graph = next(graphs(head))
    constants = {value.called: value.data.item() for value in graph.of_kind("constant")}
    assert constants == {"MNIST's mean": 255 * 0.1307, "MNIST's deviation": 255 * 0.3081}


@pytest.mark.parametrize("head", HEADS)
def test_no_two_steps_of_a_workbook_have_one_name(head):
    inputs = {"pixels": torch.zeros(1, 1, 28, 28), "number": NUMBER, "digit": DIGIT}
    graph = trace(NamedAdderLoss(AdderNetwork("slice", head)), inputs)
    book = start_book(graph, 0.01)
    names = [step.name for step in Plan(book.graph, book.placement).steps]
    assert len(set(names)) == len(names) > 40


def test_wide_layers_are_counted_and_narrow_ones_are_not():
    names = NamedAdderLoss(AdderNetwork("full", "regression")).tensor_names
    layers = [name.partition(" ")[0] for layer, name in names.items() if name.endswith(" conv") and layer != "oneconv1"]
    assert layers == ["first", "second", "third", "fourth", "fifth", "sixth", "last"]
    assert names["oneconv1"] == "1×1 conv"
