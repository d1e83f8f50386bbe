"""Defined names: those of the sheets, the rules for legal ones, and the values that get one."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from excel_export.formulas import Name
from excel_export.graph.graph import Graph, Value

LEARNING_RATE, LOSS, LOSS_AFTER = Name("learning_rate"), Name("loss"), Name("loss_after")
# The learning rate as formulas read it.
RATE_IN_USE = Name("rate_in_use")
# Ten times this, for the step that is shown beside the step's own.
TEN_TIMES_RATE = Name("ten_times_the_rate")
# A rate that is too large: with it, the loss grows.
TOO_LARGE_RATE = Name("too_large_a_rate")
# The cell in which a learner chooses the learning rule.
LEARNING_RULE = Name("learning_rule")
# Whether all agrees with PyTorch, in words, and whether a learner has changed an input or a parameter.
VERDICT, CHANGED = Name("verdict"), Name("inputs_changed")
# What Explain explains: the cell that chooses a tensor, how the element is written, and its number.
EXPLAIN_TENSOR, EXPLAIN_LABEL = Name("explain_tensor"), Name("explain_label")
EXPLAIN_NUMBER = Name("explain_number")
EPSILON, NUDGE = Name("epsilon"), Name("nudge")
# The number that Nudge nudges: the cell of its parameter, its running number among all, and how it is written.
NUDGE_TENSOR, NUDGED_ELEMENT, NUDGED_LABEL = Name("nudge_tensor"), Name("nudge_element"), Name("nudge_label")
# The number itself and its gradient; how far the curve of the loss goes on either side; and the losses of its passes.
NUDGED_VALUE, NUDGED_GRADIENT, NUDGE_FAR = Name("nudge_value"), Name("nudge_gradient"), Name("nudge_far")
LOSS_UP, LOSS_DOWN = Name("nudge_loss_up"), Name("nudge_loss_down")
LOSS_FAR_UP, LOSS_FAR_DOWN = Name("nudge_loss_far_up"), Name("nudge_loss_far_down")
# The learning rate of the steps on the Training sheet; that of the one step on the Update sheet is another.
TRAINING_RATE = Name("training_rate")
# How the names of the numbers begin that compared learning rules have: rule_2_momentum.
RULE_NUMBERS = "rule_"
_LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
# What a spreadsheet reads as a cell: A1 references, and R1C1 ones in any of their forms and languages: a row is r, in
# German z, in French l, in Spanish f; a column is c, in German s.
_CELL = re.compile(r"[a-z]{1,3}\d+|[rzlf]\d*([cs]\d*)?|[cs]\d*", re.IGNORECASE)
LONGEST_CHOICE = 100
"""The most characters of a name in a list to choose from."""
# What MATCH takes for any characters, and names that begin as `choices` lets them begin.
_WILD = re.compile(r"[*?~]|^\d+ · ")
# What Excel keeps for itself, and what the sheets name: an input of that name gets none of its own.
_EXCELS = {"true", "false", "print_area", "print_titles", "criteria", "database", "extract", "consolidate_area",
           "sheet_title", "auto_open", "auto_close", "_filterdatabase"}  # fmt: skip
_OURS = {name.text for name in (LEARNING_RATE, RATE_IN_USE, TEN_TIMES_RATE, LOSS, LOSS_AFTER, EPSILON, TOO_LARGE_RATE,
                               NUDGE, VERDICT, CHANGED, LEARNING_RULE)}  # fmt: skip
_OURS_BEGIN = ("explain_", "nudge_", "step_", "lesson_", "training_", "chosen_", "mark_", "practice_", RULE_NUMBERS)


def _numbered(what: str) -> Callable[[int], Name]:
    return lambda k: Name(f"{what}_{k + 1}")


explain_index, nudge_index = map(_numbered, ("explain_index", "nudge_index"))
"""Functions from a dimension, from 0 on, to the name of the cell with its index: explain_index(0): explain_index_1."""
explain_cells = _numbered("explain_cells")
"""A function from k, from 0 on, to the name of the used cells of the sheet k that Explain reads: explain_cells_1."""


def chosen(setting: Name) -> Name:
    """Return the name of the cell into which a learner types a setting; `setting` names the cell that formulas read.

    Example:
        >>> chosen(Name("training_rate")).text
        'chosen_training_rate'
    """
    return Name(f"chosen_{setting.text}")


def input_names(graph: Graph) -> dict[Value, str]:
    """Return the inputs that get a defined name, with it: {x: 'x'} for a Value x that is called 'x'.

    They hold one number, and their name is legal, not Excel's or the sheets', as 'loss', nor an earlier input's.
    """
    taken = _EXCELS | _OURS
    single = [value for value in graph.of_kind("input") if value.data.size == 1 and is_legal(value.name)]
    found: dict[Value, str] = {}
    for value in single:
        name = value.name.lower()  # to a spreadsheet, x is X
        if name not in taken and not name.startswith(_OURS_BEGIN):
            found[value] = value.name
            taken = taken | {name}
    return found


def choices(names: Sequence[str]) -> list[str]:
    """Return names for a drop-down list, in order, changed so that MATCH finds each.

    For MATCH, a is A, and *, ? and ~ have a meaning. So names alike, names with such a sign, and names over 100
    characters, which are cut, begin with their position.

    Example:
        >>> choices(["weight", "Weight", "bias", "a*b"])
        ['1 · weight', '2 · Weight', 'bias', '4 · a·b']
    """
    alike = Counter(name.lower() for name in names)
    return [
        name
        if alike[name.lower()] == 1 and len(name) <= LONGEST_CHOICE and not _WILD.search(name)
        else f"{k} · {_WILD.sub('·', name)[:LONGEST_CHOICE]}"
        for k, name in enumerate(names, start=1)
    ]


def is_legal(name: str) -> bool:
    """Return whether a text can be a defined name: letters A to Z, digits, _ and dots, and in no language a cell.

    Example:
        >>> is_legal("learning_rate"), is_legal("A1"), is_legal("z1s2"), is_legal("learning rate")
        (True, False, False, False)
    """
    return bool(_LEGAL.fullmatch(name)) and not _CELL.fullmatch(name) and len(name) <= 255
