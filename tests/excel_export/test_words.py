"""What operators say: short, about the very call, and true."""

import re
from typing import ClassVar

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export.book.composition import start_book
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.trace.tracer import trace
from excel_export.formulas import counted, factor, figure, listed, size
from excel_export.ops import all_operators
from excel_export.sheets.book_elements import plan_of
from tests.excel_export.test_operators import Apply
from tests.support.cases import examples_of
from tests.support.long_proofs import only_quick

LONGEST_WORDS = 220
each_operator = pytest.mark.parametrize("operator", all_operators(), ids=lambda operator: operator.name)


def call_of(function, *inputs):
    """The first call of a function that is traced."""
    return trace(Apply(function, *inputs), inputs).calls[0]


@pytest.mark.parametrize("most", only_quick([1, None], 1))
@each_operator
def test_words_are_sentences_short_enough_for_a_screen_and_every_result_has_a_name(operator, most):
    for example in examples_of(operator)[:most]:
        calls = trace(Apply(example.function, *example.inputs), example.inputs).calls
        calls = [call for call in calls if isinstance(call.operator, operator)]
        # Dropout in eval mode gives its input back.
        assert calls or operator.name == "dropout"
        for call in calls:
            for words in (call.forward_words, call.backward_words):
                assert len(words) <= LONGEST_WORDS, words
                assert re.fullmatch(r"[A-Z0-9−e].*\.", words), words
                assert "`" not in words, "that is for programmers"
            assert call.forward_math.startswith(("y", "(y")), call.forward_math
            assert call.backward_math.startswith("∂L/∂"), call.backward_math
            assert " 1 places" not in call.backward_words
            for name in (value.called for value in call.outputs):
                assert 1 <= len(name) <= 28
                assert "{" not in name


IMAGE = torch.linspace(-1, 1, 120).sin().reshape(1, 4, 6, 5).double()


@pytest.mark.parametrize(
    ("function", "x", "said", "not_said"),
    [
        (
            nn.Conv2d(4, 3, 3),
            IMAGE,
            "slide over the input, and each makes a map, called a channel. At each of 4×3 places 36 products",
            "zeros",
        ),
        (nn.Conv2d(4, 3, 3, padding=1), IMAGE, "Beyond the edge they meet zeros", "nothing slides"),
        (nn.Conv2d(4, 3, 1), IMAGE, "It sees no neighbours", "slide"),
        (nn.Conv2d(4, 3, (6, 5)), IMAGE, "stop at one place only", "slide over"),
        (nn.Conv2d(4, 3, 3, bias=False), IMAGE, "36 products are added up.", "bias"),
        (nn.ConvTranspose2d(4, 3, 3), IMAGE, "6×5 become 8×7, in 3 maps.", "3×8"),
        (nn.Linear(5, 1), IMAGE[0, 0], "The output adds up 5 inputs", "outputs"),
        (nn.Linear(5, 2), IMAGE[0, 0, :1], "Each of 2 outputs adds up 5 inputs", "samples"),
        (nn.Linear(5, 2), IMAGE[0, 0], "So it goes for each of 6 samples", "The output"),
        (nn.MaxPool2d(2), IMAGE, "Of each window of 2×2 numbers only the largest is kept: 6×5 become 3×2", "several"),
        (nn.AvgPool2d(2), IMAGE, "Each window of 2×2 numbers becomes its mean: 6×5 become 3×2.", "adding"),
        (lambda x: x.argmax(1), IMAGE[0, 0, :1], "Which of 5 numbers is the largest?", "digit"),
        (lambda x: x.flatten(1), IMAGE, "The same 4×6×5 numbers, written as one list of 120", "lists"),
        (lambda x: x.flatten(1), IMAGE.reshape(2, 2, 6, 5), "written as 2 lists of 60.", "one list"),
        (lambda x: x.reshape(1), IMAGE[:, :1, :1, 0], "The same number, in another shape.", "numbers"),
        (torch.flatten, IMAGE[:, :1, :1, 0], "The same number, written as a list of one.", "numbers"),
        (lambda x: torch.cat((x, x[:, :2])), IMAGE[0, 0, :, :2], "chosen by their places", "joined"),
        (lambda x: x - 33.3285, IMAGE, "33.3285 is taken from each of the 120 numbers.", "second"),
        (lambda x: x / 78.5655, IMAGE, "Each of the 120 numbers is divided by 78.5655.", "second"),
        (lambda x: x.mean(), IMAGE, "The mean of 120 numbers.", "each"),
        (lambda x: x.sum(1), IMAGE, "The sum of 4 numbers, for each of 30 results.", "120"),
        (lambda x: x.softmax(-1), IMAGE[0, 0, :1], "5 logits become 5 probabilities", "30"),
    ],
)
def test_the_words_are_about_this_very_call(function, x, said, not_said):
    words = call_of(function, x).forward_words
    assert said in words
    assert not_said not in words


@pytest.mark.parametrize(
    ("samples", "forward", "backward"),
    [
        (1, "y = −ln p_label,  p = softmax(x)", "∂L/∂xₖ = g · (pₖ − [k = label]),"),
        (3, "y = mean of −ln p_label,  p = softmax(x)", "∂L/∂xₖ = g · (pₖ − [k = label]) / 3,"),
    ],
)
def test_a_batch_of_one_has_no_mean(samples, forward, backward):
    call = call_of(F.cross_entropy, torch.randn(samples, 4).double(), torch.arange(samples))
    assert call.forward_math == forward
    assert call.backward_math.startswith(backward)


