"""What is joined, be it through others, belongs together."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Thing = TypeVar("Thing", bound=Hashable)


class Joined(Generic[Thing]):
    """Things that are joined, two by two; what was joined with nothing is alone.

    joined = Joined()
    joined.join("a", "b")
    joined.join("c", "b")
    joined.first("a") == joined.first("c")      # True
    """

    def __init__(self) -> None:
        self._above: dict[Thing, Thing] = {}

    def first(self, thing: Thing) -> Thing:
        """One thing of those that belong together, the same for all of them."""
        while (above := self._above.get(thing, thing)) != thing:
            self._above[thing] = self._above.get(above, above)
            thing = above
        return thing

    def join(self, one: Thing, other: Thing) -> None:
        """Let two things, and all that is joined with either, belong together."""
        self._above[self.first(one)] = self.first(other)
