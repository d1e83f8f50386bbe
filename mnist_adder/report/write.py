"""Write a report: score the network, draw the pictures, and write them and the page."""

from collections.abc import Callable
from pathlib import Path

from excel_export.shared.files import make_directory, write_atomically
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.network.checkpoint import CheckpointInfo
from mnist_adder.network.model import AdderNetwork
from mnist_adder.network.scoring import Score, evaluate
from mnist_adder.report.answers import Answers, answer_all, confusion, digit_by_number, worst_mistakes
from mnist_adder.report.curves import curves_plot
from mnist_adder.report.mistakes import MOST, mistakes_plot
from mnist_adder.report.page import Table, make_page
from mnist_adder.report.plot import DARK, LIGHT, Plot, duration, percent
from mnist_adder.report.ten_by_ten import confusion_plot, digit_by_number_plot
from mnist_adder.training.history import History

STAGES = {"reading the digits": 1.0, "drawing": 1.0, "writing": 1.0}
"""Each with its part of the time."""


def write_report(
    history: History,
    model: AdderNetwork,
    info: CheckpointInfo,
    test_set: DigitDataset,
    seed: int,
    out: Path,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> list[Path]:
    """Write a report of a network, on the device of the images, into a folder; `seed` is as in `evaluate`.

    Gives the paths of `report.html` and of the pictures.

    Raises:
        UserError: the folder can't be written.
    """
    make_directory(out)
    progress("reading the digits", 0)
    score, answers = evaluate(model, test_set, seed), answer_all(model, test_set)
    progress("drawing", 0)
    plots = {plot: (plot.png(LIGHT), plot.png(DARK)) for plot in make_plots(history, answers, test_set)}
    page = make_page(
        title=f"{info.preset}-{info.head}",
        lead="A network that reads a handwritten digit and adds a number to it: how it learned, and where it is wrong.",
        results={"digits read rightly": percent(score.digit_accuracy), "sums right": percent(score.sum_accuracy)},
        tables=make_tables(history, model, info, score, answers),
        plots=plots,
    )
    files = {f"{plot.name}.png": light for plot, (light, _) in plots.items()}
    progress("writing", 0)
    # The page last: when it is there, the pictures are, too.
    for name, content in {**files, "report.html": page.encode()}.items():
        write_atomically(out / name, content)
    return [out / "report.html", *(out / name for name in files)]


def make_plots(history: History, answers: Answers, test_set: DigitDataset) -> list[Plot]:
    """Make all pictures of a report, in the order of the page."""
    chosen = worst_mistakes(answers, MOST)
    return [
        curves_plot(history),
        confusion_plot(confusion(answers)),
        digit_by_number_plot(digit_by_number(answers)),
        mistakes_plot(answers, chosen, test_set.pixels[chosen, 0].cpu().numpy()),
    ]


def make_tables(
    history: History, model: AdderNetwork, info: CheckpointInfo, score: Score, answers: Answers
) -> dict[str, Table]:
    """Make the tables of a report by their headings: results, network and recipe."""
    words = {True: "yes", False: "no"}
    known = ("preset", "head")
    recipe = {
        name.replace("_", " "): words[value] if isinstance(value, bool) else str(value)
        for name, value in info.recipe.items()
        if name not in known
    }
    return {
        "Results": {
            "test images": f"{score.images:,}",
            "digit right": percent(score.digit_accuracy),
            "sum right, one number an image": percent(score.sum_accuracy),
            "sum right, every image with every number": percent(float(answers.sum_right.mean())),
            "sum right if the digit is": percent(score.sum_accuracy_given_digit),
            "loss": f"{score.loss:.4f}",
        },
        "Network": {
            "preset": info.preset,
            "head": info.head,
            "parameters": f"{sum(parameter.numel() for parameter in model.parameters()):,}",
            "epochs learned": f"{history.epochs[-1]:,}",
            "time": duration(history.seconds),
            "time an epoch": duration(history.seconds / len(history.epochs)),
        },
        "Recipe": recipe or {"recipe": "not known"},
    }
