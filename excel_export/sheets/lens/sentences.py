"""What the Lens says below the numbers: the line of arithmetic, what a gradient means, the weight that is followed."""

from excel_export.formulas import ABS, AND, IF, MAX, OR, Expression, equal, joined
from excel_export.sheets.lens.arithmetic import Arithmetic
from excel_export.sheets.lens.layout import LAST, LINE, MAIN, MATH, PART
from excel_export.sheets.lens.screen import Screen

HERO_COL = MAIN + 116
"""Where the weight stands that the story follows."""
NUDGED = 1000
"""A number is raised by one part of so many, to say what its gradient means."""


def draw(screen: Screen) -> None:
    """Write the line, the products of the open group, and what the gradient means."""
    canvas, scratch, selection, wording = screen.canvas, screen.scratch, screen.selection, screen.wording
    arithmetic = Arithmetic(screen)
    name = joined(selection.name, selection.spaced_index, IF(equal(screen.partly, 1), " along this path", ""))
    result = scratch.cell("result", wording.plain(screen.share))
    # What is only copied is no arithmetic.
    copied = OR(equal(arithmetic.line, ""), equal(arithmetic.line, result),
                equal(arithmetic.line, wording.bracketed(screen.share)))  # fmt: skip
    inner = scratch.cell("worked out", arithmetic.worked_out)
    middle = joined(arithmetic.line, "  =  ", IF(equal(inner, ""), "", joined(inner, "  =  ")))
    width, several = LAST - MAIN + 1, selection.groups > 1
    line = joined(name, "  =  ", IF(copied, "", middle), result)
    canvas.put(LINE, MAIN, line, "lens_line", width=width)
    meaning = scratch.cell("what it means", IF(equal(screen.passed_on, 1), _meaning(screen), ""))
    part = joined(selection.open_label, ": ", arithmetic.products, "  =  ", wording.plain(selection.open_sum))
    canvas.put(PART, MAIN, IF(several, joined("of which ", part), meaning), "lens_part", width=width)
    math = screen.tables.parts.text("math", selection.part)
    shown = IF(AND(several, equal(screen.passed_on, 1)), meaning, math)
    canvas.put(MATH, MAIN, shown, "lens_math", width=HERO_COL - MAIN)
    screen.formats.coloured(canvas.at(LINE, MAIN), equal(selection.backward, 1))
    if screen.hero:
        canvas.put(MATH, HERO_COL, _followed(screen), "lens_followed", width=LAST - HERO_COL + 1)


def _followed(screen: Screen) -> Expression:
    """What has become of the weight that the story follows; its gradient from the step on that makes it."""
    hero, scratch, wording = screen.hero, screen.scratch, screen.wording
    assert hero
    placed, known = screen.book.placement.tensors[hero.value], screen.plan.known(hero.value)
    weight = scratch.cell("followed: weight", placed.value.at(*hero.index))
    gradient = scratch.cell("followed: gradient", placed.grad.at(*hero.index))
    place = ", ".join(map(str, hero.index))
    behind = IF(screen.selection.step >= known, joined(";  its gradient ", wording.plain(gradient)), "")
    text = joined(f"We follow {hero.value.called} ({place}):  ", wording.plain(weight), behind)
    return IF(equal(screen.mode.is_told, 1), text, "")


def _meaning(screen: Screen) -> Expression:
    """What the gradient says about the loss; of one with several paths, what they add up to."""
    scratch, selection, wording = screen.scratch, screen.selection, screen.wording
    others = scratch.cell("others", selection.made - selection.share)
    grows = scratch.cell("grows by", ABS(selection.made) / NUDGED)
    way = IF(selection.made < 0, "falls", "grows")
    companion = MAX(1, selection.field("companion"))
    name = joined(screen.tables.tensors.table.text("name", companion), selection.spaced_index)
    raised = joined("Raise ", name, " by 0.001: the loss ", way, " by about ", wording.plain(grows), ".")
    several = joined("Other paths (through ", screen.paths, ") add ", wording.plain(others), ". Together: ",
                     wording.plain(selection.made), ".")  # fmt: skip
    nothing = IF(selection.terms > 0, "", "This step passes nothing on to it. ")
    whole = IF(equal(selection.made, 0), "A small change of it leaves the loss as it is.", raised)
    return joined(nothing, IF(equal(screen.partly, 1), several, whole))
