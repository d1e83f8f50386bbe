"""Formulas as values: places, references, expressions, and what an operator is.

What a file of an operator needs, it may import from here.
"""

from excel_export.formulas.arrays import of_ranges, reduce, scattered, sum_of_products, table
from excel_export.formulas.example import Example, Extreme
from excel_export.formulas.expression import (
    Expression,
    Operand,
    OperandLike,
    as_expression,
    call,
    equal,
    joined,
    rearranged,
    total,
    unequal,
)
from excel_export.formulas.functions import (
    ABS,
    ADDRESS,
    AND,
    AVERAGE,
    CHOOSE,
    COUNT,
    COUNTIF,
    EXP,
    HYPERLINK,
    IF,
    INDEX,
    INT,
    ISNUMBER,
    LN,
    MATCH,
    MAX,
    MID,
    MIN,
    MOD,
    NORMSDIST,
    OR,
    ROUND,
    SEARCH,
    SIGN,
    SQRT,
    SUM,
    SUMPRODUCT,
    TANH,
    TEXT,
    TRUNC,
    link,
)
from excel_export.formulas.grid import Grid, Region
from excel_export.formulas.operator import Gradients, Helper, Operator, operator
from excel_export.formulas.reference import Name, Reference, Span
from excel_export.formulas.tensor import Tensor
from excel_export.formulas.terms import Terms
from excel_export.formulas.texts import Text
