"""Adding a learning rule is adding one class: RMSprop and Adagrad, registered here only, are torch.optim's."""

import inspect

import numpy as np
import pytest
import torch

from excel_export import ExportError, LearningRates, LearningRule, Training, export
from excel_export.formulas import SQRT, Expression
from excel_export.optim import RULES
from excel_export.optim.rule import SQUARES, WEIGHT_DECAY, Here, Hyperparameter, Rule, Running, learning_rule
from excel_export.optim.rules import EPSILON, Adam
from excel_export.sheets.training.learning_rates import each_step_at, trained_at
from excel_export.sheets.training.training import EACH_STEP
from excel_export.workbook.read import AFTER, AFTER_TRAINING, read_all
from tests.excel_export.test_learning_rules import Network, X, by_torch, compare_step, places
from tests.support.engines import edit, recalculate
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.package_rules import faults
from tests.support.trainings import MLP, cases, train
from tests.test_readme import ROOT

CLOSE = {"rtol": 1e-12, "atol": 1e-13}
ENGINES = ["ironcalc", "formualizer", "formulon", "gnumeric", "libreoffice"]


def each_engine(test):
    """One of the rules on each engine, the other on one: the formulas of both stand in the same cells."""
    rules = [(NAMES[0], ENGINES[0]), *((NAMES[k < 4], engine) for k, engine in enumerate(ENGINES))]
    return pytest.mark.parametrize(("rule", "engine"), rules)(test)


class RMSprop(Rule):
    name = "RMSprop"
    words = "each parameter has its own pace: the gradient, divided by its usual size"
    alpha = Hyperparameter("alpha", "α", 0.99, 0, 0.99999, "how much of the mean of squares is kept")
    hyperparameters = (WEIGHT_DECAY, alpha, EPSILON)
    remembers = (Running(SQUARES, alpha),)

    def direction(self, here: Here) -> Expression:
        return here.taken / (SQRT(here[SQUARES]) + here[EPSILON])


class Adagrad(Rule):
    name = "Adagrad"
    words = "the gradient, divided by the root of the sum of all its squares: its steps become smaller"
    hyperparameters = (WEIGHT_DECAY, EPSILON.at(1e-10))
    remembers = (Running(SQUARES, 1, 1, called="sum of squares"),)

    def direction(self, here: Here) -> Expression:
        return here.taken / (SQRT(here[SQUARES]) + here[EPSILON])


NEW = {RMSprop: torch.optim.RMSprop, Adagrad: torch.optim.Adagrad}
NAMES = [kind.name for kind in NEW]
EDITED = {"RMSprop": {"alpha": 0.75, "eps": 1e-4, "weight_decay": 0.3}, "Adagrad": {"eps": 1e-4, "weight_decay": 0.3}}
KEYS = {"eps": "epsilon"}
"""What a sheet calls a number, where that is not torch.optim's name."""


@pytest.fixture(scope="module", autouse=True)
def registered():
    before = dict(RULES)
    for kind in NEW:
        learning_rule(kind)
    yield
    RULES.clear()
    RULES.update(before)


def stepped(module, rule, rate, steps, **numbers):
    """By PyTorch: the module after the steps, the loss before each, and the sums that the rule keeps after each."""
    kind = next(optimiser for each, optimiser in NEW.items() if each.name == rule)

    def make(module):
        return kind([item for item in module.parameters() if item.requires_grad], lr=rate, **numbers)

    module, losses, _, remembered = by_torch(module, steps, make)
    sums = [{name: state for (name, key), state in each.items() if key in ("square_avg", "sum")} for each in remembered]
    return module, losses, sums


def by_turns(count):
    return [cases()[k % len(cases())] for k in range(count)]


def typed(rule, prefix):
    """The cells into which the numbers of a rule are typed, by their defined names."""
    return {f"chosen_{prefix}_{KEYS.get(key, key)}": value for key, value in EDITED[rule].items()}


