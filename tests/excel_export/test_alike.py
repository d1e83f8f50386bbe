"""An element that comes about alike is what it would be, taken apart by itself."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from excel_export.book.composition import start_book
from excel_export.compiler.trace.tracer import trace
from excel_export.formulas import Reference
from excel_export.formulas.analysis.chosen import Found, Matching
from excel_export.sheets.book_elements import elements_of
from excel_export.views.alike import AlikeElements
from tests.support.tiny import Net

X = torch.tensor([[0.3, -0.5, 0.9], [0.8, 0.2, -0.4], [0.1, 0.6, 0.2]])
PLACES = torch.tensor([2, 0, 1, 1])
NETWORKS = {
    "a table that is looked up": lambda net, x: F.embedding(PLACES, net.layer(x)).square().sum(),
    "places on the sheet": lambda net, x: net.layer(x).gather(1, x.argsort(dim=1, stable=True)).square().sum(),
    "slopes": lambda net, x: net.layer(x).relu().tanh().square().sum(),
    "a mean that all subtract": lambda net, x: F.layer_norm(net.layer(x), (3,)).pow(3).sum(),
    "windows": lambda net, x: F.max_pool1d(F.conv1d(net.layer(x)[:, None], x[:, None], padding=1), 2).square().sum(),
}


def said(part):
    """A part of an account, as it can be compared."""
    if isinstance(part, Reference):
        return part.plain.everywhere
    if isinstance(part, Found):
        return "found", part.cells.everywhere, [place.text("") for place in part.places]
    if isinstance(part, Matching):
        return "matching", part.cells.everywhere, part.beside.everywhere, part.wanted.text("")
    return part if part is None else part.text("")


@pytest.mark.parametrize("what", NETWORKS)
def test_it_is_what_it_would_be_by_itself(what):
    elements = elements_of(start_book(trace(Net(NETWORKS[what]), (X,)), 0.1))
    outlines, found = elements.outlines, 0
    for call in elements.graph.calls:
        made = [(elements.formulas(value), lambda index, value=value: elements.forward(value, index), ())
                for value in call.outputs]  # fmt: skip
        for value in dict.fromkeys(call.inputs):
            shares = elements.shares(call, value)
            made += [(shares._formulas, shares._account, elements.arriving(call).grids)] if shares else []
        for formulas, account, made_of in made:
            alike = AlikeElements(outlines, formulas, account, made_of)
            for index in np.ndindex(*formulas.shape):
                one, moves = alike.account(index)
                own = account(index)
                moved = [[outlines.moved(part, moves) if isinstance(part, Reference) else part for part in term]
                         for term in (*one.terms, [one.alone])]  # fmt: skip
                assert [[*map(said, term)] for term in moved] == [[*map(said, t)] for t in (*own.terms, [own.alone])]
                found += one is not own
    assert found
