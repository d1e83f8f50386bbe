import pytest
import torch

from mnist_adder.compute.device import pick_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize("has_it", [True, False])
def test_auto_precision_falls_back_and_says_so(monkeypatch, lines, has_it):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has_it, raising=False)
    assert pick_precision("auto", CPU, lines.append) == ("bf16" if has_it else "float32")
    assert len(lines) == (not has_it)


@pytest.mark.parametrize("name", ["bf16", "float32"])
def test_a_precision_that_is_asked_for_is_taken(lines, name):
    assert pick_precision(name, CPU, lines.append) == name
    assert lines == []
