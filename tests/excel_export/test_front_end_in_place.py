"""Changes in place, and views: each of these is right, or refused in one clear line."""

import torch
import torch.nn.functional as F

from tests.support.traps import Traps

traps = Traps()


@traps.right
def augmented(self, x):
    h = self.l(x)
    same = h
    h += 1
    h *= 2
    h -= x[:, :2]
    h /= 4
    h **= 2
    return (h * same).sum()


@traps.right
def methods_in_place(self, x):
    h = self.l(x)
    h.add_(x[:, :2]).mul_(2).sigmoid_()
    return h.square().sum()


@traps.right
def relu_in_place(self, x):
    h = self.l(x)
    return (F.relu(h, inplace=True) + h + torch.relu_(self.l(x))).sum()


@traps.right
def relu_layer_in_place(self, x):
    h = self.l(x)
    r = self.relu(h)
    return (r + h).sum()


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


@traps.right
def shape_in_place(self, x):
    h = self.l(x) * 1
    h.unsqueeze_(0)
    return (h * 2 if h.shape == (1, 1, 2) else h).square().sum()


@traps.refused("the parameter 'l.weight' is changed in place")
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


@traps.refused("x.data, is changed in place")
def data_in_place(self, x):
    h = self.l(x)
    h.data.mul_(2)
    return h.square().sum()


@traps.refused("x.data is set in test_front_end_in_place.py, line")
def data_set(self, x):
    h = self.l(x)
    h.data = x
    return h.square().sum()


@traps.refused("a part of a constant tensor that was taken before")
def part_of_a_constant_written(self, x):
    kept = torch.zeros(2, 3)
    row = kept[0]
    row[:] = x[0]
    return kept.square().sum()


@traps.refused("take it afterwards")
def part_of_a_constant_read(self, x):
    kept = torch.zeros(2, 3)
    row = kept[0]
    kept[:] = x[0]
    return (kept + row).square().sum()


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
