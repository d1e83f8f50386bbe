"""What a blank gets: the grader, the marks in the sheet and PyTorch agree; another blank never lowers it."""

import itertools

import pytest

from excel_classroom.grading.answers import read_answer, readings
from excel_classroom.practice.handout import handout_of
from excel_export.shared.sandbox import NotGraded
from excel_export.workbook.contents import Cell
from tests.excel_classroom.grading.conftest import an_exercise
from tests.support.handed_in import answered, change, fill, formulas, marked
from tests.support.long_proofs import only_quick


@pytest.fixture(scope="module", params=only_quick(["practice", "exam"], "practice"))
def handed_out(request, tmp_path_factory):
    yield from an_exercise(tmp_path_factory, exam=request.param == "exam")


def right_numbers(handed_out):
    key, _, papers = handed_out
    return papers.paper(key.students[0]).right


def most_read(key):
    return max(range(len(key.blanks)), key=lambda k: sum(k in each.reads for each in key.blanks))


def test_right_formulas_hold_and_get_all_points(handed_out, tmp_path):
    found = answered(handed_out, tmp_path, formulas(handed_out[0].blanks))
    assert found.points == found.of == len(handed_out[0].blanks)
    assert all(each.state == "right" and each.kind == "formula" and each.holds for each in found.marks)
    assert found.remarks == ()


def test_right_numbers_as_the_cells_show_them(handed_out, tmp_path):
    found = answered(handed_out, tmp_path, [round(number, 4) for number in right_numbers(handed_out)])
    assert found.points == found.of
    assert {each.kind for each in found.marks} == {"number"}
    assert all(each.holds is None for each in found.marks)


def test_the_teachers_own_solution_gets_all_points(handed_out, tmp_path):
    """Whoever tries out how grading goes has no other file that is filled in; in an exam, it has all formulas."""
    key, _, papers = handed_out
    student = key.students[0]
    solution = tmp_path / "solution.xlsx"
    solution.write_bytes(handout_of(papers.network, key).make(student.variant, student.draw)[1].solution)
    found = marked(papers, student, solution)
    assert (found.points, found.remarks) == (found.of, ())


@pytest.mark.parametrize("slip", only_quick([None, "0,5", "?", " ", 17.5, "=1/0", True, '=""'], None, "0,5", "=1/0"))
def test_one_slip_costs_one_blank(handed_out, tmp_path, slip):
    """Whatever stands in the blank that most others depend on: they hold the right formula, and get their points."""
    key, *_ = handed_out
    most, answers = most_read(key), formulas(key.blanks)
    answers[most] = slip
    found = answered(handed_out, tmp_path, answers)
    assert [k for k, each in enumerate(found.marks) if each.points < 1] == [most]
    assert all(each.holds for k, each in enumerate(found.marks) if k != most)
    assert found.points == found.of - 1


def test_a_number_that_follows_from_ones_own_numbers_earns_the_point(handed_out, tmp_path):
    """With a remark; and only where the numbers before it are there."""
    key, path, papers = handed_out
    paper, blanks = papers.paper(key.students[0]), key.blanks
    first, answers = most_read(key), formulas(blanks)
    answers[first] = paper.right[first] + 5
    # What the sheet would show.
    shown = marked(papers, key.students[0], fill(path, blanks, answers, into=tmp_path / "a.xlsx")).marks
    changed = {k: abs(shown[k].number - paper.right[k]) for k, each in enumerate(blanks) if first in each.reads}
    behind = max(changed, key=changed.__getitem__)
    assert shown[behind].state == "right"
    assert changed[behind] > 0.02
    answers[behind] = round(shown[behind].number, 4)
    mark = answered(handed_out, tmp_path, answers).marks[behind]
    assert (mark.state, mark.points) == ("right given earlier", 1)
    assert "right, from earlier numbers of your own" in mark.notes
    answers[first] = None
    assert answered(handed_out, tmp_path, answers).marks[behind].points < 1


