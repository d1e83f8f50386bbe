"""The report of a training: the scores, the pictures, and the page with both."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from excel_export.shared.files import make_directory, write_atomically
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.network.model import AdderNetwork
from mnist_adder.network.scoring import Score, evaluate
from mnist_adder.report.all_answers import Answers, answer_all, confusion, digit_by_number, worst_mistakes
from mnist_adder.report.learning_curves import curves_plot
from mnist_adder.report.plot import DARK, LIGHT, duration, percent
from mnist_adder.report.report_page import Table, make_page
from mnist_adder.report.ten_by_ten import confusion_plot, digit_by_number_plot
from mnist_adder.report.worst_mistakes import MOST, mistakes_plot
from mnist_adder.training.history import History

PAGE = "report.html"
STAGES = {"reading the digits": 1.0, "drawing": 1.0, "writing": 1.0}
"""The stages, each with its relative time."""


def write_report(
    history: History,
    model: AdderNetwork,
    recipe: Mapping[str, Any],
    test_set: DigitDataset,
    seed: int,
    out: Path,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> list[Path]:
    """Write the report of a network into a folder; return its files, [out/report.html, out/curves.png, …].

    Args:
        history: the scores of every epoch.
        model: the network, on the device of the images.
        recipe: its recipe by the fields of `Recipe`; {} if it is not known.
        test_set: the images.
        seed: fixes the numbers to add, as in `evaluate`.
        out: the folder.
        progress: called with a stage, 'drawing', and the fraction of it that is done, 0 to 1.

    Raises:
        UserError: the folder can't be written.
    """
    make_directory(out)
    progress("reading the digits", 0)
    score, answers = evaluate(model, test_set, seed), answer_all(model, test_set)
    progress("drawing", 0)
    chosen = worst_mistakes(answers, MOST)
    plots = [
        curves_plot(history),
        confusion_plot(confusion(answers)),
        digit_by_number_plot(digit_by_number(answers)),
        mistakes_plot(answers, chosen, test_set.pixels[chosen, 0].cpu().numpy()),
    ]
    drawn = {plot: (plot.png(LIGHT), plot.png(DARK)) for plot in plots}
    page = make_page(
        title=f"{model.preset}-{model.head}",
        lead="A network that reads a handwritten digit and adds a number to it: how it learned, and where it is wrong.",
        results={"digits read rightly": percent(score.digit_accuracy), "sums right": percent(score.sum_accuracy)},
        tables=make_tables(history, model, recipe, score, answers),
        plots=drawn,
    )
    files = {f"{plot.name}.png": light for plot, (light, _) in drawn.items()}
    progress("writing", 0)
    # The page last: when it is there, the pictures are, too.
    for name, content in {**files, PAGE: page.encode()}.items():
        write_atomically(out / name, content)
    return [out / PAGE, *(out / name for name in files)]


def make_tables(
    history: History, model: AdderNetwork, recipe: Mapping[str, Any], score: Score, answers: Answers
) -> dict[str, Table]:
    """Return the three tables of a report by their headings, each from a label to a text.

    Args:
        history: the history of the training.
        model: its network.
        recipe: its settings by name; {} if they are not known.
        score: the score on the test images.
        answers: the answers on the test images.

    Returns:
        {'Results': {'test images': '10,000', 'digit right': …}, 'Network': {'preset': 'full', 'head': 'onehot', …},
        'Recipe': {'batch size': '128', …}}; without a recipe, 'Recipe' is {'recipe': 'not known'}.
    """
    words = {True: "yes", False: "no"}
    known = ("preset", "head")
    settings = {
        name.replace("_", " "): words[value] if isinstance(value, bool) else str(value)
        for name, value in recipe.items()
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
            "preset": str(model.preset),
            "head": model.head,
            "parameters": f"{sum(parameter.numel() for parameter in model.parameters()):,}",
            "epochs learned": f"{history.epochs[-1]:,}",
            "time": duration(history.seconds),
            "time an epoch": duration(history.seconds / len(history.epochs)),
        },
        "Recipe": settings or {"recipe": "not known"},
    }
