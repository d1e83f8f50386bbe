"""Networks that somebody else's loop trained: `student.pt`."""

import io
import zipfile

import pytest
import safetensors.torch
import torch
from torch import nn

from excel_export.shared.errors import UserError
from mnist_adder.cli import main
from mnist_adder.network.checkpoint import load_checkpoint
from mnist_adder.network.model import HEADS, PRESETS


class Student(nn.Module):
    """The small network as somebody writes it who has never seen ours."""

    def __init__(self) -> None:
        super().__init__()
        self.input1, self.conv1 = nn.Conv2d(1, 5, 3), nn.Conv2d(5, 5, 3)
        self.oneconv1, self.conv3, self.conv6 = nn.Conv2d(5, 8, 1), nn.Conv2d(8, 6, 3), nn.Conv2d(6, 10, 3)
        self.input2, self.layer1, self.out2 = nn.Linear(2, 5), nn.Linear(5, 5), nn.Linear(5, 1)

    def forward(self, image, number):
        x = nn.functional.avg_pool2d(image, 2)
        x = nn.functional.max_pool2d(self.conv1(self.input1(x).relu()).relu(), 2)
        x = self.conv6(self.conv3(self.oneconv1(x).relu()).relu()).flatten(1)
        return x, self.out2(self.layer1(self.input2(torch.stack((x.argmax(1).float(), number), 1))))


@pytest.fixture
def student() -> Student:
    torch.manual_seed(3)
    return Student()


@pytest.mark.parametrize("suffix", ["pt", "PTH"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_it_answers_as_the_students_own_network(tmp_path, student, suffix, wrapped):
    state = student.state_dict()
    path = tmp_path / f"student.{suffix}"
    torch.save({"epoch": 3, "model_state_dict": state, "optimizer": {"lr": 0.1}} if wrapped else state, path)
    network, info = load_checkpoint(path)
    assert (network.preset, network.head, info.recipe) == ("slice", "regression", {})
    image, number = torch.randn(7, 1, 28, 28), torch.arange(7.0)
    for found, wanted in zip(network(image, number), student(image, number), strict=True):
        assert torch.equal(found, wanted)


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_as_plain_safetensors_it_is_the_same_network(tmp_path, student, metadata):
    path = tmp_path / "student.safetensors"
    safetensors.torch.save_file(student.state_dict(), path, metadata)
    network, _ = load_checkpoint(path)
    assert torch.equal(network.conv3.weight, student.conv3.weight)
    assert main(["import", str(path), "-o", str(tmp_path / "mine.safetensors")]) == 0
    network, _ = load_checkpoint(tmp_path / "mine.safetensors")
    assert torch.equal(network.out2.bias, student.out2.bias)


def test_a_file_from_before_pytorch_1_6_is_read_and_a_part_of_one_refused(tmp_path, student):
    path = tmp_path / "student.pt"
    torch.save(student.state_dict(), path, _use_new_zipfile_serialization=False)
    assert torch.equal(load_checkpoint(path)[0].conv3.weight, student.conv3.weight)
    content = path.read_bytes()
    for kept in (100, 1000, len(content) - 1):
        path.write_bytes(content[:kept])
        with pytest.raises(UserError, match=r"student\.pt holds more than tensors, or is damaged"):
            load_checkpoint(path)
    path.write_bytes(content + bytes(20 << 20))
    with pytest.raises(UserError, match="far more than any network of this program"):
        load_checkpoint(path)


@pytest.mark.parametrize("before", ["module.", "_orig_mod.", "module._orig_mod."])
def test_what_pytorch_wraps_around_a_network_is_taken_off(tmp_path, student, before):
    state = {before + name: tensor for name, tensor in student.state_dict().items()}
    torch.save(state, tmp_path / "student.pt")
    network, _ = load_checkpoint(tmp_path / "student.pt")
    assert torch.equal(network.conv3.weight, student.conv3.weight)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_the_size_and_the_head_are_found(tmp_path, make_model, preset, head, dtype):
    network = make_model(preset, head).to(dtype)
    torch.save(network.state_dict(), tmp_path / "a.pt")
    found, _ = load_checkpoint(tmp_path / "a.pt")
    assert (found.preset, found.head) == (preset, head)
    assert all(torch.equal(a, b.float()) for a, b in zip(found.parameters(), network.parameters(), strict=True))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.update({"conv3.weight": torch.zeros(6, 8, 5, 5)}), "conv3.weight is 6x8x5x5, not 6x8x3x3"),
        (lambda state: state.pop("out2.bias"), "lacks the tensor out2.bias"),
        (lambda state: state.update({"fc\n9": torch.zeros(3)}), "holds the tensor fc�9, which its network doesn't"),
        (lambda state: state["conv3.bias"].fill_(torch.nan), "conv3.bias holds values that aren't finite"),
        (lambda state: state.update({"conv3.bias": torch.zeros(6).long()}), "conv3.bias is torch.int64, not"),
        (lambda state: state.update({"lr": 0.1}), r"isn't a dict of tensors by name; save it with torch.save\(network"),
        (lambda state: state.update({"conv3.bias": torch.zeros(6).to_sparse()}), "isn't a dict of tensors by name"),
        (lambda state: state.update({"conv3.bias": torch.zeros(6, device="meta")}), "isn't a dict of tensors by name"),
        (lambda state: state.clear(), "isn't a dict of tensors by name"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_in_one_line(tmp_path, student, change, words):
    state, path = student.state_dict(), tmp_path / "student.pt"
    change(state)
    torch.save(state, path)
    with pytest.raises(UserError, match=words) as refusal:
        load_checkpoint(path)
    assert str(path) in str(refusal.value)


def test_a_whole_module_is_refused_and_how_to_save_it_is_said(tmp_path, student, fails):
    torch.save(student, tmp_path / "student.pt")
    line = fails("evaluate", tmp_path / "student.pt", "--data", "sample")
    assert "holds more than tensors, or is damaged; save it with torch.save(network.state_dict(), ...)" in line


@pytest.mark.parametrize("kept", [0, 100, 5000, -1])
def test_a_part_of_a_file_is_refused(tmp_path, student, kept):
    torch.save(student.state_dict(), tmp_path / "student.pt")
    content = (tmp_path / "student.pt").read_bytes()
    (tmp_path / "student.pt").write_bytes(content[:kept])
    with pytest.raises(UserError, match="isn't a whole file of PyTorch"):
        load_checkpoint(tmp_path / "student.pt")


def test_a_file_that_unpacks_to_gigabytes_is_not_read(tmp_path, student):
    torch.save(student.state_dict(), tmp_path / "student.pt")
    with zipfile.ZipFile(tmp_path / "student.pt", "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("student/data/99", bytes(20 << 20))
    assert (tmp_path / "student.pt").stat().st_size < 1 << 20
    with pytest.raises(UserError, match="far more than any network of this program"):
        load_checkpoint(tmp_path / "student.pt")


def test_a_tensor_that_only_says_it_is_large_fills_no_memory(tmp_path):
    buffer = io.BytesIO()
    torch.save({"conv1.weight": torch.zeros(1, dtype=torch.float64).expand(1 << 40)}, buffer)
    (tmp_path / "student.pt").write_bytes(buffer.getvalue())
    with pytest.raises(UserError, match=r"lacks the tensor input1\.weight"):
        load_checkpoint(tmp_path / "student.pt")


def test_it_is_scored(tmp_path, student, capsys):
    torch.save(student.state_dict(), tmp_path / "student.pt")
    assert main(["evaluate", str(tmp_path / "student.pt"), "--data", "sample"]) == 0
    assert "test images           1,000\n" in capsys.readouterr().out
