"""The learning rules, each as a textbook writes it. A new one is one more class."""

from excel_export.formulas import ABS, SQRT, Expression
from excel_export.optim.rule import (
    MEAN,
    SQUARES,
    WEIGHT_DECAY,
    Here,
    Hyperparameter,
    Rule,
    Running,
    Switch,
    learning_rule,
)

MOMENTUM = Hyperparameter(
    "momentum", "Momentum", 0.9, 0, 1,
    "how much of the last step's direction is kept: 0 is plain SGD. Nesterov looks one step ahead",
    in_first_step="in the first step, only Nesterov uses it: it adds this share of the gradient",
)  # fmt: skip
BETA1 = Hyperparameter(
    "beta1", "β1", 0.9, 0, 0.9999,
    "how much of Adam's mean of the gradients is kept at each step",
)  # fmt: skip
BETA2 = Hyperparameter(
    "beta2", "β2", 0.999, 0, 0.99999,
    "how much is kept of Adam's mean of squared gradients, whose root is the typical size of the gradient",
)  # fmt: skip
EPSILON = Hyperparameter(
    "epsilon", "ε", 1e-8, 1e-12, 1,
    "is added to the gradient's typical size, so that Adam never divides by 0",
    argument="eps",
)  # fmt: skip
AHEAD = Switch("ahead", "how far Nesterov looks ahead", MOMENTUM)


@learning_rule
class SGD(Rule):
    """Plain steps against the gradient.

    The direction is the gradient + weight decay · parameter: a parameter w becomes w − learning rate · direction.
    """

    name = "SGD"
    words = "the step goes against the gradient"
    switch: Switch | None = None

    def direction(self, here: Here) -> Expression:
        return here[MEAN]

    def first_direction(self, here: Here) -> Expression:
        ahead = here[AHEAD]
        return here.taken if ahead.vanishes else (1 + ahead) * here.taken


@learning_rule
class Momentum(SGD):
    """The direction is a fading sum of the gradients.

    velocity = momentum · velocity before + gradient, at first 0; the direction is the velocity.
    """

    name = "momentum"
    words = "a part of the last step is kept, as with a rolling ball"
    hyperparameters = (WEIGHT_DECAY, MOMENTUM)
    remembers = (Running(MEAN, MOMENTUM, 1, called="velocity"),)


@learning_rule
class Nesterov(Momentum):
    """The gradient, and the velocity that follows from it.

    velocity = momentum · velocity before + gradient; the direction is gradient + momentum · velocity.
    """

    name = "Nesterov"
    words = "momentum that looks one step ahead"
    switch = AHEAD

    def direction(self, here: Here) -> Expression:
        return here.taken + here[AHEAD] * here[MEAN]

    first_direction = SGD.first_direction


@learning_rule
class Adam(Rule):
    """The mean of the gradients, divided by the root of the mean of their squares.

    m = β1 · m before + (1 − β1) · g and s = β2 · s before + (1 − β2) · g², both at first 0. The direction in step t,
    from 1 on, is m / (1 − β1^t) / (√(s / (1 − β2^t)) + ε).
    """

    name = "Adam"
    words = "each parameter has its own pace: the mean gradient, divided by its typical size"
    hyperparameters = (WEIGHT_DECAY, BETA1, BETA2, EPSILON)
    remembers = (Running(MEAN, BETA1, unbiased=True), Running(SQUARES, BETA2, unbiased=True))
    rates_to_try = "with Adam rather 0.01, 0.03 and 0.1"
    switch = Switch("adapts", "1 where the rule is Adam or AdamW")

    def direction(self, here: Here) -> Expression:
        return here[MEAN] / (SQRT(here[SQUARES]) + here[EPSILON])

    def first_direction(self, here: Here) -> Expression:
        # The mean and the root are the gradient itself.
        return here.taken / (ABS(here.taken) + here[EPSILON])


@learning_rule
class AdamW(Adam):
    """Adam, whose weight decay is not divided by anything.

    Its direction is Adam's, of the gradient without weight decay, + weight decay · parameter.
    """

    name = "AdamW"
    words = "Adam, with weight decay separate from the gradient"
    hyperparameters = (WEIGHT_DECAY.at(0.01), BETA1, BETA2, EPSILON)
    decays_apart = True
