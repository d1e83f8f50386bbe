"""Teaching a slice: by the answers of the full network, not by labels; its first filters stay the full network's."""

import copy
from dataclasses import replace

import pytest
import torch

from mnist_adder.data.dataset import DigitDataset
from mnist_adder.distillation import teach
from mnist_adder.distillation.calibration import fit_temperature
from mnist_adder.distillation.likeness import compare, digit_logits
from mnist_adder.distillation.taught_slice import MAKING, READ, make_slice
from mnist_adder.network.model import AdderNetwork, encode_number
from mnist_adder.network.scoring import evaluate
from tests.support.long_proofs import only_quick

FILTERS = [3, 5, 8, 12, 15]
"""Some of the full network's, chosen here: to choose them takes seconds."""


@pytest.fixture(scope="module")
def images(sample) -> DigitDataset:
    """A hundred images of each digit, with labels that are all wrong."""
    return DigitDataset(sample[0].pixels[::4].numpy(), (sample[0].labels[::4].numpy() + 1) % 10)


@pytest.fixture(scope="module")
def taught(teacher, images):
    torch.manual_seed(3)
    state = torch.random.get_rng_state()
    stages: list[tuple[str, float]] = []
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(teach, "JUDGED_BY", 20)
        slice_, chosen = teach.teach_slice(teacher, images, seen=25_000, progress=lambda *told: stages.append(told))
    assert torch.equal(torch.random.get_rng_state(), state)
    return slice_, chosen, stages


def test_it_learns_to_read_as_the_full_network_does_whatever_the_labels_say(taught, teacher, sample):
    slice_, *_ = taught
    test_set = sample[1]
    torch.manual_seed(0)
    [likeness, random] = compare(teacher, [slice_, AdderNetwork("slice").eval()], test_set)
    assert likeness.agreement > 0.8 > 0.3 > random.agreement
    assert likeness.divergence < 0.7 < 1.5 < random.divergence
    assert evaluate(slice_, test_set).digit_accuracy > 0.8


def test_its_first_filters_are_the_full_networks_each_times_a_factor(taught, teacher):
    slice_, chosen, _ = taught
    assert len(set(chosen)) == 5
    mine, wanted = slice_.input1.weight, teacher.input1.weight[chosen]
    factors = (mine / wanted).flatten(1)
    torch.testing.assert_close(factors, factors[:, :1].expand(5, 9), rtol=1e-4, atol=0)
    assert (factors > 0).all()


def test_it_is_a_plain_slice_in_evaluation_mode(taught):
    slice_, *_ = taught
    assert type(slice_) is AdderNetwork
    assert (slice_.preset, slice_.head, slice_.training) == ("slice", "regression", False)


def test_each_stage_is_told_and_none_goes_back(taught):
    *_, stages = taught
    names = [name for name, _ in stages]
    assert [*dict.fromkeys(names)] == [*teach.STAGES]
    for stage in teach.STAGES:
        shares = [share for name, share in stages if name == stage]
        assert shares == sorted(shares)
        assert 0 <= shares[0] <= shares[-1] <= 1


def test_the_same_seed_gives_the_same_slice_and_another_one_another(teacher, images):
    few = DigitDataset(images.pixels[:60].numpy(), images.labels[:60].numpy())
    first, again, other = (
        teach.teach_slice(teacher, few, seen=300, seed=seed, filters=[0, 1, 2, 3, 4])[0].state_dict()
        for seed in (1, 1, 2)
    )
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert not torch.equal(first["conv6.weight"], other["conv6.weight"])


def test_a_full_network_that_is_unsure_throughout_teaches_as_the_sure_one_at_its_temperature(teacher, images):
    unsure = copy.deepcopy(teacher)
    with torch.no_grad():
        unsure.conv6.weight *= 0.25
        unsure.conv6.bias *= 0.25
    few = images.some(100)
    wanted = teach.teach_slice(teacher, few, seen=2_000, filters=FILTERS)[0].state_dict()
    found = teach.teach_slice(unsure, few, seen=2_000, temperature=0.25, filters=FILTERS)[0].state_dict()
    warm = teach.teach_slice(unsure, few, seen=2_000, filters=FILTERS)[0].state_dict()
    assert all(torch.allclose(value, found[name], atol=1e-4) for name, value in wanted.items())
    assert not torch.allclose(wanted["conv6.weight"], warm["conv6.weight"], atol=1e-2)


@pytest.mark.parametrize("head", only_quick(["regression", "onehot"], "regression"))
def test_it_learns_the_full_networks_sums_of_either_head(head, teacher, images):
    """Also where they are not what adding gives: a teacher that gives one more than the sum is followed."""
    odd = copy.deepcopy(teacher) if head == "regression" else AdderNetwork("full", "onehot").eval()
    with torch.no_grad():
        if head == "regression":
            odd.out2.bias += 1
        else:
            for name, value in odd.named_parameters():
                if name in dict(teacher.named_parameters()) and not name.startswith(("input2", "layer1", "out2")):
                    value.copy_(teacher.get_parameter(name))
            odd.out2.weight.zero_()
            odd.out2.bias.zero_()
            odd.out2.bias[7] = 12.0  # whatever it adds, it gives 7
    slice_, _ = teach.teach_slice(odd, images, seen=60_000, filters=FILTERS)
    digits = torch.arange(10).repeat(10)
    logits = 20 * torch.nn.functional.one_hot(digits, 10).float()
    number = torch.arange(10).repeat_interleave(10).float()
    found = slice_.add(logits, encode_number(number, head))
    if head == "regression":
        assert (found.flatten() - (digits + number + 1)).abs().mean() < 0.4
    else:
        assert (found.argmax(1) == 7).all()


def test_a_slice_is_judged_by_images_that_it_did_not_learn_from(teacher, few, monkeypatch):
    learned_from, told, threads = [], [], torch.get_num_threads()

    def teach_slice(_, images, temperature, **__):
        learned_from.append((images, temperature, torch.get_num_threads()))
        return AdderNetwork("slice").eval(), [0, 1, 2, 3, 4]

    monkeypatch.setattr("mnist_adder.distillation.taught_slice.teach_slice", teach_slice)
    torch.set_num_threads(2)
    made = make_slice(teacher, *few, progress=lambda stage, share: told.append(stage))
    assert torch.get_num_threads() == 2
    torch.set_num_threads(threads)
    [(images, temperature, of_teaching)] = learned_from
    assert of_teaching == 1
    assert [READ, *dict.fromkeys(told)] == [stage for stage in MAKING if stage not in teach.STAGES]
    held_out = few[0].hold_out(len(few[0]) // 12)[1]
    assert made.temperature == temperature == fit_temperature(digit_logits(teacher, held_out), held_out.labels)
    assert made.images == len(images) == len(few[0]) - made.held_out.images
    assert made.held_out.images == len(few[0]) // 12
    assert (made.test.images, made.trained_apart.images) == (len(few[1]),) * 2
    assert made.trained_apart.digit_accuracy > 0.95 > made.test.digit_accuracy
    assert replace(made, filters=(9,)).words == "a slice with 1 filters where the full network has 16, taught by it"
