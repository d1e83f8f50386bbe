"""What people met when they used a page: each test is something that was hard to see, to read or to find."""

import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import page
from excel_export.lessons.catalogue import all_lessons, lesson
from excel_export.lessons.lesson_page import stops, write_lesson_page
from tests.support.chromium import LAPTOP, PHONE

SMALL_PHONE = (360, 740)
LAYOUT = Path(__file__).with_name("layout.js").read_text()


class Wide(nn.Module):
    """Five numbers in, five out, and a sum beside the class: what is shown side by side is wide."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        self.layer, self.heads = nn.Linear(5, 5), nn.Linear(5, 3)
        self.double()

    def forward(self, x, wanted, label):
        out = self.layer(x)
        return F.cross_entropy(self.heads(out.tanh()), label) + F.mse_loss(out.sum(1), wanted)


INPUTS = {"x": torch.tensor([[-6.62, 3.46, -0.0102, -4.0, 0.0077]]).double(),
          "wanted": torch.tensor([1.25]).double(), "label": torch.tensor([1])}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("people")
    page(Wide(), INPUTS, folder / "wide.html")
    write_lesson_page(lesson("convolution"), folder / "lesson.html")
    return folder


@pytest.fixture
def wide(folder, browser):
    with browser.quiet(folder / "wide.html") as opened:
        yield opened


@pytest.fixture
def questions(folder, browser):
    with browser.quiet(folder / "lesson.html") as opened:
        yield opened


CARDS = """
[...document.querySelectorAll('#stage .cards > *')]
  .map((each) => each.querySelector('.role')?.innerText ?? each.innerText)
