"""The cases of excel_export/composites/complex_numbers.py."""

import torch

from tests.support.cases._example import Example, randn


def view_as_complex():
    of, back = torch.view_as_complex, torch.view_as_real
    turned = torch.polar(torch.ones(2, 2, dtype=torch.float64), torch.linspace(0, 2, 4).double().reshape(2, 2))
    yield Example("", lambda x: back(of(x) * turned).flatten(1), randn(2, 2, 2))
    yield Example("of each other", lambda x: back(of(x) * turned.conj() * of(x * x + 1) * 2.0), randn(2, 2, 2))
    yield Example("parts", lambda x: of(x)[1:].real * of(x)[0].imag, randn(2, 2, 2))
