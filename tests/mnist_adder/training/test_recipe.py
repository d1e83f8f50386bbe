import pytest

from excel_export.shared.errors import UserError
from mnist_adder.network.model import HEADS, PRESETS
from mnist_adder.training.recipe import OPTIMIZERS, RECIPES, make_recipe
from mnist_adder.training.schedule import SCHEDULES


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("head", HEADS)
def test_every_recipe_is_there_for_every_network(name, preset, head):
    recipe = make_recipe(name, preset, head)
    assert recipe.optimizer in OPTIMIZERS
    assert recipe.schedule in SCHEDULES
    assert recipe.hold_out == 0
    # In all but the plainest, learning slows down towards the end.
    assert (recipe.final_lr_fraction < 0.5) == (name != "baseline")


def test_changes_change_what_they_name():
    recipe = make_recipe("reference", "full", "regression", epochs=3, augment=None, learning_rate=0.5)
    assert (recipe.epochs, recipe.learning_rate) == (3, 0.5)
    assert recipe.augment == make_recipe("reference", "full", "regression").augment


def test_the_baseline_is_plain():
    recipe = make_recipe("baseline", "full", "regression")
    assert (recipe.optimizer, recipe.learning_rate, recipe.batch_size) == ("adam", 0.001, 32)
    assert not recipe.augment
    assert recipe.ema_decay == 0
    assert recipe.schedule == "constant"


def test_the_sample_is_learned_in_small_batches_unless_others_are_asked_for():
    assert make_recipe("reference", "slice", "regression", "sample").batch_size == 32
    assert make_recipe("reference", "slice", "regression", "sample", batch_size=77).batch_size == 77
    assert make_recipe("reference", "slice", "regression", "mnist").batch_size == 500


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"optimizer": "sgd"}, 'optimizer must be one of muon, adamw, adam, not the text "sgd"'),
        ({"epochs": True}, "epochs must be a whole number from 1, not True"),
        ({"learning_rate": float("nan")}, "learning-rate must be a number above 0, not nan"),
        ({"normalise": 1}, "normalise must be true or false"),
        ({"speed": 9}, "a recipe has no speed"),
    ],
)
def test_what_cannot_be_meant_is_refused(change, words):
    with pytest.raises(UserError, match=words):
        make_recipe("reference", "slice", "regression", **change)


def test_names_that_are_not_there_are_refused():
    for wrong in (("slow", "slice", "regression"), ("fast", "huge", "regression"), ("fast", "slice", "tail")):
        with pytest.raises(UserError, match=r"must be one of|there is no recipe"):
            make_recipe(*wrong)