def test_a_loss_of_one_number_is_no_mean():
    call = call_of(F.mse_loss, torch.ones(1).double(), torch.zeros(1).double())
    assert call.forward_math == "y = (x − t)²"
    assert call.backward_math == "∂L/∂x = g · 2 (x − t),  ∂L/∂t = −∂L/∂x"


@pytest.mark.parametrize(
    ("function", "x", "said"),
    [
        (nn.Conv2d(1, 3, 3), IMAGE[:, :1], "3×3 weights, slide"),
        (nn.Conv2d(4, 3, 3), IMAGE, "3×3 weights for each of 4 channels, slide"),
    ],
)
def test_channels_are_named_where_there_are_several(function, x, said):
    assert said in call_of(function, x).forward_words


@pytest.mark.parametrize(
    ("index", "name"),
    [(0, "x[0]"), ((None, ..., slice(1, 3)), "x[None, …, 1:3]"), (torch.tensor([0, 2]), "part of x")],
)
def test_a_part_is_called_by_its_index(index, name):
    assert call_of(lambda x: x[index], IMAGE[0, 0]).outputs[0].called == name


def test_a_gradient_that_only_moves_says_what_was_left_out():
    assert "left out" not in call_of(lambda x: x.flip(0), IMAGE[0, 0]).backward_words
    assert "What was left out gets 0" in call_of(lambda x: x[1:], IMAGE[0, 0]).backward_words
    assert "several times gets the sum" in call_of(lambda x: x.repeat(2, 1), IMAGE[0, 0]).backward_words


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "kernel"),
    [(1, 0, 1, 3), (1, 2, 1, 3), (1, 1, 2, 2), (1, 0, 1, 1), (1, (1, 0), (2, 1), (3, 2)), (1, 0, 1, (6, 5))],
)
def test_the_written_sum_of_a_convolution_is_what_pytorch_computes(stride, padding, dilation, kernel):
    """The indices that stand in the equations, put to the test: Σ over them is PyTorch's result, and its gradient."""
    x = IMAGE.clone().requires_grad_()
    layer = nn.Conv2d(4, 3, kernel, stride, padding, dilation).double()
    y = layer(x)
    g = torch.linspace(-1, 2, y.numel()).double().reshape(y.shape)
    y.backward(g)
    call = call_of(layer, IMAGE)
    w, b = layer.weight.detach().numpy(), layer.bias.detach().numpy()

    def at(array, index):
        inside = all(0 <= k < n for k, n in zip(index, array.shape, strict=True))
        return array[index] if inside else 0.0

    def indices(math, name):
        """What stands in brackets after a name, as Python reads it; for one stop, that of the only place."""
        found = re.search(rf"{name}\(([^)]*)\)", math)
        return found.group(1).replace("−", "-").replace("·", "*") if found else "0, 0"

    number = indices(call.forward_math, "x")
    for o, i, j in np.ndindex(*y.shape[1:]):
        total = b[o] + sum(
            w[o, c, u, v] * at(IMAGE[0].numpy(), eval(f"({number})", {"c": c, "u": u, "v": v, "i": i, "j": j}))
            for c, u, v in np.ndindex(*w.shape[1:])
        )
        assert total == pytest.approx(y[0, o, i, j].item())
    of_input = call.backward_math.split(",  ")[0]
    if kernel == (6, 5):  # one stop: the place of x is named by the weight's own indices
        assert of_input == "∂L/∂x(c, u, v) = Σₒ gₒ · w(o, c, u, v)"
        return
    stop = indices(of_input, "gₒ")
    for c, p, q in np.ndindex(*IMAGE.shape[1:]):
        total = sum(
            at(g[0, o].numpy(), eval(f"({stop})", {"p": p, "q": q, "u": u, "v": v})) * w[o, c, u, v]
            for o in range(3)
            for u, v in np.ndindex(*w.shape[2:])
        )
        assert total == pytest.approx(x.grad[0, c, p, q].item())


def test_numbers_and_sizes_in_sentences():
    assert [figure(x) for x in (33.3285, -2, 0.00001, 1e-12, 1234567, 0)] == [
        "33.3285", "−2", "0.00001", "1e−12", "1234567", "0",
    ]  # fmt: skip
    assert [factor(x) for x in (2.5, -2.5)] == ["2.5", "(−2.5)"]
    assert [size(shape) for shape in ((1, 4, 6, 6), (1, 1), (), (3,))] == ["4×6×6", "1", "1", "3"]
    assert [counted(n, "channel") for n in (1, 4)] == ["1 channel", "4 channels"]
    assert listed(["a", "b", "c"]) == "a, b and c"


def test_a_logit_is_explained_at_each_step_whose_tensors_are_called_so():
    class Classifier(nn.Module):
        tensor_names: ClassVar = {"linear": "digit logits", "argmax": "digit read"}

        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(2, 3)

        def forward(self, x):
            scores = self.linear(x)
            return F.cross_entropy(scores, scores.argmax(1))

    graph, _ = confirmed_trace(Classifier(), (torch.tensor([[0.5, -1.0]]),))
    plan = plan_of(start_book(graph, 0.1))
    explained = [step.name for step in plan.steps if "scores of the classes" in step.parts[step.main].words]
    assert explained == ["digit logits  →", "digit read  →"]
