"""What people call the tensors of the network in its workbook; layers keep their names from PyTorch."""

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
    """Name the tensors of the adder alone, with the loss of the sum."""
    return _ADDERS[head] | _SUM_ALONE[head]


def names_from_image(head: str) -> dict[str, str]:
    """Name the tensors from the normalised image to the loss."""
    return _ADDERS[head] | _CLASSIFIER | _SUM[head]


class NamedAdderLoss(AdderLoss):
    """The network with its loss, and what people call its tensors."""

    def __init__(self, network: AdderNetwork) -> None:
        super().__init__(network)
        shrunk = _SHRUNK if self.size.shrink > 1 else {}
        self.tensor_names = _PIXELS | shrunk | names_from_image(self.head)
