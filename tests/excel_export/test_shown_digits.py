"""Who works out a line of the Lens by hand, from the digits that it shows, comes to what it shows."""

import pytest
from hypothesis import HealthCheck, given, seed, settings

from excel_export import export
from excel_export.lessons.lesson_workbook import write_lesson
from tests.support.kinds import ONE_HEAD
from tests.support.lens import Places, Shown
from tests.support.lens_truth import hidden_operands
from tests.support.lessons import LESSONS
from tests.support.live import Live
from tests.support.long_proofs import only_quick
from tests.support.random_networks import networks
from tests.support.scripts import ROOT
from tests.support.shown_digits import Unreadable, differences, work_out
from tests.support.tiny import Tiny, X

EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))


def wrong_lines(path, folder):
    """What does not hold, of every part of every step, and of every step of the story."""
    live = Live(path, folder)
    places = Places(path, live)
    if "step" not in live.names:
        return []
    found = []
    for story in (1, 0):
        live.type({"story": story, "step": 1})
        for step in range(1, int(live.value("steps")) + 1):
            live.type({"step": step, places.part_cell: "auto"})
            parts = 1 if story else int(Shown(live, places).field("parts"))
            for part in range(1, parts + 1):
                if parts > 1:
                    live.type({places.part_cell: part})
                found += [f"{step}.{part}: {each}" for each in _wrong(Shown(live, places))]
    return found


def _wrong(shown):
    chains = [shown.line.partition("  =  ")[2]]
    if shown.part_line.startswith("of which "):
        chains.append(shown.part_line.partition(": ")[2])
    for chain in chains:
        yield from differences(chain)
    for operand in hidden_operands(shown, chains[-1]):
        yield f"{operand} of {chains[-1]} stands nowhere else"


@pytest.mark.parametrize("name", only_quick(EXAMPLES, "one_neuron"))
def test_the_lines_of_an_example_hold(name, made_of, tmp_path):
    assert not wrong_lines(made_of(f"example {name}").path, tmp_path)


def test_the_lines_of_a_small_network_hold(tmp_path):
    export(Tiny(), (X,), tmp_path / "net.xlsx")
    assert not wrong_lines(tmp_path / "net.xlsx", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_the_lines_of_a_lesson_hold(name, tmp_path):
    write_lesson(LESSONS[name], tmp_path / "lesson.xlsx")
    assert not wrong_lines(tmp_path / "lesson.xlsx", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("head", ONE_HEAD)
def test_the_lines_of_the_slice_hold(head, made_of, tmp_path):
    assert not wrong_lines(made_of(f"slice-{head} alone").path, tmp_path)


@pytest.mark.slow
def test_the_lines_of_random_networks_hold(tmp_path):
    count = 0

    @seed(38)
    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(networks())
    def check(case):
        nonlocal count
        count += 1
        export(*case, tmp_path / f"{count}.xlsx")
        assert not wrong_lines(tmp_path / f"{count}.xlsx", tmp_path)

    check()
    assert count >= 20


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("(8.03 − 8) · (8.03 − 8)", 0.0009), ("−ln(0.5)", 0.6931472), ("2 · (−3) + [4 more: −1.5] + 1 + [2 × 0]", -6.5),
        ("e^(−1) / 2^2", 0.0919699), ("|−3| + max(0, −15.2)", 3), ("if 3 = 4 then 1 else 0.5", 0.5),
        ("sum of (1, 2) / 4", 0.75), ("mean of (1, 2, 6)", 3), ("1.5E-9 · 2", 3e-9), ("√(16) − tanh(0)", 4),
    ],
)  # fmt: skip
def test_the_calculator_reads_a_line_as_people_do(line, value):
    assert work_out(line).value == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(
    ("chain", "holds"),
    [
        ("(8.03 − 8) · (8.03 − 8)  =  0.000695", False),
        ("(8.02636 − 8) · (8.02636 − 8)  =  0.02636 · 0.02636  =  0.0006946", True),
        ("(8.02636 − 8) · (8.02636 − 8)  =  0.026 · 0.026  =  0.0006946", False),
        ("5.5 + (−5.495)  =  0.01", True),
        ("5.5 + (−5.4)  =  0", False),
        ("the place of the largest of −0.8 … 8.8 … −1.6  =  3", True),
        ("the place of the largest of −0.8 … −8.8 … −1.6  =  3", False),
    ],
)
def test_a_line_that_does_not_add_up_is_found(chain, holds):
    assert (not list(differences(chain))) == holds


@pytest.mark.parametrize("line", ["2 ÷ 3", "softmax(2)", "(1 + 2", "1 2", ""])
def test_what_nobody_could_work_out_is_refused(line):
    with pytest.raises(Unreadable):
        work_out(line)
