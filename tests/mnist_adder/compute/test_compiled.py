import pytest
import torch
from torch import nn

from mnist_adder.compute.compiled import Compiled, is_compiled_by_default


def make_module() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 36, 1))


IMAGES = torch.linspace(-1, 1, 4 * 64).reshape(4, 1, 8, 8)


def test_where_compiling_fails_it_runs_all_the_same_and_says_so_once(monkeypatch, lines):
    def no_compiler(*_inputs):
        raise RuntimeError("no compiler\nand much more")

    monkeypatch.setattr(torch, "compile", lambda *_, **__: no_compiler)
    module = make_module()
    compiled = Compiled(module, lines.append)
    for _ in range(2):
        assert torch.equal(compiled(IMAGES), module(IMAGES))
    assert lines == ["training isn't compiled here, which takes longer (no compiler)"]


def test_too_little_memory_is_not_taken_for_a_missing_compiler(monkeypatch, lines):
    def too_large(*_inputs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch, "compile", lambda *_, **__: too_large)
    with pytest.raises(torch.OutOfMemoryError):
        Compiled(make_module(), lines.append)(IMAGES)
    assert lines == []


def test_a_gpu_compiles_by_default():
    assert is_compiled_by_default(torch.device("cuda"))
    assert not is_compiled_by_default(torch.device("cpu"))
