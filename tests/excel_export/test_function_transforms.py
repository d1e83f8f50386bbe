"""torch.func: derivatives of functions by their arguments, in both directions."""

import torch
from torch.autograd import forward_ad

from tests.support.traps import Traps

traps = Traps()


@traps.right
def all_of_a_function(self, x):
    rows = torch.func.jacrev(lambda t: self.l(t).tanh())(x[0])
    curvature = torch.func.hessian(lambda t: self.m(t).sin().sum())(x[0])
    result, back = torch.func.vjp(self.l, x)
    columns = torch.func.jacfwd(lambda t: self.l(t).sigmoid())(x[0])
    value, slopes = torch.func.jvp(lambda t: self.m(t).cos(), (x,), (x * x,))
    y = rows.square().sum() + curvature.trace() + (back(result.exp())[0] * x).sum()
    return y + (columns**3).sum() + (value * slopes).sum()


@traps.right
def in_a_direction_beside_the_same_tensor(self, x):
    """As mean flows do: the function reads what it is given, and what that was made of."""
    z = (1 - x) * self.l.weight[0]
    value, slopes = torch.func.jvp(lambda t: (z * t).tanh() * self.m(x), (x,), (x * x,))
    weighted, moved = torch.func.jvp(lambda w: w @ self.m.weight.tanh().T, (self.m.weight,), (self.m.weight**2,))
    return (value + slopes**2).sum() + (weighted * moved).sum()


@traps.refused("torch.autograd.forward_ad in test_function_transforms.py", "use torch.func.jvp")
def in_forward_mode(self, x):
    with forward_ad.dual_level():
        return forward_ad.unpack_dual(self.m(forward_ad.make_dual(x, x.cos())).tanh()).tangent.sum()


@traps.right
def in_forward_mode_another_way(self, x):
    return torch.func.jvp(lambda t: self.m(t).tanh(), (x,), (x.cos(),))[1].sum()


test_right, test_workbook, test_refused = traps.tests()
