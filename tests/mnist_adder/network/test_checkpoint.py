import json
import zipfile

import pytest
import safetensors.torch
import torch

from excel_export.shared.errors import UserError
from mnist_adder.network.checkpoint import bundled_checkpoint, find_checkpoint, load_checkpoint, save_checkpoint
from mnist_adder.network.model import HEADS, PRESETS
from mnist_adder.training.recipe import Recipe, make_recipe
from tests.support.full_disk import full_disk

RECIPE, RESULTS = {"seed": 5, "epochs": 3}, {"epochs": 3, "test": {"digit_accuracy": 0.5}}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.safetensors"


@pytest.fixture
def write(path, make_model):
    """Writes a checkpoint with other tensors, or another description of itself, than it should have."""

    def write(tensors=None, **changes):
        good = {"format_version": 4, "preset": "slice", "head": "regression", "recipe": {}, "results": {}}
        metadata = {"mnist_adder": json.dumps({**good, **changes})}
        path.write_bytes(safetensors.torch.save(tensors or make_model().state_dict(), metadata))

    return write


def assert_refused(path, complaint):
    with pytest.raises(UserError, match=complaint) as refusal:
        load_checkpoint(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("head", HEADS)
def test_a_network_comes_back_as_it_was(path, make_model, preset, head):
    model = make_model(preset, head)
    save_checkpoint(path, model, RECIPE, RESULTS)
    loaded, info = load_checkpoint(path)
    assert (loaded.preset, loaded.head) == (preset, head)
    assert (info.recipe, info.results) == (RECIPE, RESULTS)
    assert not loaded.training
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
    assert list(path.parent.iterdir()) == [path]


def test_the_same_network_gives_the_same_bytes(path, make_model):
    save_checkpoint(path, make_model(), RECIPE, RESULTS)
    first = path.read_bytes()
    save_checkpoint(path, make_model(), dict(reversed(RECIPE.items())), RESULTS)
    assert path.read_bytes() == first


def test_a_failed_write_leaves_what_was_there(path, make_model):
    save_checkpoint(path, make_model(), RECIPE, RESULTS)
    before = path.read_bytes()

    with full_disk(), pytest.raises(UserError, match=r"can't write .*net.safetensors: File too large"):
        save_checkpoint(path, make_model(head="onehot"), RECIPE, RESULTS)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_workbook_is_told_from_a_network(tmp_path):
    with zipfile.ZipFile(tmp_path / "mine.xlsx", "w") as file:
        file.writestr("xl/workbook.xml", "")
    assert_refused(tmp_path / "mine.xlsx", "is a workbook; make a checkpoint of it first: mnist-adder import")


def test_of_the_folder_of_a_training_it_is_the_last_network(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoint.safetensors").write_bytes(b"")
    assert find_checkpoint(str(tmp_path / "run")) == tmp_path / "run" / "checkpoint.safetensors"


def test_tensors_that_dont_fit_are_refused_by_name(write, path, make_model):
    good = make_model().state_dict()

    write({name: tensor for name, tensor in good.items() if name != "conv3.bias"})
    assert_refused(path, "lacks the tensor conv3.bias")

    write({**good, "conv9.bias": torch.zeros(3)})
    assert_refused(path, "holds the tensor conv9.bias, which its network doesn't have")

    weight, bias = good["conv3.weight"], good["conv3.bias"]
    channels = "x".join(map(str, weight.shape[:2]))
    write({**good, "conv3.weight": weight[..., :2].contiguous()})
    assert_refused(path, f"conv3.weight is {channels}x3x2, not {channels}x3x3")

    write({**good, "conv3.bias": bias.double()})
    assert_refused(path, "conv3.bias is torch.float64, not torch.float32")

    write({**good, "conv3.bias": torch.full_like(bias, torch.nan)})
    assert_refused(path, "conv3.bias holds values that aren't finite")


def test_another_network_is_refused_by_tensor(write, path):
    write(head="onehot")
    assert_refused(path, "input2.weight is 5x2, not 4x20")
    write(preset="full")
    assert_refused(path, "input1.weight is 5x1x3x3, not 16x1x3x3")


def test_a_name_finds_the_network_that_ships_unless_a_file_has_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_checkpoint("slice-regression") == bundled_checkpoint("slice", "regression")
    assert str(find_checkpoint("./slice-regression")) == "slice-regression"
    assert str(find_checkpoint("./runs/nothing")) == "runs/nothing"
    with pytest.raises(
        UserError, match=r"no file sliceregression here.* are: full-regression, full-.*, slice-onehot, slice-re"
    ):
        find_checkpoint("sliceregression")
    (tmp_path / "slice-regression").touch()
    assert str(find_checkpoint("slice-regression")) == "slice-regression"


def test_a_network_that_doesnt_ship_says_how_to_train_it():
    with pytest.raises(UserError, match="mnist-adder train --preset full --head onehot"):
        bundled_checkpoint("full", "onehot")


@pytest.mark.parametrize(
    ("preset", "head", "digit_accuracy", "sum_accuracy_given_digit"),
    [("slice", "regression", 0.988, 1), ("slice", "onehot", 0.988, 0.999), ("full", "regression", 0.993, 1)],
)
def test_the_networks_that_ship_say_that_they_reach_their_aims(preset, head, digit_accuracy, sum_accuracy_given_digit):
    model, info = load_checkpoint(bundled_checkpoint(preset, head))
    assert (model.preset, model.head) == (preset, head)
    defaults = make_recipe("reference", preset, head)
    assert Recipe(**info.recipe) == defaults, "not made by the command with its defaults"
    score = info.results["test"]
    assert score["images"] == 10_000
    assert score["digit_accuracy"] >= digit_accuracy
    assert score["sum_accuracy_given_digit"] >= sum_accuracy_given_digit
