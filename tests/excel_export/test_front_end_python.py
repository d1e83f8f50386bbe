"""What Python may do in forward(): each of these is right, or refused in one clear line."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import Variable
from torch.utils._python_dispatch import TorchDispatchMode

from tests.support.traps import Traps

traps = Traps()


OUTSIDE = nn.Linear(2, 1).double()


class Marked(torch.Tensor):
    """A tensor of a kind of its own, as fastai has them."""


class Doubled(torch.Tensor):
    """A tensor whose large numbers become larger."""

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        result = super().__torch_function__(function, types, args, kwargs or {})
        return result * 2 if function is torch.Tensor.relu and bool(result.sum() > 100) else result


class Duck:
    """No tensor, but torch.relu takes it."""

    def __init__(self, tensor):
        self.tensor = tensor

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        result = function(args[0].tensor)
        return result * 2 if bool(result.sum() > 100) else result


class DoublesLarge(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        return result * 2 if "relu" in str(function) and bool(result.sum() > 100) else result


OF_ITS_OWN = "has a __torch_function__ of its own in test_front_end_python.py, line"


@traps.refused("Doubled", OF_ITS_OWN, "x.as_subclass(torch.Tensor)")
def a_subclass_with_a_say(self, x):
    return self.l(x).as_subclass(Doubled).relu().sum()


@traps.refused("Doubled", OF_ITS_OWN)
def another_subclass_with_a_say(self, x):
    return Doubled(self.l(x)).relu().sum()


@traps.refused("Duck", OF_ITS_OWN)
def what_is_taken_for_a_tensor(self, x):
    return torch.relu(Duck(self.l(x))).sum()


@traps.refused("a TorchDispatchMode is active in test_front_end_python.py, line", "use it outside of forward()")
def a_mode_below_the_recorder(self, x):
    with DoublesLarge():
        return self.l(x).relu().sum()


@traps.right
def branches_on_types_and_shapes(self, x):
    y = self.l(x)
    if isinstance(x.size(0), int) and torch.is_tensor(x) and x.dtype.is_floating_point and len(y) == x.shape[0]:
        y = y * 2
    if y.requires_grad and not y.detach().requires_grad and y.ndim == 2:
        y = y * 3
    return y.sum()


@traps.right
def rows(self, x):
    a, b, c = self.m(x)[0]
    return a * b + c + sum(k * row.square().sum() for k, row in enumerate(self.m.weight))


@traps.right
def texts_that_go_nowhere(self, x):
    h = self.l(x).sum()
    notes = [repr(x), str(x.argmax()), f"{h > 0}", f"{h:.2f}", str(self.l.weight)]
    assert {note: float(notes[3]) for note in notes}
    return h


@torch.jit.script
def scripted(x):
    mask = torch.arange(2)[None] < (x > 0).sum(1)[:, None]
    return x * mask * (x > 0) * (1 + x.argmax(1))


@pytest.fixture(scope="module", autouse=True)
def is_positive():
    """Make it when tests run: torch.jit.trace loads much of PyTorch."""
    global traced
    traced = torch.jit.trace(lambda x: x > 0, torch.ones(1, 2))


@traps.right
def seeded_numbers(self, x):
    torch.manual_seed(3)
    return (self.l(x) * torch.rand(2)).sum()


@traps.refused("read by bool() in test_front_end_python.py, line", ": if h > 0:")
def refusal_that_is_caught(self, x):
    h = self.l(x).sum()
    try:
        if h > 0:
            h = h * 2
    except Exception:
        pass
    return h


@traps.right
def distributions_that_ask_whether_numbers_are_allowed(self, x):
    h = self.l(x)
    normal = torch.distributions.Normal(h, h.exp()).log_prob(x[:, :2])
    return normal.sum() - torch.distributions.Categorical(logits=h).log_prob(x[:, :2].argmax(1)).sum()


@torch.library.custom_op("excel_export_tests::positive", mutates_args=())
def positive(x: torch.Tensor) -> torch.Tensor:
    return (x > 0).double()


@traps.refused("operator 'positive.default'", "it is a custom operator, whose code PyTorch does not show")
def custom_operator(self, x):
    return (x * positive(x)).sum()


@traps.refused("forward() changes the numbers of the parameter 'm.weight'", "call the module once")
def refusal_that_pytorch_catches(self, x):
    self.m.load_state_dict({"weight": self.m.weight * 2, "bias": self.m.bias})
    return self.m(x).sum()


@traps.refused("read by bool() in test_front_end_python.py", "use torch.maximum and torch.minimum instead of Python's")
def the_larger_by_python(self, x):
    return max(self.l(x).sum(), torch.tensor(0.0)) + self.m(x).sum()


CALLS = []


@traps.refused("reads numbers that are others in each call", "outside of the module", "keep them in an attribute")
def a_counter_outside(self, x):
    CALLS.append(len(CALLS))
    return self.l(x).sum() * (2.0 if len(CALLS) < 4 else 1.0)


traps.all_refused(
    "the memory of a tensor is copied or read in test_front_end_python.py, line",
    shallow_copy=lambda self, x: self.l(copy.copy(x)).sum(),
    pickled=lambda self, x: self.l(pickle.loads(pickle.dumps(x))).sum(),
    storage=lambda self, x: self.l(x).sum() * (self.l(x) > 0).double().storage()[0],
    memory_that_is_shared=lambda self, x: (self.m(x) * torch.from_dlpack((x > 0).int())).sum(),
)
traps.all_refused(
    "read by item() in test_front_end_python.py, line",
    slope_that_is_given=lambda self, x: F.leaky_relu(self.m(x), x.detach()[0, 0]).sum(),
)
traps.all_refused(
    "depends on the text of a tensor, made in test_front_end_python.py, line",
    key_that_is_missing=lambda self, x: self.l(x).sum() * {"1": 2.0}[f"{1 + x.argmax() - x.argmax()}"],
    number_from_a_text=lambda self, x: self.l(x).sum() * float(format(x.sum(), ".2f")),
)
traps.all_refused(
    "read by index() in test_front_end_python.py, line",
    live_slice=lambda self, x: self.m(x)[0, x.argmax() :].sum(),
    live_size=lambda self, x: self.m(x).expand(x.argmax() + 2, 3).sum(),
    live_dimension=lambda self, x: self.m(x).sum(x.argmax()).square().sum(),
    live_length=lambda self, x: self.m(x).narrow(1, 0, x.argmax() + 1).sum(),
)


@traps.refused("read by index()", "h[0, x.argmax() :] = 3")
def live_slice_written(self, x):
    h = self.m(x) * 1
    h[0, x.argmax() :] = 3
    return h.sum()


@traps.right
def numbers_of_constants(self, x):
    h, a, one = self.m(x), self.plain[1] * 1, torch.tensor(1)
    h = F.leaky_relu(F.dropout(h, a, training=False), a) + F.elu(h, a) + F.celu(h, a) + F.hardtanh(h, 0.0, a)
    h = F.threshold(h, a, 0.0) + F.softshrink(h, a) + torch.add(h, h, alpha=a) + F.layer_norm(h, (3,), eps=a)
    h = F.pad(h, (1, one), value=a).narrow(1, one, 3) + F.dropout(h, a) + h.roll(one) + torch.renorm(h, 2, 0, a)
    return F.huber_loss(h, x, delta=a) + F.smooth_l1_loss(h, x, beta=a) + h.sum(one).square().sum()


@traps.right
def called_and_drawn_once(self, x):
    generator, distances = torch.Generator().manual_seed(1), []

    def distance(a, b):
        distances.append((a - b).square().sum(1))
        return distances[-1]

    h = self.m(x)
    loss = F.triplet_margin_with_distance_loss(h, x, h * 2, distance_function=distance)
    kept = torch.full_like(h, 0.5).bernoulli(generator=generator) + torch.rand_like(h, generator=generator)
    return loss + sum(distances).sum() + (h * kept * torch.rand(3, generator=generator)).sum()


@traps.refused("depends on the text of a tensor, made in test_front_end_python.py, line", "{x.argmax() - x.argmax()}")
def live_name(self, x):
    h = getattr(self, "lm"[int(f"{x.argmax() - x.argmax()}")])(x)
    return h.sum()


@traps.refused("reads numbers that were computed from parameters or inputs outside of the trace")
def another_thread(self, x):
    with ThreadPoolExecutor() as pool:
        mask = pool.submit(lambda: x > 0).result()
    return (self.m(x) * mask).sum()


@traps.refused("the loss is a constant")
def constant_loss(self, x):
    return torch.ones(())


traps.all_right(
    a_variable_has_no_way_back=lambda self, x: (
        (Variable(self.l(x)) * self.m(x).sum()).sum() + Variable(torch.ones(2), requires_grad=True).sum()
    ),
    a_subclass_of_tensors=lambda self, x: (
        F.mse_loss(self.l(x).as_subclass(Marked), torch.ones(1, 2)) + self.m(x).as_subclass(Marked).relu().sum()
    ),
    compiled_within=lambda self, x: (
        torch.compile(torch.sin)(self.l(x)).sum() + torch.compile(dynamic=True)(torch.cos)(self.m(x)).sum()
    ),
    numbers_like_a_parameter=lambda self, x: (self.l(x) * self.l.weight.new_tensor([0.1, 0.2])).sum(),
    all_parameters=lambda self, x: self.l(x).sum() + 0.1 * sum(p.pow(2).sum() for p in self.parameters()),
    parameters_of_another_module=lambda self, x: OUTSIDE(self.l(x) * self.plain).sum(),
    a_layer_made_in_forward=lambda self, x: nn.ReLU()(self.l(x)).sum(),
    constants_are_folded=lambda self, x: (
        self.table(self.places[:, :3])[0] * x * (self.plain.cumsum(0).exp()[1] % 2)
    ).sum(),
    functions_without_a_file=lambda self, x: F.tanhshrink(self.l(x)).sum() + F.softmin(self.l(x), dim=1)[0, 0],
    whole_numbers_divided=lambda self, x: (self.l(x) * (x.argmin(1) / 3)).sum(),
    narrow_constants=lambda self, x: F.linear(x, torch.ones(2, 3) * 0.1).square().sum(),
    a_scripted_function=lambda self, x: (scripted(self.l(x)) * traced(self.l(x))).sum(),
    the_larger_by_pytorch=lambda self, x: torch.maximum(self.l(x).sum(), torch.tensor(0.0)) + self.m(x).sum(),
)
test_right, test_workbook, test_refused = traps.tests()
