"""`mnist-adder export-onnx`: the file by ONNX Runtime against PyTorch in float64, and what it says about itself."""

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import mnist_adder
from mnist_adder.cli import main
from mnist_adder.network import onnx_file
from mnist_adder.network.checkpoint import save_checkpoint
from mnist_adder.network.model import AdderNetwork

NETWORKS = [(preset, head) for preset in ("slice", "full") for head in ("regression", "onehot")]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(each, id="-".join(each), marks=() if each == ("slice", "regression") else pytest.mark.slow)
        for each in NETWORKS
    ],
)
def exported(request, tmp_path_factory):
    """A network with random parameters, its file, and what the command printed on stdout and on stderr."""
    folder = tmp_path_factory.mktemp("onnx")
    torch.manual_seed(0)
    network = AdderNetwork(*request.param).eval()
    save_checkpoint(folder / "checkpoint.safetensors", network, {}, {})
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        assert main(["export-onnx", str(folder / "checkpoint.safetensors"), "-o", str(folder / "model.onnx")]) == 0
    return network, folder / "model.onnx", out.getvalue(), err.getvalue()


def run(path: Path, image: np.ndarray, number: np.ndarray) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(["digit_logits", "sum"], {"image": image, "number": number})


@pytest.mark.parametrize("count", [1, 2, 130])
def test_answers_as_pytorch_does_from_raw_grey_values(exported, sample, count):
    network, path, _, _ = exported
    image = sample[1].pixels[:count].numpy().astype(np.float32)
    number = (np.arange(count) % 10).astype(np.float32)
    logits, total = run(path, image, number)
    exact = AdderNetwork(network.preset, network.head).double()
    exact.load_state_dict(network.state_dict())
    given = torch.tensor(number).double()
    if network.head == "onehot":
        given = torch.eye(10).double()[torch.tensor(number).long()]
    with torch.no_grad():
        wanted = exact.classify((torch.tensor(image).double() / 255 - 0.1307) / 0.3081)
        # The arg-max of two logits that are nearly alike may differ; the sum is judged on the logits given.
        wanted_total = exact.add(torch.tensor(logits).double(), given)
    assert logits == pytest.approx(wanted.numpy(), abs=1e-5)
    assert total == pytest.approx(wanted_total.numpy(), abs=1e-5)
    assert total.shape == (count, 1 if network.head == "regression" else 19)


def test_what_the_file_says_about_itself(exported):
    network, path, _, _ = exported
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    facts = {entry.key: entry.value for entry in model.metadata_props}
    assert (facts["preset"], facts["head"]) == (network.preset, network.head)
    assert json.loads(facts["digit_classes"]) == list(range(10))
    assert ("sum_classes" in facts) == (network.head == "onehot")
    assert "grey values 0 to 255" in facts["image"]
    shapes = {
        value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    sums = 1 if network.head == "regression" else 19
    assert shapes == {
        "image": ["batch", 1, 28, 28],
        "number": ["batch"],
        "digit_logits": ["batch", 10],
        "sum": ["batch", sums],
    }
    kinds = {value.type.tensor_type.elem_type for value in (*model.graph.input, *model.graph.output)}
    assert kinds == {onnx.TensorProto.FLOAT}


def test_the_file_says_nothing_about_the_machine(exported):
    content = exported[1].read_bytes()
    for place in (str(Path(mnist_adder.__file__).parent.parent), "site-packages", ".py", str(exported[1].parent)):
        assert place.encode() not in content


def test_the_command_says_how_far_off_it_is_and_nothing_else(exported):
    _, path, out, err = exported
    first, second = out.splitlines()
    assert float(first.removeprefix("largest difference from PyTorch, on 20 digits with every number: ")) < 1e-4
    assert 0 < float(second.removeprefix(f"wrote {path} in ").removesuffix(" s")) < 600
    assert err == ""
    assert sorted(file.name for file in path.parent.iterdir()) == ["checkpoint.safetensors", "model.onnx"]


@pytest.mark.slow
@pytest.mark.parametrize("exported", [("slice", "onehot")], indirect=True)
def test_the_exporter_is_silent_and_the_same_network_gives_the_same_bytes(exported, tmp_path):
    _, path, _, _ = exported
    command = [sys.executable, "-m", "mnist_adder", "export-onnx", str(path.with_name("checkpoint.safetensors"))]
    done = subprocess.run([*command, "-o", str(tmp_path / "again.onnx")], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 2
    assert (tmp_path / "again.onnx").read_bytes() == path.read_bytes()


@pytest.fixture
def fails(fails):
    return partial(fails, "export-onnx")


def test_bad_input_is_one_line_and_leaves_no_file(fails, tmp_path):
    assert "there is no file no.safetensors" in fails("no.safetensors", "-o", tmp_path / "a.onnx")
    assert "can't write" in fails("slice-regression", "-o", tmp_path / "nowhere" / "a.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", ["onnx", "onnxscript", "onnxruntime"])
def test_a_missing_extra_is_one_line(fails, monkeypatch, tmp_path, module):
    monkeypatch.setitem(sys.modules, module, None)
    line = fails("slice-regression", "-o", tmp_path / "a.onnx")
    assert f"export-onnx needs {module}; in the project's folder, run: pip install '.[onnx]'" in line


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1e36, "some answers of this network are too large for float32"),
        (1, "its answers differ from PyTorch's by 1.0e"),
    ],
)
def test_a_good_file_stays_where_the_new_one_would_answer_otherwise(
    fails, monkeypatch, tmp_path, make_model, recwarn, factor, words
):
    (tmp_path / "a.onnx").write_bytes(b"good")
    network = make_model()
    with torch.no_grad():
        for layer in (network.conv1, network.conv3, network.conv6):
            layer.weight.mul_(factor)
    save_checkpoint(tmp_path / "large.safetensors", network, {}, {})
    if factor == 1:
        translate = onnx_file._translate

        def translated(raw):
            model = translate(raw)
            # The check asks again, after the file is translated.
            before = AdderNetwork.add
            monkeypatch.setattr(AdderNetwork, "add", lambda self, *given: before(self, *given) + 0.01)
            return model

        monkeypatch.setattr(onnx_file, "_translate", translated)
    line = fails(tmp_path / "large.safetensors", "-o", tmp_path / "a.onnx", "--force")
    assert f"{tmp_path / 'a.onnx'} was not written: {words}" in line
    assert (tmp_path / "a.onnx").read_bytes() == b"good"
    assert not [warning for warning in recwarn if "invalid value" in str(warning.message)]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.onnx", "large.safetensors"]
