"""A slice is kept beside its full network, found again, and made anew only where that is due."""

import re
import shutil

import pytest
import torch

from excel_export.shared.errors import UserError
from mnist_adder.distillation.likeness import Likeness, compare
from mnist_adder.distillation.taught_slice import SAMPLE, TaughtSlice, kept_beside, slice_of
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint, save_checkpoint
from mnist_adder.network.model import AdderNetwork
from tests.support.full_disk import full_disk
from tests.support.scripts import ROOT

LIKENESS = Likeness(1000, 0.985, 0.987, 0.03125, 7, 3, 0.75)


@pytest.fixture
def run(tmp_path):
    shutil.copy(bundled_checkpoint("full", "regression"), tmp_path / "checkpoint.safetensors")
    return tmp_path / "checkpoint.safetensors"


@pytest.fixture
def made() -> list[str]:
    """The data of each slice that was asked for; none is really taught."""
    return []


@pytest.fixture
def ask(run, made, lines):
    """Asks for the slice of the network of `run`."""

    def make(teacher, data, data_dir, progress):
        made.append(data)
        torch.manual_seed(len(made))
        slice_, judged = AdderNetwork("slice").eval(), (LIKENESS, LIKENESS, LIKENESS)
        return TaughtSlice(slice_, teacher, (1, 2, 3, 4, 9), data, 5, 0.75, *judged)

    return lambda data_dir: slice_of(load_checkpoint(run)[0], run, data_dir, lines.append, make)


def put_mnist(folder):
    (folder / "MNIST" / "raw").mkdir(parents=True)
    for name in ("train-images", "train-labels", "t10k-images", "t10k-labels"):
        (folder / "MNIST" / "raw" / f"{name}-idx{3 if 'images' in name else 1}-ubyte").write_bytes(b"")
    return folder


def test_the_second_time_it_is_the_one_that_was_kept(ask, made, lines, tmp_path):
    first = ask(tmp_path / "none")
    assert made == [SAMPLE]
    assert "there is no MNIST in the folder" in lines[0]
    assert "4,000 images serve" in lines[0]
    assert lines[1].startswith(f"kept {tmp_path}/checkpoint.slice.safetensors")
    again = ask(tmp_path / "none")
    assert len(lines) == 2
    assert made == [SAMPLE]
    assert all(
        torch.equal(value, again.network.state_dict()[name]) for name, value in first.network.state_dict().items()
    )
    assert (again.filters, again.data, again.images, again.temperature) == ((1, 2, 3, 4, 9), SAMPLE, 5, 0.75)
    assert again.held_out == again.test == again.trained_apart == LIKENESS


def test_it_is_made_anew_when_the_full_network_is_another_one(run, ask, made, tmp_path):
    ask(tmp_path / "none")
    network, info = load_checkpoint(run)
    with torch.no_grad():
        network.conv5.bias[0] += 1e-6
    save_checkpoint(run, network, info.recipe, info.results)
    ask(tmp_path / "none")
    assert len(made) == 2


def test_a_slice_of_the_sample_is_made_anew_when_mnist_is_there_but_never_the_other_way_round(ask, made, tmp_path):
    mnist = put_mnist(tmp_path / "data")
    ask(tmp_path / "none")
    ask(mnist)
    assert made == ["sample", "mnist"]
    ask(tmp_path / "none")
    ask(mnist / "MNIST")
    assert made == ["sample", "mnist"]


@pytest.mark.parametrize("network", [AdderNetwork("slice"), None])
def test_what_is_no_such_slice_is_left_alone(run, ask, made, tmp_path, network):
    if network:
        save_checkpoint(kept_beside(run), network, {}, {})
    else:
        kept_beside(run).write_bytes(b"my notes")
    before = kept_beside(run).read_bytes()
    with pytest.raises(UserError, match=r"checkpoint\.slice\.safetensors"):
        ask(tmp_path / "none")
    assert kept_beside(run).read_bytes() == before
    assert not made


def test_where_it_cannot_be_kept_it_is_used_all_the_same(ask, lines, tmp_path):
    with full_disk():
        assert ask(tmp_path / "none").filters == (1, 2, 3, 4, 9)
    assert "isn't kept" in lines[-1]
    assert "File too large" in lines[-1]
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.safetensors"]


def test_of_several_networks_in_a_folder_each_has_its_own(tmp_path):
    assert kept_beside(tmp_path / "best.safetensors") == tmp_path / "best.slice.safetensors"
    assert kept_beside(tmp_path / "student.pt") == tmp_path / "student.slice.safetensors"


def test_of_the_full_network_that_ships_the_slice_ships_too_with_the_figures_of_the_page(
    teacher, made, lines, tmp_path
):
    path = bundled_checkpoint("full", "regression")
    found = slice_of(teacher, path, tmp_path / "none", lines.append)
    assert (made, lines) == ([], [])
    factors = (found.network.input1.weight / teacher.input1.weight[[*found.filters]]).flatten(1)
    torch.testing.assert_close(factors, factors[:, :1].expand(5, 9), rtol=1e-4, atol=0)
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    test, apart = found.test, found.trained_apart
    for what, one, other in (
        ("digit right", f"{test.digit_accuracy:.2%}", f"{apart.digit_accuracy:.2%}"),
        ("the same digit as the full network", f"{test.agreement:.2%}", f"{apart.agreement:.2%}"),
        (".* full network's, in nats", f"{test.divergence:.4f}", f"{apart.divergence:.4f}"),
        ("divergence .* misreads", f"{test.misread_divergence:.2f}", f"{apart.misread_divergence:.2f}"),
        ("of these 39, .*", f"{test.misread_alike}", f"{apart.misread_alike}"),
    ):
        cells = f"{one} [|] {other}"
        assert re.search(f"^[|] {what} [|] {cells} [|]$", page, re.MULTILINE), what
    assert found.test.misread == 39


def test_the_slice_that_ships_reads_as_its_file_says(teacher, sample):
    slice_, info = load_checkpoint(kept_beside(bundled_checkpoint("full", "regression")))
    [likeness] = compare(teacher, [slice_], sample[1].some(400))
    assert likeness.digit_accuracy == pytest.approx(info.results["test"]["digit_accuracy"], abs=0.02)
    assert likeness.agreement > 0.97
