"""Formulas as values: places, references, expressions, and what an operator is.

What every operator is made of can be imported from here; spreadsheet functions are in `functions`, formulas made one
by one in `arrays`, and what PyTorch says in the spreadsheet's own terms in `idioms`.
"""

from excel_export.formulas.expression import Expression, Operand, OperandLike, equal, total, unequal
from excel_export.formulas.grid import Grid, Region
from excel_export.formulas.operator import Gradients, Helper, Operator, operator
from excel_export.formulas.tensor import Tensor
