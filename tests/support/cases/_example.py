"""What cases are made of: an `Example` or an `Extreme`, and the numbers that many of them share."""

import math

import torch


class Example:
    """A call by which an operator is tested and shown: Example('of zeros', torch.relu, torch.tensor([-1.0, 0.0])).

    The first text names the case, '' for the plain one. The function, method or module that calls the operator follows,
    then its tensors, computed with in float64 unless they are integers.
    """

    def __init__(self, what, function, *inputs):
        self.what, self.function, self.inputs = what, function, inputs


class Extreme(Example):
    """A call with numbers so large, 1e300, so small or so close to each other that a formula could fail.

    Args:
        what: the name of the case: 'huge numbers'.
        function: the function of PyTorch.
        inputs: its tensors.
        by_element: True if element i of the result depends on element i of each input only, as in x + z. Elements for
            which PyTorch's result or gradient is not finite are then left out.
        decides: True for a comparison, x < z: one engine takes numbers that differ by less than 2e-16 as equal.
        cancels: True for a difference of close numbers, which PyTorch itself knows to 1e-16 only.
    """

    def __init__(self, what, function, *inputs, by_element=False, decides=False, cancels=False):
        super().__init__(what, function, *inputs)
        self.by_element, self.decides, self.cancels = by_element, decides, cancels


def ramp(*shape):
    """Return numbers from −1 to 1, evenly spaced, in a shape: [[−1, −0.33], [0.33, 1]] for (2, 2)."""
    return torch.linspace(-1, 1, math.prod(shape)).reshape(shape)


def randn(*shape):
    """Return normally distributed float64 numbers in a shape, given as 2, 3 for (2, 3), the same ones at each call."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape))).double()


def doubles(*rows):
    return torch.tensor(rows, dtype=torch.float64)


# Small ones, which fit into the documentation.
ROW, MATRIX, PICTURE = ramp(1, 3), ramp(2, 3), ramp(1, 1, 4, 4)
LABEL = torch.tensor([2])

# Larger ones, for edge cases.
IMAGE = randn(2, 3, 6, 5)
BORDERS = torch.tensor([[-1.0, 0.0, 2.0, -0.0]])
# Numbers that only their signs tell from 0, to an engine that takes what is closer than 2e-16 for equal.
NEAR_ZERO = doubles([math.exp(-704), -math.exp(-704), 0.0, 1e-17])
TIES = torch.tensor([[1.0, 2, 2, 0], [2, 1, 3, 3], [0, 0, -1, -1], [0, 0, -1, -1]]).reshape(1, 1, 4, 4)
FAR = doubles([-1000.0, -700, -20, -1e-7, 0], [1e-7, 20, 21, 700, 1000])
SATURATED = torch.tensor([[1000.0, -1000, 0], [-700, 700, 699], [-700, -700, -700]])
LABELS = torch.tensor([0, 3, 1])
MAP_LABELS = torch.tensor([[[0, 2], [1, 1]], [[2, 2], [0, 1]]])
CLASS_WEIGHT = torch.tensor([0.5, 2.0, 1.0, 0.25], dtype=torch.float64)

# Extreme ones: for each element on its own, and for pairs of elements.
_SIZES = (1e-320, 1e-300, 1e-160, 1e-17, 1e-8, 0.5, 1, 20, 36.5, 700, 709, 745, 1e3, 1e6, 1e9, 1e150, 1e200, 1e300)
NUMBERS = doubles(0.0, -0.0, 1 - 1e-16, *_SIZES, *(-size for size in _SIZES))
# To a spreadsheet, a number that is whole in its first 15 digits is whole.
NOT_NEAR_1 = NUMBERS[(NUMBERS - 1).abs() != 2.0**-53]
_FEW = doubles(0.0, 1e-300, -1e-160, 1e-17, 0.5, -1, 700, -1e3, 1e150, -1e200, 1e300)
PAIRS = torch.cartesian_prod(_FEW, _FEW).T

# Extreme ones for the other operators.
EXTREME = doubles([1e300, -1e-300, 0, 700], [-1e3, 1e200, -0.0, 1e-320], [1, -1e300, 1e150, 0.5])
# As far apart, but none so near to another one that an engine takes them for equal.
APART = doubles([1e300, -1e-3, 0, 700], [-1e3, 1e200, -0.25, 1e-8], [1, -1e300, 1e150, 0.5])
EXTREME_IMAGE = torch.cat((EXTREME, EXTREME.flip(0))).flatten().repeat(2)[:36].reshape(1, 1, 6, 6)
NARROW = doubles([1e-160, -700, 0, 1e3], [1e150, 0.5, 1, -1e150])
# Logits, from far apart to all equal, and the true label of each row.
LOGITS = doubles(
    [700, -700, 0], [1e3, -1e3, 999], [1e300, -1e300, 0], [1e300, 1e300, 1], [-1e300, -1e300, -1e300], [0, -0.0, 0],
    [1e-300, -1e-300, 1e-320], [745, 0, 36.5], [-1e6, -1e6 - 1, -1e9], [1e15, 1e15 - 2, 1e15 - 40],
)  # fmt: skip
TRUTH = torch.tensor([0, 1, 2, 1, 0, 2, 0, 1, 2, 2])


def extreme_image(rank):
    """Return numbers from 1e-320 to ±1e300 as an image: (1, 1, 36), (1, 1, 6, 6), (1, 1, 1, 6, 6) for rank 1, 2, 3."""
    return EXTREME_IMAGE.reshape(1, 1, *((36,), (6, 6), (1, 6, 6))[rank - 1])


def extreme_filter(rank):
    """Return 1e-300, 1, −1000, 0 as a filter: (1, 1, 4), (1, 1, 2, 2), (1, 1, 1, 2, 2) for rank 1, 2, 3."""
    return doubles(1e-300, 1.0, -1e3, 0.0).reshape(1, 1, *((4,), (2, 2), (1, 2, 2))[rank - 1])
