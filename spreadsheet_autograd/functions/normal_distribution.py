"""The slopes of the normal distribution: its own is the density, and that one's is −z times it."""

from __future__ import annotations

from spreadsheet_autograd.functions.finance_and_statistics import Items, written_with
from spreadsheet_autograd.language.algebra import ONE, ZERO
from spreadsheet_autograd.language.syntax import Call, Node

DENSITIES = {"NORM.S.DIST", "NORMSDIST", "NORM.DIST", "NORMDIST"}


def of_normal(name: str, arguments: tuple[Node, ...]) -> Items:
    """Yield what a distribution reads, with the slopes."""
    is_standard = "S" in name.removesuffix("DIST")
    x, mean, deviation = (arguments[0], ZERO, ONE) if is_standard else arguments[:3]
    is_sum: Node = arguments[-1] if len(arguments) in (2, 4) else Call("TRUE", ())
    z = x if is_standard else written_with("(x-m)/s", x=x, m=mean, s=deviation)
    density = written_with("EXP(-(z^2)/2)/SQRT(2*PI())", z=z)
    slope = written_with("IF(c,d/s,-z*d/s^2)", c=is_sum, d=density, z=z, s=deviation)
    yield x, slope
    if not is_standard:
        yield mean, written_with("-q", q=slope)
        yield deviation, written_with("IF(c,-z*d/s,(z^2-1)*d/s^2)", c=is_sum, d=density, z=z, s=deviation)
