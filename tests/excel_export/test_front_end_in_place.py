"""Changes in place, and views: each of these is right, or refused in one clear line."""

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.traps import Traps

traps = Traps()


@traps.right
def all_windows_in_place(self, x):
    h = self.l(x).repeat(1, 2)
    h.flatten().unfold(0, 2, 1).clamp_(min=0)
    return h.sum()


@traps.refused("windows that overlap")
def one_of_overlapping_windows_in_place(self, x):
    h = self.l(x).repeat(1, 2)
    h.flatten().unfold(0, 2, 1)[0].clamp_(min=0)
    return h.sum()


@traps.right
def augmented(self, x):
    h = self.l(x)
    same = h
    h += 1
    h *= 2
    h -= x[:, :2]
    h /= 4
    h **= 2
    k = self.l(x)
    k.add_(x[:, :2]).mul_(2).sigmoid_()
    return (h * same).sum() + k.square().sum()


@traps.right
def relu_in_place(self, x):
    h, k = self.l(x), self.l(x) * 2
    return (F.relu(h, inplace=True) + h + torch.relu_(self.l(x)) + self.relu(k) * k).sum()


@traps.right
def input_in_place(self, x):
    x += 1
    x[:, 0] = 2
    return self.l(x).sum()


@traps.right
def written_parts(self, x):
    h = self.m(x) * 1
    h[:, 1:] = x[:, :2] * self.l(x)
    h[0, 0] = 3
    h[..., 1] += h[..., 2]
    return h.square().sum()


@traps.right
def written_into_zeros(self, x):
    kept = torch.zeros(4, 2)
    for step in range(3):
        kept[step] = self.l(x * step)[0]
    kept[3, 1] = 7.0
    return kept.square().sum()


@traps.right
def parameters_made_in_forward(self, x):
    mean = nn.Parameter(0.9 * self.l.weight + 0.1 * self.l(x).mean(), requires_grad=False)
    self.l.bias = nn.Parameter(self.l(x)[0], requires_grad=False)
    learning = nn.Parameter(self.m(x))
    return (mean * self.l(x).sum()).sum() + (self.l.bias * learning[0, 0]).sum() + nn.Parameter(torch.ones(2)).sum()


@traps.right
def written_whole(self, x):
    kept, other = torch.empty_like(x), torch.zeros(1, 3)
    kept[:] = self.m(x)
    other.copy_(kept)
    kept.zero_()
    kept += self.m(x).tanh()
    return (kept * other * (self.l(x) * 1).fill_(3).sum()).sum()


@traps.right
def written_where_a_mask_is(self, x):
    h = self.m(x) * 1
    h[h < 0] = 0.25
    return h.square().sum()


@traps.right
def swapped(self, x):
    h = self.m(x) * 1
    first = h[:, 0].clone()
    h[:, 0] = h[:, 1]
    h[:, 1] = first
    return (h * torch.arange(3)).sum()


@traps.right
def through_a_view(self, x):
    h = self.m(x) * 1
    part = h[:, 1:]
    part += 1
    line = h.view(-1)
    line[0] = x.sum()
    return h.square().sum() + part.sum() * line[1]


@traps.right
def a_view_follows(self, x):
    h = self.m(x) * 1
    turned, frozen = h.t(), h.detach()
    h.mul_(2)
    return (turned @ turned.t()).square().sum() + (h * frozen).sum()


def square_of(self, x):
    return self.m(x).T @ self.m(x)


@traps.right
def through_a_diagonal(self, x):
    h, k = square_of(self, x), square_of(self, x)
    h.diagonal().mul_(2)
    h.diagonal(1).clamp_(min=0)
    k.diagonal(dim1=1, dim2=0).add_(1e-3)
    torch.einsum("ii->i", k).masked_fill_(x[0] > 0, 5)
    torch.linalg.diagonal(k, offset=-1).relu_()
    return (h.square() + k.square()).sum()


@traps.right
def through_windows(self, x):
    h, k = self.m(x) * 1, square_of(self, x).T
    h.unfold(1, 2, 2).mul_(2)
    k.as_strided((2,), (2,), 1).mul_(3)
    return h.square().sum() + k.square().sum()


