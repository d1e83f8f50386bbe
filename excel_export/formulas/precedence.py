"""How tightly the operators of formulas bind, as ECMA-376 part 1, 18.17.2.2 orders them: for reading and for writing.

In a spreadsheet a minus sign binds more tightly than a power: -2^2 is 4. But people read it the other way, and Gnumeric
reads a^b^c from right to left: so what we write has brackets around the base of a power unless it is a single operand.
"""

from __future__ import annotations

COMPARISON, JOIN, SUM, PRODUCT, POWER, PERCENT, NEGATED, ATOM = range(1, 9)
OPERATORS = {
    **dict.fromkeys(("=", "<>", "<", ">", "<=", ">="), COMPARISON),
    "&": JOIN, "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "^": POWER,
}  # fmt: skip
"""Those between two operands."""
