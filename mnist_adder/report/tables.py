"""The tables that the pictures show."""

import numpy as np

from mnist_adder.report.answers import Answers


def confusion(answers: Answers) -> np.ndarray:
    """Count the images by their true digit (rows) and the digit read (columns): int (10, 10)."""
    table = np.zeros((10, 10), dtype=int)
    np.add.at(table, (answers.digit, answers.read), 1)
    return table


def digit_by_number(answers: Answers) -> np.ndarray:
    """Give the share of right sums, 0 to 1, by digit (rows) and number (columns): (10, 10), NaN without an image."""
    images = np.bincount(answers.digit, minlength=10)[:, None]
    right = np.zeros((10, 10))
    np.add.at(right, answers.digit, answers.sum_right)
    return np.divide(right, images, out=np.full((10, 10), np.nan), where=images > 0)


def worst_mistakes(answers: Answers, count: int) -> list[int]:
    """Give the places of at most `count` images read wrongly, those with the highest loss first."""
    wrong = np.flatnonzero(answers.read != answers.digit)
    return wrong[np.argsort(-answers.loss[wrong], kind="stable")][:count].tolist()
