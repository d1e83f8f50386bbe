"""Learning rules side by side are torch.optim's: every step, and what each rule remembers."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from torch import nn

from excel_export import ExportError, LearningRates, LearningRule, export
from excel_export.optim import hyperparameters
from excel_export.optim.rule import MEAN, SQUARES
from excel_export.sheets.training import learning_rates, rate_steps, rate_table
from excel_export.sheets.training.learning_rates import each_step_at, trained_at
from excel_export.sheets.training.training_options import as_compared
from excel_export.workbook.read import read_all, read_index
from tests.excel_export.test_learning_rules import Network, X, by_torch
from tests.excel_export.test_schema import findings
from tests.support.engines import edit, recalculate
from tests.support.live import Live
from tests.support.package_rules import faults
from tests.support.sheets import load_sheet
from tests.support.trainings import MLP, by_turns, cases, optimiser

CLOSE = {"rtol": 1e-12, "atol": 1e-13}
STEPS = 30
COMPARED = (
    0.1,
    "momentum:0.1",
    "Nesterov:0.05:momentum=0.8",
    "Adam:0.01",
    "AdamW:0.02:beta1=0.8:eps=0.001",
    (LearningRule("SGD", weight_decay=0.3), 0.1),
)
STATES = {"exp_avg": MEAN.name, "momentum_buffer": MEAN.name, "exp_avg_sq": SQUARES.name}


def torchs(item, module, steps, **numbers):
    """The losses before each step, the parameters at each and after the last, and what the rule remembers."""
    compared = as_compared(item)
    given = {each.key: compared.rule.number(each) for each in hyperparameters()} | numbers
    rate = given.pop("rate", compared.rate)
    make = partial(optimiser, compared.rule.name, rate=rate, **given)
    module, losses, before, remembered = by_torch(module, steps, make)
    kept = {(name, "parameter"): [each[name] for each in before] for name in before[0]}
    kept |= {(name, STATES[key]): [each[name, key] for each in remembered]
             for name, key in remembered[0] if key in STATES}  # fmt: skip
    return losses, {name: item.detach().numpy() for name, item in module.named_parameters()}, kept


def compare(path, module, steps, compared=COMPARED, **edited):
    """Hold all trainings of a file against torch.optim's; `edited` are numbers of the last one."""
    found = read_all(path)
    for number, item in enumerate(compared, start=1):
        numbers = edited if number == len(compared) else {}
        losses, parameters, kept = torchs(item, module, steps, **numbers)
        np.testing.assert_allclose(found["loss", each_step_at(number)], losses, **CLOSE)
        for name, array in parameters.items():
            if name == "unused":  # it is not in the workbook
                continue
            np.testing.assert_allclose(found[name, trained_at(number)], array, **CLOSE)
        remembered = {key for key in found if key[1].endswith(each_step_at(number)) and key[0] != "loss"}
        for (name, what), arrays in kept.items():
            if name == "unused":
                continue
            key = name, f"{what} {each_step_at(number)}"
            np.testing.assert_allclose(found[key], arrays, **CLOSE, err_msg=str((item, name, what)))
            remembered.discard(key)
        silent = {name for name, _ in remembered}
        assert silent <= {"unused", "silent", "first.bias"}, "of what no gradient reaches, PyTorch remembers nothing"


def made(tmp_path, compared=COMPARED, steps=STEPS):
    path = tmp_path / "made.xlsx"
    export(MLP(), cases()[0], path, rates=LearningRates(compared, cases(), steps))
    return path


@pytest.mark.slow
def test_thirty_steps_by_every_rule(tmp_path):
    path = made(tmp_path)
    assert faults(path) == []
    compare(recalculate(path, "ironcalc", tmp_path).path, MLP(), by_turns(cases(), STEPS))


SLOW = [pytest.param(engine, marks=pytest.mark.slow) for engine in ("libreoffice", "formulon")]


@pytest.fixture(scope="module")
def of_six_steps(tmp_path_factory):
    return made(tmp_path_factory.mktemp("six steps"), steps=6)


@pytest.mark.parametrize("engine", [*SLOW, "gnumeric", "formualizer"])
def test_every_engine(engine, of_six_steps, tmp_path):
    compare(recalculate(of_six_steps, engine, tmp_path).path, MLP(), by_turns(cases(), 6))


def test_frozen_and_silent_parameters(tmp_path):
    """They neither learn nor decay."""
    path, compared = tmp_path / "made.xlsx", ("momentum:0.1:weight_decay=0.5", "AdamW:0.1:weight_decay=0.5")
    export(Network(), (X,), path, rates=LearningRates(compared, [(X,), (2 * X,)], 6))
    compare(recalculate(path, "ironcalc", tmp_path).path, Network(), by_turns([(X,), (2 * X,)], 6), compared)


