"""A slip in the slope of an activation is found in the formula that has it, and said as what it is."""

import pytest

from spreadsheet_autograd.worker import check_here
from tests.support.long_proofs import only_quick
from tests.support.sheets_by_hand import save

NAMES = ["x1", "x2", "y", "v11", "v12", "b1", "v21", "v22", "b2", "u1", "u2", "c", "z1", "z2", "h1", "h2", "s", "p",
         "Loss", "delta_s", "delta_h1", "delta_h2", "delta_z1", "delta_z2", "grad u1", "grad u2", "grad c", "grad v11",
         "grad v12", "grad b1", "grad v21", "grad v22", "grad b2"]  # fmt: skip
AT = {name: f"B{row}" for row, name in enumerate(NAMES, start=1)}
NUMBERS = [0.7, -0.3, 1, 0.2, -0.4, 0.05, 0.5, 0.1, -0.1, 0.6, -0.35, 0.2]
FORMULAS = {
    "z1": "={v11}*{x1}+{v12}*{x2}+{b1}", "z2": "={v21}*{x1}+{v22}*{x2}+{b2}",
    "h1": "=MAX(0,{z1})", "h2": "=TANH({z2})",
    "s": "={u1}*{h1}+{u2}*{h2}+{c}", "p": "=1/(1+EXP(-{s}))",
    "Loss": "=-({y}*LN({p})+(1-{y})*LN(1-{p}))",
    "delta_s": "={p}-{y}", "delta_h1": "={delta_s}*{u1}", "delta_h2": "={delta_s}*{u2}",
    "delta_z1": "=IF({z1}>0,{delta_h1},0)", "delta_z2": "={delta_h2}*(1-{h2}^2)",
    "grad u1": "={delta_s}*{h1}", "grad u2": "={delta_s}*{h2}", "grad c": "={delta_s}",
    "grad v11": "={delta_z1}*{x1}", "grad v12": "={delta_z1}*{x2}", "grad b1": "={delta_z1}",
    "grad v21": "={delta_z2}*{x1}", "grad v22": "={delta_z2}*{x2}", "grad b2": "={delta_z2}",
}  # fmt: skip


def sheet(tmp_path, called=None, **changes):
    """A network of a ReLU and a tanh unit, one name and one number a row, each step of the chain rule in a cell."""
    formulas = {name: text.format(**AT) for name, text in (FORMULAS | changes).items()}
    contents = dict(zip(NAMES, NUMBERS, strict=False)) | formulas
    heads = {f"A{row}": (called or {}).get(name, name) for row, name in enumerate(NAMES, start=1)}
    cells = heads | {AT[name]: contents[name] for name in NAMES}
    return check_here(save({"Network": cells}, tmp_path / "sheet.xlsx"))


def test_the_right_sheet_is_quiet(tmp_path):
    assert {claim["verdict"] for claim in sheet(tmp_path)["claims"]} == {"right"}


@pytest.mark.parametrize(
    ("name", "slip", "kind", "mended"),
    only_quick(
        [
            ("delta_z2", "={delta_h2}*{h2}*(1-{h2})", "slope", "={delta_h2}*(1-{h2}^2)"),
            ("delta_z2", "={delta_h2}*(1-{h2})*{h2}", "slope", "={delta_h2}*(1-{h2}^2)"),
            ("delta_z1", "={delta_h1}", "mask", "={delta_h1}*IF({h1}>0,1,0)"),
            ("delta_z2", "={delta_h2}", "missing factor", "={delta_h2}*(1-{h2}^2)"),
        ],
        ("delta_z2", "={delta_h2}*{h2}*(1-{h2})", "slope", "={delta_h2}*(1-{h2}^2)"),
        ("delta_z1", "={delta_h1}", "mask", "={delta_h1}*IF({h1}>0,1,0)"),
    ),
)
def test_the_slope_of_another_activation_is_said(name, slip, kind, mended, tmp_path):
    found = sheet(tmp_path, **{name: slip})
    wrong = [claim for claim in found["claims"] if claim["verdict"] == "wrong"]
    assert len(wrong) == 3
    for claim in wrong:
        assert (claim["slip"]["cell"], claim["slip"]["kind"]) == (f"Network!{AT[name]}", kind)
        assert claim["slip"]["mended"] == mended.format(**AT)


@pytest.mark.parametrize("square", only_quick(["{p}^2", "{p}*{p}"], "{p}^2"))
def test_the_slope_of_tanh_for_a_sigmoid_is_said(square, tmp_path):
    """In a squared error, where the sigmoid's slope does not cancel."""
    slope = f"=({{p}}-{{y}})*(1-{square})"
    found = sheet(tmp_path, Loss="=0.5*({p}-{y})^2", delta_s=slope)
    wrong = [claim for claim in found["claims"] if claim["verdict"] == "wrong"]
    assert len(wrong) == 9
    assert {claim["slip"]["mended"] for claim in wrong} == {"=({p}-{y})*({p}*(1-{p}))".format(**AT)}
    assert "the slope of another activation" in wrong[0]["slip"]["words"]


@pytest.mark.parametrize(
    "tanh",
    only_quick(["=(EXP({z2})-EXP(-{z2}))/(EXP({z2})+EXP(-{z2}))", "=2/(1+EXP(-2*{z2}))-1"], "=2/(1+EXP(-2*{z2}))-1"),
)
def test_a_missing_slope_is_written_with_the_cell_of_the_activation(tanh, tmp_path):
    """However the activation itself is written."""
    found = sheet(tmp_path, h2=tanh, delta_z2="={delta_h2}")
    slips = {claim["slip"]["mended"] for claim in found["claims"] if claim["verdict"] == "wrong"}
    assert slips == {"={delta_h2}*(1-{h2}^2)".format(**AT)}


@pytest.mark.parametrize(
    ("slip", "kind"),
    only_quick(
        [("={delta_z2}*{x1}", "surplus factor"), ("=-{delta_z2}", "sign"), ("={delta_z1}", "reference")],
        ("={delta_z2}*{x1}", "surplus factor"),
    ),
)
def test_a_slip_that_hides_behind_another_is_found_once_that_is_mended(slip, kind, tmp_path):
    """The first gradient has a slip of its own, and reads a cell with another, which only the next ones show."""
    called = {"delta_z2": "q", "grad v21": "grad b2", "grad b2": "grad v21"}
    at_first = {"delta_z2": "={delta_h2}*{h2}*(1-{h2})", "grad v21": slip, "grad b2": "={delta_z2}*{x1}"}
    found = {claim["cell"]: claim for claim in sheet(tmp_path, called, **at_first)["claims"]}
    first, *others = (found[f"Network!{AT[name]}"]["slip"] for name in ("grad v21", "grad v22", "grad b2"))
    assert (first["cell"], first["kind"]) == (f"Network!{AT['grad v21']}", kind)
    assert first["mended"] == "={delta_z2}".format(**AT)
    assert {(each["cell"], each["kind"]) for each in others} == {(f"Network!{AT['delta_z2']}", "slope")}
