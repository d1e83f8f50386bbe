"""The Lens of networks of every kind: scalars, vectors, batches, five dimensions, values used twice, hostile names.

And of numbers that are looked up, or sent, by places that a learner changes.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export.ops._numbers import randn
from tests.support.engines import each_engine, edit, recalculate
from tests.support.lens import Frozen, Shown
from tests.support.lens_truth import Chooser, Opened, Truth
from tests.support.long_proofs import only_quick


class Function(nn.Module):
    """A function as a module, with layers that it may use."""

    def __init__(self, function, **layers):
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x, y=None):
        return self.function(self, x) if y is None else self.function(self, x, y)


def seeded(make):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return make()


def far(y):
    """How far a result is from 0.3, so that each element has a gradient of its own."""
    return ((y - 0.3) ** 2).sum()


def function(f, *inputs, **layers):
    return lambda: (Function(f, **{name: seeded(make) for name, make in layers.items()}), inputs)


def frozen():
    layer = nn.Linear(3, 2)
    layer.weight.requires_grad = False
    return layer


def attention(m, x):
    q, k, v = m.qkv(x).chunk(3, dim=-1)
    return far(F.softmax(q @ k.mT / 6**0.5, dim=-1) @ v)


NETWORKS = {
    "no parameters": function(lambda m, x: far(x.tanh()), randn(3, 4)),
    "a scalar": function(lambda m, x: (x - 2) ** 2, torch.tensor(0.7)),
    "a loss of two dimensions": function(lambda m, x: (m.a(x) - 2) ** 2, randn(1, 3), a=lambda: nn.Linear(3, 1)),
    "a vector of one": function(lambda m, x: far(m.a(x)), randn(1), a=lambda: nn.Linear(1, 1)),
    "long vectors": function(lambda m, x: far(m.a(x)), randn(30), a=lambda: nn.Linear(30, 25)),
    "a batch": function(lambda m, x: far(m.a(x).relu()), randn(12, 3), a=lambda: nn.Linear(3, 11)),
    "several results": function(lambda m, x: far((lambda parts: parts[0] * parts[1])(x.chunk(2, 1))), randn(2, 6)),
    "a maximum and its place": function(lambda m, x: far(x.max(1).values + x.max(1).indices), randn(3, 5)),
    "argmax": function(lambda m, x: far(x.argmax(1, keepdim=True) + x), randn(3, 4)),
    "a residual": function(lambda m, x: far(x.tanh() + m.a(x.tanh()) * 2), randn(2, 3), a=lambda: nn.Linear(3, 3)),
    "x · x": function(lambda m, x: far(x * x), randn(2, 3)),
    "x + x": function(lambda m, x: far(x + x), randn(2, 3)),
    "x of itself": function(lambda m, x: far(torch.cat((x, x, -x), 1)), randn(2, 3)),
    "x − x": function(lambda m, x: far(x * 2 - x), randn(2, 3)),
    "broadcasting": function(lambda m, x, y: far(x * y + y), randn(2, 3, 4), randn(3, 1)),
    "an embedding": function(lambda m, x: far(m.a(x)), torch.tensor([0, 4, 0]), a=lambda: nn.Embedding(5, 3)),
    "an embedding of many": function(lambda m, x: far(m.a(x)), torch.arange(32).reshape(16, 2) % 5,
                                     a=lambda: nn.Embedding(5, 3)),
    "batch norm": function(lambda m, x: far(m.a(x)), randn(4, 3, 2, 2), a=lambda: nn.BatchNorm2d(3).eval()),
    "softmax over rows": function(lambda m, x: far(x.softmax(0)), randn(4, 3)),
    "log softmax": function(lambda m, x: far(x.log_softmax(1)), randn(2, 12)),
    "a wide softmax": function(lambda m, x: far(x.softmax(1)), randn(2, 110)),
    "a wide layer norm": function(lambda m, x: far(F.layer_norm(x, (110,))), randn(2, 110)),
    "a long chain": function(lambda m, x: far(x.cumsum(0)), randn(50)),
    "attention": function(attention, randn(2, 3, 4), qkv=lambda: nn.Linear(4, 12)),
    "a mask of whole numbers": function(lambda m, x, mask: far(x * mask + m.a(x)), randn(2, 3), torch.tensor([1, 0, 1]),
                                        a=lambda: nn.Linear(3, 3)),
    "a convolution": function(lambda m, x: far(m.a(x)), randn(2, 2, 7, 5),
                              a=lambda: nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(2, 0), dilation=2, groups=2)),
    "pools": function(lambda m, x: far(F.avg_pool2d(F.max_pool2d(x, 3, 2, 1), 2)), randn(1, 2, 8, 9)),
    "a large picture": function(lambda m, x: far(m.a(x).relu().mean((2, 3))), randn(1, 1, 28, 28),
                                a=lambda: nn.Conv2d(1, 2, 9, stride=3)),
    "a frozen parameter": function(lambda m, x: far(m.a(x)), randn(2, 3), a=frozen),
    "five dimensions": function(lambda m, x: far((x * x).sum(2).permute(1, 0, 3, 2)), randn(2, 2, 3, 2, 2)),
    "six dimensions": function(lambda m, x: far(x.tanh()), randn(2, 1, 3, 2, 2, 2)),
}  # fmt: skip


QUICK = ("a vector of one", "a maximum and its place", "broadcasting", "softmax over rows")


@pytest.mark.parametrize("kind", only_quick(NETWORKS, *QUICK))
def test_every_step_shows_what_autograd_says(kind, tmp_path):
    module, inputs = NETWORKS[kind]()
    Opened(module, inputs, tmp_path).check(len(kind))


def test_what_only_a_condition_reads_is_shown_beside_the_products(tmp_path):
    """The gradient passes a ReLU where the ReLU's result is above 0: that number is no term of any sum."""
    book = Opened(*function(lambda m, x: far(x.relu()), randn(2, 3))(), tmp_path)
    step = [each.name for each in book.truth.steps].index("←  ReLU of x") + 1
    book.live.type({"story": 0, "step": step, **dict(zip(book.places.index_cells, (1, 2), strict=True))})
    shown = book.shown
    read = [[(known.key, known.index) for known in shown.known(line.cell)] for line in shown.shown_lines]
    assert read == [[("grad.relu", (1, 2))], [("relu", (1, 2))]]
    assert [line.adds for line in shown.lines] == [True, False]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_each_element_of_what_is_read_row_by_row_has_its_own_gradient(seed, tmp_path):
    """Of each row the Lens keeps only the elements that its step reads."""
    module, inputs = function(lambda m, x: far(x[1] * x[3].tanh() + x[4, 1:2] - x[0] * x[5]), randn(6, 3))()
    Opened(module, inputs, tmp_path).check(seed)


