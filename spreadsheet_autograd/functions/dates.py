"""Functions of dates, which spreadsheets hold as numbers of days; their slope is 0."""

import math
from collections.abc import Callable
from datetime import date, timedelta

from spreadsheet_autograd.functions.scalar_functions import Function, steady
from spreadsheet_autograd.functions.values import Scalar, plain

_BEGIN = date(1899, 12, 30)
"""The day with the number 0."""


def _day(year: Scalar, month: Scalar, day: Scalar) -> float:
    y, m = int(plain(year)), int(plain(month))
    y, m = y + (1900 if y < 1900 else 0) + (m - 1) // 12, (m - 1) % 12 + 1
    return float((date(y, m, 1) - _BEGIN).days + int(plain(day)) - 1)


def _of_date(part: Callable[[date], int]) -> Callable[[Scalar], float]:
    return lambda serial: float(part(_BEGIN + timedelta(days=math.floor(plain(serial)))))


def _months_later(end: bool) -> Callable[[Scalar, Scalar], float]:
    def function(serial: Scalar, months: Scalar) -> float:
        day = _BEGIN + timedelta(days=math.floor(plain(serial)))
        first = _day(float(day.year), float(day.month + int(plain(months))), 1.0)
        last = _day(float(day.year), float(day.month + int(plain(months)) + 1), 0.0)
        return last if end else min(first + day.day - 1, last)

    return function


DATES: dict[str, Function] = {
    "DATE": steady(_day),
    "YEAR": steady(_of_date(lambda day: day.year)),
    "MONTH": steady(_of_date(lambda day: day.month)),
    "DAY": steady(_of_date(lambda day: day.day)),
    "EDATE": steady(_months_later(False)),
    "EOMONTH": steady(_months_later(True)),
    "DAYS": steady(lambda end, begin: float(math.floor(plain(end)) - math.floor(plain(begin)))),
}
