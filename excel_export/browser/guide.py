"""What leads a reader through a page: questions, each with a state of the page that answers it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Stop:
    """One question, or one belief that a number refutes."""

    kind: str
    """What a reader does: 'predict', 'change', 'explain', or 'belief'."""
    ask: str
    answer: str
    show: str = ""
    """The place that answers it: 'grad.conv.weight[0, 1]'; '' where there is none."""
    change: Mapping[str, float] = field(default_factory=dict)
    """What is changed before: numbers by their places."""
    changing: str = ""
    """That it is changed."""