@pytest.mark.slow
def test_no_blanks_points_are_lowered_by_what_another_holds(handed_out, tmp_path):
    """Each blank alone, with the right formulas in all others, against everything else that can stand there."""
    key, *_ = handed_out
    right, blanks = right_numbers(handed_out), key.blanks
    kinds = {
        "formula": formulas(blanks), "number": [round(each, 4) for each in right],
        "sign": [-each for each in right], "rigid": [f"={each!r}+0" for each in right],
        "text": [f"{each:.4f}".replace(".", ",") for each in right],
    }  # fmt: skip
    alone = {}
    for kind, answers in kinds.items():
        for k in range(len(blanks)):
            filled = formulas(blanks)
            filled[k] = answers[k]
            alone[kind, k] = answered(handed_out, tmp_path, filled).marks[k].points
    for kind, other in itertools.product(kinds, [None, "?", 0, 17.5, "=1/0", "1,5"]):
        for turn in range(2):
            filled = [answers if k % 2 == turn else other for k, answers in enumerate(kinds[kind])]
            found = answered(handed_out, tmp_path, filled).marks
            for k in range(turn, len(blanks), 2):
                assert found[k].points >= alone[kind, k], (kind, other, k, found[k], alone[kind, k])


def test_nothing_at_all(handed_out, tmp_path):
    found = answered(handed_out, tmp_path, [None] * len(handed_out[0].blanks))
    assert {each.state for each in found.marks} == {"empty"}
    assert found.points == 0


@pytest.mark.parametrize("typed", only_quick([0, 1, -1, 0.5, 2, 10], 0, 0.5))
def test_one_number_everywhere_earns_next_to_nothing(handed_out, tmp_path, typed):
    """Where z is 0, so is what follows from it: but who types 0 everywhere has found nothing."""
    found = answered(handed_out, tmp_path, [typed] * len(handed_out[0].blanks))
    assert found.points <= len(handed_out[0].blanks) // 10 + 0.5


@pytest.mark.parametrize(
    "answer",
    only_quick(["nonsense", " ", True, "=1/0", '=""', "=A1:B9", "=1E+308*10"], "nonsense", "=1/0", "=A1:B9"),
)
def test_what_is_no_answer(handed_out, tmp_path, answer):
    found = answered(handed_out, tmp_path, [answer] * len(handed_out[0].blanks))
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
    answers = [WAYS[way](number) for number in right_numbers(handed_out)]
    found = answered(handed_out, tmp_path, answers)
    assert found.points == found.of
    assert all("a number typed as text" in each.notes[0] for each in found.marks)
    assert len(found.remarks) == 1
    assert found.remarks[0].startswith("blanks 1-12, such as: a number typed as text: ")