def test_the_story_follows_the_weight_with_the_largest_gradient(tmp_path):
    """In each step of its layer, forward and backward, the element is shown that the weight takes part in."""
    module, inputs = function(lambda m, x: far(m.b(m.a(x).tanh())), randn(2, 3), a=lambda: nn.Linear(3, 4),
                              b=lambda: nn.Linear(4, 2))()  # fmt: skip
    book = Opened(module, inputs, tmp_path)
    module.double()(*inputs).backward()
    grad = module.a.weight.grad
    followed = divmod(int(grad.abs().argmax()), grad.shape[1])
    met = set()
    for step in range(1, int(book.live.value("steps")) + 1):
        book.live.type({"step": step})
        shown = book.shown
        made = {known.key: known.index for known in shown.made}
        read = {(known.key, known.index) for line in shown.lines for address in (line.cell, line.factor) if address >= 0
                for known in shown.known(address)}  # fmt: skip
        if "grad.a.weight" in made:
            assert made["grad.a.weight"] == followed
            met.add("backward")
        elif "a" in made:
            assert ("a.weight", followed) in read
            met.add("forward")
    assert met == {"forward", "backward"}


@pytest.mark.parametrize("rank", only_quick([1, 2, 3], 1))
def test_the_story_goes_on_in_the_channel_of_the_weight(rank, tmp_path):
    """Where an activation works number by number on a layer's maps, the one is shown that the weight made."""
    layer = getattr(nn, f"Conv{rank}d")
    module, inputs = function(lambda m, x: far(m.a(x).tanh()), randn(2, 2, *[3] * rank), a=lambda: layer(2, 4, 2))()
    book = Opened(module, inputs, tmp_path)
    module.double()(*inputs).backward()
    grad = module.a.weight.grad
    channel = int(grad.abs().argmax()) // grad[0].numel()
    channels = []
    for step in range(1, int(book.live.value("steps")) + 1):
        book.live.type({"step": step})
        channels += [known.index[1] for known in book.shown.made if known.key == "tanh"]
    assert channels == [channel]


