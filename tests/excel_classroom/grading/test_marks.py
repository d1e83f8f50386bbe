"""What a blank gets: the grader, the marks in the sheet and PyTorch agree; another blank never lowers it."""

import itertools

import pytest

from excel_classroom.grading.answers import read_answer, readings
from excel_classroom.practice.handout import handout_of
from excel_export.shared.sandbox import NotGraded
from excel_export.workbook.contents import Cell
from tests.excel_classroom.grading.conftest import an_exercise
from tests.support.handed_in import change, formulas
from tests.support.long_proofs import only_quick


@pytest.fixture(scope="module", params=only_quick(["practice", "exam"], "practice"))
def handed_out(request, tmp_path_factory):
    yield from an_exercise(tmp_path_factory, exam=request.param == "exam")


def test_right_formulas_hold_and_get_all_points(handed_out, tmp_path):
    found = handed_out.answered(tmp_path)
    assert found.points == found.of == len(handed_out.blanks)
    assert all(each.state == "right" and each.answer.kind == "formula" and each.answer.holds for each in found.marks)
    assert found.remarks == ()


def test_right_numbers_as_the_cells_show_them(handed_out, tmp_path):
    found = handed_out.answered(tmp_path, [round(number, 4) for number in handed_out.right])
    assert found.points == found.of
    assert {(each.answer.kind, each.answer.holds) for each in found.marks} == {("number", None)}


def test_the_teachers_own_solution_gets_all_points(handed_out, tmp_path):
    """Whoever tries out how grading goes has no other file that is filled in; in an exam, it has all formulas."""
    student, solution = handed_out.student, tmp_path / "solution.xlsx"
    made = handout_of(handed_out.papers.network, handed_out.key).make(student.variant, student.draw)[1]
    solution.write_bytes(made.solution)
    found = handed_out.marked(solution)
    assert (found.points, found.remarks) == (found.of, ())


@pytest.mark.parametrize("slip", only_quick([None, "0,5", "?", " ", 17.5, "=1/0", True, '=""'], None, "0,5", "=1/0"))
def test_one_slip_costs_one_blank(handed_out, tmp_path, slip):
    """Whatever stands in the blank that most others depend on: they hold the right formula, and get their points."""
    most = handed_out.most_read
    found = handed_out.answered(tmp_path, {most: slip})
    assert [k for k, each in enumerate(found.marks) if each.points < 1] == [most]
    assert all(each.answer.holds for k, each in enumerate(found.marks) if k != most)
    assert found.points == found.of - 1


def test_a_number_that_follows_from_ones_own_numbers_earns_the_point(handed_out, tmp_path):
    """With a remark; and only where the numbers before it are there."""
    right, first = handed_out.right, handed_out.most_read
    # What the sheet would show.
    shown = handed_out.marked(handed_out.filled(tmp_path, {first: right[first] + 5})).marks
    after = [k for k, each in enumerate(handed_out.blanks) if first in each.reads]
    behind = max(after, key=lambda k: abs(shown[k].answer.number - right[k]))
    assert shown[behind].state == "right"
    assert abs(shown[behind].answer.number - right[behind]) > 0.02
    typed = {first: right[first] + 5, behind: round(shown[behind].answer.number, 4)}
    mark = handed_out.answered(tmp_path, typed).marks[behind]
    assert (mark.state, mark.points) == ("right given earlier", 1)
    assert "right, from earlier numbers of your own" in mark.notes
    assert handed_out.answered(tmp_path, typed | {first: None}).marks[behind].points < 1