def test_what_a_learner_changes_is_followed(tmp_path):
    """The numbers of the last rule: a rate, a weight decay; and a first weight, from which all trainings start."""
    path = made(tmp_path, steps=5)
    place = {(entry.key, entry.what): entry.grid for entry in read_index(path)}
    first = place["hidden.bias", f"parameter {each_step_at(1)}"]
    changes = {
        (rate_table.NAME_OF_RULES, "J6"): 0.07,
        (rate_table.NAME_OF_RULES, "J7"): 0.2,
        (first.sheet, first.at(0, 0).area): 0.625,
    }
    module = MLP()
    module.hidden.bias.data[0] = 0.625
    path = recalculate(edit(path, changes, tmp_path / "edited.xlsx"), "ironcalc", tmp_path).path
    compare(path, module, by_turns(cases(), 5), rate=0.07, weight_decay=0.2)


def test_what_is_typed_past_the_rules_is_used_as_the_sheet_says(tmp_path):
    live = Live(made(tmp_path, ("SGD:0.1", "Nesterov:0.1", "momentum:0.1", "Adam:0.1"), steps=3), tmp_path)
    for cell, typed, place, used in (
        ("G7", "five", "rule_3_momentum", 0.9),
        ("H8", 7, "rule_4_beta1", 0.9999),
        ("E6", -1, (rate_steps.NAME_OF_RULES, "E7"), 0),
    ):
        at = (rate_table.NAME_OF_RULES, cell)
        original = live.value(at)
        live.type({at: typed})
        assert not any(live.errors(sheet) for sheet in live.sheets)
        assert "red is" in live.value((rate_table.NAME_OF_RULES, "E4"))
        assert live.value(place) == used
        live.type({at: original})
        assert live.value((rate_table.NAME_OF_RULES, "E4")).startswith("the loss")


class Small(nn.Linear):
    """A neuron with two inputs."""

    def __init__(self) -> None:
        super().__init__(2, 1)

    def forward(self, x):
        return super().forward(x).square().sum()


@pytest.mark.slow
def test_small_networks_have_the_steps_in_sight_and_plain_rates_are_as_before(tmp_path):
    compared = ("SGD:0.1", "Adam:0.1")
    module = Small()
    path = tmp_path / "small.xlsx"
    export(module, (X[:, :2],), path, rates=LearningRates(compared, [(X[:, :2],)], 3))
    assert findings(path) == []
    steps = load_sheet(path, rate_steps.NAME_OF_RULES)
    assert steps.sheet_state == "visible"
    heads = {cell.value for row in steps.iter_rows() for cell in row if isinstance(cell.value, str)}
    assert any("mean of squares" in head and head.endswith("[0, 1]") for head in heads)
    large = made(tmp_path, compared, 3)
    assert load_sheet(large, rate_steps.NAME_OF_RULES).sheet_state == "hidden"
    assert load_sheet(large, rate_table.NAME_OF_RULES)["E3"].value.endswith("hidden sheet Rule steps")
    plain = made(tmp_path, ("SGD:0.1", 0.2), 3)
    assert load_sheet(plain, rate_steps.NAME).sheet_state == "hidden"
    table = load_sheet(plain, learning_rates.NAME)
    assert table.freeze_panes is None, "no frozen line cuts the chart"
    assert [table[f"{col}5"].value for col in "EF"] == [0.1, 0.2]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("Lion:1", "there is no learning rule 'Lion'"),
        ("Adam", "'Adam' is no learning rate"),
        ("Adam:", "'Adam:' is no learning rate"),
        ("Adam:0.1:beta1", "are weight_decay, momentum, beta1, beta2, eps: write RULE:RATE"),
        ("Adam:0.1:beta1=2", "β1 is a number from 0 to 0.9999"),
        ("SGD:-1", "a learning rate is a number from 0"),
        (("SGD", float("nan")), "a learning rate is a number from 0"),
    ],
)
def test_odd_ones_are_refused(item, words, tmp_path):
    with pytest.raises(ExportError, match=words):
        made(tmp_path, (item,), 2)
    assert not list(tmp_path.iterdir())


def test_how_they_are_written():
    assert as_compared("0.1") == as_compared(0.1) == as_compared("SGD:0.1") == as_compared(("SGD", 0.1))
    whole = as_compared("AdamW : 0.1 : beta1=0.5 : beta2=0.6 : eps=0.1 : weight_decay=0.2")
    assert whole.rule == LearningRule("AdamW", betas=(0.5, 0.6), eps=0.1, weight_decay=0.2)
    assert (whole.name, replace(whole, rule=LearningRule("AdamW")).name) == ("AdamW, weight decay", "AdamW")
