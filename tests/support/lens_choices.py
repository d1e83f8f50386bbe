"""Random choices of a step, a tensor and an element of the Lens."""

from __future__ import annotations

import random

from excel_export.sheets.lens.layout import NAME
from tests.support.lens import Shown
from tests.support.live import Place


class Chooser:
    """Chooses steps, tensors and elements at random."""

    def __init__(self, truth, places, seed):
        self.truth, self.places, self.random = truth, places, random.Random(seed)

    def choice(self, number):
        """What to type for a random element of a part of a step, and what must come."""
        keys = self.truth.keys_of(number)
        which = self.random.randrange(len(keys))
        step, part = self.truth.within(number)
        changes: dict[Place, float | str] = {
            self.places.story_cell: 0, self.places.step_cell: step, self.places.part_cell: part,
            self.places.tensor_cell: which + 1, self.places.group_cell: "auto",
        }  # fmt: skip
        index = None
        if keys[which] and self.random.random() < 0.8:
            shape = self.truth.shape(keys[which])
            index = tuple(self.random.randrange(size) for size in shape[-self.places.rank :])
        rank = self.places.rank
        typed = ["auto"] * rank if index is None else [*[0] * rank, *index][-rank:]
        return changes | dict(zip(self.places.index_cells, typed, strict=True)), which, index

    def steps(self, count):
        """Some parts of steps, by their numbers among all."""
        numbers = range(1, len(self.truth.plan.parts) + 1)
        return list(numbers) if count >= len(numbers) else sorted(self.random.sample(numbers, count))


def check_random_choices(live, places, truth, seed, count=1000):
    """Type random choices, one for each of some parts of steps, and hold all that is shown against the truth."""
    chooser = Chooser(truth, places, seed)
    for number in chooser.steps(count):
        changes, which, index = chooser.choice(number)
        live.type(changes)
        truth.check(Shown(live, places), number, which, index)
        assert not live.errors(NAME)
