"""The training of a small network to answer as a large one does, for the digit and for the sum."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_adder.compute.device import keep_freed_memory, move
from mnist_adder.data.augment import augment_shrunk, draw_augmentations, sums_around
from mnist_adder.data.batches import spread_batches
from mnist_adder.data.dataset import DigitDataset, normalise
from mnist_adder.distillation.filters import choose_filters, keep_filters
from mnist_adder.distillation.likeness import digit_logits
from mnist_adder.network.batch_norm import BatchNormNetwork
from mnist_adder.network.model import PRESETS, AdderNetwork, encode_number
from mnist_adder.network.scoring import BATCH_SIZE as ANSWERED_AT_ONCE
from mnist_adder.training.learner import UPDATE_BN_BATCH_SIZE, UPDATE_BN_IMAGES
from mnist_adder.training.optimizers import make_optimizers, peak_rates, set_rates
from mnist_adder.training.recipe import make_recipe
from mnist_adder.training.schedule import one_cycle

SEEN = 3_000_000
"""The number of images that the slice sees: more would take longer than three minutes of a processor without bf16."""
MOST_EPOCHS = 300
BATCH_SIZE = 500
LEARNING_RATE = 0.04
AUGMENT = 0.5
"""The strength of the augmentation, 0 to 1: such a small network can't learn more."""
JUDGED_BY = 128
"""The number of images by which filters are chosen."""
CHOOSE, ASK, TEACH = "choose the filters", "ask the full network", "teach the slice"
STAGES = {CHOOSE: 4.0, ASK: 18.0, TEACH: 90.0}
"""The stages, each with its relative time."""

Progress = Callable[[str, float], None]


def teach_slice(
    teacher: AdderNetwork,
    images: DigitDataset,
    *,
    temperature: float = 1.0,
    seen: int = SEEN,
    seed: int = 0,
    filters: list[int] | None = None,
    progress: Progress = lambda stage, share: None,
) -> tuple[AdderNetwork, list[int]]:
    """Return a slice (a small network) taught by a full one's answers, and the filters that it has from there.

    The slice's first filters are some of the full network's, as `choose_filters` chooses them, and are not learned:
    only how strong each is, a positive factor, and its bias. All else is learned: from the full network's probabilities
    of the digits, and from its sums of what it reads and a number, not from the labels.

    Args:
        teacher: the full network, on the CPU and in evaluation mode.
        images: the images to learn from; their labels are not used.
        temperature: the divisor of the full network's logits, so that it is as sure of its digits as it is right; see
            `fit_temperature`.
        seen: the number of images that the slice sees in all, each again and again.
        seed: fixes all random numbers.
        filters: the indices of the full network's filters to take, from 0; None to choose them.
        progress: called with the stage, 'teach the slice', and the fraction of it that is done, 0 to 1.

    Returns:
        The slice, a plain network in evaluation mode, and the indices of its filters: [0, 3, 7, 9, 12].
    """
    keep_freed_memory()
    progress(CHOOSE, 0)
    count = PRESETS["slice"].before_pool[0].out_channels
    chosen = filters or choose_filters(teacher, spread_batches(images, JUDGED_BY, JUDGED_BY)[0], count)
    answers = digit_logits(teacher, images, lambda share: progress(ASK, share))
    with torch.random.fork_rng(devices=[]):  # networks draw their first parameters from PyTorch's own generator
        torch.manual_seed(seed)
        student = BatchNormNetwork("slice", teacher.head)
        keep_filters(teacher, student, chosen)
        move(student, torch.device("cpu"))
        _learn(student, teacher, answers, temperature, images, min(seen, MOST_EPOCHS * len(images)), seed, progress)
        student.update_bn(spread_batches(images, UPDATE_BN_IMAGES, UPDATE_BN_BATCH_SIZE))
        return student.folded().eval(), chosen


def _learn(
    student: BatchNormNetwork,
    teacher: AdderNetwork,
    answers: Tensor,
    temperature: float,
    images: DigitDataset,
    seen: int,
    seed: int,
    progress: Progress,
) -> None:
    """Train the parameters that aren't frozen by the answers, the digit logits of all images.

    A step has `BATCH_SIZE` images, and each image is augmented anew each time.
    """
    recipe = make_recipe("reference", "slice", teacher.head, batch_size=BATCH_SIZE, learning_rate=LEARNING_RATE)
    optimizers = make_optimizers(recipe, student)
    peaks = peak_rates(optimizers)
    generator = torch.Generator().manual_seed(seed)
    probabilities = (answers / temperature).softmax(1)
    shrink = student.size.shrink
    sums = torch.cat([sums_around(pixels, shrink) for pixels in images.pixels.split(ANSWERED_AT_ONCE)])

    def step(chosen: Tensor, part: float) -> None:
        set_rates(optimizers, peaks, one_cycle(part, 0.0))
        draws = AUGMENT * draw_augmentations(len(chosen), generator)
        number = encode_number(torch.randint(0, 10, (len(chosen),), generator=generator).float(), teacher.head)
        with torch.no_grad():
            wanted = teacher.add(answers[chosen], number)
        image = normalise(augment_shrunk(sums[chosen], draws, shrink))
        logits = student.classify_shrunk(image)
        loss = F.cross_entropy(logits, probabilities[chosen])
        (loss + recipe.sum_weight * _sum_loss(teacher.head, student.add(logits, number), wanted)).backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()

    batch_size = min(BATCH_SIZE, len(images))
    steps = max(1, seen // batch_size)
    order = torch.empty(0, dtype=torch.int64)
    for done in range(steps):
        progress(TEACH, done / steps)
        if len(order) < batch_size:
            order = torch.randperm(len(images), generator=generator)
        chosen, order = order[:batch_size], order[batch_size:]
        step(chosen, done / steps)


def _sum_loss(head: str, found: Tensor, wanted: Tensor) -> Tensor:
    return F.mse_loss(found, wanted) if head == "regression" else F.cross_entropy(found, wanted.softmax(1))
