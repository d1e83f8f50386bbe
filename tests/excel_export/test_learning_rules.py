"""Learning rules are torch.optim's: the one step of Start, Update and After, whatever is chosen and typed."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from openpyxl import load_workbook
from torch import nn

from excel_export import ExportError, LearningRule, export
from excel_export.workbook.read import read_all
from tests.support.engines import edit, recalculate
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.many_sheets import many_sheets
from tests.support.sheets import load_sheet
from tests.support.trainings import CASES, OF_TORCH, learned

CLOSE = {"rtol": 1e-12, "atol": 1e-13}
RATE = 0.03
EDITED = {"momentum": 0.75, "beta1": 0.8, "beta2": 0.9, "epsilon": 1e-4, "weight_decay": 0.3}


class Network(nn.Module):
    """Has a frozen parameter, one that is used twice, one that nothing reads, and some that no gradient reaches."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.first, self.second = nn.Linear(3, 3), nn.Linear(3, 2)
        self.first.bias.requires_grad_(False)
        self.unused, self.scale = nn.Parameter(torch.tensor([1.5])), nn.Parameter(torch.tensor(0.7))
        self.silent = nn.Parameter(torch.tensor([0.5, 2.0]))

    def forward(self, x):
        x = F.relu(self.first(x)) * self.scale
        loss = F.cross_entropy(self.second(self.first(x)), torch.tensor([1])) + self.scale**2
        return loss + self.silent.detach().sum()


X = torch.tensor([[1.0, -2.0, 0.5]])


def by_torch(module, steps, make):
    """What torch.optim makes of a module: it after the steps, the loss before each, and what stood before and after.

    These are for each step the parameters before it, and what the optimizer remembers after it, by name.
    """
    module = copy.deepcopy(module).double()
    optimizer, losses, before, remembered = make(module), [], [], []
    for inputs in steps:
        loss = module(*(item.double() for item in inputs))
        optimizer.zero_grad()
        loss.backward()
        before.append({name: item.detach().clone().numpy() for name, item in module.named_parameters()})
        optimizer.step()
        losses.append(loss.item())
        states = {name: optimizer.state[item] for name, item in module.named_parameters()}
        remembered.append({(name, key): state.detach().clone().numpy() for name, own in states.items()
                           for key, state in own.items() if isinstance(state, torch.Tensor)})  # fmt: skip
    return module, losses, before, remembered


def stepped(rule: str, rate: float, **numbers: float) -> nn.Module:
    return learned(Network(), [[(X,)]], rate, rule=rule, **numbers)[0]


def compare_step(path, module: nn.Module) -> None:
    found = read_all(path)
    for name, parameter in module.named_parameters():
        if parameter.requires_grad and name != "unused":
            np.testing.assert_allclose(found[name, "after one step"], parameter.detach(), **CLOSE, err_msg=name)
    np.testing.assert_allclose(found["loss", "after one step"], module(X.double()).item(), **CLOSE)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "made.xlsx"
    assert export(Network(), (X,), path, learning_rate=RATE).ok
    return path


@pytest.mark.parametrize("rule", only_quick(OF_TORCH, "Nesterov", "AdamW"))
def test_the_first_step_by_the_rule_that_was_exported(rule, tmp_path):
    export(Network(), (X,), tmp_path / "made.xlsx", learning_rate=RATE, rule=rule)
    decay = {"weight_decay": 0.01} if rule == "AdamW" else {}
    compare_step(tmp_path / "made.xlsx", stepped(rule, RATE, **decay))


@pytest.mark.parametrize("rule", ["Nesterov", "AdamW"])
def test_a_network_of_several_sheets_has_no_cells_for_the_direction(rule, tmp_path):
    chosen = LearningRule(rule, weight_decay=0.2)
    with many_sheets(5, 3):
        export(Network(), (X,), tmp_path / "made.xlsx", learning_rate=RATE, rule=chosen)
    compare_step(tmp_path / "made.xlsx", stepped(rule, RATE, weight_decay=0.2))
    texts = {cell.value for row in load_sheet(tmp_path / "made.xlsx", "Update") for cell in row}
    assert "after" in texts
    assert "direction" not in texts


def places(path) -> dict[str, tuple[str, str]]:
    named = load_workbook(path, read_only=True).defined_names
    found = {name: item.attr_text.split("!") for name, item in named.items()}
    return {name: (sheet.strip("'"), cell.replace("$", "")) for name, (sheet, cell) in found.items()}


@pytest.mark.parametrize("engine", ["ironcalc", "libreoffice", "formualizer", "formulon", "gnumeric"])
@pytest.mark.parametrize("rule", only_quick(OF_TORCH, "SGD", "AdamW"))
def test_the_first_step_after_everything_is_edited_in_the_sheet(made, tmp_path, rule, engine):
    if engine not in ("ironcalc", "libreoffice") and rule not in ("Nesterov", "AdamW"):
        pytest.skip("the other rules have no formulas of their own")
    at = places(made)
    changes = {at["learning_rule"]: rule, at["learning_rate"]: 0.2}
    changes |= {at[f"chosen_step_{key}"]: EDITED[key] for key in ("momentum", "epsilon", "weight_decay")}
    path = recalculate(edit(made, changes, tmp_path / "edited.xlsx"), engine, tmp_path).path
    compare_step(path, stepped(rule, 0.2, **EDITED))


def test_whatever_is_typed_is_used_as_the_sheet_says(made, tmp_path):
    live = Live(made, tmp_path)
    at_first = live.value("loss_after")
    for typed in ("Adagrad", "", 3, "SGD "):
        live.type({"learning_rule": typed})
        assert live.value("loss_after") == at_first, typed
        assert live.value("step_rule") == "SGD"
    live.type({"learning_rule": "adam"})
    assert live.value("loss_after") != at_first
    limits = {"momentum": (0, 1), "epsilon": (1e-12, 1), "weight_decay": (0, 100)}
    for key, (low, high) in limits.items():
        original = live.value(f"chosen_step_{key}")
        for typed in ("much", "", -1, 1e300):
            live.type({f"chosen_step_{key}": typed})
            expected = max(low, min(typed, high)) if isinstance(typed, (int, float)) else original
            assert live.value(f"step_{key}") == expected
            assert not live.errors("Start")
            assert not live.errors("Update")
        live.type({f"chosen_step_{key}": original})


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("sgd", "there is no learning rule 'sgd'; there are: SGD, momentum, Nesterov, Adam, AdamW"),
        (LearningRule("Adam", betas=(1.0, 0.999)), "β1 is a number from 0 to 0.9999, not 1"),
        (LearningRule("Adam", eps=0), "ε is a number from 1e-12 to 1, not 0"),
        (LearningRule(weight_decay=float("nan")), "weight decay is a number from 0 to 100, not nan"),
        (LearningRule("momentum", momentum=-1), "momentum is a number from 0 to 1, not -1"),
    ],
)
def test_odd_rules_are_refused(rule, words, tmp_path):
    case = CASES["vectors"]
    with pytest.raises(ExportError, match=words.replace("(", r"\(")):
        export(case.module, case.given[0], tmp_path / "made.xlsx", rule=rule)
    assert not (tmp_path / "made.xlsx").exists()
