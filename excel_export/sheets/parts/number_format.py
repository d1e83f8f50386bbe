"""A number format for TEXT, with the decimal sign of the reader's language."""

from excel_export.formulas import MID, Expression, as_expression, joined


def number_format(decimals: int) -> Expression:
    """A format with so many decimals.

    TEXT reads its format in the reader's language: to a German, the point in "0.00" parts thousands.
    """
    return joined("0", MID(as_expression(1) / 2, 2, 1), "0" * decimals)
