"""A lesson in a window, as a student meets it: what is first seen, an answer, a link, a change."""

from tests.support.lessons import Made
from tests.support.window import IN_A_WINDOW, Window

pytestmark = IN_A_WINDOW
FIRST_QUESTION = 7


def test_a_student_answers_follows_a_link_and_changes_a_number(tmp_path):
    with Window(Made("one-neuron", tmp_path).path, (1366, 768)) as window:
        assert window.shown() == "Lesson"
        # The first questions are in view, from the left to the right.
        for place in ("B1", f"B{FIRST_QUESTION}", f"D{FIRST_QUESTION + 3}", f"G{FIRST_QUESTION + 3}"):
            assert window.cell_on_screen(f"Lesson!{place}"), place
        left, top, width, height = window.cell_on_screen(f"Lesson!D{FIRST_QUESTION}")
        window.click(left + width / 2, top + height / 2)
        window.type("=7, I think")
        assert window.text(f"Lesson!D{FIRST_QUESTION}") == "=7, I think"
        left, top, width, height = window.cell_on_screen(f"Lesson!F{FIRST_QUESTION + 1}")
        window.follow(left + 20, top + height / 2)
        window.picture()
        sheet, _, cell = window.cursor().partition("!")
        assert sheet == "Network"
        assert window.value(f"{sheet}!{cell}") == -18
        window.set("x", 0)
        assert window.value(f"{sheet}!{cell}") == 0
