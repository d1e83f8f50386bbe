"""Several processes give what one gives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mnist_adder.data.batches import epoch_batches
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.network.checkpoint import load_checkpoint


def run(out: Path, processes: int, *more: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    launch = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"] if processes > 1 else []
    command = [sys.executable, *launch, "-m", "mnist_adder", "train", "--data", "sample", "--device", "cpu"]
    done = subprocess.run(
        [*command, "--out", str(out), *more],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert (done.returncode == 0) == (code == 0), done.stderr
    return done


@pytest.mark.slow
@pytest.mark.parametrize(("head", "more"), [("regression", ("--normalise",)), ("onehot", ("--accumulate", "2"))])
def test_two_processes_learn_what_one_learns(tmp_path, head, more):
    # 4,000 images in batches of 777 leave a last batch of 115, which two cannot share evenly. Few steps: each of
    # Adam's can turn a rounding difference of a gradient near zero into one of the size of the learning rate.
    recipe = ("--head", head, "--epochs", "1", "--batch-size", "777", "--augment", "--learning-rate", "0.003")
    alone = run(tmp_path / "one", 1, *recipe, *more)
    together = run(tmp_path / "two", 2, *recipe, *more)
    one, info = load_checkpoint(tmp_path / "one" / "checkpoint.safetensors")
    two, info_two = load_checkpoint(tmp_path / "two" / "checkpoint.safetensors")
    learned, learned_too = (load_file(tmp_path / folder / "resume.safetensors") for folder in ("one", "two"))
    tolerance = 3e-4 if "--normalise" in more else 1e-6
    for name in (name for name in learned if name.startswith("network.")):
        assert torch.allclose(learned[name], learned_too[name], atol=tolerance), name
    # Folding multiplies weights, and what rounding did to them, by up to five.
    tolerance = 1e-3 if "--normalise" in more else 1e-6
    for (name, a), b in zip(one.named_parameters(), two.parameters(), strict=True):
        assert torch.allclose(a, b, atol=tolerance), name
    assert info_two.results["train"]["images"] == 4000
    assert info_two.results["train"]["loss"] == pytest.approx(info.results["train"]["loss"], rel=1e-3)
    # Only one of them speaks, and says what one alone says, but for the time.
    assert len(together.stdout.splitlines()) == len(alone.stdout.splitlines())


@pytest.mark.slow
def test_two_processes_go_on_where_two_had_come_to(tmp_path):
    more = ("--epochs", "2", "--batch-size", "500")
    run(tmp_path / "whole", 2, *more)
    run(tmp_path / "parts", 2, *more, "--resume")
    assert (tmp_path / "whole" / "checkpoint.safetensors").read_bytes() == (
        tmp_path / "parts" / "checkpoint.safetensors"
    ).read_bytes()


@pytest.mark.slow
def test_a_mistake_is_said_once(tmp_path):
    done = run(tmp_path, 2, "--hold-out", "5000", code=1)
    assert done.stderr.count("can't hold out 5,000 of 4,000 training images") == 1


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_the_shares_of_the_workers_make_up_the_batch(sample, count):
    images: DigitDataset = sample[0]

    def epoch(rank: int = 0, world_size: int = 1) -> list:
        generator = torch.Generator().manual_seed(5)
        return list(epoch_batches(images, 390, generator, augment=True, rank=rank, world_size=world_size))

    whole = epoch()
    shares = [epoch(rank, count) for rank in range(count)]
    for i, batch in enumerate(whole):
        for field in range(3):
            together = torch.empty_like(batch[field])
            for rank in range(count):
                together[rank::count] = shares[rank][i][field]
            assert torch.equal(together, batch[field])


def test_a_batch_may_be_smaller_than_the_number_of_workers(sample):
    images = DigitDataset(sample[0].pixels[:5].numpy(), sample[0].labels[:5].numpy())
    batches = list(epoch_batches(images, 4, torch.Generator(), augment=True, rank=2, world_size=3))
    assert [len(batch.digit) for batch in batches] == [1, 0]