@traps.right
def a_diagonal_follows(self, x):
    h, k = square_of(self, x), square_of(self, x)
    before, windows, traced = h.diagonal(), h.unfold(0, 2, 1), torch.einsum("ii->i", k)
    h.clamp_(min=0)
    h[h > 0.1] = 0.2
    k.mul_(2)
    return before.square().sum() + windows.square().sum() + traced.square().sum()


@traps.right
def diagonal_of_a_constant(self, x):
    ones = torch.ones(3, 3).to(x)
    ones.diagonal().fill_(0.0)
    h = square_of(self, x)
    h.fill_diagonal_(0.5)
    return (ones * square_of(self, x)).sum() + h.square().sum()


@traps.right
def copied_though_nothing_changes(self, x):
    h = self.m(x) * 1
    h.to(torch.float64, copy=True).mul_(2)
    return h.square().sum()


@traps.right
def masks_in_place(self, x):
    h = self.m(x)
    both, either, one = h > 0, (h > 0).clone(), torch.ones(1, 3, dtype=torch.bool)
    both &= x > 0
    either |= x > 0
    one ^= h > 0
    return ((both + 2.0 * either + 4.0 * one) * h).sum()


@traps.right
def copied_and_then_changed(self, x):
    h, k, g = self.m(x) * 1, self.m(x) * 1, self.m(x) * 2
    h.copy_(g)
    k[:] = g.view(1, 3)
    g.mul_(3)
    h[0, 1], k[0, 2] = 5.0, 6.0
    return h.square().sum() + k.square().sum() + g.sum()


@traps.right
def turned_twice(self, x):
    h = square_of(self, x)
    h.unsqueeze_(0).squeeze_(0).t_()
    h[0].mul_(2)
    return (h * torch.arange(3)).sum()


@traps.refused("t_() changes the shape of a view, or of a tensor that has views")
def turned_under_a_view(self, x):
    h = square_of(self, x)
    row = h[0]
    h.t_()
    return row.square().sum()


traps.all_refused(
    "t_() changes the shape of a view, or of a tensor that has views, in place: use x = x.t()",
    a_view_turned=lambda self, x: square_of(self, x)[:].t_().sum(),
)
traps.all_refused(
    "numbers that unsafe_chunk() shares are changed in place",
    "use chunk()",
    an_unsafe_part_changed=lambda self, x: (self.m(x) * 1).unsafe_chunk(3, 1)[0].mul_(2).sum(),
)


@traps.refused("numbers that unsafe_split() shares are changed in place")
def an_unsafe_part_follows(self, x):
    h = self.m(x) * 1
    part = h.unsafe_split(2, 1)[0]
    h.mul_(2)
    return part.sum()


@traps.refused("takes the bits of a number for another one", "use x.to(dtype)")
def bits(self, x):
    return self.m(x).view(torch.float64).sum()


@traps.refused("could reach beyond it")
def beyond_a_part(self, x):
    h = self.m(x) * 1
    h[:, 1:].as_strided((1,), (1,), 0).mul_(2)
    return h.sum()


traps.all_refused(
    "_() in test_front_end_in_place.py, line",
    "calls a function of Python's for each number",
    "torch.where",
    python_for_each_number=lambda self, x: (self.m(x) * x.detach().clone().apply_(lambda v: float(v > 0))).sum(),
    python_for_two_numbers=lambda self, x: (self.m(x) * x.detach().clone().map_(x.detach(), max)).sum(),
)


@traps.refused("changes where the numbers of a tensor lie")
def resized(self, x):
    return self.m(x).detach().resize_(1, 2).sum()


@traps.right
def shape_in_place(self, x):
    h = self.l(x) * 1
    h.unsqueeze_(0)
    return (h * 2 if h.shape == (1, 1, 2) else h).square().sum()


@traps.refused("changes the numbers of the parameter 'l.weight', in test_front_end_in_place.py", "call the module once")
def a_parameter_in_place(self, x):
    with torch.no_grad():
        self.l.weight.mul_(2)
    return self.l(x).sum()


