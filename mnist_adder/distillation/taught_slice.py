"""The slice of a full network: made when it is first needed, and kept beside the full network's file."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from excel_export.shared.errors import UserError
from excel_export.shared.terminal import stages
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.data.mnist import is_at_hand, load_digits
from mnist_adder.distillation.calibration import fit_temperature
from mnist_adder.distillation.likeness import Likeness, compare, digit_logits, likeness
from mnist_adder.distillation.teach import SEEN, STAGES, Progress, teach_slice
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint, save_checkpoint
from mnist_adder.network.model import AdderNetwork
from mnist_adder.training.threads import one_thread

ENDING = ".slice.safetensors"
"""The end of the slice's file name, in place of the full network's suffix."""
MOST_IMAGES = 40_000
"""The number of images that the full network answers: all of them would take longer."""
HELD_OUT = 12
"""The number of training images of which one is held out, to judge the slice by."""
READ, FIT, JUDGE = "read the images", "see how sure it is", "compare the answers"
MAKING = {READ: 2.0, FIT: 2.0} | STAGES | {JUDGE: 5.0}
"""The stages of making it, each with its relative time."""
MNIST, SAMPLE = "mnist", "sample"
ABOUT = ("filters", "data", "images", "temperature")
"""The fields of `TaughtSlice` that are kept in the slice's file."""
JUDGED = ("held_out", "test", "trained_apart")
"""The fields of `TaughtSlice` with its likeness, which are kept there, too."""


@dataclass(frozen=True)
class TaughtSlice:
    """A slice, which is a small network, and the full network that taught it.

    Attributes:
        network: the slice.
        teacher: the full network.
        filters: the indices, from 0 on, of the full network's first filters that the slice has: (0, 3, 7, 9, 12).
        data: the source of the images: `mnist` or `sample`.
        images: the number of images that the full network answered to teach it.
        temperature: the divisor of its logits, so that it is as sure as it is right; see `fit_temperature`.
        held_out: the likeness of both on training images that were held out.
        test: their likeness on the test images.
        trained_apart: the likeness, on the test images, of the full network and the slice that ships, which was
            trained without it.
    """

    network: AdderNetwork
    teacher: AdderNetwork
    filters: tuple[int, ...]
    data: str
    images: int
    temperature: float
    held_out: Likeness
    test: Likeness
    trained_apart: Likeness

    @property
    def words(self) -> str:
        """A phrase for the slice: 'a slice with 5 filters where the full network has 16, taught by it'."""
        every = self.teacher.size.before_pool[0].out_channels
        return f"a slice with {len(self.filters)} filters where the full network has {every}, taught by it"


def kept_beside(path: Path) -> Path:
    """Return the file in which the slice of a full network's file is kept.

    Example:
        >>> kept_beside(Path("best.safetensors")).name
        'best.slice.safetensors'
    """
    return path.with_name(path.stem + ENDING)


