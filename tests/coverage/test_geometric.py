"""Layers of PyTorch Geometric, as the library has them: exported with their edges as an input, and edited."""

import pytest
import torch
from torch import nn

from excel_export import export
from tests.support.edited import differing, edited, jittered

EDGES = torch.tensor([[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]])
OTHER_EDGES = torch.tensor([[3, 1, 0, 2, 0, 3], [1, 2, 2, 0, 3, 2]])
FROZEN = {"GATConv", "GATv2Conv", "GCNConv"}
"""Layers that add an edge from each node to itself, and take out those that are there: how many is frozen."""


class OfGraph(nn.Module):
    """A layer over a graph of four nodes, and the cross-entropy of what it says of each."""

    def __init__(self, conv):
        super().__init__()
        self.conv, self.out = conv, nn.Linear(4, 2)

    def forward(self, x, y, edges):
        return nn.functional.cross_entropy(self.out(torch.relu(self.conv(x, edges))), y)


def layer(name):
    geometric = pytest.importorskip("torch_geometric.nn")
    given = {"GINConv": {"nn": nn.Linear(3, 4)}, "SAGEConv": {"aggr": "max"}}.get(name, {})
    kind = getattr(geometric, name)
    return kind(**given) if name == "GINConv" else kind(3, 4, **given)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["GATConv", "GATv2Conv", "GCNConv", "GINConv", "GraphConv", "SAGEConv"])
def test_a_layer_over_a_graph_follows_its_edges(name, tmp_path):
    torch.manual_seed(0)
    module, x, y = OfGraph(layer(name)), torch.randn(4, 3), torch.tensor([0, 1, 0, 1])
    path = tmp_path / "graph.xlsx"
    assert export(module, (x, y, EDGES), path, freeze_branches=name in FROZEN).ok
    other, numbers = jittered(module, (x, y), 1)
    changed = edited(path, other, (*numbers, OTHER_EDGES), tmp_path / "edited.xlsx")
    assert not differing(changed, "ironcalc", other, (*numbers, OTHER_EDGES), tmp_path)
