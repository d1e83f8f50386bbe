"""The public names for writing your own sheets; they stay when the code behind them moves.

A `SheetSpec` describes a sheet: its name, its content in words, and a function that draws it from the `Book`. Pass
yours to `excel_export.export` in a `Story`. The function returns a `Drawn`: the sheet, which is a `Canvas`, and if need
be controls, defined names, the cells of tensors, and formulas for inputs. A cell holds a number, a text or a formula,
which is made of cells by operators and functions:

    from excel_export import export
    from excel_export.authoring import (
        BEFORE_NETWORK, FORWARD, MAX, MIN, Book, Canvas, Control, Drawn, Name, SheetSpec, Story,
    )

    def brightness(book: Book) -> Drawn:
        control = Control("Brightness", 1, Name("brightness"), (0, 0.5, 1), "darkens the picture")
        pixels = control.in_use * book.tensor("pixels").data
        return Drawn(controls=[control], inputs={"pixels": pixels})

    def spread(book: Book) -> Drawn:
        logits = book.tensor("layer").value.box
        canvas = Canvas("Spread", FORWARD)
        canvas.say(1, 2, "From the smallest logit to the largest", "title")
        canvas.put(2, 2, MAX(logits) - MIN(logits), "result")
        return Drawn(canvas)

    sheets = [
        SheetSpec("Brightness", "", brightness, order=BEFORE_NETWORK),
        SheetSpec("Spread", "how far the logits are apart", spread),
    ]
    export(module, inputs, "lesson.xlsx", story=Story("A lesson", sheets=sheets))

A learner may type anything into a control. Formulas read `in_use`: the typed content if it is one of the choices, else
the content at first. `InputCell` is such a cell on a sheet of your own.

`book.tensor` returns the cells of an input, a parameter or a result by its name in `read_tensors`; None if a part of a
network lacks it. `book.result` returns the results of other sheets: `UPDATE` has the parameters after the step, and
`TRAINING` those after a training. The style of a cell is a name of `STYLES`.

`draw_another` draws a further network on sheets of its own, `forward_again` the forward pass of the same network with
other parameters and inputs. `Training` and `LearningRates` are features of `export`; a `Feed`, columns, groups and
curves make lessons of your own from them.
"""

from excel_export.book.book import Book
from excel_export.book.find_sheets import own_sheets
from excel_export.book.input_cell import Between, Control, InputCell, InputColumns, ItemOf, OneOf, PlaceOf
from excel_export.book.names import LEARNING_RATE, LOSS, TRAINING_RATE
from excel_export.book.sheet import BEFORE_NETWORK, COVER, Drawn, Result, SheetSpec, Story
from excel_export.compiler.reference.arguments import Inputs
from excel_export.formulas import Grid, Name, PlacedTensor, Reference, Tensor, of_ranges, reduce, sum_of_products, table
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
from excel_export.optim import RULES, LearningRule
from excel_export.sheets.network.again import draw_another, forward_again
from excel_export.sheets.sheet_parts import Stack
from excel_export.sheets.steps.story_sheets import SHEET as STORY
from excel_export.sheets.training.learning_rates import LearningRates
from excel_export.sheets.training.step_table import Cells, Choice, Column, Feed
from excel_export.sheets.training.training import SHEET as TRAINING
from excel_export.sheets.training.training_charts import Curve, Curves
from excel_export.sheets.training.training_options import Group, Setting, Training
from excel_export.sheets.update import SHEET as UPDATE
from excel_export.workbook.canvas import Canvas, Page
from excel_export.workbook.charts import Chart, Line, Picture
from excel_export.workbook.format_rules import (
    almost_zero_rule,
    bold_rule,
    grad_scale,
    gradient_rules,
    image_scale,
    refused_rule,
    text_rule,
    value_scale,
)
from excel_export.workbook.read import Entry
from excel_export.workbook.styles import (
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
