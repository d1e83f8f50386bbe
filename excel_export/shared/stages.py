"""The stages of an export."""

START = "start PyTorch"
"""What comes before them."""
STAGES = {
    "trace": 1.0,
    "draw the sheets": 6.0,
    "write formulas": 4.0,
    "compute values": 20.0,
    "store values": 6.0,
    "compare with PyTorch": 3.0,
}
"""Each with its part of the time."""
STAGES_OF_A_PAGE = {"trace": 1.0, "write formulas": 4.0, "compare with PyTorch": 1.0}
"""Those of a page."""
