"""The line of a formula in which its inner sums are worked out, as the Lens shows it below the line itself."""

import pytest

from excel_export.views.terms import inner_sums, worked_out


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("# · (# + # − #)", "# · #"),
        ("(# + #) / # + #", "# / # + #"),
        ("ln(# + #) · #", "ln(#) · #"),
        ("e^(# − #) / (# + #)", "e^(#) / #"),
        ("√(# + #)", "√(#)"),
        ("# · (# · #) + #", "# · (# · #) + #"),
        ("# + #", "# + #"),
    ],
)
def test_a_number_in_the_place_of_a_sum_needs_no_brackets_but_those_of_a_function(line, after):
    texts = line.split("#")
    assert "#".join(worked_out(texts, inner_sums(texts))) == after