@traps.refused("changed in place while gradients are off")
def in_place_without_gradients(self, x):
    h = self.l(x)
    with torch.no_grad():
        h.mul_(2)
    return h.square().sum()


@traps.right
def data_in_place(self, x):
    h = self.l(x)
    h.data.mul_(2)
    k = self.m(x).squeeze(0)
    k.data.masked_fill_(k.data < 0, -float("inf"))
    k.data[0] = 3
    return h.square().sum() + k.softmax(0)[1] + self.m(x).detach().mul_(2).sum()


@traps.right
def data_of_a_view(self, x):
    h = self.m(x)
    part = h.view(3)[1:]
    part.data *= x[0, 1:]
    return (h.square() * x).sum() + part.exp().sum()


@traps.right
def data_of_a_parameter(self, x):
    self.l.weight.data *= torch.ones(2, 3)
    self.m.weight.data = self.m.weight.data.clamp(-9, 9)
    return self.l(x).sum() + self.m(x).square().sum()


@traps.refused("changes the numbers of the parameter 'l.weight', in test_front_end_in_place.py", "call the module once")
def data_of_a_parameter_that_changes(self, x):
    self.l.weight.data *= torch.tensor([1.0, 0, 1])
    return self.l(x).sum()


@traps.refused("'grad.m.weight' is off by")
def data_that_a_gradient_reads(self, x):
    h = self.m(x).exp()
    h.data.mul_(2)
    return h.square().sum()


@traps.refused("x.data is set to another shape or type in test_front_end_in_place.py, line")
def data_set(self, x):
    h = self.l(x)
    h.data = x
    return h.square().sum()


@traps.right
def part_of_a_constant_written(self, x):
    kept = torch.zeros(2, 3)
    row, turned = kept[0], kept.T[2]
    row[:] = x[0]
    turned.data[1] = x[0, 1]
    for k in range(2):
        kept[k].mul_(self.m(x)[0] * k)
    return kept.square().sum() + row[1]


@traps.right
def part_of_a_constant_read(self, x):
    kept = torch.zeros(2, 3)
    row = kept[0]
    kept[:] = x[0]
    return (kept + row).square().sum()


@traps.right
def probabilities_moved_to_atoms(self, x):
    """As a categorical DQN writes them, row by row."""
    found, probabilities = torch.zeros(2, 4), self.m(torch.cat([x, 2 * x])).softmax(1)
    with torch.no_grad():
        lower = (probabilities * 3).floor().long()
        for row in range(2):
            found[row].index_add_(0, lower[row], probabilities[row])
            found[row].view(2, 2)[0].index_add_(0, torch.tensor([1, 0]), probabilities[row][:2])
    return (found[:, :3] * self.m(x)).sum()


@traps.right
def a_detached_constant_written(self, x):
    kept = torch.zeros(2, 3)
    part = kept.detach()[1]
    part[:] = x[0]
    return (part * kept).sum() + self.l(x).sum()


@traps.right
def a_line_flattened(self, x):
    kept = torch.zeros(1, 2).double()
    line = kept.flatten()
    with torch.no_grad():
        line.add_(self.l(x)[0])
    line.flatten().mul_(self.l(x)[0])
    return kept.square().sum() + line[0]


@traps.refused("a part of a detached tensor, or of x.data, is changed in place, and with it the tensor behind it")
def a_detached_constant_written_and_the_tensor_behind_it(self, x):
    kept = torch.zeros(2, 3)
    other = kept.detach()
    other[0] = x[0]
    kept[1] = x[0]
    return (other * self.m(x)).sum()


@traps.refused("something is written into a part of a constant tensor that was taken before: write into the tensor")
def real_part_of_a_constant_written(self, x):
    kept = torch.zeros(2, 3, dtype=torch.complex128)
    kept.real[0] = x[0]
    return kept.real.square().sum()


@traps.right
def written_where_the_inputs_say(self, x):
    h = self.m(x) * 1
    h[0, x.argmax()] = 3
    return h.sum()


@traps.refused("operator 'polygamma' (node 'polygamma') is not supported")
def unknown_in_place(self, x):
    h = self.m(x)
    return h.polygamma_(1).sum()


test_right, test_workbook, test_refused = traps.tests()