def slice_of(
    teacher: AdderNetwork,
    path: Path,
    data_dir: Path,
    log: Callable[[str], None],
    make: Callable[[AdderNetwork, str, Path, Progress], TaughtSlice] | None = None,
) -> TaughtSlice:
    """Return the slice (small network) of a full one: the one saved beside its file, or a new one, which is then saved.

    A saved slice is replaced if the full network has changed, or if it was made with the sample and MNIST is there now.

    Args:
        teacher: the full network, on the CPU and in evaluation mode.
        path: the file of the full network.
        data_dir: the folder of MNIST; nothing is downloaded, and without MNIST the sample is used.
        log: called with a sentence if the sample is used, and if the slice was saved, or could not be.
        make: called to make a slice, as make(teacher, 'mnist', data_dir, progress), with 'sample' if the sample is
            used; progress('teach the slice', 0.5) moves the progress bar. None for `make_slice` with the images there.

    Raises:
        UserError: the file of the slice is damaged or has other contents, or there are no images at all.
    """
    kept, print_of = kept_beside(path), fingerprint(teacher)
    data = MNIST if is_at_hand(data_dir) else SAMPLE
    found = _read(kept, teacher, print_of) if kept.exists() else None
    if found and (found.data == MNIST or data == SAMPLE):
        return found
    if data == SAMPLE:
        log(
            f"there is no MNIST in the folder {data_dir} (--data-dir names another one): the sample's 4,000 images "
            "serve to teach the slice, which makes it less accurate"
        )
    with stages(MAKING) as progress:
        progress(READ, 0.0)
        made = (make or _read_and_make)(teacher, data, data_dir, progress)
    about = {"taught_by": print_of} | {name: getattr(made, name) for name in ABOUT}
    judged = {name: asdict(getattr(made, name)) for name in JUDGED}
    try:
        save_checkpoint(kept, made.network, about, judged)
        log(f"kept {kept}: the next workbook of this network takes seconds")
    except UserError as error:  # such as a folder that may only be read
        log(f"the slice isn't kept, and the next workbook has to teach it again ({error})")
    return made


def _read_and_make(teacher: AdderNetwork, data: str, data_dir: Path, progress: Progress) -> TaughtSlice:
    return make_slice(teacher, *load_digits(data, data_dir), data=data, progress=progress)


@one_thread()  # two take more of the processor, and the last bits of the weights depend on their number
def make_slice(
    teacher: AdderNetwork,
    train_set: DigitDataset,
    test_set: DigitDataset,
    *,
    data: str = MNIST,
    seen: int = SEEN,
    progress: Progress = lambda stage, share: None,
) -> TaughtSlice:
    """Train a slice, a small network that learns a full one's answers, and measure how alike both are.

    Args:
        teacher: the full network.
        train_set: the training images; one in 12 is held out to measure the likeness.
        test_set: the test images.
        data: the source of the images, 'mnist' or 'sample'.
        seen: the number of images that the slice sees in all; an image counts each time.
        progress: called with the stage, 'teach the slice', and the fraction of it that is done, 0 to 1.

    Returns:
        A `TaughtSlice`, whose `network` is the slice.
    """
    images, held_out = train_set.hold_out(max(1, len(train_set) // HELD_OUT))
    images = images.some(MOST_IMAGES)
    progress(FIT, 0.0)
    answers = digit_logits(teacher, held_out)
    temperature = fit_temperature(answers, held_out.labels)
    network, filters = teach_slice(teacher, images, temperature=temperature, seen=seen, progress=progress)
    progress(JUDGE, 0.0)
    apart, _ = load_checkpoint(bundled_checkpoint("slice", "regression"))
    held = likeness(answers / temperature, digit_logits(network, held_out), held_out.labels)
    test, of_apart = compare(teacher, [network, apart], test_set, temperature)
    return TaughtSlice(network, teacher, tuple(filters), data, len(images), temperature, held, test, of_apart)


def fingerprint(network: AdderNetwork) -> str:
    """Return the SHA-256 of a network's preset, head and parameters in 64 hexadecimal digits: 'c6d1d4a68427…'."""
    digest = hashlib.sha256(f"{network.preset}-{network.head}".encode())
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode() + tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _read(path: Path, teacher: AdderNetwork, print_of: str) -> TaughtSlice | None:
    network, info = load_checkpoint(path)
    about: dict[str, Any] = info.recipe
    if not about.get("taught_by"):
        raise UserError(f"{path} is in the way of the slice of this network: it is another one; remove or rename it")
    if about["taught_by"] != print_of:
        return None
    try:
        _, data, images, temperature = (about[name] for name in ABOUT)
        judged = [Likeness(**info.results[name]) for name in JUDGED]
        return TaughtSlice(network, teacher, tuple(about["filters"]), data, images, temperature, *judged)
    except (KeyError, TypeError):
        raise UserError(f"{path} lacks what it should say of the slice: remove it, and it is made anew") from None
