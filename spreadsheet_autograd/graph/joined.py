"""Groups of things that are connected directly or through others (union-find)."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Thing = TypeVar("Thing", bound=Hashable)


class Joined(Generic[Thing]):
    """Groups of things; a thing that was joined with no other is alone.

    Example:
        >>> groups = Joined[str]()
        >>> groups.join("a", "b"); groups.join("c", "b")
        >>> groups.first("a") == groups.first("c"), groups.first("d")
        (True, 'd')
    """

    def __init__(self) -> None:
        self._above: dict[Thing, Thing] = {}

    def first(self, thing: Thing) -> Thing:
        """Return the member that stands for a thing's group, the same for all of it; itself for a thing alone."""
        while (above := self._above.get(thing, thing)) != thing:
            self._above[thing] = self._above.get(above, above)
            thing = above
        return thing

    def join(self, one: Thing, other: Thing) -> None:
        """Merge the groups of two things, each of which may be new: then `first` is the same for all of them."""
        self._above[self.first(one)] = self.first(other)
