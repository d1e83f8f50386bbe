"""A control: a yellow cell on Start that inputs follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.formulas import Name, Reference


@dataclass(frozen=True)
class Control:
    """A cell on the start sheet that a learner sets."""

    label: str
    content: float | str
    name: Name
    """The defined name of the cell."""
    choices: Reference | Sequence[object]
    """What may be chosen: the cells of a list, or a few words and whole numbers."""
    hint: str

    @property
    def in_use(self) -> Name:
        """What formulas read: what was chosen where it is one of the choices, else what stood there at first.

        Of a list in cells it is the place of the chosen item, from 1 on; a learner may give that instead of the item.
        """
        return Name(f"{self.name.text}_in_use")
