"""The After sheets: the forward pass again, with the parameters as they are after the step."""

from __future__ import annotations

from excel_export.formulas.operator import Band
from excel_export.graph.graph import forward_only
from excel_export.sheets.draft import Draft, elsewhere
from excel_export.sheets.names import LOSS, LOSS_AFTER
from excel_export.sheets.network import network_sheet
from excel_export.sheets.tensors import AFTER, Entry
from excel_export.xlsx.styles import FORWARD

NAME = "After"
WHAT = "the forward pass again, after the step: is the loss smaller?"
HEADINGS: dict[Band, str] = {
    "forward": "FORWARD AGAIN  →   the same inputs, with every parameter one step further",
    "parameters": "PARAMETERS AFTER THE STEP   as the convolutions read them; the step is on the Update sheet",
}


def draw(draft: Draft) -> None:
    """Draw the second forward pass, and give the loss after the step its name."""
    second = forward_only(draft.graph)
    given = {
        value: elsewhere(value, draft.after.get(value, draft.placement.tensors[value].value))
        for value in draft.graph.values
        if value.kind != "intermediate"
    }
    placement, contents = draft.place_again(second, NAME, given)
    for sheet in placement.sheets:
        draft.add(network_sheet(sheet, contents, "After one step", FORWARD, HEADINGS), WHAT)
    for value in second.of_kind("intermediate"):
        draft.entries.append(Entry(value.name, AFTER, placement.tensors[value].value))
    loss = placement.tensors[second.loss].value
    draft.entries.append(Entry(LOSS, AFTER, loss))
    # Where the loss is pasted, a step changes nothing that could be seen.
    if second.loss.kind == "intermediate":
        draft.name_cell(LOSS_AFTER, loss)