@pytest.mark.slow
def test_no_blanks_points_are_lowered_by_what_another_holds(handed_out, tmp_path):
    """Each blank alone, with the right formulas in all others, against everything else that can stand there."""
    right, blanks = handed_out.right, handed_out.blanks
    kinds = {
        "formula": formulas(blanks), "number": [round(each, 4) for each in right],
        "sign": [-each for each in right], "rigid": [f"={each!r}+0" for each in right],
        "text": [f"{each:.4f}".replace(".", ",") for each in right],
    }  # fmt: skip
    alone = {
        (kind, k): handed_out.answered(tmp_path, {k: answer}).marks[k].points
        for kind, answers in kinds.items()
        for k, answer in enumerate(answers)
    }
    for kind, other in itertools.product(kinds, [None, "?", 0, 17.5, "=1/0", "1,5"]):
        for turn in range(2):
            filled = [answers if k % 2 == turn else other for k, answers in enumerate(kinds[kind])]
            found = handed_out.answered(tmp_path, filled).marks
            for k in range(turn, len(blanks), 2):
                # Three numbers of other cells are guesses in an exam: a known mistake among them earns nothing.
                is_guess = handed_out.papers.key.options.exam and found[k].state == "wrong" and found[k].mistake
                assert is_guess or found[k].points >= alone[kind, k], (kind, other, k, found[k], alone[kind, k])


def test_nothing_at_all(handed_out, tmp_path):
    found = handed_out.answered(tmp_path, [None] * len(handed_out.blanks))
    assert {each.state for each in found.marks} == {"empty"}
    assert found.points == 0


@pytest.mark.parametrize("typed", only_quick([0, 1, -1, 0.5, 2, 10], 0, 0.5))
def test_one_number_everywhere_earns_next_to_nothing(handed_out, tmp_path, typed):
    """Where z is 0, so is what follows from it: but who types 0 everywhere has found nothing."""
    count = len(handed_out.blanks)
    assert handed_out.answered(tmp_path, [typed] * count).points <= count // 10 + 0.5


@pytest.mark.parametrize(
    "answer",
    only_quick(["nonsense", " ", True, "=1/0", '=""', "=A1:B9", "=1E+308*10"], "nonsense", "=1/0", "=A1:B9"),
)
def test_what_is_no_answer(handed_out, tmp_path, answer):
    found = handed_out.answered(tmp_path, [answer] * len(handed_out.blanks))
    assert not any(each.is_good for each in found.marks)


WAYS = {
    "plain": "{:.4f}".format,
    "a comma": lambda number: f"{number:.4f}".replace(".", ","),
    "blanks": " {:.4f} ".format,
    "a minus sign": lambda number: f"{number:.4f}".replace("-", "−"),
    "per cent": lambda number: f"{100 * number:.2f} %",
    "a fraction": lambda number: f"{round(number * 10_000)}/10000",
    "a power": "{:.4e}".format,
    "about": "≈ {:.4f}".format,
}


@pytest.mark.parametrize("way", only_quick(WAYS, "a comma", "a fraction"))
def test_numbers_typed_as_text_are_read_as_what_they_mean(handed_out, tmp_path, way):
    found = handed_out.answered(tmp_path, [WAYS[way](number) for number in handed_out.right])
    assert found.points == found.of
    assert all("a number typed as text" in each.notes[0] for each in found.marks)
    assert len(found.remarks) == 1
    assert found.remarks[0].startswith("blanks 1-12, such as: a number typed as text: ")


@pytest.mark.parametrize(
    ("text", "truth", "read"),
    [
        ("1,234", 1.234, 1.234), ("1,234", 1234.0, 1234.0), ("1,234", 7.0, 1.234),
        ("1.234.567,5", 1234567.5, 1234567.5), ("1'234.5", 1234.5, 1234.5), ("- 1/2", -0.5, -0.5),
        ("−12 %", -0.12, -0.12), ("1.5·10^-3", 0.0015, 0.0015), ("1 1/2", 1.5, 1.5), ("-2½", -2.5, -2.5),
        ("x = 0.25", 0.25, 0.25), ("∂L/∂w = -3", -3.0, -3.0), ("-0.5 J", -0.5, -0.5), ("(-0.5)", -0.5, -0.5),
    ],
)  # fmt: skip
def test_of_two_readings_the_right_one_counts(text, truth, read):
    answer = read_answer(Cell(text), truth, 1e-6)
    assert answer.cell.value == pytest.approx(read)
    assert answer.notes == [f"a number typed as text: {text!r} is read as {read:.10g}"]


