"""`mnist-adder train`: every option reaches the training."""

import pytest

from excel_export.shared.errors import UserError
from mnist_adder.cli import main
from mnist_adder.commands.train import command
from mnist_adder.compute.device import compiled
from mnist_adder.network.model import PRESETS, AdderNetwork
from mnist_adder.training.recipe import RECIPES, make_recipe


@pytest.fixture
def given(monkeypatch, tmp_path, sample_folder):
    """Runs the command without training; gives the recipe and the compute config that it would have trained with."""
    found = []

    def train(recipe, *_, compute, **__):
        found.append((recipe, compute))
        raise UserError("no training today")

    monkeypatch.setattr("mnist_adder.training.loop.train", train)

    def given(*options: str):
        assert main(["train", "--data-dir", str(sample_folder), "--out", str(tmp_path / "run"), *options]) == 1
        return found.pop()

    return given


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        (("--preset", "slice"), "preset", "slice"),
        (("--head", "onehot"), "head", "onehot"),
        (("--epochs", "7"), "epochs", 7),
        (("--batch-size", "33"), "batch_size", 33),
        (("--learning-rate", "0.0123"), "learning_rate", 0.0123),
        (("--normalise",), "normalise", True),
        (("--augment", "0.3"), "augment", 0.3),
        (("--augment", "0"), "augment", 0),
        (("--precision", "bf16"), "precision", "bf16"),
        (("--hold-out", "12"), "hold_out", 12),
        (("--seed", "5"), "seed", 5),
        (("--optimizer", "adam"), "optimizer", "adam"),
        (("--weight-decay", "0.7"), "weight_decay", 0.7),
    ],
)
def test_an_option_changes_its_field_of_the_recipe_and_no_other(given, options, field, value):
    recipe, _ = given(*options)
    preset, head = ("slice" if field == "preset" else "full"), ("onehot" if field == "head" else "regression")
    assert vars(recipe) == vars(make_recipe("fast", preset, head, "mnist")) | {field: value}


def test_it_trains_the_full_network_in_the_shortest_time_unless_another_one_is_asked_for(given):
    assert given()[0] == make_recipe("fast", "full", "regression", "mnist")
    assert given("--preset", "slice")[0] == make_recipe("fast", "slice", "regression", "mnist")


def test_batch_normalisation_can_be_left_out(given):
    assert given("--preset", "full")[0].normalise
    assert not given("--preset", "full", "--no-normalise")[0].normalise


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ((), "training the full network, 100,461 parameters, head regression, recipe fast (--recipe reference is more"),
        (("--preset", "slice", "--head", "onehot", "--recipe", "reference"), "training the slice network, 1,495 para"),
    ],
)
def test_the_first_line_says_what_is_trained_and_what_the_highest_accuracy_takes(given, capsys, options, line):
    given(*options)
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(line)
    assert "minutes of a processor" in first


def test_of_a_recipe_of_ones_own_nothing_is_said_that_may_not_be_true(given, capsys, tmp_path):
    """It may be as accurate as the reference, or the reference itself."""
    (tmp_path / "mine.toml").write_text('preset = "slice"\n')
    given("--config", str(tmp_path / "mine.toml"))
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "training the slice network, 1,367 parameters, head regression, recipe mine"


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_taken_by_its_name(given, name):
    assert given("--preset", "full", "--recipe", name)[0] == make_recipe(name, "full", "regression", "mnist")


def test_compute_options_reach_the_compute_config(given):
    _, plain = given()
    _, other = given("--compile")
    assert (plain.compile, other.compile) == (None, compiled)


def test_the_help_says_how_many_parameters_each_preset_has():
    words = next(option.help for option in command.params if option.name == "preset")
    for preset in PRESETS:
        count = sum(parameter.numel() for parameter in AdderNetwork(preset, "regression").parameters())
        assert f"({count:,}" in words
