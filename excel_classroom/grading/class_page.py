"""The page for the class: how it went, which idea failed how often, and which files need a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from excel_classroom.grading.marks import Mark
from excel_classroom.grading.markup import COLOURS, key_of_colours, page, text, titled_table
from excel_classroom.grading.table import Grade, percent
from excel_classroom.practice.key import Key
from excel_export.formulas import counted

WIDTH, LABEL, LINE, BAR = 720, 280, 26, 18
LETTERS = 37
"""As many fit before a bar."""
MOST_IDEAS = 40


def class_page(
    grades: Sequence[Grade],
    key: Key,
    pages: Sequence[str],
    absent: Sequence[str],
    links: Mapping[str, str],
    waiting: int = 0,
) -> bytes:
    """The page.

    Args:
        grades: of all files.
        key: of the exercise.
        pages: the students' pages, in the order of the grades.
        absent: the students without a file.
        links: further pages for the teacher, each with what stands there.
        waiting: how much waits for a look: answers, and files that could not be graded.
    """
    marked = [grade.marks for grade in grades if grade.marks and grade.counts]
    marks = [mark for each in marked for mark in each.marks]
    percents = [percent(each.points, each.of) for each in marked]
    refused = sum(grade.marks is None for grade in grades)
    parts = [
        f"<h1>{text(exercise_name(key))}</h1>",
        f"<p class='score'>{counted(len(marked), 'file')} graded{average(percents)}</p>",
        f"<p>{counted(refused, 'file')} not graded, {counted(len(absent), 'student')} without one, "
        f"{waiting} to look at.</p>",
        "".join(f"<p><a href='{text(name)}'>{text(name)}</a>: {text(what)}</p>" for name, what in links.items()),
        spread(percents),
        f"<h2>Which idea failed how often</h2>\n<p>{key_of_colours()}</p>\n{_ideas(marks)}" if marks else "",
        _mistakes(marks),
        _files(grades, pages),
        f"<h2>Without a file</h2>\n<p>{text(', '.join(absent))}</p>" if absent else "",
    ]
    return page(f"{exercise_name(key)}: the class", "\n".join(part for part in parts if part))


def exercise_name(key: Key) -> str:
    """What an exercise is called: its source, without the folders that it lies in."""
    return Path(key.source).name


def _ideas(marks: Sequence[Mark]) -> str:
    """A bar for each idea, the one that failed most often first."""
    by_idea: dict[str, Counter[str]] = {}
    for mark in marks:
        by_idea.setdefault(mark.blank.idea, Counter())[mark.state] += 1
    good = {
        idea: sum(n for state, n in count.items() if state.startswith("right")) / count.total()
        for idea, count in by_idea.items()
    }
    lines = []
    ordered = sorted(by_idea, key=lambda idea: (good[idea], idea))[:MOST_IDEAS]
    for k, idea in enumerate(ordered):
        count, x, y = by_idea[idea], float(LABEL), k * LINE
        lines.append(f'<text x="{LABEL - 8}" y="{y + 14}" text-anchor="end">{text(_short(idea))}</text>')
        for state, colour in COLOURS.items():
            width = (WIDTH - LABEL - 60) * count[state] / count.total()
            if width:
                lines.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>')
                if width > 20:
                    lines.append(
                        f'<text x="{x + width / 2:.1f}" y="{y + 14}" text-anchor="middle">{count[state]}</text>'
                    )
            x += width
        lines.append(f'<text x="{WIDTH - 52}" y="{y + 14}">{100 * good[idea]:.0f} %</text>')
    return _svg(len(ordered) * LINE, lines, "how often each idea was right, wrong or empty")


def _short(idea: str) -> str:
    """An idea, such as 'linear, backward to weight', in no more letters than there is room for."""
    operator, _, direction = idea.partition(", ")
    room = LETTERS - len(direction) - 2
    return idea if len(idea) <= LETTERS or not direction else f"{operator[: room - 1]}…, {direction}"


def average(percents: Sequence[float]) -> str:
    """The mean in words; nothing where nobody got anything."""
    return f", {sum(percents) / len(percents):.0f} % on average" if percents else ""


def spread(percents: Sequence[float]) -> str:
    """How many got how much: a column for each tenth of the points, below its title."""
    if not percents:
        return ""
    counts = Counter(min(9, int(each // 10)) for each in percents)
    highest, lines = max(counts.values()), []
    for k in range(10):
        height, x = 90 * counts[k] / highest, 20 + 68 * k
        lines.append(f'<rect x="{x}" y="{110 - height:.1f}" width="56" height="{height:.1f}" fill="#5b7fa6"/>')
        lines.append(f'<text x="{x + 28}" y="{105 - height:.1f}" text-anchor="middle">{counts[k] or ""}</text>')
        lines.append(f'<text x="{x + 28}" y="126" text-anchor="middle">{10 * k}–{10 * k + 10} %</text>')
    columns = _svg(132, lines, "how many files got how many percent")
    return f"<h2>How many got how much</h2>\n{columns}"


def _mistakes(marks: Sequence[Mark]) -> str:
    counts = Counter((mark.mistake, mark.blank.idea) for mark in marks if mark.mistake)
    rows = [(str(n), text(mistake), text(idea)) for (mistake, idea), n in counts.most_common(MOST_IDEAS)]
    heads = {"how often": "number", "mistake": "", "idea": ""}
    return titled_table("Mistakes that were recognised", heads, rows)


def _files(grades: Sequence[Grade], pages: Sequence[str]) -> str:
    rows = []
    for grade, name in sorted(
        zip(grades, pages, strict=True), key=lambda pair: (pair[0].student.casefold(), pair[0].file.name)
    ):
        marks = grade.marks
        score = f"{percent(marks.points, marks.of):g} %" if marks else "not graded"
        score = f"({score})" if grade.instead else score
        link = f"<a href='{text(name)}'>{text(grade.student or '?')}</a>"
        rows.append((link, text(grade.file.name), score, text("; ".join(grade.remarks))))
    return titled_table("The files", {"student": "", "file": "", "points": "number", "remarks": ""}, rows)


def _svg(height: int, lines: Sequence[str], title: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" font-size="13" '
        f'font-family="sans-serif" xmlns="http://www.w3.org/2000/svg"><title>{title}</title>{"".join(lines)}</svg>'
    )
