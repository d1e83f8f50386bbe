"""A class of sixty, simulated: who they are, what each does with the workbook, and what that is worth."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ironcalc
import openpyxl

from excel_classroom.practice.blanks import Blank
from excel_export.shared.cells import place_of

NAMES = [
    "Ada Lovelace", "Alan Turing", "Anna Kim", "Anna Kim", "Anna-Lena Müller-Schmidt", "Ángel Núñez", "Åsa Öberg",
    "Seán O'Neill", "Zoë Łukasiewicz", "Jean-François d'Alembert", "María José de la Cruz", "Juan de la Cruz",
    "अनिता देवी", "राहुल शर्मा", "สมชาย ใจดี", "สมหญิง รักเรียน", "王小明", "李娜", "佐藤 健", "김민준", "Nguyễn Văn An",
    "Đặng Thị Hà", "محمد علي", "فاطمة الزهراء", "יוסי כהן", "Иван Петров", "Мария Иванова", "Γιώργος Παπαδόπουλος",
    "Ελένη Δημητρίου", "Οlga Ivanova", "Con Aux", "Nul", "J. R. R. Tolkien", "Martin Luther King, Jr.", "X Æ A-12",
    "Müge Çağlar", "İlker Şahin", "Ana Clara Souza e Silva", "João Paulo II", "Bo", "Li", "O", "Nadia El-Masri",
    "Chidi Anagonye", "Ngozi Okonjo-Iweala", "Thandiwe Dlamini", "Kwame Nkrumah", "Aino Väänänen", "Jürgen Groß",
    "Sophie Groß", "Sofía Groß", "Ruth Bader", "Ruth Bader Ginsburg", "Max Mustermann", "Erika Mustermann",
    "Hans Peter Maier", "Peter Hans Maier", "=1+1", "Robert'); DROP TABLE Students;--", "Très Long Prénom " * 4 + "Fin",
]  # fmt: skip
WORKSHEET_HEAD = (
    "Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments"
)


def worksheet(names: Sequence[str]) -> str:
    """Moodle's grading worksheet of a class."""
    rows = [
        f'Participant {1000 + k},"{name.strip()}",{5000 + k},s{k}@example.org,Submitted,,100,Yes,-,-,'
        for k, name in enumerate(names)
    ]
    return "\n".join([WORKSHEET_HEAD, *rows]) + "\n"


@dataclass(frozen=True)
class Me:
    """One student, with what only the script knows."""

    blanks: Sequence[Blank]
    right: Sequence[float]
    solution: Path
    chance: random.Random

    @property
    def formulas(self) -> list[str]:
        """The right formulas."""
        return [f"={blank.formula}" for blank in self.blanks]

    @property
    def numbers(self) -> list[float]:
        """The right numbers, as cells show them."""
        return [round(number, 4) for number in self.right]

    @property
    def most_read(self) -> int:
        """The blank that most others depend on."""
        return max(range(len(self.blanks)), key=lambda k: sum(k in each.reads for each in self.blanks))

    @property
    def large(self) -> int:
        """A blank whose answer is far from 0, and its size no other mistake."""
        return max(range(len(self.blanks)), key=lambda k: min(abs(self.right[k]), 1.0))

    def after(self, k: int, number: float) -> list[float]:
        """What the sheet shows in each blank when one holds another number: computed by an engine."""
        model = ironcalc.load_from_xlsx(str(self.solution), "en", "UTC", "en")
        sheets = [each["name"] for each in model.get_worksheets_properties()]
        own = self.blanks[k]
        model.update_cell_with_number(sheets.index(own.sheet), *place_of(own.cell), number)
        model.evaluate()
        return [float(model.get_cell_value(sheets.index(blank.sheet), *place_of(blank.cell))) for blank in self.blanks]


@dataclass
class Work:
    """What somebody hands in, and what the grader must say."""

    answers: Sequence[object]
    points: float | None
    """None where the file gets none."""
    says: str = ""
    """What the remarks must hold."""
    typed: str = ""
    """In whose LibreOffice it is typed; '' where a script fills it in."""
    book: Callable[[openpyxl.Workbook, Sequence[Blank]], object] = lambda book, blanks: None
    """What else is done with the workbook."""
    file: str = "week3.xlsx"
    by: str = ""
    when: str = "2026-11-20T08:30:00"
    suffix: str = ".xlsx"
    states: dict[int, str] = field(default_factory=dict)
    """Of some blanks, what they must be."""
    gnumeric: bool = False


def with_(items: Sequence[object], changes: dict[int, object]) -> list[object]:
    """Some answers, with others in some places."""
    return [changes.get(k, item) for k, item in enumerate(items)]


def slip(me: Me, what: object) -> list[object]:
    """Right formulas, but for the blank that most depend on."""
    return with_(me.formulas, {me.most_read: what})


def mixed(me: Me) -> Work:
    """Some right as numbers, some empty, some far off."""
    places = [*range(len(me.blanks))]
    me.chance.shuffle(places)
    empty, wrong = places[: me.chance.randrange(4)], places[4 : 4 + me.chance.randrange(4)]
    changes: dict[int, object] = dict.fromkeys(empty) | {k: 1000.0 + 77 * k for k in wrong}
    states = dict.fromkeys(empty, "empty") | dict.fromkeys(wrong, "wrong")
    return Work(with_(me.numbers, changes), len(me.blanks) - len(empty) - len(wrong), states=states)


