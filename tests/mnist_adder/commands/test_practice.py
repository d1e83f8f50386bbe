import pytest

from excel_classroom.practice.key import load
from excel_classroom.practice.source import network_of_key
from mnist_adder.cli import main


@pytest.mark.slow
def test_the_small_network_can_be_practised_and_made_again_from_its_key(tmp_path):
    path, key = tmp_path / "practice.xlsx", tmp_path / "key.json"
    assert main(["practice", "-o", str(path), "--backward", "--blanks", "4", "--key", str(key)]) == 0
    kept = load(key)
    assert [blank.direction for blank in kept.blanks] == ["backward"] * 4
    tensors = network_of_key(kept).graph.tensors
    assert all(blank.tensor in tensors for blank in kept.blanks)
