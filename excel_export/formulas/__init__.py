"""Formulas as Python values: grids, references, expressions, and the base class of operators.

What operators, sheets and exercises are made of can be imported from here.
"""

from excel_export.formulas.arrays import (
    MOST_ARGUMENTS,
    ZERO,
    FormulaTable,
    RangeReduction,
    Scattered,
    SumOfProducts,
    of_ranges,
    reduce,
    scattered,
    sum_of_products,
    table,
)
from excel_export.formulas.expression import (
    Constant,
    Expression,
    FunctionCall,
    Infix,
    Leaf,
    Negated,
    Operand,
    OperandLike,
    Rearranged,
    Total,
    as_expression,
    call,
    equal,
    joined,
    negated,
    rearranged,
    total,
    unequal,
)
from excel_export.formulas.functions import *
from excel_export.formulas.grid import Grid, GridCells, Region, matching_cuts
from excel_export.formulas.idioms import (
    WRITTEN_OUT,
    Dims,
    add_up,
    as_dims,
    expm1_up_to_0,
    is_true,
    kept,
    log1p,
    logistic,
    pick,
    reduced,
    unbroadcast,
)
from excel_export.formulas.literals import LONGEST_LITERAL, Text, number
from excel_export.formulas.lookups import Places, look_up
from excel_export.formulas.operator import Band, Gradients, Helper, Layout, Operator, Phrases, operator, registered
from excel_export.formulas.reference import LETTERS, Name, Reference, Referred, Token, quoted
from excel_export.formulas.tensor import PlacedTensor, Tensor
from excel_export.formulas.words import counted, factor, figure, gradient_name, listed, size
from excel_export.formulas.writing import ANYTHING, Index, Writer, unravelled