"""


def test_what_goes_in_and_what_comes_out_are_an_equation(wide):
    wide.run("openPlace('layer[0,1]'), render()")
    assert wide.run(CARDS) == ["reads", "×", "times", "+", "plus", "=", "products, added up", "=", "result"]


@pytest.mark.parametrize("place", ["grad.tanh[0,1]", "grad.layer.weight[1,2]"])
def test_the_way_back_is_read_as_an_equation(place, wide):
    wide.run(f"openPlace('{place}'), render()")
    products = ["=", "products, added up"] if "weight" not in place else []
    assert wide.run(CARDS) == ["its number", "result", *products, "=", "times", "×", "arrives"]


def test_gradients_are_orange_and_purple_as_the_step_says_and_numbers_blue_and_brown(wide):
    """Red, green and blue, the strongest first: of numbers above 0, and of those below."""
    for place, above, below in (("grad.layer.weight[1,2]", [0, 1, 2], [2, 0, 1]), ("layer[0,0]", [2, 1, 0], [0, 1, 2])):
        wide.run(f"openPlace('{place}'), render()")
        cells = wide.run("""
            [...document.querySelectorAll('#stage .made td')].map((each) => [
              ARRAYS[each.dataset.number.split('.')[0]][each.dataset.number.split('.')[1]],
              each.style.background.slice(4, -1).split(',').map(Number),
            ])
        """)
        telling = [(number > 0, colour) for number, colour in cells if max(colour) - min(colour) > 20]
        assert {is_above for is_above, _ in telling} == {True, False}
        for is_above, colour in telling:
            assert sorted(range(3), key=lambda k: -colour[k]) == (above if is_above else below), (place, colour)


def test_what_is_given_is_no_result(wide):
    wide.run("goTo(1)")
    assert set(wide.run(CARDS)) == {"given"}


def test_every_outcome_is_beside_the_inputs(wide):
    shown = wide.page.inner_text("#outcome")
    assert "reads" in shown
    assert wide.page.inner_text("#outcome .compared td:last-child") == "1.25"


def test_a_name_in_the_overview_is_whole(wide):
    wide.run("document.querySelectorAll('#overview .box span').forEach((each) => each.append(' of layer'))")
    cut = wide.run("""
        [...document.querySelectorAll('#overview .box:not(.low) span')]
          .filter((each) => each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth)
          .map((each) => each.textContent)
    """)
    assert not [each for each in cut if len(each) < 20], cut


@pytest.mark.parametrize("size", [LAPTOP, SMALL_PHONE, PHONE, (3840, 2160)])
def test_every_view_is_laid_out_well(size, wide):
    wide.page.set_viewport_size({"width": size[0], "height": size[1]})
    assert wide.run(LAYOUT) == []


def test_on_a_tablet_the_result_is_on_the_screen(wide):
    wide.page.set_viewport_size({"width": 768, "height": 1024})
    for step in range(1, wide.run("model.steps.length") + 1):
        wide.run(f"goTo({step})")
        right = wide.run("document.querySelector('#stage .made')?.getBoundingClientRect().right ?? 0")
        assert right <= 768, step


def test_what_is_said_of_a_number_is_in_view_at_once(wide):
    for width, height in (SMALL_PHONE, LAPTOP):
        wide.page.set_viewport_size({"width": width, "height": height})
        wide.run("scrollTo(0, 0), goTo(3), pin(model.keys['layer.weight'], 2)")
        box = wide.page.locator("#pinned .bar").bounding_box()
        assert box["y"] + box["height"] <= height


def test_the_loss_stays_in_view_where_one_learns(wide):
    wide.page.set_viewport_size({"width": SMALL_PHONE[0], "height": SMALL_PHONE[1]})
    wide.page.click("#thirty")
    assert 0 <= wide.page.locator("#loss").bounding_box()["y"] < 60


def test_a_reader_is_told_that_numbers_can_be_chosen(wide):
    assert "Click it" in wide.page.inner_text("#pinned")
    wide.page.click("#stage td >> nth=0")
    assert "Click it" not in wide.page.inner_text("#pinned")


def test_what_a_gradient_is_is_said_where_one_goes_back(wide):
    assert "∂L/∂x is the gradient" not in wide.page.inner_text("#pinned")
    wide.run("openPlace('grad.layer.weight[1,2]'), render()")
    assert "∂L/∂x is the gradient" in wide.page.inner_text("#pinned")


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (3.21e-6, "3.2·10⁻⁶"),
        (-4.9e-12, "−4.9·10⁻¹²"),
        (0.000032, "0.000032"),
        (1e12, "1.0·10¹²"),
        (1234567.5, "1234567.5"),
        (0, "0"),
    ],
)
def test_numbers_are_written_as_at_school(number, written, wide):
    assert wide.run(f"plain({number!r})").replace(",", "") == written


def test_a_number_can_be_read_where_it_is_typed(wide):
    wide.run("(change(model.keys['layer.weight'], 2, 0.12345678901234567), pin(model.keys['layer.weight'], 2))")
    assert wide.page.input_value("#pinned input") == "0.1234568"
    assert wide.run("ARRAYS[model.keys['layer.weight']][2]") == 0.12345678901234567
    wide.page.click("#nudge")
    assert "e-" not in wide.page.inner_text("#pinned")


def test_a_chosen_number_leads_to_what_reads_it(wide):
    wide.run("openPlace('layer[0,1]'), pin(model.keys['layer.weight'], 5)")
    wide.page.select_option("#goals", index=1)
    assert wide.run("state.pinned.place") == 5
    assert wide.run("state.step") == 1


def test_the_way_back_of_the_browser_leads_to_where_one_was(wide):
    wide.page.wait_for_timeout(700)  # jumps in a short time are one
    step, line = wide.run("state.step"), wide.line
    wide.page.click("#overview .box >> nth=-1")
    wide.run("change(model.keys.wanted, 0, 3)")
    assert wide.run("state.step") != step
    wide.page.go_back()
    assert (wide.run("state.step"), wide.line) == (step, line)
    assert wide.run("ARRAYS[model.keys.wanted][0]") == 3
    wide.page.go_forward()
    assert wide.run("state.step") != step


def test_the_tensor_that_is_shown_turns_to_its_gradient_and_back(wide):
    wide.run("openPlace('layer'), render()")
    made, shown = "shownView().made", "#overview .box[data-stage=now]"
    layer = wide.run(made)
    wide.page.click(shown)
    assert wide.run(made) == wide.run(f"gradientOf({layer!r})")
    assert wide.page.inner_text("#step").startswith(f"{wide.run('state.step')} · ")
    wide.page.click(shown)
    assert wide.run(made) == layer


def test_the_map_and_the_arrows_lead_to_another_step_and_nothing_else_does(wide):
    assert wide.run("[...document.querySelectorAll('#steps > :not(label):not(span)')].map((each) => each.id)") == [
        "back", "step", "next",
    ]  # fmt: skip
    step = wide.run("state.step")
    wide.page.click("#next")
    assert wide.run("state.step") == step + 1
    assert wide.page.inner_text("#step").startswith(f"{step + 1} · ")
    wide.page.click("#back")
    assert wide.run("state.step") == step


def test_rules_are_compared(wide):
    wide.page.click("#thirty")
    loss = wide.run("plain(ARRAYS[model.loss][0])")
    wide.page.click("#reset")
    assert wide.page.inner_text("#curve .run") == f"before (dashed): SGD, learning rate 0.1, steps: 30 · loss {loss}"
    wide.page.select_option("#rule", label="Adam")
    wide.page.click("#thirty")
    lengths = wide.run("[...document.querySelectorAll('#curve polyline')].map((each) => each.points.length)")
    assert lengths == [31, 31]
    assert wide.run("ARRAYS[model.step][0]") == 31


def test_a_training_that_explodes_hides_no_other(wide):
    first = wide.run("ARRAYS[model.loss][0]")
    wide.page.fill("#rate", "1000")
    wide.page.press("#rate", "Enter")
    wide.page.click("#thirty")
    assert wide.run("ARRAYS[model.loss][0]") > 100 * first
    wide.page.click("#reset")
    assert f"top of the chart {wide.run(f'plain({first})')}" in wide.page.inner_text("#curve")


def test_the_weights_of_a_small_network_are_typed_beside_its_inputs(questions):
    field = questions.page.get_by_label("conv.weight 0")
    assert field.input_value() == "0.25"
    field.fill("2")
    field.press("Enter")
    assert questions.run("ARRAYS[model.keys['conv.weight']][0]") == 2


def test_a_column_of_numbers_takes_one_row(wide):
    wide.run("model.inputs.push({ array: model.keys.x, name: 'x', kind: 'numbers', shape: [5, 1] }), render()")
    added = "[...document.querySelectorAll('#inputs .fields')].at(-1)"
    assert wide.run(f"{added}.style.gridTemplateColumns") == "repeat(4, minmax(0px, 1fr))"


def test_products_that_are_0_are_shown_where_there_are_but_a_few(questions):
    questions.run("openPlace('conv[0,0,0,0]'), render()")
    assert questions.line == "map (0, 0) = 0 · 0.250 + 0 · 0.500 + 0 · (−0.500) + 0 · 1 = 0"


SHEET = r"(?:[Oo]n|[Aa]t|[Ss]heet)(?: the)? (?:Explain|Start|Training|Derivation|Network|Learning|Rule|Two heads)"


@pytest.mark.parametrize("name", all_lessons())
def test_no_question_speaks_of_a_sheet(name):
    for stop in stops(all_lessons()[name]):
        assert not re.search(SHEET, f"{stop.ask} {stop.answer}"), stop


def test_a_reader_chooses_german(questions):
    questions.page.select_option("#language", "de")
    assert questions.run("document.title") == questions.page.inner_text("h1") == "Lektion 4: Faltung"
    assert "Der Filter hat 2×2 Gewichte" in questions.page.inner_text("#guide")
    for _ in range(4):
        questions.page.click("#turn")
    assert "Wie entsteht der Gradient des ersten Gewichts, 1,1111?" in questions.page.inner_text("#guide")
    questions.page.click("#look")
    assert "An jeder der 9 Stellen" in questions.page.inner_text("#guide .answer")
    questions.run("goTo(2)")
    assert "Ein Filter mit 2×2 Gewichten gleitet über die Eingabe." in questions.page.inner_text("#words")
    assert (
        questions.run("[...document.querySelectorAll('#guide p, #words p')].map((each) => each.lang)")[:2] == ["de"] * 2
    )
    assert questions.page.inner_text("#step").startswith("2 · ")


def test_after_a_question_one_can_go_back(questions):
    questions.page.wait_for_timeout(700)
    questions.run("goTo(1)")
    questions.page.wait_for_timeout(700)
    questions.page.click("#look")
    assert questions.run("state.step") == 2
    questions.page.go_back()
    assert questions.run("state.step") == 1


def test_a_lesson_remembers_what_was_answered(folder, questions):
    questions.page.fill("#answer", "nine times")
    questions.page.click("#look")
    told = questions.page.inner_text("#guide .answer")
    questions.page.click("#turn")
    assert questions.page.input_value("#answer") == ""
    assert not questions.page.query_selector("#guide .answer")
    questions.page.click("#turn-back")
    for _ in range(2):
        assert questions.page.input_value("#answer") == "nine times"
        assert questions.page.inner_text("#guide .answer") == told
        questions.goto(folder / "lesson.html")


def test_an_answer_says_that_it_takes_back_what_a_reader_has_changed(questions):
    taken_back = "Your changes are taken back"
    questions.page.click("#look")
    assert taken_back not in questions.page.inner_text("#guide")
    questions.run("change(editable().at(-1), 0, 7)")
    questions.page.click("#look")
    assert taken_back in questions.page.inner_text("#guide")
    questions.page.click("#look")
    assert taken_back not in questions.page.inner_text("#guide")


def test_what_one_answer_changes_is_gone_in_the_next(questions):
    """Also where the next one shows no place of its own."""
    change = next(k for k, each in enumerate(stops(lesson("convolution"))) if each.change)
    questions.run(f"(state.stop = {change}, render())")
    questions.page.click("#look")
    assert questions.run("state.trail.length") == 1
    questions.run("(Object.assign(model.guide[state.stop + 1], { show: '', change: {} }), state.stop += 1, render())")
    questions.page.click("#look")
    assert questions.run("state.trail.length") == 0