def own_numbers(me: Me) -> Work:
    """One slip, and all that follows from it computed rightly and typed."""
    k = me.most_read
    shown = me.after(k, me.right[k] + 2.75)  # so far off, no known mistake is
    answers = [round(number, 4) for number in shown]
    return Work(answers, len(me.blanks) - 1, states={k: "wrong"})


def sign(me: Me) -> Work:
    return Work(with_(me.formulas, {me.large: -me.right[me.large]}), len(me.blanks) - 0.5,
                states={me.large: "known mistake: the wrong sign"})  # fmt: skip


def named(book: openpyxl.Workbook, blanks: Sequence[Blank]) -> None:
    for k, blank in enumerate(blanks):
        sheet = f"'{blank.sheet}'!"
        book.defined_names[f"mine_{k}"] = openpyxl.workbook.defined_name.DefinedName(
            f"mine_{k}", attr_text=f"{sheet}$BZ${400 + k}"
        )
        book[blank.sheet][f"BZ{400 + k}"] = f"={blank.formula}"
        book[blank.sheet][blank.cell] = f"=mine_{k}"


def wrapped(template: str) -> Callable[[openpyxl.Workbook, Sequence[Blank]], None]:
    def change(book: openpyxl.Workbook, blanks: Sequence[Blank]) -> None:
        for blank in blanks:
            book[blank.sheet][blank.cell] = f"={template.format(blank.formula)}"

    return change


def guarded(me: Me) -> Work:
    """Formulas that show nothing while a cell before them is empty."""
    k, blank = me.most_read, me.blanks[me.most_read]
    answers: list[object] = [
        f'=IF(\'{blank.sheet}\'!{blank.cell}="","",{each.formula})' if k in each.reads else f"={each.formula}"
        for each in me.blanks
    ]
    return Work(with_(answers, {k: None}), len(me.blanks) - 1, states={k: "empty"})


def changed_given(book: openpyxl.Workbook, blanks: Sequence[Blank]) -> None:
    cell = next(cell for row in book["Network"] for cell in row if isinstance(cell.value, float) and cell.value)
    cell.value = 99.0


def odd(me: Me) -> list[object]:
    """Formulas that are right, in a way in which hardly anybody writes them."""
    return [f"=0.5*2*({blank.formula})-0+0" for blank in me.blanks]


def works(me: Me) -> dict[str, Work]:
    """What people do, by a word for it."""
    count, f, n, k = len(me.blanks), me.formulas, me.numbers, me.most_read
    comma = [f"{number:.4f}".replace(".", ",") for number in me.right]
    right_as = {
        "comma": comma, "minus": [f"{number:.4f}".replace("-", "−") for number in me.right],
        "percent": [f"{100 * number:.2f} %" for number in me.right],
        "fraction": [f"{round(number * 10_000)}/10000" for number in me.right],
        "spaces": [f"  {number:.4f}\u00a0" for number in me.right],
    }  # fmt: skip
    zeros = sum(abs(number) < 1e-9 for number in me.right)
    found = {
        "formulas": Work(f, count), "numbers": Work(n, count),
        "slip": Work(slip(me, 17.5), count - 1, states={k: "wrong"}),
        "empty": Work(slip(me, None), count - 1, states={k: "empty"}),
        "question mark": Work(slip(me, "?"), count - 1, states={k: "wrong"}),
        "space": Work(slip(me, " "), count - 1),
        "text": Work(slip(me, comma[k]), count, "a number typed as text"),
        "error": Work(slip(me, "=1/0"), count - 1, states={k: "wrong"}),
        "sign": sign(me), "own numbers": own_numbers(me), "guarded": guarded(me),
        "zeros": Work([0] * count, zeros), "ones": Work([1] * count, sum(abs(x - 1) <= 0.01 for x in me.right)),
        "nothing": Work([None] * count, 0), "nonsense": Work(["see my notes"] * count, 0),
        "rigid": Work([f"={number!r}+0" for number in me.right], count, "would be wrong with other inputs"),
        "names": Work(f, count, "reads cells outside", book=named),
        "let": Work(f, count, book=wrapped("_xlfn.LET(_xlpm.a,{},_xlpm.a)")),
        "single": Work(f, count, book=wrapped("_xlfn.SINGLE({})")),
        "unknown": Work(with_(f, {k: "=NOSUCH(1)"}), count - 1, "can't compute", states={k: "uncertain"}),
        "webservice": Work(with_(f, {k: '=WEBSERVICE("http://127.0.0.1/")'}), count - 1, "asks for WEBSERVICE"),
        "changed": Work(f, count, "cells were changed", book=changed_given),
        "gnumeric": Work(f, count, gnumeric=True), "odd one": Work(odd(me), count, by="pat"),
        "odd other": Work(odd(me), count, by="pat", when="2026-11-20T08:31:00"),
        "typed formulas": Work(f, count, typed="en-US"), "typed numbers": Work([f"{x:.4f}" for x in me.right], count,
                                                                              typed="en-US"),
        "typed German": Work(comma, count, typed="de"),
        "typed text": Work([f"'{text}" for text in comma], count, "a number typed as text", typed="de"),
        "typed slip": Work(slip(me, "17.5"), count - 1, typed="en-US", states={k: "wrong"}),
        "typed date": Work(with_(f, {k: "1/2"}), count - 1, "perhaps a fraction", typed="en-US"),
        "typed lacking": Work(with_(f, {k: f"=ROUNDSIG({f[k][1:]},12)"}), count, "can't compute", typed="en-US",
                              states={k: "uncertain"}),
    }  # fmt: skip
    found |= {f"as {name}": Work(answers, count, "a number typed as text") for name, answers in right_as.items()}
    return found
