"""The names of the network's tensors in its workbook; parameters keep their names from PyTorch."""

from mnist_adder.network.loss import AdderLoss
from mnist_adder.network.model import SHARPNESS, AdderNetwork

_ADDERS = {
    "regression": {
        "digit": "true digit",
        "argmax": "digit read",
        "float_1": "digit as a float",
        "stack": "digit and number",
        "add": "true sum",
    },
    "onehot": {
        "digit": "true digit",
        "mul": f"digit logits × {SHARPNESS:g}",
        "softmax": "sharpened probabilities",
        "one_hot": "one-hot integers",
        "float_1": "one-hot number",
        "cat": "probabilities + one-hot",
        "out2": "out2 · sum logits",
        "long": "number as an integer",
        "add": "true sum",
    },
}
_PIXELS = {
    "mean": "MNIST's mean",
    "std": "MNIST's deviation",
    "sub": "pixels − mean",
    "truediv": "normalised image",
}
_CLASSIFIER = {
    "pool": "max pool",
    "flatten": "digit logits",
    "cross_entropy": "digit's loss",
    "add_1": "total loss",
}
_SHRUNK = {"avg_pool2d": "halved image"}
_SUM = {
    "regression": {"flatten_1": "sum it gives", "mse_loss": "sum's loss"},
    "onehot": {"long_1": "integer to add", "cross_entropy_1": "sum's loss"},
}
_SUM_ALONE = {"regression": {"flatten": "sum it gives"}, "onehot": {"long_1": "integer to add"}}


def adder_names(head: str) -> dict[str, str]:
    """Return readable names of the tensors of an adder, 'regression' or 'onehot', by their names in a recorded graph.

    For 'regression': {'argmax': 'digit read', 'add': 'true sum', …}.
    """
    return _ADDERS[head] | _SUM_ALONE[head]


def names_from_image(head: str) -> dict[str, str]:
    """Return `adder_names` and readable names of the classifier's tensors and losses: {'pool': 'max pool', …}."""
    return _ADDERS[head] | _CLASSIFIER | _SUM[head]


_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")


def layer_names(network: AdderNetwork) -> dict[str, str]:
    """Return a name for each hidden layer's result, by layer: {'input1': 'first conv', …, 'input2': 'adder 1'}."""
    *layers, last = (*network.size.before_pool, *network.size.after_pool)
    wide = [layer.name for layer in layers if layer.kernel_size > 1]
    names = {name: f"{ordinal} conv" for name, ordinal in zip(wide, _ORDINALS, strict=False)}
    names |= {layer.name: "1×1 conv" for layer in layers if layer.kernel_size == 1} | {last.name: "last conv"}
    adder = ["input2", "layer1", "out2"] if network.head == "regression" else ["input2"]
    return names | {name: f"adder {number}" for number, name in enumerate(adder, start=1)}


class NamedAdderLoss(AdderLoss):
    """The network with its loss, and `tensor_names`, the tensors' names in a workbook: {'argmax': 'digit read', …}."""

    def __init__(self, network: AdderNetwork) -> None:
        super().__init__(network)
        shrunk = _SHRUNK if self.size.shrink > 1 else {}
        self.tensor_names = _PIXELS | shrunk | layer_names(network) | names_from_image(self.head)