@pytest.mark.parametrize("read", [lambda w, x: x @ w, lambda w, x: w.mT + x], ids=["a product", "a transpose"])
def test_a_batch_of_matrices_is_no_kernel(read, tmp_path):
    """It has no channels for the story to go on in."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(randn(4, 3, 2))

        def forward(self, x):
            return far(torch.tanh(read(self.w, x)))

    assert Opened(Net(), (randn(4, 2, 3),), tmp_path).live.value("steps") > 1


def test_a_transposed_convolution_has_a_story(tmp_path):
    module, inputs = function(lambda m, x: far(m.a(x).tanh()), randn(1, 4, 3),
                              a=lambda: nn.ConvTranspose1d(4, 2, 2))()  # fmt: skip
    assert Opened(module, inputs, tmp_path).live.value("steps") > 4


def sent(x, i):
    return torch.zeros(7, 3, dtype=x.dtype).index_add(0, i, x[: len(i)], alpha=2)


LOOKED_UP = {
    "rows": lambda x, i: x[i],
    "rows, from the end": lambda x, i: x[i - 2],
    "columns": lambda x, i: x.T[1:, i],
    "single numbers": lambda x, i: x[i, i % 3],
    "gather": lambda x, i: x.gather(0, torch.stack((i, i.flip(0)), 1)),
    "an embedding": lambda x, i: F.embedding(i, x),
    "an embedding of pairs": lambda x, i: F.embedding(torch.stack((i, i.flip(0)), 1), x),
    "with padding": lambda x, i: F.embedding(i, x, padding_idx=1),
    "sent": sent,
    "sent, then looked up": lambda x, i: sent(x, i)[i],
    "negative log-likelihoods": lambda x, i: F.nll_loss(x.T.log_softmax(1), i[:3], reduction="none"),
}
FIRST, SECOND = torch.tensor([5, 0, 0, 4, 2]), torch.tensor([1, 1, 3, 1, 5])


def opened(case, folder):
    """A workbook in which numbers are looked up, or sent, by places; other places to type; what is true after it."""
    module = Function(lambda m, i: far(LOOKED_UP[case](m.table, i)), table=nn.Parameter(randn(6, 3)))
    book = Opened(module, (FIRST,), folder)
    typed = {book.places.at("x", k): int(place) for k, place in enumerate(SECOND)}
    return book, typed, Truth(module, (SECOND,))


@pytest.mark.parametrize("case", only_quick(LOOKED_UP, "rows"))
def test_it_follows_the_places_that_a_learner_types(case, tmp_path):
    book, typed, truth = opened(case, tmp_path)
    book.check(seed=0)
    book.live.type(typed)
    book.check(seed=1, truth=truth)


@pytest.mark.slow
@each_engine
def test_every_engine_finds_the_cell_that_is_looked_up(engine, tmp_path):
    book, typed, truth = opened("rows", tmp_path)
    chooser = Chooser(truth, book.places, 2)
    for number in (step for step, each in enumerate(truth.plan.parts, start=1) if each.call and "[" in each.name):
        changes, which, index = chooser.choice(number)
        found = recalculate(edit(book.path, changes | typed, tmp_path / "chosen.xlsx"), engine, tmp_path)
        truth.check(Shown(Frozen(found), book.places), number, which, index)
