"""The cross-entropies of a network that are −ln p of a label."""

from dataclasses import dataclass

from excel_export.graph.graph import Graph, Value
from excel_export.ops.cross_entropy import cross_entropy


@dataclass(frozen=True)
class CrossEntropy:
    """A cross-entropy that is −ln p of one label of the first sample: CrossEntropy(loss, logits, target, 1)."""

    loss: Value
    """The result of the cross-entropy."""
    logits: Value
    """The scores of the classes, of shape (N, C)."""
    target: Value
    """The label, from 0 on, of each sample."""
    class_axis: int
    """The dimension of the logits that counts the classes: 1 for (N, C)."""

    @property
    def classes(self) -> list[tuple[int, ...]]:
        """The index of each logit of the first sample: [(0, 0), (0, 1), (0, 2)] for three classes."""
        axis, rank = self.class_axis, len(self.logits.shape)
        return [tuple(k if each == axis else 0 for each in range(rank)) for k in range(self.logits.shape[axis])]


def cross_entropies(graph: Graph) -> list[CrossEntropy]:
    """Return a `CrossEntropy` for each `F.cross_entropy` with one label a sample, as for a mean over a batch, in order.

    With class weights, smoothed labels or ignored labels, the gradient of a logit is not p − y: these are left out, as
    is `F.nll_loss`. [] if there are none.
    """
    found = []
    for call in graph.calls:
        operator, loss = call.operator, call.outputs[0]
        if isinstance(operator, cross_entropy) and operator.is_plain and loss.has_grad:
            logits, target = operator.input, operator.target
            if isinstance(logits, Value) and isinstance(target, Value) and logits.has_grad and target.data.size:
                found.append(CrossEntropy(loss, logits, target, operator.class_axis))
    return found
