"""Parts of a gradient, one for each example, that a sum adds up: they are right, and a slip in one is told there."""

from spreadsheet_autograd.worker import check_here
from tests.support.sheet_text import sheet
from tests.support.sheets_by_hand import save

TEXT = """
A1:B2 m|1.5|n|0.3
A4:F4 t|s|model|off|dQ/dm|dQ/dn
A5:B8 0.5|1|1|2.1|1.5|2.4|2|3.3
C5:C8 =$B$1*A5+$B$2
D5:D8 =C5-B5
E5:E8 =2*D5*A5/4
F5:F8 =2*D5/4
D1:D3 Q|sum m|sum n
E1 =SUMSQ(D5:D8)/4
E2:F2 =SUM(E5:E8)
A10:A11 rate|0.1
C10:D10 m next|n next
C11 =B1-$A$11*E2
D11 =B2-$A$11*F2
"""


def checked(changes, tmp_path):
    return check_here(save({"S": sheet(TEXT) | changes}, tmp_path / "sheet.xlsx"))


def test_a_part_of_a_sum_is_right(tmp_path):
    found = checked({}, tmp_path)
    assert {claim["verdict"] for claim in found["claims"]} == {"right"}
    assert {"S!E5", "S!E2"} <= {claim["cell"] for claim in found["claims"]}


def test_a_slip_in_a_part_is_told_there(tmp_path):
    found = checked({"E7": "=2*D7*B7/4"}, tmp_path)
    wrong = {claim["cell"]: claim["slip"]["cell"] for claim in found["claims"] if claim["verdict"] == "wrong"}
    assert wrong == {"S!E2": "S!E7", "S!E7": "S!E7"}
