"""What sheets of your own are made of. The names in this module stay; where they come from may change.

`excel_export.export` has two hooks for functions of yours. Both are called with the `Book` in the making:

- `drive` is called before the network is drawn. It may let inputs follow formulas (`Book.drive`), and add the sheets
  and the controls that these read.
- `sheets` are called in order after the network's own sheets. Each may add sheets, defined names and index entries.

A sheet is a `Canvas`. What stands in its cells are numbers, texts, or formulas; formulas are values, made of cells by
operators and functions, and written down when the sheet is:

    from excel_export import export
    from excel_export.authoring import FORWARD, MAX, MIN, Book, Canvas, Control, Name

    BRIGHTNESS = Name("brightness")

    def drive(book: Book) -> None:
        brightness = Control("Brightness", 1, BRIGHTNESS, (0, 0.5, 1), "darkens the picture")
        book.controls.append(brightness)
        book.drive("pixels", brightness.in_use * book.tensor("pixels").data)

    def spread(book: Book) -> None:
        logits = book.tensor("layer").value.box
        canvas = Canvas("Spread", FORWARD)
        canvas.say(1, 2, "From the smallest logit to the largest", "title")
        canvas.put(2, 2, MAX(logits) - MIN(logits), "result")
        book.add(canvas, "how far the logits are apart")

    export(module, inputs, "lesson.xlsx", drive=drive, sheets=[spread])

A learner may type anything into a control. What formulas read is `in_use`: what was typed where it is one of the
choices, else what stood there at first.

`book.tensor` finds an input, a parameter or a result by its name, the one that `read_tensors` has for it; it is None
where a part of a network lacks it. How cells look is said by the names of `STYLES`.

`draw_another` draws a further network on sheets of its own, `forward_again` the forward pass of the same one, with
other parameters and inputs. `Training` and `LearningRates` are features of `export`; with a `Feed`, columns, groups and
curves they become lessons of your own.
"""

from excel_export.compiler.learning_rule import RULES, LearningRule
from excel_export.compiler.reference.arguments import Inputs
from excel_export.formulas.arrays import of_ranges, reduce, sum_of_products, table
from excel_export.formulas.expression import (
    Expression,
    Operand,
    OperandLike,
    as_expression,
    equal,
    joined,
    rearranged,
    total,
    unequal,
)
from excel_export.formulas.functions import (
    ABS,
    ADDRESS,
    AND,
    AVERAGE,
    CHOOSE,
    COUNT,
    COUNTIF,
    EXP,
    HYPERLINK,
    IF,
    INDEX,
    INT,
    ISNUMBER,
    LN,
    MATCH,
    MAX,
    MID,
    MIN,
    MOD,
    NORMSDIST,
    OR,
    ROUND,
    SEARCH,
    SIGN,
    SQRT,
    SUM,
    SUMPRODUCT,
    TANH,
    TEXT,
    TRUNC,
    N,
    link,
)
from excel_export.formulas.grid import Grid
from excel_export.formulas.reference import Name, Reference
from excel_export.formulas.tensor import PlacedTensor, Tensor
from excel_export.sheets.again import forward_again
from excel_export.sheets.allowed import allow, asked, refused, said
from excel_export.sheets.book import Book, Control, Cover
from excel_export.sheets.names import LEARNING_RATE, LOSS, TRAINING_RATE
from excel_export.sheets.network import draw_another
from excel_export.sheets.results import Result
from excel_export.sheets.stack import Stack
from excel_export.sheets.start import Story
from excel_export.sheets.training.curves import Curve, Curves
from excel_export.sheets.training.feed import Cells, Choice, Column, Feed
from excel_export.sheets.training.learning_rates import LearningRates
from excel_export.sheets.training.options import Group, Setting, Training
from excel_export.xlsx.canvas import Canvas
from excel_export.xlsx.charts import Chart, Line
from excel_export.xlsx.index import Entry
from excel_export.xlsx.page import Page
from excel_export.xlsx.rules import grad_scale, gradient_rules, image_scale, refused_rule, text_rule, value_scale
from excel_export.xlsx.styles import (
    AGREES,
    BACKWARD,
    BACKWARD_LIGHT,
    CHANGED,
    DIFFERS,
    FORWARD,
    FORWARD_LIGHT,
    GREY,
    INK,
    PALETTE,
    PARAMETER,
    STYLES,
)
