"""The cross-entropies of a network that are −ln p of a label."""

from dataclasses import dataclass

from excel_export.graph.graph import Graph, Value


@dataclass(frozen=True)
class CrossEntropy:
    """A cross-entropy that is −ln p of one label of the first sample: CrossEntropy(loss, logits, target)."""

    loss: Value
    """The result of the cross-entropy."""
    logits: Value
    """The scores of the classes, of shape (N, C)."""
    target: Value
    """The label, from 0 on, of each sample."""

    @property
    def classes(self) -> list[tuple[int, ...]]:
        """The index of each logit of the first sample: [(0, 0), (0, 1), (0, 2)] for three classes."""
        rank = len(self.logits.shape)
        axis = min(1, rank - 1)  # of (C,), (N, C) or (N, C, …)
        return [tuple(k if each == axis else 0 for each in range(rank)) for k in range(self.logits.shape[axis])]


def cross_entropies(graph: Graph) -> list[CrossEntropy]:
    """Return a `CrossEntropy` for each `F.cross_entropy` with one label a sample, as for a mean over a batch, in order.

    With class weights, smoothed labels or ignored labels, the gradient of a logit is not p − y: these are left out, as
    is `F.nll_loss`. [] if there are none.
    """
    found = []
    for call in graph.calls:
        loss = call.outputs[0]
        # It has a helper 'wanted' if more than a label says how much of each class is wanted.
        if call.kind == "cross_entropy" and loss.has_grad and "wanted" not in call.helpers:
            logits, target = call.inputs[:2]
            if logits.has_grad and target.data.size:
                found.append(CrossEntropy(loss, logits, target))
    return found
