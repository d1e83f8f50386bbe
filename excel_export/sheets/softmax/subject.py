"""Which cross-entropy the Softmax sheet is about."""

from __future__ import annotations

from dataclasses import dataclass

from excel_export.graph.graph import Call, Graph, Value
from excel_export.ops.cross_entropy import cross_entropy


@dataclass(frozen=True)
class Subject:
    """The cross-entropy that the sheet is about: −ln p of one label, for the first sample."""

    call: Call
    logits: Value
    target: Value

    @property
    def _operator(self) -> cross_entropy:
        assert isinstance(self.call.operator, cross_entropy)
        return self.call.operator

    @property
    def loss(self) -> Value:
        """What it makes."""
        return self.call.outputs[0]

    @property
    def classes(self) -> list[tuple[int, ...]]:
        """The index of each logit."""
        axis, rank = self._operator.class_axis, len(self.logits.shape)
        return [tuple(k if each == axis else 0 for each in range(rank)) for k in range(self.logits.shape[axis])]

    @property
    def samples(self) -> int:
        """How many there are."""
        return self.target.data.size

    @property
    def divisor(self) -> int:
        """What the loss of each sample is divided by."""
        return self.samples if self._operator.reduction == "mean" else 1


def subjects(graph: Graph) -> list[Subject]:
    """Return the cross-entropies of a network that are −ln p of a label.

    With class weights, smoothed labels or labels that do not count, the slope is not p − y.
    """
    return [found for found in map(_subject, graph.calls) if found]


def _subject(call: Call) -> Subject | None:
    operator = call.operator
    if not isinstance(operator, cross_entropy) or not operator.is_plain or not call.outputs[0].has_grad:
        return None
    logits, target = operator.input, operator.target
    if not (isinstance(logits, Value) and isinstance(target, Value) and logits.has_grad and target.data.size):
        return None
    return Subject(call, logits, target)