@pytest.mark.parametrize(
    ("text", "truth", "read"),
    [
        ("1,234", 1.234, 1.234), ("1,234", 1234.0, 1234.0), ("1,234", 7.0, 1.234),
        ("1.234.567,5", 1234567.5, 1234567.5), ("1'234.5", 1234.5, 1234.5), ("- 1/2", -0.5, -0.5),
        ("−12 %", -0.12, -0.12), ("1.5·10^-3", 0.0015, 0.0015),
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
    answers = formulas(handed_out[0].blanks)
    answers[0] = 46_024  # 1/2, to a program that thinks of January or February
    found = answered(handed_out, tmp_path, answers)
    assert "the date 2026-01-02: perhaps a fraction" in found.marks[0].doubts[0]
    assert any("blank 1: the date 2026-01-02" in remark for remark in found.remarks)


def test_a_formula_typed_as_text_is_a_formula(handed_out, tmp_path):
    key, path, papers = handed_out
    into = fill(path, key.blanks, formulas(key.blanks), into=tmp_path / "Anna.xlsx")

    def as_text(book):
        cell = book[key.blanks[0].sheet][key.blanks[0].cell]
        cell.value = f" ={key.blanks[0].formula}"
        cell.data_type = "s"

    mark = marked(papers, key.students[0], change(into, as_text)).marks[0]
    assert (mark.state, mark.holds, mark.notes) == ("right", True, ("a formula typed as text",))


def test_a_huge_number_is_not_right(handed_out, tmp_path):
    """Of a ReLU of it, it is right from the numbers before it."""
    found = answered(handed_out, tmp_path, [1e300] * len(handed_out[0].blanks))
    assert "right" not in {each.state for each in found.marks}


def test_a_formula_for_these_inputs_only(handed_out, tmp_path):
    answers = [f"={number!r}+0" for number in right_numbers(handed_out)]
    found = answered(handed_out, tmp_path, answers)
    # A slope of 0 or 1 may be the same with other inputs.
    assert sum(each.holds is False for each in found.marks) > len(answers) / 2
    assert any("would be wrong with other inputs" in remark for remark in found.remarks)
    two = [k for k, each in enumerate(found.marks) if each.holds is False][:2]
    some = [answers[k] if k in two else right for k, right in enumerate(formulas(handed_out[0].blanks))]
    assert answered(handed_out, tmp_path, some).remarks == ("2 formulas would be wrong with other inputs",)


def test_a_formula_that_shows_nothing_while_another_is_empty(handed_out, tmp_path):
    """=IF(P11="","",TANH(P11)) is right."""
    key, *_ = handed_out
    first = most_read(key)
    behind = next(k for k, each in enumerate(key.blanks) if first in each.reads)
    answers, cell = formulas(key.blanks), key.blanks[first]
    answers[first] = None
    answers[behind] = f'=IF(\'{cell.sheet}\'!{cell.cell}="","",{key.blanks[behind].formula})'
    assert answered(handed_out, tmp_path, answers).marks[behind].points == 1


def test_a_changed_given_number_is_named_and_does_not_count(handed_out, tmp_path):
    key, path, papers = handed_out
    into = fill(path, key.blanks, formulas(key.blanks), into=tmp_path / "Anna.xlsx")
    cell = papers.plan.reference.typed["x"].at(0, 0)
    change(into, lambda book: book[cell.sheet].__setitem__(cell.area, 123))
    found = marked(papers, key.students[0], into)
    assert found.points == found.of
    assert found.remarks == (f"cells were changed that are no blanks: {cell.sheet}!{cell.area}",)


def test_moved_cells_and_lost_sheets_are_named(handed_out, tmp_path):
    key, path, papers = handed_out
    into = fill(path, key.blanks, formulas(key.blanks), into=tmp_path / "Anna.xlsx")
    change(into, lambda book: book["Network"].delete_cols(5, 30))
    with pytest.raises(NotGraded, match=r"cells of the sheet 'Network'.* were moved or deleted"):
        marked(papers, key.students[0], into)
    change(into, lambda book: book.remove(book["Network"]))
    with pytest.raises(NotGraded, match="the sheet 'Network' is missing"):
        marked(papers, key.students[0], into)


def test_formulas_in_helpers_of_ones_own_are_no_references(handed_out, tmp_path):
    """Each answer is computed in a free cell; what the helpers of other blanks read is nothing to it."""
    key, path, papers = handed_out
    into = fill(
        path, key.blanks, [f"=Network!BZ{400 + k}" for k in range(len(key.blanks))], into=tmp_path / "Anna.xlsx"
    )

    def helped(book):
        for k, blank in enumerate(key.blanks):
            own = blank.formula if blank.sheet == "Network" else None
            book["Network"][f"BZ{400 + k}"] = f"={own}" if own else None
            if not own:
                book[blank.sheet][blank.cell] = f"={blank.formula}"

    found = marked(papers, key.students[0], change(into, helped))
    assert found.points == found.of
