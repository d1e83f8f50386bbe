import pytest

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