@pytest.mark.parametrize(
    "text", ["1/0", "1.2.3", "1,2.3.4", "about 0.5", "0.5 or 0.6", "nan", "inf", "1e999", "x" * 100, "½x"]
)
def test_what_is_no_number_is_none(text):
    assert readings(text) == ()


def test_a_fraction_that_became_a_date_is_remarked(handed_out, tmp_path):
    found = handed_out.answered(tmp_path, {0: 46_024})  # 1/2, to a program that thinks of January or February
    assert "the date 2026-01-02: perhaps a fraction" in found.marks[0].doubts[0]
    assert any("blank 1: the date 2026-01-02" in remark for remark in found.remarks)


def test_a_formula_typed_as_text_is_a_formula(handed_out, tmp_path):
    blank = handed_out.blanks[0]

    def as_text(book):
        cell = book[blank.sheet][blank.cell]
        cell.value = f" ={blank.formula}"
        cell.data_type = "s"

    mark = handed_out.answered(tmp_path, how=as_text).marks[0]
    assert (mark.state, mark.answer.holds, mark.notes) == ("right", True, ("a formula typed as text",))


def test_a_huge_number_is_not_right(handed_out, tmp_path):
    """Of a ReLU of it, it is right from the numbers before it."""
    found = handed_out.answered(tmp_path, [1e300] * len(handed_out.blanks))
    assert "right" not in {each.state for each in found.marks}


def test_a_formula_for_these_inputs_only(handed_out, tmp_path):
    answers = [f"={number!r}+0" for number in handed_out.right]
    found = handed_out.answered(tmp_path, answers)
    # A slope of 0 or 1 may be the same with other inputs.
    assert sum(each.answer.holds is False for each in found.marks) > len(answers) / 2
    assert any("would be wrong with other inputs" in remark for remark in found.remarks)
    two = {k: answers[k] for k in [k for k, each in enumerate(found.marks) if each.answer.holds is False][:2]}
    assert handed_out.answered(tmp_path, two).remarks == ("2 formulas would be wrong with other inputs",)


def test_a_formula_that_shows_nothing_while_another_is_empty(handed_out, tmp_path):
    """=IF(P11="","",TANH(P11)) is right."""
    blanks, first = handed_out.blanks, handed_out.most_read
    behind, cell = next(k for k, each in enumerate(blanks) if first in each.reads), blanks[first]
    guarded = f'=IF(\'{cell.sheet}\'!{cell.cell}="","",{blanks[behind].formula})'
    assert handed_out.answered(tmp_path, {first: None, behind: guarded}).marks[behind].points == 1


def test_a_changed_given_number_is_named_and_does_not_count(handed_out, tmp_path):
    cell = handed_out.papers.plan.reference.input_cells["x"].at(0, 0)
    found = handed_out.answered(tmp_path, how=lambda book: book[cell.sheet].__setitem__(cell.area, 123))
    assert found.points == found.of
    assert found.remarks == (f"cells were changed that are no blanks: {cell.sheet}!{cell.area}",)


def test_moved_cells_and_lost_sheets_are_named(handed_out, tmp_path):
    into = handed_out.filled(tmp_path, how=lambda book: book["Network"].delete_cols(5, 30))
    with pytest.raises(NotGraded, match=r"cells of the sheet 'Network'.* were moved or deleted"):
        handed_out.marked(into)
    change(into, lambda book: book.remove(book["Network"]))
    with pytest.raises(NotGraded, match="the sheet 'Network' is missing"):
        handed_out.marked(into)


def test_formulas_in_helpers_of_ones_own_are_no_references(handed_out, tmp_path):
    """Each answer is computed in a free cell; what the helpers of other blanks read is nothing to it."""

    def helped(book):
        for k, blank in enumerate(handed_out.blanks):
            if blank.sheet == "Network":
                book["Network"][f"BZ{400 + k}"] = f"={blank.formula}"
                book["Network"][blank.cell] = f"=Network!BZ{400 + k}"

    found = handed_out.answered(tmp_path, how=helped)
    assert found.points == found.of