def edited(path, changes, target):
    at = places(path)
    return edit(path, {at[name]: value for name, value in changes.items()}, target)


@pytest.mark.parametrize("rule", NAMES)
def test_the_step_of_update(rule, tmp_path):
    export(Network(), (X,), tmp_path / "made.xlsx", learning_rate=0.03, rule=rule)
    compare_step(
        recalculate(tmp_path / "made.xlsx", "ironcalc", tmp_path).path, stepped(Network(), rule, 0.03, [(X,)])[0]
    )
    assert faults(tmp_path / "made.xlsx") == []


@pytest.fixture(scope="module")
def made(tmp_path_factory, registered):
    path = tmp_path_factory.mktemp("plain") / "made.xlsx"
    export(Network(), (X,), path)
    return path


@each_engine
def test_the_step_of_update_by_what_is_typed_into_a_workbook_of_plain_steps(rule, engine, made, tmp_path):
    path = edited(made, {"learning_rule": rule, "learning_rate": 0.2} | typed(rule, "step"), tmp_path / "edited.xlsx")
    compare_step(recalculate(path, engine, tmp_path).path, stepped(Network(), rule, 0.2, [(X,)], **EDITED[rule])[0])


def compare_training(path, rule, rate, count, **numbers):
    found = read_all(path)
    expected, losses, _ = stepped(MLP(), rule, rate, by_turns(count), **numbers)
    np.testing.assert_allclose(found["loss", EACH_STEP], losses, **CLOSE)
    for name, parameter in expected.named_parameters():
        np.testing.assert_allclose(found[name, AFTER_TRAINING], parameter.detach(), **CLOSE, err_msg=name)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, registered):
    """Plain steps, with all seven rules to choose from."""
    path = tmp_path_factory.mktemp("trained") / "made.xlsx"
    train(MLP(), cases(), path, steps=12)
    return path


@each_engine
def test_training_steps_by_a_rule_that_is_typed(rule, engine, trained, tmp_path):
    changes = {"chosen_training_rule": rule, "chosen_training_rate": 0.02} | typed(rule, "training")
    path = edited(trained, changes, tmp_path / "edited.xlsx")
    compare_training(recalculate(path, engine, tmp_path).path, rule, 0.02, 12, **EDITED[rule])


@pytest.mark.parametrize(
    "others", only_quick([[], ["SGD"], ["SGD", "momentum"], ["Nesterov", "AdamW"]], ["SGD", "momentum"])
)
@pytest.mark.parametrize("rule", only_quick(NAMES, "Adagrad"))
def test_training_steps_beside_some_other_rules(rule, others, tmp_path):
    train(MLP(), cases(), tmp_path / "made.xlsx", steps=6, learning_rate=0.05, rule=rule, rules=(*others, rule))
    compare_training(recalculate(tmp_path / "made.xlsx", "ironcalc", tmp_path).path, rule, 0.05, 6)


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["SGD", "momentum", "Nesterov", "Adam", "AdamW"])
def test_the_other_rules_are_as_before_beside_the_new_ones(rule, trained, tmp_path):
    alone = tmp_path / "alone.xlsx"
    train(MLP(), cases(), alone, steps=12, rules=("SGD", rule) if rule != "SGD" else ("SGD",), rule=rule)
    path = edited(trained, {"chosen_training_rule": rule, "chosen_training_weight_decay": 0.01 * (rule == "AdamW")},
                  tmp_path / "edited.xlsx")  # fmt: skip
    found, expected = (read_all(recalculate(each, "ironcalc", tmp_path).path) for each in (path, alone))
    for key in expected:
        if key[1] == AFTER_TRAINING:
            np.testing.assert_allclose(found[key], expected[key], rtol=1e-14)


COMPARED = ("RMSprop:0.01:alpha=0.9", "Adagrad:0.1", (LearningRule("Adagrad", weight_decay=0.2), 0.05), "momentum:0.1")


