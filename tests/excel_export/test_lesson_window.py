"""A lesson in a window, as a student meets it: what is first seen, an answer, a link, a change."""

from tests.support.lessons import Made
from tests.support.window import IN_A_WINDOW, Window

pytestmark = IN_A_WINDOW
FIRST_ANSWER = 8


def test_a_student_answers_follows_a_link_and_changes_a_number(tmp_path):
    with Window(Made("one-neuron", tmp_path).path, (1366, 768)) as window:
        assert window.shown() == "Lesson"
        # The question and all cells for answers are in view, from the left to the right.
        for place in ("B1", "B5", f"B{FIRST_ANSWER}", f"E{FIRST_ANSWER + 5}", f"G{FIRST_ANSWER + 5}"):
            assert window.cell_on_screen(f"Lesson!{place}"), place
        left, top, width, height = window.cell_on_screen(f"Lesson!E{FIRST_ANSWER}")
        window.click(left + width / 2, top + height / 2)
        window.type("=7, I think")
        assert window.text(f"Lesson!E{FIRST_ANSWER}") == "=7, I think"
        assert window.value(f"Lesson!F{FIRST_ANSWER}") == 9
        window.set("lesson_question", 2)
        left, top, width, height = window.cell_on_screen(f"Lesson!G{FIRST_ANSWER + 1}")
        window.follow(left + 20, top + height / 2)
        window.picture()
        sheet, _, cell = window.cursor().partition("!")
        assert sheet == "3 a weight"
        assert window.value(f"{sheet}!{cell}") == -18
        window.set("x", 0)
        assert window.value(f"{sheet}!{cell}") == 0
