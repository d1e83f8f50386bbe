"""Count the answers: the tables that the pictures show."""

import numpy as np

from mnist_adder.report.answers import Answers


def confusion(answers: Answers) -> np.ndarray:
    """Count images by true digit and digit read.

    Args:
        answers: the answers.

    Returns:
        Counts, int (10, 10); rows are true digits, columns are digits read.
    """
    table = np.zeros((10, 10), dtype=int)
    np.add.at(table, (answers.digit, answers.read), 1)
    return table


def digit_by_number(answers: Answers) -> np.ndarray:
    """Compute how many sums are right, by digit and number.

    Args:
        answers: the answers.

    Returns:
        Fractions 0 to 1, (10, 10); rows are digits, columns are numbers; NaN where there is no image.
    """
    images = np.bincount(answers.digit, minlength=10)[:, None]
    right = np.zeros((10, 10))
    np.add.at(right, answers.digit, answers.sum_right)
    return np.divide(right, images, out=np.full((10, 10), np.nan), where=images > 0)


def worst_mistakes(answers: Answers, count: int) -> list[int]:
    """Find the images that are read wrongly with the highest loss.

    Args:
        answers: the answers.
        count: how many to give at most.

    Returns:
        The indices of the images, the highest loss first.
    """
    wrong = np.flatnonzero(answers.read != answers.digit)
    return wrong[np.argsort(-answers.loss[wrong], kind="stable")][:count].tolist()