@pytest.mark.parametrize("engine", ENGINES)
def test_side_by_side(engine, tmp_path, compared_by):
    found = read_all(recalculate(compared_by, engine, tmp_path).path)
    numbers = ({"alpha": 0.9}, {}, {"weight_decay": 0.2})
    for k, (rule, rate, own) in enumerate(
        zip(("RMSprop", "Adagrad", "Adagrad"), (0.01, 0.1, 0.05), numbers, strict=True)
    ):
        module, losses, kept = stepped(MLP(), rule, rate, by_turns(6), **own)
        np.testing.assert_allclose(found["loss", each_step_at(k + 1)], losses, **CLOSE)
        for name, parameter in module.named_parameters():
            np.testing.assert_allclose(found[name, trained_at(k + 1)], parameter.detach(), **CLOSE)
            sums = [each[name] for each in kept]
            np.testing.assert_allclose(found[name, f"mean of squares {each_step_at(k + 1)}"], sums, **CLOSE)


@pytest.fixture(scope="module")
def compared_by(tmp_path_factory, registered):
    path = tmp_path_factory.mktemp("compared") / "made.xlsx"
    export(MLP(), cases()[0], path, rates=LearningRates(COMPARED, cases(), steps=6))
    assert faults(path) == []
    return path


def test_sheets_and_messages_name_them(trained, compared_by, tmp_path):
    live = Live(trained, tmp_path)
    live.type({"chosen_training_rule": "Lion"})
    assert live.value("training_rule") == "SGD"
    live.type({"chosen_training_rule": "rmsprop", "learning_rule": "ADAGRAD"})
    assert RMSprop.words in live.value(("Training", "E3"))
    assert Adagrad.words in live.value(("Update", "B3"))
    steps = Live(compared_by, tmp_path)
    assert steps.value("rule_1_alpha") == 0.9
    assert steps.value("rule_2_epsilon") == 1e-10
    with pytest.raises(ExportError, match="there are: SGD, momentum, Nesterov, Adam, AdamW, RMSprop, Adagrad"):
        export(MLP(), cases()[0], tmp_path / "made.xlsx", rule="Lion")
    with pytest.raises(ExportError, match=r"α is a number from 0 to 0\.99999, not 1\.5"):
        export(MLP(), cases()[0], tmp_path / "made.xlsx", rule=LearningRule("RMSprop", alpha=1.5))
    with pytest.raises(ExportError, match=r"no number 'aplha'; there are: weight_decay, momentum, .*, eps, alpha"):
        Training(cases(), rule=LearningRule("RMSprop", aplha=0.5)).offered(None)


class HalfAdam(Adam):
    """Has a direction of its own, and all else of another rule."""

    name = "half Adam"
    words = "half the way of Adam"

    def direction(self, here: Here) -> Expression:
        return super().direction(here) / 2


@pytest.mark.slow
def test_a_rule_that_is_made_of_another(tmp_path):
    learning_rule(HalfAdam)
    for name, rate in (("Adam", 0.05), ("half Adam", 0.1)):
        given = {"steps": 4, "learning_rate": rate, "rule": name, "rules": ("Adam", "half Adam")}
        train(MLP(), cases(), tmp_path / f"{name}.xlsx", **given)
        export(Network(), (X,), tmp_path / f"{name} once.xlsx", learning_rate=rate, rule=name)
    for ending in (".xlsx", " once.xlsx"):
        whole, half = (read_all(tmp_path / f"{name}{ending}") for name in ("Adam", "half Adam"))
        after = [key for key in whole if key[1] in (AFTER_TRAINING, AFTER)]
        assert len(after) > 3
        for key in after:
            np.testing.assert_allclose(half[key], whole[key], rtol=1e-10, atol=1e-12, err_msg=str(key))


def test_contributing_shows_the_class_that_is_tried_here():
    shown = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert inspect.getsource(RMSprop) in shown


def test_there_is_one_rule_of_a_name():
    with pytest.raises(ValueError, match="there are two learning rules 'RMSprop'"):
        learning_rule(RMSprop)
