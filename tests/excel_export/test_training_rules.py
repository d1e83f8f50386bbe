"""Thirty steps by every learning rule are torch.optim's, on every engine, also after the rule is edited."""

import pytest
import torch

from excel_export import ExportError, LearningRule, Training, export
from excel_export.optim import RULES
from excel_export.sheets.training import training_options
from tests.excel_export.test_learning_rules import EDITED, Network, X, places
from tests.support.engines import edit, recalculate
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.trainings import CASES, MLP, OF_TORCH, by_turns, cases, compare, train

STEPS, RATE = 30, 0.05


def one_by_one(path, module, steps, rule, rate, **numbers):
    compare(path, module, [[inputs] for inputs in steps], rate, rule=rule, close=1e-12, **numbers)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "made.xlsx"
    train(MLP(), cases(), path, steps=STEPS, learning_rate=RATE)
    return path


@pytest.mark.parametrize("engine", ["ironcalc", "libreoffice", "formualizer", "formulon", "gnumeric"])
@pytest.mark.parametrize("rule", only_quick(OF_TORCH, "SGD", "Adam"))
def test_thirty_steps_by_a_rule_that_is_chosen_in_the_sheet(made, tmp_path, rule, engine):
    at = places(made)
    path = recalculate(edit(made, {at["chosen_training_rule"]: rule}, tmp_path / "edited.xlsx"), engine, tmp_path).path
    one_by_one(path, MLP(), by_turns(cases(), STEPS), rule, RATE)


@pytest.mark.parametrize("rule", only_quick(OF_TORCH, "Nesterov", "AdamW"))
def test_thirty_steps_after_every_number_is_edited_in_the_sheet(made, tmp_path, rule):
    at = places(made)
    changes = {at["chosen_training_rule"]: rule, at["chosen_training_rate"]: 0.02}
    changes |= {at[f"chosen_training_{key}"]: value for key, value in EDITED.items()}
    path = recalculate(edit(made, changes, tmp_path / "edited.xlsx"), "ironcalc", tmp_path).path
    one_by_one(path, MLP(), by_turns(cases(), STEPS), rule, 0.02, **EDITED)


@pytest.mark.parametrize("name", only_quick(["batches", "pictures", "numbers"], "batches"))
@pytest.mark.parametrize("rule", only_quick(["Nesterov", "AdamW"], "AdamW"))
def test_other_networks_learn_by_the_rule_that_was_exported(name, rule, tmp_path):
    case = CASES[name]
    chosen = LearningRule(rule, momentum=0.5, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1)
    train(case.module, case.examples, tmp_path / "made.xlsx", steps=9, learning_rate=0.01, rule=chosen, rules=RULES)
    numbers = {"momentum": 0.5, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6, "weight_decay": 0.1}
    one_by_one(tmp_path / "made.xlsx", case.module, by_turns(case.given, 9), rule, 0.01, **numbers)


@pytest.mark.parametrize("rule", only_quick(["SGD", "Nesterov", "Adam", "AdamW"], "AdamW"))
def test_a_parameter_that_no_gradient_reaches_stays_as_it_is(rule, tmp_path):
    chosen = LearningRule(rule, weight_decay=0.2)
    training = Training([(X,), (-X,)], steps=6, learning_rate=0.1, rule=chosen)
    export(Network(), (X,), tmp_path / "made.xlsx", training=training)
    one_by_one(tmp_path / "made.xlsx", Network(), by_turns([(X,), (-X,)], 6), rule, 0.1, weight_decay=0.2)


@pytest.mark.parametrize(
    "rules",
    only_quick([["SGD"], ["SGD", "momentum"], ["SGD", "Nesterov"], ["Adam"], ["SGD", "AdamW"]], ["SGD"]),
)
def test_only_some_rules_are_offered(rules, tmp_path):
    train(MLP(), cases(), tmp_path / "made.xlsx", steps=8, learning_rate=RATE, rule=rules[-1], rules=rules)
    decay = {"weight_decay": 0.01} if "AdamW" in rules else {}
    one_by_one(tmp_path / "made.xlsx", MLP(), by_turns(cases(), 8), rules[-1], RATE, **decay)
    live = Live(tmp_path / "made.xlsx", tmp_path)
    assert ("chosen_training_rule" in live.names) == (len(rules) > 1)
    others = [sheet for sheet in live.sheets if live.errors(sheet)]
    assert not others
    if len(rules) > 1:
        live.type({"chosen_training_rule": "Adagrad"})
        assert live.value("training_rule") == rules[-1]


def test_a_large_training_offers_what_remembers_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(training_options, "MOST_REMEMBERED", 100)
    train(MLP(), cases(), tmp_path / "made.xlsx", steps=4)
    assert "chosen_training_rule" not in places(tmp_path / "made.xlsx")
    train(MLP(), cases(), tmp_path / "made.xlsx", steps=4, rule="momentum")
    one_by_one(tmp_path / "made.xlsx", MLP(), by_turns(cases(), 4), "momentum", 0.1)


def test_what_is_typed_is_kept_within_its_limits(made, tmp_path):
    live = Live(made, tmp_path)
    for key, (low, high) in {"beta1": (0, 0.9999), "beta2": (0, 0.99999), "momentum": (0, 1)}.items():
        for typed in (-1, 2, 1e300, "high", ""):
            live.type({f"chosen_training_{key}": typed, "chosen_training_rule": "Adam"})
            expected = max(low, min(typed, high)) if isinstance(typed, (int, float)) else None
            assert expected is None or live.value(f"training_{key}") == expected
            assert not live.errors("Training")
            assert not live.errors("Training steps")


def test_odd_choices_are_refused(tmp_path):
    for more, words in (
        ({"rules": ("SGD", "Lion")}, "there is no learning rule 'Lion'"),
        ({"rule": "Adam", "rules": ("SGD",)}, "the learning rule is Adam, but the rules to choose from are without it"),
        ({"rules": ()}, "the learning rule is SGD, but the rules to choose from are without it"),
    ):
        with pytest.raises(ExportError, match=words):
            train(MLP(), cases(), tmp_path / "made.xlsx", **more)


@pytest.mark.parametrize("rule", only_quick(RULES, "AdamW"))
def test_a_rate_that_is_far_too_large_diverges_without_an_error_value(rule, tmp_path):
    train(MLP(), cases(), tmp_path / "made.xlsx", steps=5, learning_rate=1e6, rule=rule)
    live = Live(tmp_path / "made.xlsx", tmp_path)
    assert not live.errors("Training")
    assert not live.errors("Training steps")


def test_adam_at_rest_divides_nothing_by_zero(tmp_path):
    """Where all gradients are zero, so is the mean of their squares."""

    class Flat(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.tensor([-1.0, 2.0]))

        def forward(self, x):
            return (torch.relu(self.weight) * x).sum()

    steps = [(torch.tensor([1.0, 0.0]),)]
    export(Flat(), steps[0], tmp_path / "made.xlsx", training=Training(steps, steps=5, rule="Adam"))
    one_by_one(tmp_path / "made.xlsx", Flat(), by_turns(steps, 5), "Adam", 0.1)
